"""A made-up shop's contacts and their events, any number of them and always the same, and a hundred segments.

DuckDB makes them: every value is drawn by a hash of the contact's and the event's number. Few contacts have most of the
events, few products and pages most of the views, and there is more of everything lately than long ago.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
from pydantic import TypeAdapter

from shared.domain import facts, lake_rows
from shared.domain.conditions import Segment, parts_of
from shared.domain.conditions.orders import Rank
from shared.domain.events import DAY, Instant, Json
from tests.benchmarks.engines import THREADS

NOW: Instant = 1_795_500_000_000
SPAN = 730 * DAY
"""Nobody was first seen longer ago."""
EVENTS = 30  # a contact, in the mean
MIX = {
    "Page Viewed": 0.45,
    "Product Viewed": 0.25,
    "Email Sent": 0.06,
    "Email Delivered": 0.06,
    "Email Opened": 0.07,
    "Email Clicked": 0.02,
    "Cart Updated": 0.03,
    "Checkout Started": 0.02,
    "Order Completed": 0.04,
}
PRODUCTS, PAGES, CAMPAIGNS = 3000, 60, 120
CATEGORIES = ("candles", "mugs", "tea", "cards", "toys", "bags", "lamps", "garden", *(f"other-{n}" for n in range(16)))
COUNTRIES = ("gb", "ie", "de", "fr", "nl", "es", "it", "us", "ca", "au")
TOPICS = ("news", "offers", "care")
TRAITS = {"country": "text", "interest": "text", "source": "text", "churn_risk": "number", "predicted_value": "number"}
PASS = "p1"
LAKE_TYPES = {
    "string": "VARCHAR",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "array<string>": "VARCHAR[]",
}

# ── contacts and events ──

_MACROS = f"""
-- DuckDB only XORs the hashes of several values: hashed once more, they are independent.
CREATE MACRO part(a, b, what) AS (hash(hash(a, b, what)) >> 11) / 9007199254740992.0;
CREATE MACRO normal(a, what) AS sqrt(-2 * ln(1 - part(a, 0, what))) * cos(2 * pi() * part(a, 1, what));
-- Zipf's law: of numbers from 1 to n, k is drawn in proportion to k ** -a.
CREATE MACRO zipf(p, n, a) AS CAST(floor(pow(p * (pow(n + 1, 1 - a) - 1) + 1, 1 / (1 - a))) AS INTEGER);
CREATE MACRO one_of(list, number) AS list[least(number, len(list))];
CREATE TABLE products AS
    SELECT n AS product, {list(CATEGORIES)}[zipf(part(n, 0, 'category'), {len(CATEGORIES)}, 1.3)] AS category,
        50 + CAST(floor(100 * exp(3.3 + 0.8 * normal(n, 'price'))) AS BIGINT) AS price
    FROM range(1, {PRODUCTS + 1}) AS numbers (n);
"""

_CONTACTS = f"""
CREATE TABLE contacts AS
SELECT n, 'c' || md5(CAST(n AS VARCHAR))[:15] AS contact,
    {NOW - 1} - CAST(floor(part(n, 0, 'seen') * {SPAN}) AS BIGINT) AS first_seen,
    one_of({list(COUNTRIES)}, zipf(part(n, 0, 'country'), {len(COUNTRIES)}, 1.01)) AS country,
    CASE WHEN part(n, 0, 'known') > 0.3 THEN {
    list(CATEGORIES[:8])
}[zipf(part(n, 0, 'interest'), 8, 0.6)] END AS interest,
    ['checkout', 'form', 'popup', 'import'][zipf(part(n, 0, 'source'), 4, 0.6)] AS source,
    CASE WHEN part(n, 0, 'scored') > 0.1 THEN round(part(n, 0, 'churn'), 3) END AS churn_risk,
    CASE WHEN part(n, 0, 'valued') > 0.1 THEN round(exp(4 + normal(n, 'value')), 2) END AS predicted_value,
    {
    ", ".join(
        f'''CASE WHEN part(n, 0, '{topic}') < 0.60 THEN 'subscribed' WHEN part(n, 0, '{topic}') < 0.65 THEN 'pending'
            WHEN part(n, 0, '{topic}') >= 0.85 THEN 'unsubscribed' END AS consent_{topic}'''
        for topic in TOPICS
    )
},
    CAST(floor(? * exp(1.3 * normal(n, 'busy')) / exp(1.3 * 1.3 / 2) + part(n, 0, 'more')) AS BIGINT) AS events
FROM range(1, ? + 1) AS numbers (n)
"""

_EVENTS = f"""
CREATE TABLE drawn AS
SELECT n, k, contact, {NOW} - CAST(floor(pow(part(n, k, 'time'), 1.2) * ({NOW} - first_seen)) AS BIGINT) AS time,
    CASE {
    " ".join(
        f"WHEN part(n, k, 'type') < {sum(list(MIX.values())[: number + 1]):.2f} THEN '{name}'"
        for number, name in enumerate(MIX)
    )
} END AS name
FROM (SELECT n, contact, first_seen, unnest(range(events)) AS k FROM contacts) AS each_one
"""

_VALUES = {
    "Page Viewed": f"'/pages/' || zipf(part(n, k, 'page'), {PAGES}, 1.2) AS path, 'phone' AS device",
    "Product Viewed": """[CAST(product AS VARCHAR)] AS product_id, [category] AS category, price,
        '/products/' || product AS path, 'phone' AS device""",
    "Email": f"""'campaign-' || zipf(part(n, k, 'campaign'), {CAMPAIGNS}, 0.5) AS campaign,
        ['news', 'offers', 'care'][1 + k % 3] AS topic""",
    "Order": """goods AS product_id, categories AS category, total,
        CASE WHEN name = 'Order Completed' THEN 'o' || n || '-' || k END AS order_id""",
}
_PRODUCT = f"zipf(part(n, k, '{{}}'), {PRODUCTS}, 0.9)"


def _values(name: str) -> str:
    """SQL of the type's events with their own columns."""
    if name == "Product Viewed":
        return f"""SELECT n, k, contact, time, name, {_VALUES[name]}
            FROM drawn JOIN products ON product = {_PRODUCT.format("product")} WHERE name = '{name}'"""
    if name.startswith("Email"):
        reaction = ", part(n, k, 'human') < 0.6 AS human" if name in ("Email Opened", "Email Clicked") else ""
        return f"SELECT n, k, contact, time, name, {_VALUES['Email']}{reaction} FROM drawn WHERE name = '{name}'"
    if name in ("Cart Updated", "Checkout Started", "Order Completed"):
        lines = ", ".join(_PRODUCT.format(f"product {line}") for line in range(3))
        return f"""SELECT n, k, contact, time, name, {_VALUES["Order"]} FROM (
            SELECT n, k, any_value(contact) AS contact, any_value(time) AS time, any_value(name) AS name,
                list_sort(list(DISTINCT CAST(product AS VARCHAR))) AS goods,
                list_sort(list(DISTINCT category)) AS categories, CAST(sum(price) AS BIGINT) AS total
            FROM (
                SELECT n, k, contact, time, name,
                    unnest([{lines}][:CASE WHEN part(n, k, 'lines') < 0.15 THEN 3 WHEN part(n, k, 'lines') < 0.4 THEN 2
                        ELSE 1 END]) AS product
                FROM drawn WHERE name = '{name}'
            ) AS each_line JOIN products USING (product)
            GROUP BY n, k)"""
    return f"SELECT n, k, contact, time, name, {_VALUES[name]} FROM drawn WHERE name = '{name}'"


REFUNDS = """
INSERT INTO events BY NAME
SELECT n, 1000000 + k AS k, contact, least(time + 3 * 86400000, {now}) AS time, 'Order Refunded' AS name, order_id,
    total // 2 AS amount
FROM events WHERE name = 'Order Completed' AND part(n, k, 'refund') < 0.05
"""
"""One order in twenty is refunded, half of it."""

_COLUMNS = """
    n BIGINT, k BIGINT, contact VARCHAR, time BIGINT, name VARCHAR, order_id VARCHAR, total BIGINT, amount BIGINT,
    price BIGINT, product_id VARCHAR[], category VARCHAR[], path VARCHAR, campaign VARCHAR, device VARCHAR,
    topic VARCHAR, human BOOLEAN
"""


def make(connection: duckdb.DuckDBPyConnection, contacts: int) -> None:
    """Makes the tables `contacts` and `events`: as lake rows, without the columns that none of the events has."""
    connection.execute(_MACROS)
    connection.execute(_CONTACTS, [EVENTS, contacts])
    connection.execute(_EVENTS)
    connection.execute(f"CREATE TABLE events ({_COLUMNS})")
    for name in MIX:
        connection.execute(f"INSERT INTO events BY NAME {_values(name)}")
    connection.execute(REFUNDS.format(now=NOW))
    connection.execute("DROP TABLE drawn")


def write_plain(connection: duckdb.DuckDBPyConnection, directory: Path) -> None:
    """Two files of what `make` has made, as other products hold it: orders with refunds already taken off (`net`)."""
    connection.execute(f"COPY (SELECT * EXCLUDE (n, events) FROM contacts) TO '{directory}/contacts.parquet'")
    connection.execute(f"""COPY (
        SELECT contact, name AS type, time, product_id, category, price, path, campaign, human, total,
            total - coalesce(refunded, 0) AS net
        FROM events LEFT JOIN (
            SELECT order_id, amount AS refunded FROM events WHERE name = 'Order Refunded'
        ) AS refunds USING (order_id)
        WHERE name <> 'Order Refunded'
    ) TO '{directory}/events.parquet'""")


def write_lake(
    connection: duckdb.DuckDBPyConnection,
    directory: Path,
    events: Sequence[str] = (*MIX, "Order Refunded"),
    more_facts: Mapping[str, str] | None = None,
) -> None:
    """The lake as the product has it: the events of each type and period in one file, sorted by contact and time, and
    the facts of a pass, whose contacts come as a scan of their table gives them. `events`: of these names;
    `more_facts`: selects of further kinds of facts."""
    period, form = ("day", "%Y-%m-%d") if "day" in lake_rows.PARTITIONS else ("month", "%Y-%m")
    held = {name for name, *_ in connection.execute("DESCRIBE events").fetchall()}
    source = "" if "source" in held else ", 'segment' AS source"
    held |= {"id", "source", "contact_number", "day"}
    columns = ", ".join(
        f"CAST({name if name in held else 'NULL'} AS {LAKE_TYPES[kind]}) AS {name}"
        for name, kind in lake_rows.COLUMNS.items()
    )
    for name in events:
        connection.execute(f"""CREATE TABLE of_type AS
            SELECT {columns}, strftime(make_timestamp(1000 * time), '{form}') AS period
            FROM (
                SELECT *, {NUMBER} AS contact_number, to_hex(hash(n, k)) || to_hex(hash(k, n)) AS id,
                    strftime(make_timestamp(1000 * time), '%Y-%m-%d') AS day{source}
                FROM events WHERE name = '{name}'
            ) AS events
            ORDER BY period, contact_number, time""")
        for (at,) in connection.execute("SELECT DISTINCT period FROM of_type").fetchall():
            keys = {period: at, "type": lake_rows.partition(name)}
            file = Path(directory, "events", *(f"{key}={keys[key]}" for key in lake_rows.PARTITIONS), "0.parquet")
            _write(connection, f"SELECT * EXCLUDE (period) FROM of_type WHERE period = '{at}'", file)
        connection.execute("DROP TABLE of_type")
    columns = ", ".join(f"CAST({name} AS {LAKE_TYPES[kind]}) AS {name}" for name, kind in facts.COLUMNS.items())
    nothing = ", ".join(f"NULL AS {name}" for name in facts.COLUMNS)
    for kind, select in {**_FACTS, **(more_facts or {})}.items():
        rows = f"""SELECT {columns} FROM (
                SELECT {nothing} WHERE false
                UNION ALL BY NAME SELECT *, {NUMBER} AS contact_number FROM ({select})
            ) AS facts
            ORDER BY hash(contact), name"""
        _write(connection, rows, directory / "facts" / f"pass={PASS}" / f"kind={kind}" / "0.parquet")


def _write(connection: duckdb.DuckDBPyConnection, select: str, file: Path) -> None:
    file.parent.mkdir(parents=True)
    connection.execute(f"COPY ({select}) TO '{file}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)")


NUMBER = "CAST('0x' || contact[2:16] AS BIGINT)"
"""As `lake_rows.contact_number`."""
_FACTS = {
    "contact": "SELECT contact, first_seen AS time FROM contacts",
    "trait": " UNION ALL BY NAME ".join(
        f"SELECT contact, '{trait}' AS name, {NOW - DAY} AS time, {trait} AS {column} FROM contacts "
        f"WHERE {trait} IS NOT NULL"
        for trait, column in TRAITS.items()
    ),
    "consent": " UNION ALL ".join(
        f"SELECT contact, '{topic}' AS name, first_seen AS time, consent_{topic} AS text FROM contacts "
        f"WHERE consent_{topic} IS NOT NULL"
        for topic in TOPICS
    ),
    "order": """SELECT contact, time, true AS flag, total - coalesce(refunded, 0) AS amount, product_id, category, total
        FROM events LEFT JOIN (
            SELECT order_id, amount AS refunded FROM events WHERE name = 'Order Refunded'
        ) AS refunds USING (order_id)
        WHERE name = 'Order Completed'""",
}


# ── a hundred segments ──


def segments() -> list[Segment]:
    """Ten of each of ten sorts, the sorts in turn: as marketers write them."""
    return TypeAdapter(list[Segment]).validate_python(
        [
            {"id": f"s{10 * variant + sort}", "name": f"S{10 * variant + sort}", "sentence": "Made up.", "when": when}
            for variant in range(10)
            for sort, when in enumerate(_sorts(variant))
        ]
    )


def cutoffs() -> dict[str, float]:
    """A cut-off for each rank, as last night's refresh might have left it."""
    found = {"orders": 15_000.0, "trait": 120.0}
    return {
        part.key: found[part.by.kind]
        for segment in segments()
        for part in parts_of(segment.when)
        if isinstance(part, Rank)
    }


_WINDOWS = ("7d", "30d", "60d", "90d", "183d", "365d")


def _sorts(v: int) -> Iterator[Json]:
    window, longer, category = _WINDOWS[v % 6], _WINDOWS[(v + 2) % 6], CATEGORIES[v % 8]
    subscribed = _consent("news")
    of_category, by_a_person = _where("category", category), _where("human", True)

    # Repeat buyers: ever more of them, or lapsed.
    yield (
        _orders(1 + v % 4, longer)
        if v % 2
        else _all(_orders(2 + v % 3, "365d"), {"kind": "orders", "at_most": 0, "within": _WINDOWS[v % 4]})
    )
    # An interest, stated or shown.
    yield _all(subscribed, _any(_trait("interest", category), _count("Product Viewed", "30d", 3, of_category)))
    # Who spends, by country.
    yield _all(
        _orders(50 * (1 + v), "365d" if v % 2 else None, "sum"), _trait("country", list(COUNTRIES[: 1 + v % 5]), "in")
    )
    # Looked at and not bought.
    yield _all(
        _count("Product Viewed", _WINDOWS[v % 3], 1 + v % 3, of_category),
        _not(_count("Order Completed", "90d", 1, of_category)),
    )
    # No longer there.
    yield _all(
        subscribed,
        _never("Email Clicked", window, by_a_person),
        _never("Email Opened", window, by_a_person),
        {"kind": "orders", "at_most": 0, "within": longer},
        {"kind": "first_seen", "before": window},
    )
    # A cart, and no order.
    yield _all(
        _count("Cart Updated", week := "7d" if v % 2 else "30d", 1, of_category if v % 3 == 0 else _dear("total", v)),
        {"kind": "orders", "at_most": 0, "within": week},
        _consent("offers"),
    )
    # Often here, and not buying.
    yield _all(
        _count("Page Viewed", _WINDOWS[v % 4], 1 + v % 5, *([_where("path", f"/pages/{v}")] if v % 3 == 1 else [])),
        {"kind": "orders", "at_most": 0, "within": _WINDOWS[v % 4 + 1]},
        _any(
            _trait("churn_risk", 0.3 + 0.05 * v, "less"), _not({"kind": "trait", "trait": "churn_risk", "is": "exists"})
        ),
    )
    # Value and habit, each another.
    yield (
        _all(_orders(60, "365d", "average"), _orders(2, "365d")),
        _all(_orders(200, None, "largest"), _not(_orders(100, "90d", "largest"))),
        _all(_trait("predicted_value", 60, "at_least"), {"kind": "last_order", "at_least": 60}),
        _all({**_count("Page Viewed", "30d", 5), "count": "days"}, subscribed),
        _all({**_count("Product Viewed", "90d", 5), "count": "product_id"}, _not(_orders(1, "30d"))),
        _all({"kind": "rank", "by": {"kind": "orders", "measure": "sum", "within": "365d"}, "top": 20}, subscribed),
        _all({"kind": "last_event", "event": "Page Viewed", "at_least": 14, "at_most": 60}, _orders(1)),
        _all({**_count("Email Clicked", "183d", 2, by_a_person), "count": "campaign"}, subscribed),
        _all({"kind": "rank", "by": {"kind": "trait", "trait": "predicted_value"}, "top": 10}, _not(_orders(1, "60d"))),
        {"kind": "orders", "measure": "average", "at_least": 20, "at_most": 45},
    )[v]
    # What they make of the mails.
    yield (
        _all(
            _count("Email Sent", longer, 3 + v % 3),
            _never("Email Opened", longer, by_a_person),
            _never("Email Clicked", longer, by_a_person),
            _consent("care"),
        )
        if v % 2
        else _all(
            _count("Email Clicked", "90d", 1, by_a_person, _where("campaign", f"campaign-{1 + v}")),
            _trait("source", ["form", "popup"], "in"),
        )
    )
    # Never bought, looking at what is dear, and not of the second sort.
    yield _all(
        {"kind": "orders", "at_most": 0},
        _count("Product Viewed", "30d", 2, _dear("price", v)),
        _any(subscribed, _consent("offers")),
        _not({"kind": "member", "segment": f"s{10 * v + 1}"}),
    )


def _all(*of: Json) -> Json:
    return {"kind": "all", "of": of}


def _any(*of: Json) -> Json:
    return {"kind": "any", "of": of}


def _not(of: Json) -> Json:
    return {"kind": "not", "of": of}


def _trait(trait: str, value: Json, is_: str = "equal") -> Json:
    return {"kind": "trait", "trait": trait, "is": is_, "value": value}


def _consent(topic: str) -> Json:
    return {"kind": "consent", "topic": topic}


def _count(event: str, within: str, at_least: int, *where: Json) -> Json:
    return {"kind": "event", "event": event, "within": within, "at_least": at_least, "where": where}


def _never(event: str, within: str, *where: Json) -> Json:
    return {"kind": "event", "event": event, "within": within, "at_most": 0, "where": where}


def _orders(at_least: float, within: str | None = None, measure: str = "count") -> Json:
    return {"kind": "orders", "measure": measure, "at_least": at_least, "within": within}


def _where(property_: str, value: Json) -> Json:
    return {"property": property_, "value": value}


def _dear(property_: str, v: int) -> Json:
    return {"property": property_, "is": "at_least", "value": 20 + 5 * v}


def main() -> None:
    contacts, directory = int(sys.argv[1]), Path(sys.argv[2])
    with duckdb.connect(str(directory / "made.duckdb"), config={"threads": str(THREADS)}) as connection:
        connection.execute("SET enable_progress_bar = false")
        make(connection, contacts)
        write_plain(connection, directory)
        write_lake(connection, directory / "lake")
    (directory / "made.duckdb").unlink()


if __name__ == "__main__":
    main()

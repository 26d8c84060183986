"""A night of reports over a large lake: what each takes and what Athena would scan for it, and how soon a page has it.

    python -m tests.benchmarks.reports --whole

The crowd of `crowd` is told of as the lake has it (a million contacts, 30 million events in two years), with another
mix: emails with all that comes of them in the place of half of the visits, since no report reads visits. The night's
own steps then ask their questions, of the local Athena, and make the reports; the admin's API is asked for each, over
HTTP.

Seconds are of processor time, of a query those of DuckDB (two threads, within `DUCKDB_MEMORY`). Bytes are those of the
columns that a query names, as the Parquet files say they are compressed, in the partitions that it leaves, again for
each reference to a CTE: Athena's engine puts the CTE in the place of each
(https://trino.io/docs/current/sql/select.html#with-clause) and reads its tables anew, of them what is used there.
"""

from __future__ import annotations

import argparse
import gzip
import resource
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
from sqlglot import exp
from sqlglot.optimizer.pushdown_predicates import pushdown_predicates
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify

from functions.report import night
from infra.local import gateway, launching, settings
from infra.local.aws import athena, s3
from infra.local.gateway import Request
from infra.local.system import System, begin
from shared.adapters import athena as lake
from shared.adapters import comparisons, reports
from shared.adapters.comparisons import Comparison
from shared.adapters.queries import Question
from shared.adapters.reports import Seen
from shared.domain.events import DAY, HOUR, iso
from shared.domain.settings import Holdout
from tests.benchmarks import crowd
from tests.benchmarks.batch import DUCKDB_MEMORY
from tests.benchmarks.engines import THREADS
from tests.benchmarks.lists import served, taken
from tests.benchmarks.measuring import Row, show
from tests.benchmarks.prices import price

LEAST_SCANNED = 10e6
"""Bytes that Athena charges a query at least."""
DOLLARS, MILLISECONDS = 0.02, 300
"""The aims: of a report, and of a page."""
WHOLE = 1_000_000
ANSWER = 6_000_000
"""Bytes that a Lambda may answer with."""
PAGES = {
    "kpis": ("/reports/kpis", "/reports/kpis/days"),
    "attribution": ("/reports/attribution",),
    "objectives": ("/objectives",),
    "cohorts": ("/reports/cohorts",),
    "funnel": ("/reports/funnel",),
    "forms": ("/reports/forms",),
    "feedback": ("/reports/feedback",),
    "audit": ("/data/audit",),
    "experiments": ("/experiments", "/reports/holdout"),
    "figures": ("/reports/figures",),
    "daily": ("/reports/daily",),
    "costs": ("/reports/costs",),
}

# ── the lake ──

MAILED = 0.42
"""Of the crowd's page views, those that are emails here."""
MAILS = f"""
CREATE TABLE mails AS
SELECT n, k, contact, time, md5(n || '-' || k) AS message, 'marketing' AS topic,
    part(n, 0, 'held out') < 0.05 AS held_out,
    CASE WHEN part(n, k, 'journey') >= 0.4 THEN 'campaign-' || (time // {6 * DAY}) END AS campaign,
    CASE WHEN part(n, k, 'journey') < 0.4 THEN 'journey-' || zipf(part(n, k, 'which'), 20, 0.5) END AS journey,
    CASE WHEN part(n, k, 'journey') < 0.4 THEN 'step-' || (1 + k % 4) END AS step,
    'template-' || (k % 40) AS template,
    CASE WHEN time > {crowd.NOW - 365 * DAY} THEN ['holdout=tshop'] END AS properties
FROM events
WHERE name = 'Email Sent' OR (name = 'Page Viewed' AND part(n, k, 'mailed') < {MAILED})
"""
OF_A_MAIL = "n, k, contact, message, topic, campaign, journey, step, template"
WITHIN_300_DAYS = f"{crowd.NOW} - CAST(part(n, 0, 'when') * {300 * DAY} AS BIGINT)"
EVENTS = {
    "Email Sent": f"SELECT {OF_A_MAIL}, time, properties FROM mails WHERE NOT held_out",
    "Email Held Out": f"SELECT {OF_A_MAIL}, time, properties FROM mails WHERE held_out",
    "Email Delivered": f"""SELECT {OF_A_MAIL}, time + 2000 AS time FROM mails
        WHERE NOT held_out AND part(n, k, 'bounced') >= 0.01""",
    "Email Bounced": f"""SELECT {OF_A_MAIL}, time + 2000 AS time, true AS permanent FROM mails
        WHERE NOT held_out AND part(n, k, 'bounced') < 0.01""",
    "Email Opened": f"""SELECT {OF_A_MAIL}, time + 3600000 AS time, part(n, k, 'human') < 0.6 AS human FROM mails
        WHERE NOT held_out AND part(n, k, 'opened') < 0.3""",
    "Email Clicked": f"""SELECT {OF_A_MAIL}, time + 3700000 AS time, part(n, k, 'human') < 0.9 AS human,
            'https://shop.example.com/products/' || (k % 3000) AS link,
            CASE WHEN template = 'template-7' THEN ['answer=t' || (1 + n % 5)] ELSE ['place=t' || (1 + k % 5)] END
                AS properties
        FROM mails WHERE NOT held_out AND part(n, k, 'clicked') < 0.03""",
    "Email Complained": f"""SELECT {OF_A_MAIL}, time + 3700000 AS time FROM mails
        WHERE NOT held_out AND part(n, k, 'complained') < 0.0003""",
    "Contact Created": "SELECT n, 2000000 AS k, contact, first_seen AS time FROM contacts",
    "Consent Changed": """SELECT n, 2000001 AS k, contact, first_seen + 3600000 AS time, true AS subscribed,
            'form' AS source, ['form=tfirst_order', 'form_version=n1'] AS properties
        FROM contacts WHERE part(n, 0, 'agreed') < 0.65
        UNION ALL BY NAME
        SELECT n, k, contact, time + 3800000 AS time, 'segment' AS source, message, ['marketing'] AS unsubscribed
        FROM mails WHERE NOT held_out AND part(n, k, 'left') < 0.003""",
    "Survey Answered": f"""SELECT n, 2000002 AS k, contact, {WITHIN_300_DAYS} AS time, 'form' AS source,
            ['form=tsurvey', 'form_version=n1', 'found=t' || (1 + n % 6), 'rating=t' || (1 + n % 5)] AS properties
        FROM contacts WHERE part(n, 0, 'asked') < 0.1""",
    "Scored": f"""SELECT n, 2000003 AS k, contact, {WITHIN_300_DAYS} AS time, 'product' AS source,
            ['of=tSurvey Answered', 'scores.reasons.about=tdelivery',
                'scores.value=t' || ['positive', 'neutral', 'negative'][1 + n % 3]] AS properties
        FROM contacts WHERE part(n, 0, 'asked') < 0.05""",
}
MORE_COLUMNS = {
    **dict.fromkeys(("message", "journey", "step", "template", "link", "placed"), "VARCHAR"),
    "source": "VARCHAR DEFAULT 'segment'",
    **dict.fromkeys(("properties", "unsubscribed"), "VARCHAR[]"),
    **dict.fromkeys(("permanent", "subscribed", "stands", "public"), "BOOLEAN"),
    **dict.fromkeys(("placed_at", "stamp"), "BIGINT"),
}
MEMBERS = f"""
SELECT contact, name, {crowd.NOW - DAY} AS time FROM contacts
CROSS JOIN (SELECT 'segment_' || each AS name, each FROM range(1, 41) AS several (each)) AS segments
WHERE part(n, each, 'member') < 0.12
"""
"""Everybody is in five of forty segments."""
SCORES = """
SELECT contact, {number} AS contact_number, '{day}' AS night, score, round(value, 3) AS value, told, 'middle' AS band,
    n AS rank, ['2 orders in the last year', 'the last 41 days ago'] AS reasons, 'model' AS basis
FROM (
    SELECT n, contact, score, part(n, 0, score) * 300 AS value, CAST(part(n, 0, score) AS VARCHAR) AS told
    FROM contacts CROSS JOIN (VALUES ('value'), ('churn'), ('next_order')) AS scores (score)
    WHERE part(n, 0, 'scored') > 0.5
)
"""


def make(connection: duckdb.DuckDBPyConnection, contacts: int, bucket: Path) -> None:
    """The whole lake in `bucket`, the directory that stands for its bucket."""
    crowd.make(connection, contacts)
    connection.execute(MAILS)
    connection.execute(f"DELETE FROM events WHERE name LIKE 'Email%' OR (name = 'Page Viewed' AND {_MAILED})")
    for name, kind in MORE_COLUMNS.items():
        connection.execute(f"ALTER TABLE events ADD COLUMN {name} {kind}")
    connection.execute(
        """UPDATE events SET stamp = time * 1000000, public = false,
            stands = CASE WHEN name = 'Order Completed' THEN true END,
            placed_at = CASE WHEN name = 'Order Completed' THEN time END,
            placed = CASE WHEN name = 'Order Completed' THEN strftime(make_timestamp(1000 * time), '%Y-%m-%d') END
        WHERE name LIKE 'Order%'"""
    )
    for name, select in EVENTS.items():
        connection.execute(
            f"""INSERT INTO events BY NAME SELECT * REPLACE (least(time, {crowd.NOW}) AS time), '{name}' AS name
                FROM ({select})"""
        )
    connection.execute("DROP TABLE mails")
    visits = [name for name in crowd.MIX if not name.startswith("Email")]
    crowd.write_lake(connection, bucket, (*visits, "Order Refunded", *EVENTS), {"member": MEMBERS})
    scores = SCORES.format(number=crowd.NUMBER, day=iso(crowd.NOW)[:10])
    (bucket / "scores").mkdir()
    connection.execute(f"COPY ({scores}) TO '{bucket}/scores/0.json.gz' (FORMAT json, COMPRESSION gzip)")


_MAILED = f"part(n, k, 'mailed') < {MAILED}"


# ── the night ──


@dataclass
class Report:
    """Of one: its queries' seconds and bytes, the rows they gave, how long it took to make of them, and its size as it
    is kept and as it is read."""

    name: str
    seconds: float = 0.0
    clock: float = 0.0
    scanned: tuple[int, ...] = ()
    rows: int = 0
    making: float = 0.0
    kept: int = 0
    read: int = 0

    @property
    def dollars(self) -> float:
        return sum(price("Athena TB scanned", max(each, LEAST_SCANNED) / 1e12) for each in self.scanned)


def play(contacts: int, directory: Path, is_kept: bool = False) -> Iterator[Row]:
    """`is_kept`: the lake that an earlier run has left in the directory is asked again."""
    began = time.perf_counter()
    template = settings.template()
    (directory / "world.sqlite").unlink(missing_ok=True)
    system = begin(directory / "world.sqlite", template, settings.secrets(template), now=crowd.NOW - 365 * DAY)
    bucket = s3.path(system.world, template.reference("LakeBucket"), "scores").parent
    bucket.mkdir(parents=True, exist_ok=True)
    if not (is_kept and (bucket / "scores").exists()):
        with duckdb.connect(str(directory / "made.duckdb"), config={"threads": str(THREADS)}) as connection:
            connection.execute("SET enable_progress_bar = false")
            connection.execute(f"SET memory_limit = '{DUCKDB_MEMORY}'")
            make(connection, contacts, bucket)
        (directory / "made.duckdb").unlink()
    size = _told_of(system, bucket)
    making = time.perf_counter() - began
    events = duckdb.execute(f"SELECT sum(num_rows) FROM parquet_file_metadata('{bucket}/events/**/*.parquet')")
    (number,) = events.fetchone() or (0,)
    yield Row(
        "reports: contacts, events", f"{contacts:,}, {int(number):,}: {size / 1e6:,.0f} MB, made in {making:.0f} s"
    )
    with system.world.lock:
        _settle_in(system, directory)
        system.world.turn(crowd.NOW + HOUR)  # the holdout is a year old
        gateway.admin(system, Request("GET", "/settings", headers={}, body=b""))  # reads all modules
        for report in night.REPORTS:
            yield from _measured(system, report)
    yield from _asked(system)
    yield Row("the most memory that all had", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


def _told_of(system: System, bucket: Path) -> int:
    """Tells S3's stand-in of the files that are there; gives their bytes."""
    files = [file for file in bucket.rglob("*") if file.is_file()]
    for file in files:
        system.world.db.execute(
            "INSERT INTO objects VALUES (?, ?, ?, '', ?, '', '{}')",
            (bucket.name, str(file.relative_to(bucket)), file.stat().st_size, crowd.NOW),
        )
    return sum(file.stat().st_size for file in files)


def _settle_in(system: System, directory: Path) -> None:
    launching.SETTINGS = launching.SETTINGS.model_copy(update={"holdout": Holdout(name="shop", share=5)})
    launching.settle_in()
    launching.open_forms(system)
    day = iso(crowd.NOW - 20 * DAY)[:10]
    last = iso(crowd.NOW + 70 * DAY)[:10]
    for metric in ("revenue", "orders", "repeat", "clicks"):
        told = {"id": metric, "name": metric, "metric": metric, "absolute": 50, "start": day, "by": last, "owner": "-"}
        launching.ask(system, "POST", "/objectives", told)
    comparisons.record(Comparison(crowd.NOW, 0, {}, (), (), is_filled=True, of_pass=crowd.PASS))
    connection = athena._connection()
    connection.execute(f"SET threads = {THREADS}")
    connection.execute(f"SET memory_limit = '{DUCKDB_MEMORY}'")
    connection.execute(f"SET temp_directory = '{directory / 'spilled'}'")


def _measured(system: System, name: str) -> Iterator[Row]:
    module, seen = night._module(name), Seen(system.world.now(), comparisons.newest_pass())
    found, answers = Report(name), {}
    for called, question in module.asks(seen).items():
        began, worked = time.perf_counter(), time.process_time()
        answers[called] = lake.rows(lake.start(*question)) or []
        found.clock += time.perf_counter() - began
        found.seconds += time.process_time() - worked
        found.scanned += (scanned(system, question),)
        found.rows += len(answers[called])
    began = time.process_time()
    reports.record(name, seen, module.made(seen.at, answers))
    found.making = time.process_time() - began
    body = (
        system.session.client("s3")
        .get_object(Bucket=system.template.reference("LakeBucket"), Key=f"reports/{name}.json.gz")["Body"]
        .read()
    )
    found.kept, found.read = len(body), len(gzip.decompress(body))
    yield Row(
        f"report {name}: {len(found.scanned)} {'query' if len(found.scanned) == 1 else 'queries'}",
        f"{found.seconds:.1f} s of processor time ({found.clock:.0f} by the clock); "
        f"{sum(found.scanned) / 1e6:,.0f} MB scanned, ${found.dollars:.4f}; "
        f"{found.rows:,} rows; made in {found.making:.1f} s; "
        f"kept {found.kept / 1e3:,.0f} KB, {found.read / 1e6:.2f} MB",
        f"${DOLLARS:.2f}",
        found.dollars <= DOLLARS,
    )


def _asked(system: System) -> Iterator[Row]:
    """The pages' questions over HTTP: the first time, when the process has not read the report yet, and then."""
    with served(system) as base:
        for path in (path for name in night.REPORTS for path in PAGES[name]):
            reports.forget()
            began, worked = time.perf_counter(), time.process_time()
            with urllib.request.urlopen(f"{base.removesuffix('/')}{path}") as answer:
                size = len(answer.read())
            first, of_it = 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - worked)
            usual = taken(f"{base.removesuffix('/')}{path}")
            yield Row(
                f"GET {path}",
                f"at first {first:.0f} ms, {of_it:.0f} of them the processor's; then {1000 * usual.usual:.0f} ms, "
                f"{1000 * usual.processor:.0f}; {size / 1e3:,.0f} KB",
                f"{MILLISECONDS} ms, {ANSWER / 1e6:.0f} MB",
                min(first, of_it) <= MILLISECONDS and size <= ANSWER,
            )


def _database(system: System) -> str:
    return str(system.template.reference("LakeDatabase"))


def _literals(question: Question) -> list[str]:
    return ["'{}'".format(text.replace("'", "''")) for text in question.texts]


def scanned(system: System, question: Question) -> int:
    """Bytes that Athena's engine reads for it."""
    literals = ["'{}'".format(text.replace("'", "''")) for text in question.texts]
    tree = athena._parse(athena._bound(question.sql, literals))
    tables = {table.name: table for _, table in athena._tables(system.world, tree, _database(system))}
    schema = {name: dict.fromkeys((*of.columns, *of.partition_keys), "varchar") for name, of in tables.items()}
    scan, found = athena._Scan(athena._connection()), 0
    for node in as_read(tree, schema).find_all(exp.Table):
        table = tables[node.name]
        files = [file for file, size in s3.objects(system.world, table.location) if size]
        found += scan.bytes(node, table, files)
    return found


def as_read(tree: exp.Expr, schema: dict[str, dict[str, str]]) -> exp.Expr:
    """The query with its CTEs in the places of all references to them, each with only the columns that are used there
    and under the conditions that hold there, as Athena's engine plans it."""
    tree, bodies = tree.copy(), dict[str, exp.Expr]()
    common = tree.args.get("with_")

    def put(node: exp.Expr) -> exp.Expr:
        for table in list(node.find_all(exp.Table)):
            if (body := bodies.get(table.name)) is not None:
                table.replace(body.copy().subquery(table.alias_or_name))
        return node

    if common is not None:
        for cte in common.expressions:
            bodies[cte.alias] = put(cte.this.copy())
        common.pop()
    qualified = qualify(put(tree), schema=schema, dialect="athena", identify=False, validate_qualify_columns=False)
    read = pushdown_projections(pushdown_predicates(qualified, dialect="athena"))
    for paren in list(read.find_all(exp.Paren)):  # a condition within a condition is one of them
        if isinstance(paren.this, exp.And) and isinstance(paren.parent, exp.And | exp.Where):
            paren.replace(paren.this)
    return read


def measure(contacts: int = 20_000, directory: Path | None = None) -> list[Row]:
    """`directory`: where the lake stays, and is asked again the next time; room for 5 KB a contact."""
    if directory is not None:
        return _told(play(contacts, directory, is_kept=True))
    with tempfile.TemporaryDirectory(prefix="beckon-reports-") as name:
        return _told(play(contacts, Path(name)))


def _told(rows: Iterator[Row]) -> list[Row]:
    """As they come, since a whole lake takes an hour."""
    found = []
    for row in rows:
        print(f"{row.measure}: {row.value}", flush=True)
        found.append(row)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.reports", description=__doc__)
    parser.add_argument("--contacts", type=int, default=20_000)
    parser.add_argument("--whole", action="store_true", help=f"{WHOLE:,} contacts and all that they did")
    parser.add_argument("--directory", type=Path, help="where the lake stays for the next time")
    given = parser.parse_args()
    show(measure(WHOLE if given.whole else given.contacts, given.directory))


if __name__ == "__main__":
    main()

"""Each number is the same on the page, at the API, in the terminal's JSON, in the CSV file and in SQL over the lake
that is written here anew, and leads to exactly the people behind it: on a played shop far from Greenwich."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from infra.local import launching, settings
from infra.local.__main__ import main
from infra.local.aws import ses
from infra.local.shop import lives
from shared.adapters import clock, contacts
from shared.domain.events import DAY, HOUR, MINUTE, Json, iso
from tests.browser.chromium import EXECUTABLE, Page
from tests.integration.nights import a_night
from tests.integration.people_behind import people_behind
from tests.integration.shop import BEGIN, Shop
from tests.integration.test_campaigns import sent
from tests.integration.test_form_report import FORM, order, publish, sign_up

ZONE = "Pacific/Auckland"  # thirteen hours ahead
LIVED = 10 * DAY
OBJECTIVES = {"orders": "Nearly ten thousand orders", "revenue": "As much through email"}
OURS = range(900, 905)
"""Our own customers, beside those of `lives`, who cancel, give back, pay in yen, join another and are erased."""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(settings.PARAMETERS, "TimeZone", ZONE)
        made = Shop(launching.FIRST)
    with made.system.hurrying():
        for each in takewhile(lambda each: each.at < BEGIN + LIVED, lives.told(BEGIN)):
            made.system.run_until(max(each.at, made.now()))
            lives.post(made.system, each)
    for number in OURS:
        made.customer(number, orders=1)
        made.passes(5 * HOUR)
    made.passes(3 * DAY)
    made.publish("everybody", {"kind": "trait", "trait": "email", "is": "exists"})
    begun = iso(made.now() - 8 * DAY)[:10]
    for metric, title in OBJECTIVES.items():
        objective = {"id": f"of_{metric}", "name": title, "metric": metric, "absolute": 9_999, "owner": "A test"}
        days = {"start": begun, "by": iso(made.now() + 60 * DAY)[:10]}
        assert made.ask("POST", "/objectives", {**objective, **days})[0] == 201
    events = made.system.template.reference("EventsQueue")
    made.system.session.client("sqs").send_message(QueueUrl=events, MessageBody='{"id": "x"}')
    made.passes(30 * MINUTE)
    publish(made, FORM)
    sent(made, id="spring", name="Spring")
    for person in ("one", "two"):
        sign_up(made, f"{person}@example.net", by_script=False)
    made.passes(2 * HOUR)
    for number, id_ in enumerate(mails(made)):
        if number % 3 == 0:
            ses.happen(made.system.world, id_, "Click", link="https://shop.example.com/a")
    made.passes(HOUR)
    for number in OURS:
        made.order(number, 7)
        made.passes(5 * HOUR)
    order(made, 99_901, "one@example.net", made.customers[OURS[0]])
    made.passes(3 * DAY)
    a_night(made, "ReportsWorkflow", "at_the_end", again=True)  # so that its numbers are of all that has happened
    yield made
    clock.use(None)


def mails(shop: Shop) -> list[str]:
    """Those of the last 20 days, the oldest first."""
    rows = shop.system.world.db.execute(
        "SELECT id FROM mailbox WHERE sent_at > ? ORDER BY sent_at, id", (shop.now() - 20 * DAY,)
    )
    return [row[0] for row in rows]


# ── SQL over the lake, which knows nothing of ours ──


class Lake:
    def __init__(self, shop: Shop, folder: Path) -> None:
        client = shop.system.session.client("s3")
        bucket = shop.system.template.reference("LakeBucket")
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="events/")
        for file in (each for page in pages for each in page.get("Contents", [])):
            path = folder / file["Key"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(client.get_object(Bucket=bucket, Key=file["Key"])["Body"].read())
        self.connection = duckdb.connect()
        self.connection.execute(f"SET TimeZone = '{ZONE}'")
        self.connection.execute(
            f"""CREATE TABLE events AS SELECT *, strftime(to_timestamp(time / 1000.0), '%Y-%m-%d') AS local_day
            FROM read_parquet('{folder}/events/*/*/*.parquet', hive_partitioning = true, union_by_name = true)"""
        )
        # An order by its newest telling; what anybody tells of it is left out where the shop tells of it.
        self.connection.execute(
            """CREATE TABLE told AS SELECT * FROM events
            WHERE type LIKE 'order_%' AND NOT (public AND order_id IN (SELECT order_id FROM events WHERE NOT public))"""
        )
        self.connection.execute(
            """CREATE TABLE bought AS
            SELECT order_id, strftime(to_timestamp(min(placed_at) / 1000.0), '%Y-%m-%d') AS local_day,
                min(placed_at) AS placed_at, arg_max(total, stamp) FILTER (WHERE total IS NOT NULL) AS total,
                arg_max(contact, stamp) FILTER (WHERE stands IS NOT NULL) AS contact
            FROM told GROUP BY order_id
            HAVING coalesce(arg_max(stands, stamp) FILTER (WHERE stands IS NOT NULL), true)"""
        )
        self.connection.execute(
            """CREATE TABLE given_back AS
            SELECT order_id, refund_id, contact, min(local_day) AS local_day, max(amount) AS amount
            FROM told WHERE type = 'order_refunded' AND order_id IN (SELECT order_id FROM bought)
            GROUP BY order_id, refund_id, contact"""
        )

        # An email, and what came of it.
        self.connection.execute(
            """CREATE TABLE mails AS
            SELECT message, min(local_day) FILTER (WHERE type = 'email_sent') AS day,
                coalesce(max(journey), '') AS journey, coalesce(max(campaign), '') AS campaign,
                coalesce(bool_or(human), false) AS read,
                bool_or(type IN ('email_delivered', 'email_opened', 'email_clicked')) AS arrived,
                coalesce(bool_or(type = 'email_bounced' AND permanent), false) AS gone,
                coalesce(bool_or(type = 'email_clicked' AND human), false) AS clicked
            FROM events WHERE type LIKE 'email_%' AND type <> 'email_held_out' AND message IS NOT NULL
            GROUP BY message HAVING bool_or(type = 'email_sent')"""
        )
        # An order and each click by a person in an email up to five days before it, the last one marked.
        self.connection.execute(
            """CREATE TABLE led AS
            SELECT b.order_id, b.contact, b.local_day, e.message,
                coalesce(b.total, 0)
                    - coalesce((SELECT sum(amount) FROM given_back g WHERE g.order_id = b.order_id), 0) AS worth,
                row_number() OVER (PARTITION BY b.order_id ORDER BY e.time DESC, e.message) = 1 AS last
            FROM bought b JOIN events e ON e.contact = b.contact AND e.type = 'email_clicked' AND e.human
                AND b.placed_at - e.time BETWEEN 0 AND 5 * 86400000 - 1"""
        )

    def rows(self, sql: str, *given: object) -> list[Any]:
        return self.connection.execute(sql, list(given)).fetchall()

    def one(self, sql: str, *given: object) -> Any:
        return self.rows(sql, *given)[0][0]


@pytest.fixture(scope="module")
def lake(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return Lake(shop, tmp_path_factory.mktemp("lake"))


THROUGH_EMAIL = """SELECT contact,
        sum(total - coalesce((SELECT sum(amount) FROM given_back g WHERE g.order_id = b.order_id), 0))
    FROM bought b WHERE local_day BETWEEN ? AND ? AND EXISTS (
        SELECT 1 FROM events e WHERE e.type = 'email_clicked' AND e.human AND e.contact = b.contact
            AND b.placed_at BETWEEN e.time AND e.time + 5 * 86400000 - 1)
    GROUP BY contact"""
ONE_BY_ONE = """SELECT contact, count(DISTINCT id) FROM events
    WHERE type = ? AND coalesce(human, true) AND local_day BETWEEN ? AND ? GROUP BY contact"""
WORTH = """SELECT contact, sum(amount) FROM (
        SELECT contact, coalesce(total, 0) AS amount, local_day FROM bought
        UNION ALL SELECT contact, -coalesce(amount, 0), local_day FROM given_back)
    WHERE local_day BETWEEN ? AND ? GROUP BY contact"""
ORDERS = "SELECT contact, count(*) FROM bought WHERE local_day BETWEEN ? AND ? GROUP BY contact"


def by_sql(lake: Lake, figure: str, first: str, last: str) -> dict[str, float]:
    """Whose a figure is, and how much of it."""
    types = {"delivered": "email_delivered", "sends": "email_sent", "clicks": "email_clicked"}
    match figure:
        case "email_revenue":
            return {who: amount / 100 for who, amount in lake.rows(THROUGH_EMAIL, first, last)}
        case "revenue":
            return {who: amount / 100 for who, amount in lake.rows(WORTH, first, last)}
        case "orders":
            return dict(lake.rows(ORDERS, first, last))
        case _:
            return dict(lake.rows(ONE_BY_ONE, types.get(figure, "email_delivered"), first, last))


# ── the API ──


def told(shop: Shop, path: str) -> Json:
    status, found = shop.ask("GET", path)
    assert status == 200, found
    return found


def behind(shop: Shop, figure: str, first: str, last: str) -> tuple[float, dict[str, float]]:
    return people_behind(shop, f"/reports/people?figure={figure}&from={first}&to={last}")


def there(shop: Shop, several: dict[str, float]) -> dict[str, float]:
    """Without those who are erased, or have joined another."""
    known = {profile.contact for profile in shop.profiles() if not profile.erased and profile.merged_into is None}
    return {who: n for who, n in several.items() if who in known}


def test_what_is_compared_is_something(shop: Shop, lake: Lake) -> None:
    figures = told(shop, "/reports/figures")
    assert all(figures["now"][name] > 0 for name in ("email_revenue", "delivered", "reached", "subscribers")), figures
    assert lake.one("SELECT count(*) FROM events WHERE type = 'email_sent' AND local_day <> day") > 0
    told_of_each = {figures[period]["from"] for period in ("now", "before")}
    assert len(told_of_each) == 2


@pytest.mark.parametrize("period", ["now", "before"])
def test_the_figures_of_today_are_those_of_sql_and_lead_to_their_people(shop: Shop, lake: Lake, period: str) -> None:
    figures = told(shop, "/reports/figures")[period]
    for figure in ("delivered", "reached", "email_revenue"):
        whole = by_sql(lake, figure, figures["from"], figures["to"])
        expected = len(whole) if figure == "reached" else sum(whole.values())
        total, people = behind(shop, figure, figures["from"], figures["to"])
        assert figures[figure] == total == pytest.approx(expected), figure
        assert people == pytest.approx(there(shop, whole)), figure
    total, people = behind(shop, "subscribers", figures["from"], figures["to"])
    since = {
        profile.contact: profile.memberships["subscribers"].since
        for profile in shop.profiles()
        if "subscribers" in profile.memberships and profile.memberships["subscribers"].member
    }
    days = {who: lake.one(f"SELECT strftime(to_timestamp({t} / 1000.0), '%Y-%m-%d')") for who, t in since.items()}
    assert figures["subscribers"] == total == len(people)
    assert people == {who: t for who, t in since.items() if figures["from"] <= days[who] <= figures["to"]}


def test_each_day_is_the_day_of_sql_and_leads_to_its_people(shop: Shop, lake: Lake) -> None:
    found = told(shop, "/reports/daily")
    days = {row["day"]: row for row in found["days"]}
    for figure in ("sends", "clicks", "orders", "revenue"):
        whole = by_sql(lake, figure, found["from"], found["to"])
        assert sum(row[figure] for row in days.values()) == pytest.approx(sum(whole.values())), figure
        for day, row in days.items():
            assert row[figure] == pytest.approx(sum(by_sql(lake, figure, day, day).values())), (day, figure)
        total, people = behind(shop, figure, found["from"], found["to"])
        assert total == pytest.approx(sum(whole.values()))
        assert people == pytest.approx(there(shop, whole))


# ── the same everywhere ──


class Number(NamedTuple):
    """A number: on which page it stands as a link, to where that leads (the page's address, which is the API's path)
    and which of its query tells it from others; how it is read of the answer of the API; and SQL for it, which may name
    `{first}`, `{last}`, `{month}` and `{as_of}`. `in_terminal`: the report of `beckon report … --json` that tells it as
    well. `in_file`: whether the table on the page can be taken away as CSV."""

    name: str
    page: str
    leads_to: str
    asked: Mapping[str, str]
    path: str
    of: Callable[[Json], float]
    sql: str
    in_terminal: str = ""
    in_file: bool = True


SENT = "SELECT count(*) FROM mails WHERE day BETWEEN '{first}' AND '{last}'"
OF_EMAILS = {
    "people": "SELECT count(DISTINCT contact) FROM events JOIN mails USING (message) WHERE type = 'email_sent' "
    "AND mails.day BETWEEN '{first}' AND '{last}'",
    "sent": SENT,
    "delivered": f"{SENT} AND (read OR arrived AND NOT gone)",
    "clicked": f"{SENT} AND clicked",
    "orders": "SELECT count(*) FROM led JOIN mails USING (message) WHERE last AND day BETWEEN '{first}' AND '{last}'",
    "revenue": "SELECT coalesce(sum(worth), 0) / 100 FROM led JOIN mails USING (message) "
    "WHERE last AND day BETWEEN '{first}' AND '{last}'",
}
GROUPS = {
    "all": "",
    "journey:onboarding": " AND mails.journey = 'onboarding'",
    "campaign:spring": " AND mails.campaign = 'spring'",
}
LED = "SELECT count(DISTINCT order_id) FROM led JOIN mails USING (message)"
UNLED = """SELECT count(*) FROM bought WHERE order_id NOT IN (SELECT order_id FROM led) AND local_day BETWEEN
    strftime(to_timestamp({as_of} / 1000.0) - INTERVAL 29 DAY, '%Y-%m-%d')
    AND strftime(to_timestamp({as_of} / 1000.0), '%Y-%m-%d')"""
BEGAN = "SELECT count(*) FROM (SELECT contact FROM bought GROUP BY contact HAVING min(local_day)[:7] = '{month}')"
DELIVERED = "FROM events WHERE type = 'email_delivered' AND local_day BETWEEN '{first}' AND '{last}'"
FIRST_SIGN_UPS = """SELECT {what} FROM (
        SELECT contact, min(time) AS time FROM events
        WHERE type = 'consent_changed' AND source = 'form' AND list_contains(properties, 'form=tnews')
        GROUP BY contact) f
    LEFT JOIN (SELECT contact, min(placed_at) AS placed_at FROM bought GROUP BY contact) b USING (contact)"""
SIGNED_UP = """SELECT count(*) FROM (
        SELECT contact, min(time) FILTER (WHERE type = 'contact_created' OR subscribed) AS time FROM events
        WHERE type IN ('contact_created', 'contact_updated', 'consent_changed') GROUP BY contact) s
    LEFT JOIN (SELECT contact, min(placed_at) AS placed_at FROM bought GROUP BY contact) b USING (contact)
    WHERE s.time IS NOT NULL AND coalesce(b.placed_at, s.time) >= s.time - 86400000"""


def daily(figure: str) -> Number:
    def of(told: Json) -> float:
        return float(busiest(told)[figure])

    sums = {
        "sends": ONE_BY_ONE.replace("contact, count(DISTINCT id)", "count(DISTINCT id)").replace(
            "type = ?", "type = 'email_sent'"
        ),
        "clicks": ONE_BY_ONE.replace("contact, count(DISTINCT id)", "count(DISTINCT id)").replace(
            "type = ?", "type = 'email_clicked'"
        ),
        "orders": ORDERS.replace("contact, count(*)", "count(*)"),
        "revenue": WORTH.replace("contact, sum(amount) FROM", "sum(amount) / 100 FROM"),
    }
    sql = sums[figure].replace(" GROUP BY contact", "").replace("BETWEEN ? AND ?", "BETWEEN '{first}' AND '{last}'")
    return Number(
        f"{figure} of a day", "reports", "reports/people", {"figure": figure}, "/reports/daily", of, sql, "daily"
    )


def kpi(called: str, figure: str) -> Number:
    def of(told: Json) -> float:
        return float(next(each[figure] for each in told["periods"][0]["groups"] if each["called"] == called))

    asked = {"figure": figure, "of": called}
    sql = OF_EMAILS[figure] + GROUPS[called]
    return Number(f"{called}, {figure}", "reports/kpis", "reports/people", asked, "/reports/kpis", of, sql, "kpis")


def attributed(channel: str, sql: str) -> Number:
    def of(told: Json) -> float:
        period = told["windows"][0]["periods"][0]
        channels = {each["channel"]: each for each in period["channels"]} | {"none": period["none"]}
        return float(channels[channel]["orders"])

    asked = {"channel": channel, "within": "5", "days": "30"}
    where = "reports/attribution"
    return Number(f"orders of {channel}", where, f"{where}/people", asked, f"/{where}", of, sql, "attribution")


def of_form(figure: str, what: str) -> Number:
    def of(told: Json) -> float:
        return float(next(each[figure] for each in told["forms"] if each["form"] == "news"))

    where, sql = "reports/forms", FIRST_SIGN_UPS.replace("{what}", what)
    return Number(
        f"form, {figure}", where, f"{where}/people", {"form": "news", "figure": figure}, f"/{where}", of, sql, "forms"
    )


NUMBERS = (
    *(daily(figure) for figure in ("sends", "clicks", "orders", "revenue")),
    *(kpi(called, figure) for called in GROUPS for figure in OF_EMAILS),
    attributed("campaign:spring", f"{LED} WHERE campaign = 'spring'"),
    attributed("none", UNLED),
    of_form("people", "count(*)"),
    of_form("fresh", "count(*) FILTER (WHERE placed_at IS NULL OR placed_at >= time)"),
    of_form("ordered", "count(*) FILTER (WHERE placed_at >= time)"),
    Number(
        "people of a cohort", "reports/cohorts", "reports/cohorts/people", {"by": "first_order", "after": "-1"},
        "/reports/cohorts", lambda told: float(told["rows"][-1]["people"]),
        BEGAN, "cohorts",
    ),
    Number(
        "people who signed up", "reports/funnel", "reports/funnel/people", {"step": "waiting", "days": "90"},
        "/reports/funnel", lambda told: float(told["windows"][1]["waiting"]), SIGNED_UP, "funnel", in_file=False,
    ),
    *(
        Number(
            f"{figure} of 30 days", "", "reports/people", {"figure": figure},
            "/reports/figures", lambda told, figure=figure: float(told["now"][figure]), sql, in_file=False,
        )
        for figure, sql in {
            "delivered": f"SELECT count(DISTINCT id) {DELIVERED}",
            "reached": f"SELECT count(DISTINCT contact) {DELIVERED}",
            "email_revenue": "SELECT sum(worth) / 100 FROM led WHERE last AND local_day BETWEEN '{first}' AND '{last}'",
        }.items()
    ),
    Number(
        "sent by a campaign", "campaigns/spring", "campaigns/spring/people", {"status": "sent"},
        "/campaigns/spring/progress", lambda told: float(told["sent"]),
        "SELECT count(*) FROM mails WHERE campaign = 'spring'", in_file=False,
    ),
    Number(
        "sent by a journey", "reports", "journeys/onboarding/people", {"what": "sent"},
        "/journeys", lambda told: float(next(each["sent"] for each in told["journeys"] if each["id"] == "onboarding")),
        "SELECT count(*) FROM mails WHERE journey = 'onboarding'",
    ),
)  # fmt: skip
"""One more is one more row."""


def busiest(told: Json) -> Json:
    return max(told["days"], key=lambda each: (each["orders"], each["sends"]))


def days_of(told: Json) -> dict[str, str]:
    """Which days a number is of."""
    if "windows" in told:
        return {"as_of": str(told["as_of"])}
    if "periods" in told:
        told = told["periods"][0]
    elif "now" in told:
        told = {"first": told["now"]["from"], "last": told["now"]["to"]}
    elif "days" in told and isinstance(told["days"], list):
        told = {"first": busiest(told)["day"], "last": busiest(told)["day"]}
    elif "rows" in told:
        told = {"month": told["rows"][-1]["month"]}
    return {name: told[name] for name in ("first", "last", "month") if told.get(name)}


SHOWN = """((leads_to, asked) => {
    const several = [...document.querySelectorAll("main a")].filter((each) => {
        const [path, query] = each.getAttribute("href").slice(2).split("?");
        const given = new URLSearchParams(query);
        return path === leads_to && Object.entries(asked).every(([name, value]) => given.get(name) === value);
    });
    const found = several.find((each) => each.closest("td")) ?? several[0];
    return found && { text: found.textContent, leads_to: found.getAttribute("href"), row: found.closest("tr")?.rowIndex,
        column: found.closest("table")?.tHead.rows[0].cells[found.closest("td, th").cellIndex].textContent.trim() };
})"""


def read(text: str) -> float:
    return float(re.sub(r"[^\d.-]", "", text))


def shown(page: Page, base: str, number: Number, asked: Mapping[str, str]) -> tuple[float, str]:
    """What the page says, and where that leads. The CSV file of its table says the same, or this fails."""
    finding = f"{SHOWN}({json.dumps(number.leads_to)}, {json.dumps(asked)})"
    page.wait(finding)
    found = page.run(finding)
    if number.in_file:
        page.run("window.taken = null; window.made ??= URL.createObjectURL.bind(URL)")
        keep = "(blob) => { blob.text().then((text) => { window.taken = text; }); return window.made(blob); }"
        page.run(f"URL.createObjectURL = {keep}; null")
        address = json.dumps(found["leads_to"])
        link = f"[...document.querySelectorAll('main td a')].find((each) => each.getAttribute('href') === {address})"
        page.run(f"{link}.closest('.scroll').nextElementSibling.querySelector('button').click()")
        page.wait("window.taken")
        table = [*csv.reader(io.StringIO(page.run("window.taken").removeprefix("\ufeff")))]
        assert float(table[found["row"]][table[0].index(found["column"])]) == pytest.approx(read(found["text"])), (
            number.name
        )
    return read(found["text"]), found["leads_to"].removeprefix("#")


@pytest.mark.browser
@pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed")
@pytest.mark.parametrize("address", sorted({each.page for each in NUMBERS}))
def test_a_number_is_the_same_wherever_it_is_told_and_leads_to_its_people(
    page: Page,
    base: str,
    shop: Shop,
    lake: Lake,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page.open(f"{base}#/{address}")
    port = re.search(r":(\d+)/", base)[1]  # type: ignore[index]
    something = 0.0
    for number in (each for each in NUMBERS if each.page == address):
        answer = told(shop, number.path)
        says, days = number.of(answer), days_of(answer)
        asked = dict(number.asked)
        if number.page in ("", "reports") and number.leads_to == "reports/people":
            asked |= {"from": days["first"], "to": days["last"]}
        if "month" in days:
            asked["month"] = days["month"]
        on_page, leads_to = shown(page, base, number, asked)
        assert on_page == pytest.approx(says), number.name
        assert float(lake.one(number.sql.format(**days)) or 0) == pytest.approx(says), number.name
        if number.in_terminal:
            monkeypatch.setattr("sys.argv", ["beckon", "--port", port, "report", number.in_terminal, "--json"])
            capsys.readouterr()
            assert not main()
            assert number.of(json.loads(capsys.readouterr().out)) == says, number.name
        if leads_to.startswith("/reports/"):
            total, people = people_behind(shop, leads_to)
            assert total == pytest.approx(says), number.name
            assert people or not says
        something += says
    assert something > 0


# ── those that stand in a table and lead to nobody ──


class Cell(NamedTuple):
    """Where a number stands on its page: in the row that begins so, under the column; where the API and, asked for
    JSON, the terminal tell it; and SQL for it, which may name what `days` finds beside it."""

    page: str
    row: str
    column: str
    path: str
    of: Callable[[Json], float]
    sql: str
    days: Callable[[Json], Mapping[str, str]]
    in_terminal: tuple[str, ...] = ()


def reached(metric: str, sql: str) -> Cell:
    def held(told: Json) -> Json:
        return next(each for each in told["objectives"] if each["id"] == f"of_{metric}")

    def days(told: Json) -> Mapping[str, str]:
        return {"first": held(told)["objective"]["start"], "last": held(told)["progress"]["until"]}

    value, terminal = (lambda told: float(held(told)["progress"]["value"])), ("objective", "list")
    return Cell("objectives", OBJECTIVES[metric], "Reached by now", "/objectives", value, sql, days, terminal)


def cost(what: str, row: str, sql: str) -> Cell:
    def of(told: Json) -> float:
        return float(next(each["number"] for each in told["costs"] if each["what"] == what))

    return Cell("operations", row, "Number", "/reports/costs", of, sql, lambda told: {"month": told["month"]})


CELLS = (
    reached("orders", "SELECT count(*) FROM bought WHERE local_day BETWEEN '{first}' AND '{last}'"),
    reached("revenue", "SELECT sum(worth) / 100 FROM led WHERE last AND local_day BETWEEN '{first}' AND '{last}'"),
    cost("events", "Events taken in", "SELECT count(*) FROM events WHERE month = '{month}'"),
)
IN_ROW = """((row, column) => {
    for (const table of document.querySelectorAll("main table")) {
        const at = [...table.querySelectorAll("thead th")].findIndex((each) => each.innerText.trim() === column);
        const found = [...table.querySelectorAll("tbody tr")].find((each) => each.innerText.trim().startsWith(row));
        if (at >= 0 && found) return found.children[at].innerText;
    }
})"""


@pytest.mark.browser
@pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed")
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.row)
def test_a_number_in_a_table_is_the_same_wherever_it_is_told(
    page: Page,
    base: str,
    shop: Shop,
    lake: Lake,
    cell: Cell,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = told(shop, cell.path)
    says = cell.of(answer)
    assert says > 0
    page.open(f"{base}#/{cell.page}")
    finding = f"{IN_ROW}({json.dumps(cell.row)}, {json.dumps(cell.column)})"
    page.wait(finding)
    assert read(page.run(finding)) == pytest.approx(says)
    assert float(lake.one(cell.sql.format(**cell.days(answer)))) == pytest.approx(says)
    if cell.in_terminal:
        port = re.search(r":(\d+)/", base)[1]  # type: ignore[index]
        monkeypatch.setattr("sys.argv", ["beckon", "--port", port, *cell.in_terminal, "--json"])
        capsys.readouterr()
        assert not main()
        assert cell.of(json.loads(capsys.readouterr().out)) == says


@pytest.mark.browser
@pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed")
def test_what_entered_and_left_each_segment_is_the_same_wherever_it_is_told(page: Page, base: str, shop: Shop) -> None:
    flows = told(shop, "/reports/flows")
    page.open(f"{base}#/reports/flows")
    page.wait_for("What each size has come of")
    moved = Counter(
        (each.segment, each.entered)
        for shard in range(contacts.SHARDS)
        for contact in contacts.first_of_shard(shard, "", 1_000)
        for item in contacts.items(contact, "TRANSITION#")
        for each in contacts.transitions_of(item)
    )
    assert sum(moved.values()) > 20
    sizes = {each["segment"]: each["members"] for each in told(shop, "/segments?limit=200")["segments"]}
    for each in flows["segments"]:
        entered_, left = sum(each["entered"].values()), sum(each["left"].values())
        assert each["begin"] + entered_ - left == each["end"] == sizes[each["segment"]], each["segment"]
        for what, title, entered in (("entered", "Entered", True), ("left", "Left", False)):
            says = sum(each[what].values())
            # Of who was erased or has joined another, the figures stay, and it is not known any more who it was.
            assert 0 <= says - moved[each["segment"], entered] <= 3, (each["segment"], what)
            row = f"{IN_ROW}({json.dumps(each['name'])}, {json.dumps(title)})"
            assert read(page.run(row).split("\n")[0]) == says, each["segment"]


@pytest.mark.browser
@pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed")
def test_emails_that_cost_are_all_that_ses_took_those_of_reports_and_confirmations(
    page: Page, base: str, shop: Shop, lake: Lake
) -> None:
    costs = told(shop, "/reports/costs")
    says = next(each["number"] for each in costs["costs"] if each["what"] == "emails")
    took = "SELECT count(*) FROM mailbox WHERE strftime('%Y-%m', sent_at / 1000, 'unixepoch') = ?"
    assert says == shop.system.world.db.execute(took, (costs["month"],)).fetchone()[0]
    sends = lake.one("SELECT count(DISTINCT id) FROM events WHERE type = 'email_sent' AND month = ?", costs["month"])
    assert says == sends + 2, "whoever signs up by a form is asked by an email that no report counts"
    page.open(f"{base}#/operations")
    finding = f"{IN_ROW}('All emails that SES took', 'Number')"
    page.wait(finding)
    assert read(page.run(finding)) == says


@pytest.mark.browser
@pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed")
def test_what_waits_for_a_person_is_the_same_wherever_it_is_told(page: Page, base: str, shop: Shop) -> None:
    depths = {each["queue"]: each["depth"] for each in told(shop, "/dead-letters")["queues"]}
    page.open(f"{base}#/operations")
    page.wait_for("Cost so far this month")
    page.wait("!document.querySelector('main [aria-busy=true]')")
    there = shop.system.world.db.execute(
        "SELECT count(*) FROM queue_messages WHERE queue LIKE '%DeadLetters%'"
    ).fetchone()[0]
    assert sum(depths.values()) == there == 1
    assert "1 message" in page.text()


IN_TABLE = """Object.fromEntries([...document.querySelectorAll("main tbody tr")].map((row) =>
    [row.querySelector("th a").getAttribute("href").split("/").at(-1),
        row.querySelector("td.number").firstChild.textContent]))"""


@pytest.mark.browser
@pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed")
def test_the_size_of_a_segment_is_the_same_wherever_it_is_told_and_leads_to_its_members(
    page: Page, base: str, shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    decided = Counter(
        segment
        for profile in shop.profiles()
        if not profile.erased and profile.merged_into is None and profile.traits.get("email")
        for segment, membership in profile.memberships.items()
        if membership.member
    )
    page.open(f"{base}#/segments")
    page.wait_for("Used by")
    shown_ = {segment: read(text) for segment, text in page.run(IN_TABLE).items()}
    monkeypatch.setattr("sys.argv", ["beckon", "--port", re.search(r":(\d+)/", base)[1], "segment", "list", "--json"])  # type: ignore[index]
    capsys.readouterr()
    assert not main()
    in_terminal = {each["segment"]: each["members"] for each in json.loads(capsys.readouterr().out)["segments"]}
    for each in told(shop, "/segments?limit=200")["segments"]:
        segment, size = each["segment"], each["members"]
        assert size == decided[segment] == in_terminal[segment] == shown_.get(segment, 0), segment
        for path in (f"/segments/{segment}/members", f"/contacts?segment={segment}"):
            assert len(all_of(shop, path)) == size, path
    assert len(shown_) > 5


def all_of(shop: Shop, path: str) -> list[str]:
    found, cursor = [], ""
    while cursor is not None:
        status, told_ = shop.ask("GET", f"{path}{'&' if '?' in path else '?'}limit=100{cursor and f'&cursor={cursor}'}")
        assert status == 200, told_
        cursor = told_["cursor"]
        found += [each["contact"] for each in told_.get("members") or told_.get("contacts") or ()]
    return found

"""Each number of Today and of the daily report is what SQL over the lake says that is written here anew, and leads to
exactly the people behind it: on a played shop far from Greenwich."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infra.local import launching, settings
from infra.local.aws import ses
from infra.local.shop import lives
from shared.adapters import clock
from shared.domain.events import DAY, HOUR, MINUTE, Json
from tests.integration.shop import BEGIN, Shop
from tests.integration.test_campaigns import sent

ZONE = "Pacific/Auckland"  # thirteen hours ahead
LIVED = 10 * DAY
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
    made.passes(30 * MINUTE)
    sent(made)
    made.passes(2 * HOUR)
    for number, id_ in enumerate(mails(made)):
        if number % 3 == 0:
            ses.happen(made.system.world, id_, "Click", link="https://shop.example.com/a")
    made.passes(HOUR)
    for number in OURS:
        made.order(number, 7)
        made.passes(5 * HOUR)
    made.passes(3 * DAY)
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
    """A number by the API, and who is behind it, page after page."""
    path = f"/reports/people?figure={figure}&from={first}&to={last}&limit=3"
    found = told(shop, path)
    total, people, cursor = found["total"], list(found["people"]), found["cursor"]
    while cursor is not None:
        page = told(shop, f"{path}&cursor={cursor}")
        assert page["total"] == total
        people, cursor = people + page["people"], page["cursor"]
    assert len({each["contact"] for each in people}) == len(people)
    return total, {each["contact"]: each["n"] for each in people}


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

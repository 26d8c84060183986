"""Cohorts and the way to the second order: by hand, by brute force over a made-up shop, and on Online Retail II."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.adapters import environment
from shared.adapters.queries import question
from shared.domain.calendars import local
from shared.domain.events import DAY, HOUR, ConsentChange, Event, Instant, OrderState, Type, event_id, parse_instant
from shared.domain.reports import cohorts, funnel
from tests.unit.online_retail import WHOLE
from tests.unit.sql_lake import Lake
from tests.unit.test_sql import contact_id, shop

NOW = parse_instant("2026-11-15T12:00:00Z")
Told = Mapping[int, list[Event]]
"""By a contact's number, their events."""


def event(type_: str, time: Instant, order: OrderState | None = None, yes: bool = False, **more: Any) -> Event:
    return Event(
        id=event_id(type_, str(time), str(sorted(more.items()))),
        type=type_,
        time=time,
        stated=time,
        received=time,
        source="shopify",
        order=order,
        consent=(ConsentChange(topic="marketing", state="subscribed", wording="w"),) if yes else (),
        properties=more,
    )


def order(id_: str, time: Instant, total: float) -> Event:
    return event(Type.ORDER_COMPLETED, time, order_id=id_, total=total)


def lake(told: Told) -> Lake:
    return Lake([], {contact_id(number): events for number, events in told.items()}, shop([]), NOW)


def reported(of: Lake, at: Instant = NOW, zone: str = "UTC") -> dict[tuple[str, str], Any]:
    """The groups of the report, by kind and what they are called."""
    today = local(at, ZoneInfo(zone)).date().isoformat()
    rows = of.rows(*question("cohorts", "", cohorts.first_month(today), over=(0, at)))
    told: Any = cohorts.report(today, rows)
    return {(each["kind"], each["called"]): each for each in told["groups"]}


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def set_(zone: str) -> None:
        monkeypatch.setenv("SHOP_TIME_ZONE", zone)
        environment.forget()

    yield set_
    monkeypatch.undo()
    environment.forget()


def at(text: str) -> Instant:
    return parse_instant(f"{text}:00Z")


# ── by hand ──

ADA, BEN, CLEO, DAN = 1, 2, 3, 4
SHOP: Told = {
    ADA: [
        order("a1", at("2026-08-03T10:00"), 20),
        order("a2", at("2026-08-30T10:00"), 5),
        order("a3", at("2026-10-01T10:00"), 30),
    ],
    BEN: [
        event(Type.CONTACT_CREATED, at("2026-09-01T09:00")),
        order("b1", at("2026-09-02T10:00"), 10),
        event(Type.ORDER_REFUNDED, at("2026-10-20T10:00"), order_id="b1", refund_id="r1", amount=4),
        order("b1", at("2026-09-02T10:00"), 10),  # told again
    ],
    CLEO: [
        event(Type.CONTACT_CREATED, at("2026-09-30T23:30")),
        order("c1", at("2026-10-01T03:00"), 8),
        order("c2", at("2026-11-03T10:00"), 2),
    ],
    DAN: [
        order("d1", at("2026-08-05T10:00"), 99),
        event(Type.ORDER_CANCELLED, at("2026-08-06T10:00"), OrderState(id="d1", stands=False), order_id="d1"),
    ],
}


def shown(group: Any) -> dict[str, Any]:
    """By month: people, orders, revenue, and of each month after how many ordered (those that are over)."""
    return {
        each["month"]: (
            each["people"],
            each["orders"],
            each["revenue"],
            [cell["people"] for cell in each["cells"] if cell["is_over"]],
        )
        for each in group["rows"]
    }


def test_customers_by_the_month_of_their_first_order() -> None:
    """A refund is taken off the order that it is of, and an order that is cancelled makes nobody a customer."""
    found = reported(lake(SHOP))["first_order", "all"]
    assert shown(found) == {
        "2026-08": (1, 3, 55.0, [1, 0, 1]),
        "2026-09": (1, 1, 6.0, [1, 0]),
        "2026-10": (1, 2, 10.0, [1]),
    }
    assert found["people"] == 3
    ada, _ben, cleo = found["rows"]
    assert [each["begins"] for each in found["rows"]] == [True, False, False]
    assert [cell["revenue_each"] for cell in ada["cells"]] == [25.0, 25.0, 55.0, 55.0]
    assert [(cell["people"], cell["is_over"]) for cell in cleo["cells"]] == [(1, True), (1, False)]
    assert found["average"] == [{"after": 0, "people": 2, "of": 2}, {"after": 1, "people": 0, "of": 1}]


def test_people_by_the_month_of_their_sign_up() -> None:
    found = reported(lake(SHOP))["sign_up", "all"]
    assert shown(found) == {"2026-09": (2, 3, 16.0, [1, 1])}


def test_months_are_the_shop_s(in_zone: Callable[[str], None]) -> None:
    """At three in the morning of the first in London, it is still the last of September in New York."""
    in_zone("America/New_York")
    found = reported(lake(SHOP), zone="America/New_York")["first_order", "all"]
    assert {month: row[0] for month, row in shown(found).items()} == {"2026-08": 1, "2026-09": 2}
    in_zone("Asia/Tokyo")
    found = reported(lake(SHOP), zone="Asia/Tokyo")["sign_up", "all"]
    assert {month: row[0] for month, row in shown(found).items()} == {"2026-09": 1, "2026-10": 1}


def test_who_came_longer_ago_is_one_row_and_none_is_missing() -> None:
    old = {9: [order("o1", at("2019-02-01T10:00"), 7), order("o2", at("2026-10-01T10:00"), 1)]}
    found = reported(lake({**SHOP, **old}))["first_order", "all"]
    assert found["people"] == 4
    assert shown(found)[None] == (1, 2, 8.0, [])
    assert [each["begins"] for each in found["rows"]] == [True, False, False, False]


# ── by brute force ──


def expected(
    told: Iterable[tuple[int, str, int]], present: str
) -> tuple[dict[str, int], Counter[tuple[str, int]], int]:
    """Of (customer, month, hundredths): customers by their first month; who ordered so many months after it; and what
    all brought."""
    of: dict[int, list[str]] = defaultdict(list)
    revenue = 0
    for customer, month, amount in told:
        of[customer].append(month)
        revenue += amount
    sizes = Counter(min(months) for months in of.values())
    later: Counter[tuple[str, int]] = Counter()
    for months in of.values():
        first = cohorts.number_of(min(months))
        later.update((min(months), cohorts.number_of(each) - first) for each in set(months))
    return dict(sizes), later, revenue


def agrees(group: Any, told: list[tuple[int, str, int]], present: str) -> None:
    sizes, later, revenue = expected(told, present)
    assert group["people"] == sum(sizes.values()) == len({customer for customer, _, _ in told})
    first = cohorts.first_month(present)
    rows = {row["month"]: row for row in group["rows"]}
    assert rows.keys() - {None} == {month for month in sizes if month >= first}
    assert round(sum(row["revenue"] for row in rows.values()) * 100) == revenue
    for month, row in rows.items():
        if month is None:
            continue
        assert row["people"] == sizes[month]
        assert [cell["people"] for cell in row["cells"]] == [later[month, each["after"]] for each in row["cells"]]
        assert round(sum(cell["revenue"] for cell in row["cells"]) * 100) == round(row["revenue"] * 100)
        assert len(row["cells"]) == cohorts.number_of(present) - cohorts.number_of(month) + 1
        assert [cell["is_over"] for cell in row["cells"]] == [True] * (len(row["cells"]) - 1) + [False]


def test_any_shop_s_rows_are_all_its_customers() -> None:
    draw = random.Random(7)
    told: dict[int, list[Event]] = defaultdict(list)
    flat = []
    for number in range(400):
        customer = draw.randrange(120)
        time = NOW - draw.randrange(900 * DAY)
        hundredths = draw.randrange(1, 9_999)
        told[customer].append(order(f"o{number}", time, hundredths / 100))
        flat.append((customer, local(time, ZoneInfo("UTC")).strftime("%Y-%m"), hundredths))
    agrees(reported(lake(told))["first_order", "all"], flat, "2026-11")


def test_online_retail_ii(in_zone: Callable[[str], None]) -> None:
    """The shop's two years, whose months are London's: beside figures that DuckDB and a loop over its invoices give."""
    if not WHOLE.exists():
        pytest.skip(f"Online Retail II is not at {WHOLE}: name it in ONLINE_RETAIL_II")
    import duckdb

    invoices = duckdb.execute(
        """
        SELECT
            invoice,
            CAST(MIN(customer_id) AS BIGINT),
            MIN(epoch_ms(invoice_ts)),
            CAST(SUM(ROUND(quantity * price * 100)) AS BIGINT)
        FROM read_parquet($file)
        WHERE customer_id IS NOT NULL AND invoice NOT LIKE 'C%' AND quantity > 0 AND price > 0
        GROUP BY invoice
        """,
        {"file": str(WHOLE)},
    ).fetchall()
    london = ZoneInfo("Europe/London")
    flat = [(customer, local(time, london).strftime("%Y-%m"), total) for _, customer, time, total in invoices]
    told: dict[int, list[Event]] = defaultdict(list)
    for invoice, customer, time, total in invoices:
        told[customer].append(order(invoice, time, total / 100))
    in_zone("Europe/London")
    found = reported(lake(told), at("2011-12-09T18:00"), "Europe/London")["first_order", "all"]
    agrees(found, flat, "2011-12")
    assert found["people"] == 5_878
    assert {row["month"]: row["begins"] for row in found["rows"] if row["begins"]} == {None: True}


# ── the way to the second order ──


def windows(told: Told, t: Instant = NOW) -> dict[int, Any]:
    of = lake(told)
    rows = [of.rows(*question(name, str(t), over=(0, t))) for name in ("funnel", "funnel_days")]
    report: Any = funnel.report(*rows)
    return {each["days"]: each for each in report["windows"]}


def person(signed_up: Instant, *orders: int, clicked: int | None = None, yes: int | None = 0) -> list[Event]:
    """Signs up; and so many hours later says yes, clicks, orders."""
    id_ = event_id(str(signed_up), str(orders), str(clicked))
    found = [event(Type.CONTACT_CREATED, signed_up, name=id_)]
    if yes is not None:
        found.append(event(Type.CONSENT_CHANGED, signed_up + yes * HOUR, yes=True))
    if clicked is not None:
        found.append(event(Type.EMAIL_CLICKED, signed_up + clicked * HOUR, human=True))
    return found + [order(f"{id_}{n}", signed_up + hours * HOUR, 10) for n, hours in enumerate(orders)]


def test_only_who_has_had_the_days_counts_and_a_step_counts_within_them() -> None:
    long_ago, lately = NOW - 100 * DAY, NOW - 20 * DAY
    told = {
        1: person(long_ago, 24, 40 * 24, clicked=2),
        2: person(long_ago, 50 * 24, yes=26),
        3: person(long_ago, yes=None),
        4: person(lately, 0, 48, clicked=1),
        5: [order("old", long_ago - 10 * DAY, 5), *person(long_ago, 24)],
        6: person(long_ago, -1, 5),  # the account came an hour after the order
        7: [order("guest", long_ago, 5)],
    }
    found = windows(told)
    names = ("people", "customers", "ready", "waiting", "confirmed", "clicked", "ordered", "again")
    assert [found[30][name] for name in names] == [5, 1, 4, 1, 3, 1, 2, 1]
    assert [found[90][name] for name in names] == [5, 1, 4, 1, 3, 1, 3, 2]
    assert [found[180][name] for name in names] == [5, 1, 0, 5, 0, 0, 0, 0]
    assert [found[90][f"{step}_days"] for step in funnel.STEPS] == [0, 0, 1, 20]
    of = lake(told)
    for days, window in found.items():
        for month in ("", *(each["month"] for each in window["months"])):
            counted = window if month == "" else next(each for each in window["months"] if each["month"] == month)
            for step in names:
                asked_for = question("funnel_people", str(NOW), str(days), step, month, over=(0, NOW))
                assert len(of.rows(*asked_for)) == counted[step], (days, month, step)
    assert [found[180][f"{step}_days"] for step in funnel.STEPS] == [None] * 4
    assert [(each["month"], each["people"], each["ready"]) for each in found[30]["months"]] == [
        ("2026-10", 1, 0),
        ("2026-08", 4, 4),
    ]


def test_the_median_of_so_many_of_each() -> None:
    assert funnel.median({}) is None
    draw = random.Random(3)
    import statistics

    for _ in range(200):
        several = [draw.randrange(6) for _ in range(draw.randrange(1, 9))]
        assert funnel.median(Counter(several)) == statistics.median(several)

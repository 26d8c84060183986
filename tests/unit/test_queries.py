"""What the common parts of the queries say: what an order is, and which of the shop's days something was on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from infra.local.aws import athena
from shared.adapters import environment
from shared.adapters.queries import question
from shared.domain.calendars import day_start, local
from shared.domain.events import DAY, HOUR, ConsentChange, Event, Instant, OrderState, Type, event_id, parse_instant
from tests.unit.sql_lake import Lake
from tests.unit.test_sql import contact_id, shop

SENT = parse_instant("2026-11-03T10:00:00Z")
NOW = SENT + 20 * DAY
WITHIN = str(10 * DAY)
OVER = (SENT, NOW)
MAIL = {"campaign": "autumn", "holdout": "from_2026"}


def event(type_: str, time: Instant, public: bool = False, order: OrderState | None = None, **more: Any) -> Event:
    return Event(
        id=event_id(type_, str(time), str(public)),
        type=type_,
        time=time,
        stated=time,
        received=time,
        source="segment" if public else "shopify",
        public=public,
        order=order,
        properties=more,
    )


def found(name: str, *texts: str, told: list[Event]) -> list[dict[str, Any]]:
    return Lake([], {contact_id(0): told}, shop([]), NOW).rows(*question(name, *texts, over=OVER))


ASKED = {
    "arms": ("autumn", WITHIN, WITHIN, "0", WITHIN, "0", WITHIN),
    "rates": ("2026-11-01", WITHIN, WITHIN),
    "holdout": ("holdout=tfrom_2026", WITHIN, WITHIN),
}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("called", ["5001", "1017", "#1017"])
def test_an_order_that_the_website_tells_of_too_is_cancelled_with_the_storefront_s(name: str, called: str) -> None:
    """The website calls it by the id or by the number that the customer sees."""
    placed = event(Type.ORDER_COMPLETED, SENT + DAY, order_id="5001", order_number="#1017", total=20)
    of_website = event(Type.ORDER_COMPLETED, SENT + DAY, public=True, order_id=called, total=20)
    cancelled = event(
        Type.ORDER_CANCELLED, SENT + DAY + HOUR, order=OrderState(id="5001", stands=False), order_id="5001"
    )
    mail = event(Type.EMAIL_SENT, SENT, **MAIL)
    (before,) = found(name, *ASKED[name], told=[mail, placed, of_website])
    (after,) = found(name, *ASKED[name], told=[mail, placed, of_website, cancelled])
    assert (before["people"], before["ordered"]) == (1, 1)
    assert (after["people"], after["ordered"]) == (1, 0)


TAKEN_PART = {**MAIL, "experiment": "e", "variant": "a", "journey": "welcome", "step": "hello"}


@pytest.mark.parametrize("name", [*ASKED, "experiment", "usual", "direct_effect"])
def test_an_order_counts_from_the_instant_after_the_email_up_to_the_end_and_not_with_it(name: str) -> None:
    asked = {
        **ASKED,
        "experiment": (
            "experiment=te",
            "2026-11",
            "experiment=te",
            "experiment=te",
            "of it",
            *"11111",
            WITHIN,
            WITHIN,
            WITHIN,
            "0",
            WITHIN,
            str(NOW),
            WITHIN,
        ),
        "usual": ("welcome", "hello", "hello", str(SENT), WITHIN, WITHIN, "0"),
        "direct_effect": ("holdout=tfrom_2026", str(SENT), str(SENT), WITHIN, WITHIN, str(NOW)),
    }[name]
    mail, other = event(Type.EMAIL_SENT, SENT, **TAKEN_PART), event(Type.EMAIL_HELD_OUT, SENT, **TAKEN_PART)
    for after, counts in ((-1, 0), (0, 0), (1, 1), (10 * DAY - 1, 1), (10 * DAY, 0)):
        placed = event(Type.ORDER_COMPLETED, SENT + after, order_id="5001", total=20)
        told = {contact_id(0): [mail, placed], contact_id(1): [other]}
        sql, texts = question(name, *asked, over=(SENT - DAY, NOW))
        rows = Lake([], told, shop([]), NOW).rows(athena._bound(sql, [f"'{each}'" for each in texts]))
        of_sent = [row for row in rows if row.get("held_out", 0) != 1 and row.get("channel", "shop") == "shop"]
        assert sum(row["ordered"] for row in of_sent) == counts, (after, of_sent)


@pytest.mark.parametrize("name", ASKED)
def test_an_order_that_only_the_website_tells_of_counts_where_the_shop_says_so(name: str) -> None:
    """What it does not count is no order in the lake at all (`lake_rows.row`)."""
    of_website = event(Type.ORDER_COMPLETED, SENT + DAY, public=True, order_id="web-1", total=20)
    (one,) = found(name, *ASKED[name], told=[event(Type.EMAIL_SENT, SENT, **MAIL), of_website])
    assert (one["people"], one["ordered"]) == (1, 1)


def test_whom_the_shop_s_holdout_keeps_from_a_campaign_is_none_of_the_campaign_s_own() -> None:
    told = {
        contact_id(0): [event(Type.EMAIL_SENT, SENT, **MAIL)],
        contact_id(1): [event(Type.EMAIL_HELD_OUT, SENT, campaign="autumn")],
        contact_id(2): [event(Type.EMAIL_HELD_OUT, SENT, **MAIL)],
    }
    rows = Lake([], told, shop([]), NOW).rows(*question("arms", *ASKED["arms"], over=OVER))
    assert [(row["held_out"], row["people"]) for row in rows] == [(0, 1), (1, 1)]


NINETY = str(90 * DAY)
BY_AMOUNT = ("autumn", WITHIN, WITHIN, NINETY, WITHIN, NINETY, str(HOUR))


def test_what_people_spent_since_and_before_is_told_without_what_was_given_back() -> None:
    def order(id_: str, time: Instant, total: int) -> Event:
        return event(Type.ORDER_COMPLETED, time, order_id=id_, total=total)

    early = event(Type.ORDER_COMPLETED, SENT - 60 * DAY, order_id="1", total=25)
    told = {
        contact_id(0): [
            event(Type.EMAIL_SENT, SENT, **MAIL, message="m0", topic="news"),
            early,
            order("2", SENT + DAY, 30),
            order("3", SENT + 11 * DAY, 500),
            event(Type.ORDER_REFUNDED, SENT + 12 * DAY, order_id="2", refund_id="r", amount=10),
        ],
        contact_id(1): [event(Type.EMAIL_SENT, SENT, **MAIL, message="m1", topic="news")],
        contact_id(2): [event(Type.EMAIL_SENT, SENT + HOUR, **MAIL, message="m2", topic="news")],
    }

    def rows(*texts: str) -> list[dict[str, Any]]:
        return Lake([], told, shop([]), NOW).rows(*question("arms", *texts, over=(SENT - 90 * DAY, NOW)))

    names = ("bucket", "net", "before", "people", "ordered", "revenue")
    hour = SENT // HOUR
    assert [tuple(row[name] for name in names) for row in rows(*BY_AMOUNT)] == [
        (hour, 0, 0, 1, 0, 0),
        (hour, 2000, 50, 1, 1, 2000),
        (hour + 1, 0, 0, 1, 0, 0),
    ]
    (whole,) = rows(*ASKED["arms"])
    assert (whole["people"], whole["ordered"], whole["revenue"], whole["net"], whole["before"]) == (3, 1, 2000, 0, 0)


def test_who_unsubscribes_by_an_emails_link_counts_against_it() -> None:
    def answered(message: str, time: Instant, **topics: str) -> Event:
        changes = tuple(ConsentChange(topic=topic, state=state) for topic, state in topics.items())  # type: ignore[arg-type]
        return event(Type.CONSENT_CHANGED, time, message=message).model_copy(
            update={"consent": changes, "source": "preference"}
        )

    answers = [
        answered("m0", SENT + DAY, news="unsubscribed", sales="subscribed"),
        answered("m1", SENT + DAY, all="unsubscribed"),
        answered("m2", SENT + DAY, sales="unsubscribed", news="subscribed"),
        answered("m3", SENT + 11 * DAY, news="unsubscribed"),
        answered("another", SENT + DAY, news="unsubscribed"),
    ]
    told = {
        contact_id(n): [event(Type.EMAIL_SENT, SENT, **MAIL, message=f"m{n}", topic="news"), answer]
        for n, answer in enumerate(answers)
    }
    (row,) = Lake([], told, shop([]), NOW).rows(*question("arms", *ASKED["arms"], over=OVER))
    assert (row["people"], row["unsubscribed"]) == (5, 2)


# ── days ──


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the shop's time zone."""

    def set_(zone: str) -> None:
        monkeypatch.setenv("SHOP_TIME_ZONE", zone)
        environment.forget()

    return set_


CHANGES = {  # in these zones the clocks were changed at these instants; and in Kolkata never
    "Europe/Berlin": ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"],
    "America/New_York": ["2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"],
    "Australia/Lord_Howe": ["2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z"],
    "Asia/Kolkata": ["2026-10-25T01:00:00Z"],
    "UTC": ["2026-10-25T01:00:00Z"],
}


@pytest.mark.parametrize("zone", CHANGES)
def test_days_are_the_shop_s_also_over_a_change_of_its_clocks(zone: str, in_zone: Callable[[str], None]) -> None:
    """Emails about midnight of the days about a change, a millisecond on each side, counted by Python and by SQL."""
    in_zone(zone)
    where = ZoneInfo(zone)
    times = []
    for changed in map(parse_instant, CHANGES[zone]):
        midnights = [day_start(local(changed, where).date() + timedelta(days=n), where) for n in range(-2, 3)]
        times += [each + by for each in (*midnights, changed) for by in (-1, 0, 1)]
    told = [event(Type.EMAIL_SENT, each, message=str(each)) for each in sorted(set(times))]
    first, last = parse_instant("2026-01-01"), parse_instant("2026-12-31")
    lake = Lake([], {contact_id(0): told}, shop([]), last)
    rows = lake.rows(*question("daily", "2026-01-01", "2026-12-31", over=(first, last)))
    expected = Counter(local(each.time, where).date().isoformat() for each in told)
    assert {row["day"]: row["sends"] for row in rows} == expected


def test_an_order_and_its_refund_are_on_the_shop_s_days(in_zone: Callable[[str], None]) -> None:
    """Placed at half past midnight in Berlin, which is the day before in UTC; and of the second only an update came."""
    in_zone("Europe/Berlin")
    placed, back = parse_instant("2026-11-09T23:30:00Z"), parse_instant("2026-11-11T23:30:00Z")
    told = [
        event(Type.ORDER_COMPLETED, placed, order_id="1", total=20),
        event(Type.ORDER_REFUNDED, back, order_id="1", refund_id="r", amount=5),
        event(
            Type.ORDER_UPDATED,
            back,
            order=OrderState(id="2", stands=True),
            order_id="2",
            total=7,
            ordered_at="2026-11-09T22:30:00Z",
        ),
    ]
    days = {
        row["day"]: (row["orders"], row["revenue"]) for row in found("daily", "2026-11-01", "2026-11-30", told=told)
    }
    assert days == {"2026-11-09": (1, 7.0), "2026-11-10": (1, 20.0), "2026-11-12": (0, -5.0)}


def test_of_rows_of_before_the_lake_had_the_instant_an_order_keeps_its_day() -> None:
    """In UTC, as it was told then."""
    placed = event(Type.ORDER_COMPLETED, SENT, order_id="1", total=20)
    updated = event(
        Type.ORDER_UPDATED,
        SENT + DAY,
        order=OrderState(id="2", stands=True),
        order_id="2",
        total=7,
        ordered_at="2026-11-02T00:10:00Z",
    )
    lake = Lake([], {contact_id(0): [placed, updated]}, shop([]), NOW)
    names = lake.tables["events"].column_names
    none = pa.nulls(2, pa.int64())
    lake.tables["events"] = lake.tables["events"].set_column(names.index("placed_at"), "placed_at", none)
    rows = lake.rows(*question("daily", "2026-11-01", "2026-11-30", over=OVER))
    assert [(row["day"], row["revenue"]) for row in rows] == [("2026-11-02", 7.0), ("2026-11-03", 20.0)]

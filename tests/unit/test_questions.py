"""What a night asks the lake: the orders that profiles count, what was in them, and the hours of what people do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings

from functions.insight.reading import HOURS_OF, questions
from shared.domain.events import DAY, HOUR, Event, Instant, OrderState, Type, parse_instant
from shared.domain.lake_rows import contact_number
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold
from tests.unit.sql_lake import Lake
from tests.unit.test_sql import contact_id, shop
from tests.unit.test_states import LIVES, Life

NOW = parse_instant("2026-11-28T10:00:00Z")


def asked(what: str, *people: Iterable[Event], t: Instant = NOW) -> list[dict[str, Any]]:
    lake = Lake([], {contact_id(n): list(several) for n, several in enumerate(people)}, shop([]), t)
    return lake.rows(*questions(t)[what])


def told(type_: str, order: str = "1", ago: Instant = DAY, **more: Any) -> Event:
    fields: dict[str, Any] = {"source": "shopify", "public": False, "order": None, **more.pop("fields", {})}
    products = more.pop("products", None)
    if products is not None:
        more["products"] = [{"product_id": each, "category": "Tea"} for each in products]
    time = NOW - ago
    id_ = f"{type_}-{order}-{ago}-{more.get('refund_id', '')}"
    properties = {"order_id": order, **more}
    return Event(id=id_, type=type_, time=time, stated=time, received=time, properties=properties, **fields)


def ordered(order: str, *products: str, ago: Instant = DAY, **more: Any) -> Event:
    return told(Type.ORDER_COMPLETED, order, ago, products=products, **{"total": 10, **more})


@settings(max_examples=60)
@given(LIVES)
def test_an_order_is_what_the_profile_counts_however_it_was_told(life: Life) -> None:
    events, worth = life
    several = [event for webhook in events for event in webhook]
    t = max(event.received for event in several)
    found = asked("orders", several, t=t)
    profile = Profile(contact_id(0))
    for event in several:
        fold(profile, event)
    counted = sorted((order.placed, order.net * 10_000) for order in profile.counting_orders())
    assert [(row["time"], row["amount"]) for row in found] == counted
    assert [row["amount"] / 1_000_000 for row in found] == worth


@pytest.mark.parametrize(
    "undone",
    [
        told(Type.ORDER_CANCELLED, "1", HOUR),
        told(Type.ORDER_UPDATED, "1", HOUR, fields={"order": OrderState(id="1", stands=False)}),
        told(Type.ORDER_REFUNDED, "1", HOUR, refund_id="r", amount=10),
    ],
    ids=["cancelled", "void", "wholly refunded"],
)
def test_what_does_not_stand_is_no_order_and_has_no_lines(undone: Event) -> None:
    assert asked("orders", [ordered("1", "assam"), undone]) == []
    assert asked("lines", [ordered("1", "assam"), undone]) == []


def test_a_refund_is_taken_off_and_what_was_given_back_is_no_line() -> None:
    back = told(Type.ORDER_REFUNDED, "1", HOUR, refund_id="r", amount=4, products=["assam"])
    (order,) = asked("orders", [ordered("1", "assam", "mug"), back])
    assert order["amount"] == 6_000_000
    assert [row["product"] for row in asked("lines", [ordered("1", "assam", "mug"), back])] == ["mug"]


def test_an_amount_in_another_currency_is_an_order_without_one() -> None:
    (order,) = asked("orders", [ordered("1", "mug", fields={"other_currency": True}, currency="JPY", total=90_000)])
    assert order["amount"] == -1


def test_what_a_public_key_tells_counts_only_where_the_shop_says_so_and_never_beside_the_storefront() -> None:
    claimed = ordered("1", "mug", fields={"public": True, "source": "segment", "counts": False})
    assert asked("orders", [claimed]) == []
    counted = ordered("#1017", "mug", fields={"public": True, "source": "segment"})
    assert len(asked("orders", [counted])) == 1
    theirs = ordered("7", "mug", ago=HOUR, order_number="1017")
    (order,) = asked("orders", [counted, theirs])
    assert order["time"] == theirs.time


def test_an_order_that_has_become_another_s_is_theirs() -> None:
    mine = ordered("1", "mug", fields={"order": OrderState(id="1", stands=True)})
    left = told(Type.ORDER_UPDATED, "1", HOUR, fields={"order": OrderState(id="1", stands=False, elsewhere=True)})
    theirs = told(Type.ORDER_UPDATED, "1", HOUR, total=10, fields={"order": OrderState(id="1", stands=True)})
    (order,) = asked("orders", [mine, left], [theirs])
    assert order["contact_number"] == contact_number(contact_id(1))


def test_nothing_later_than_the_instant_is_read() -> None:
    late = ordered("2", "mug", ago=HOUR)
    assert len(asked("orders", [ordered("1", "mug"), late], t=NOW - 2 * HOUR)) == 1
    assert len(asked("lines", [ordered("1", "mug"), late], t=NOW - 2 * HOUR)) == 1


def act(type_: str, ago: Instant, number: int = 0, **properties: Any) -> Event:
    source: Any = "ses" if type_.startswith("Email") else "segment"
    time = NOW - ago
    return Event(
        id=f"{type_}{ago}{number}", type=type_, time=time, stated=time, received=time, source=source,
        properties=properties,
    )  # fmt: skip


def test_acts_are_counted_by_the_hour_and_machines_do_none() -> None:
    events = [
        act(Type.PAGE_VIEWED, HOUR), act(Type.PRODUCT_VIEWED, HOUR, 1), act(Type.PAGE_VIEWED, DAY + HOUR),
        act(Type.EMAIL_CLICKED, HOUR, human=True), act(Type.EMAIL_CLICKED, HOUR, 1, human=False),
        act(Type.EMAIL_OPENED, 2 * HOUR, human=False), act(Type.PAGE_VIEWED, HOURS_OF + HOUR),
    ]  # fmt: skip
    found = [(row["month"], row["hour"], row["kind"], row["n"]) for row in asked("acts", events)]
    assert found == [("2026-11", 9, "click", 1), ("2026-11", 9, "visit", 3)]

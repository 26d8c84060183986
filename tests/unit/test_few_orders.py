"""The last and the first orders: by brute force, in SQL, and of more orders than a profile keeps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.conditions import Condition
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import DAY, Event, Instant, Type, iso
from shared.domain.profiles.bounds import MAX_ORDERS
from shared.domain.profiles.folding import trim
from shared.domain.segments import evaluate
from tests.unit.profile_histories import AFTER, BEGIN, CONTACT, events, few_orders
from tests.unit.test_segments import CONDITION, held_to_brute_force, one, profile_of
from tests.unit.test_sql import check, histories, instants, shop

few = few_orders.map(CONDITION.validate_python)


@settings(deadline=None, max_examples=60)
@given(few, events())
def test_few_orders_are_as_brute_force_says_and_until_is_exact(condition: Condition, drawn: list[Event]) -> None:
    held_to_brute_force(condition, drawn)


@settings(max_examples=30, deadline=None)
@given(st.lists(few, min_size=1, max_size=6), histories, instants)
def test_sql_has_the_same_few(conditions: list[Condition], told: list[list[Event]], t: Instant) -> None:
    check(shop(conditions), told, t)


def order(number: int, day: float, total: float, **properties: Any) -> Event:
    time = BEGIN + round(day * DAY) - 400 * DAY
    given: dict[str, Any] = {"id": f"o{number}", "type": Type.ORDER_COMPLETED, "time": time, "stated": time}
    told = {"order_id": str(number), "total": total, "ordered_at": iso(time), **properties}
    return Event(**given, received=time, source="shopify", identities=CONTACT, properties=told)


FIRST_WITH_CODE = {"kind": "orders", "first": 1, "where": [{"property": "coupon", "value": "welcome"}]}
FAR_APART = {"kind": "orders", "measure": "days_between", "last": 2, "more": 60}
LAST_THREE = {"kind": "orders", "measure": "average", "last": 3, "at_least": 80}
CODE = {"discount_codes": ["WELCOME"]}


@pytest.mark.parametrize(
    ("when", "orders", "member"),
    [
        (FIRST_WITH_CODE, [order(1, 1, 20, **CODE), order(2, 9, 20)], True),
        (FIRST_WITH_CODE, [order(1, 1, 20), order(2, 9, 20, **CODE)], False),
        (FAR_APART, [order(1, 1, 20), order(2, 2, 20), order(3, 92, 20)], True),
        (FAR_APART, [order(1, 1, 20), order(2, 92, 20), order(3, 94, 20)], False),
        (FAR_APART, [order(1, 1, 20)], False),
        (LAST_THREE, [order(1, 1, 10), order(2, 2, 80), order(3, 3, 80), order(4, 4, 80)], True),
        (LAST_THREE, [order(1, 1, 900), order(2, 2, 70), order(3, 3, 80), order(4, 4, 80)], False),
    ],
)
def test_which_orders(when: dict[str, Any], orders: list[Event], member: bool) -> None:
    definitions = one(CONDITION.validate_python(when))
    assert evaluate(definitions, "s", profile_of(orders), AFTER)[0] == member


def test_of_many_orders_the_last_are_known_and_the_first_are_asked_for() -> None:
    profile = profile_of([order(number, number, 80) for number in range(MAX_ORDERS + 5)])
    trim(profile)
    assert evaluate(one(CONDITION.validate_python(LAST_THREE)), "s", profile, AFTER)[0]
    assert not evaluate(one(CONDITION.validate_python(FAR_APART)), "s", profile, AFTER)[0]
    with pytest.raises(HistoryNeededError):
        evaluate(one(CONDITION.validate_python(FIRST_WITH_CODE)), "s", profile, AFTER)


@pytest.mark.parametrize("more", [{"last": 2, "first": 2}, {"last": 2, "measure": "refunded"}])
def test_what_makes_no_sense_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="`last`"):
        CONDITION.validate_python({"kind": "orders", **more})

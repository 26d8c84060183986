"""Shares and months: the device of most visits, ordered in each of the last six months."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.domain.conditions import Condition
from shared.domain.events import DAY, Event, Instant, Type, parse_instant
from shared.domain.explanations import explain
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold
from shared.domain.segments import evaluate
from tests.unit.profile_histories import LEAVES, events
from tests.unit.test_sql import check, histories, instants, shop

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
NOW = parse_instant("2023-11-14T22:13:00Z")
MOBILE = [{"property": "device", "value": "mobile"}]
MOSTLY = {"kind": "share", "where": MOBILE, "more": 50, "within": "90d"}


def visit(number: int, device: str, time: Instant, type_: str = Type.PAGE_VIEWED) -> Event:
    told = {"device": device}
    return Event(id=f"e{number}", type=type_, time=time, received=time, source="segment", properties=told)


def profile(*events: Event) -> Profile:
    made = Profile("c1")
    for event in events:
        fold(made, event)
    return made


def test_the_device_of_most_visits_is_of_all_kinds_of_visits() -> None:
    definitions = shop([CONDITION.validate_python(MOSTLY)])
    mobile = [visit(n, "mobile", NOW - 2 * DAY) for n in range(2)]
    desktop = [visit(9, "desktop", NOW - DAY, Type.PRODUCT_VIEWED), visit(8, "desktop", NOW - 89 * DAY)]
    assert evaluate(definitions, "s0", profile(*mobile), NOW)[0]
    half = profile(*mobile, *desktop)
    assert evaluate(definitions, "s0", half, NOW) == (False, NOW + DAY)  # one of the desktop's leaves the window
    assert evaluate(definitions, "s0", half, NOW + DAY)[0]
    assert not evaluate(definitions, "s0", Profile("c1"), NOW)[0]
    told = explain(definitions, "s0", half, NOW)
    assert told.asks == "made more than 50 % of their visits on mobile in the last 90 days"
    assert told.evidence.startswith("2 of 4 (50 %) in the last 90 days: ")


@settings(max_examples=25, deadline=None)
@given(st.lists(LEAVES["share"].map(CONDITION.validate_python), min_size=1, max_size=10), histories, instants)
def test_shares_mean_the_same_in_sql(conditions: list[Condition], drawn: list[list[Event]], t: Instant) -> None:
    check(shop(conditions), drawn, t)


def test_ordered_in_each_of_the_last_six_months() -> None:
    when = {"kind": "event", "event": "Order Completed", "count": "months", "at_least": 6, "within": "last_6_months"}
    definitions = shop([CONDITION.validate_python(when)])

    def orders(*months: int) -> Profile:
        told = []
        for month in months:
            t = parse_instant(f"2023-{month:02}-15T12:00:00Z")
            properties = {"order_id": f"{month}"}
            given = {"time": t, "received": t, "source": "shopify", "properties": properties}
            told.append(Event(id=f"o{t}", type="Order Completed", **given))
        return profile(*told)

    each = evaluate(definitions, "s0", orders(5, 6, 7, 8, 9, 10, 11), NOW)
    assert each == (True, parse_instant("2024-01-01T00:00:00+01:00"))  # December’s six has November
    assert not evaluate(definitions, "s0", orders(5, 6, 7, 8, 10, 11), NOW)[0]
    assert not evaluate(definitions, "s0", orders(6, 7, 8, 9, 10, 11), NOW)[0]


@pytest.mark.parametrize(
    "bounds",
    [{}, {"at_least": 0}, {"at_most": 100}, {"more": 100}, {"less": 0}, {"at_least": 50, "more": 50},
     {"at_least": 60, "at_most": 50}, {"more": 50, "less": 50}, {"more": 50, "at_most": 50}, {"at_least": 101}],
)  # fmt: skip
def test_bounds_that_make_no_sense_are_refused(bounds: Any) -> None:
    with pytest.raises(ValidationError):
        CONDITION.validate_python({"kind": "share", "where": MOBILE, **bounds})


@given(events())
def test_exactly_half_is_half(drawn: list[Event]) -> None:
    half = CONDITION.validate_python({"kind": "share", "where": MOBILE, "at_least": 50, "at_most": 50})
    more, less = (CONDITION.validate_python({"kind": "share", "where": MOBILE, b: 50}) for b in ("more", "less"))
    definitions, made = shop([half, more, less]), profile(*drawn)
    visits = any(event in made.histories for event in (Type.PAGE_VIEWED, Type.PRODUCT_VIEWED))
    t = max((event.received for event in drawn), default=NOW)
    assert sum(evaluate(definitions, name, made, t)[0] for name in ("s0", "s1", "s2")) == visits

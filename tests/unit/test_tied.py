"""Tied by a value: that product and not another, that email; with its strategies alone, so that little is left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.conditions import Condition
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import HOUR, NEVER, Event, Instant
from shared.domain.explanations import explain
from shared.domain.profiles.bounds import MAX_HISTORY
from shared.domain.profiles.folding import trim
from shared.domain.segments import evaluate
from tests.unit.profile_histories import (
    AFTER,
    BEGIN,
    CONTACT,
    bounds,
    durations,
    events,
    few,
    filtered,
    is_read,
    made,
    one_of_dicts,
    series,
    ties,
    windows,
)
from tests.unit.test_segments import CONDITION, held_to_brute_force, next_change, one, profile_of
from tests.unit.test_sql import check, histories, instants, shop

counts = st.sampled_from(["product_id", "category", "campaign", "message", "same_product_id", "same_category"])
tied = (
    st.one_of(
        one_of_dicts(
            made("event", {**series, "count": counts}, {"within": windows, "with": filtered, "without": filtered}),
            bounds,
        ),
        one_of_dicts(
            made("event", {**series, "count": st.sampled_from(["events", "months", "message"])}, {"within": windows}),
            few,
            bounds,
        ),
        one_of_dicts(made("event", {**series, "count": counts, "without": filtered}, {"within": windows}), few, bounds),
        made(
            "sequence",
            {"first": filtered, "then": filtered, "gap": durations, "same": ties},
            {"without": filtered, "within": windows},
        ),
        made(
            "unanswered",
            {"of": filtered, "answers": st.lists(filtered, min_size=1, max_size=2), "same": ties},
            {"at_least": st.integers(1, 2), "older": st.just("6h"), "within": st.sampled_from(["30h", "4d"])},
        ),
    )
    .filter(is_read)
    .map(CONDITION.validate_python)
)


@settings(deadline=None)
@given(tied, events())
def test_what_is_tied_is_as_brute_force_says_and_until_is_exact(condition: Condition, drawn: list[Event]) -> None:
    held_to_brute_force(condition, drawn)


@settings(max_examples=60, deadline=None)
@given(st.lists(tied, min_size=1, max_size=8), histories, instants)
def test_sql_ties_as_the_evaluator_does(conditions: list[Condition], told: list[list[Event]], t: Instant) -> None:
    check(shop(conditions), told, t)


VIEWED_NOT_BOUGHT = {
    "kind": "event",
    "event": "Product Viewed",
    "count": "same_product_id",
    "at_least": 3,
    "within": "1d",
    "without": {"event": "Order Completed"},
}
UNOPENED = {
    "kind": "event",
    "event": "Email Sent",
    "count": "message",
    "at_least": 2,
    "without": {"event": "Email Opened", "where": [{"property": "human", "value": True}]},
}
OPENED_THAT_ONE = {
    "kind": "sequence",
    "first": {"event": "Email Sent", "where": [{"property": "journey", "value": "win_back"}]},
    "then": {"event": "Email Opened"},
    "same": "message",
    "gap": "3d",
}
OPENED_OF_TWO = {
    "kind": "event",
    "event": "Email Sent",
    "count": "message",
    "last": 2,
    "with": {"event": "Email Opened"},
}
FIRST_OF_TEA = {
    "kind": "event",
    "event": "Product Viewed",
    "where": [{"property": "product_id", "value": "tea"}],
    "first": 1,
}
NO_CLICK = {
    "kind": "unanswered",
    "of": {"event": "Email Opened"},
    "answers": [{"event": "Email Clicked"}],
    "same": "message",
    "older": "1h",
}


def told(number: int, type_: str, hours: int, **properties: Any) -> Event:
    time = BEGIN + hours * HOUR
    given: dict[str, Any] = {"id": f"e{number}", "type": type_, "time": time, "stated": time, "received": time}
    return Event(**given, source="shopify", identities=CONTACT, properties=properties)


def viewed(product: str, *hours: int) -> list[Event]:
    return [told(hour, "Product Viewed", hour, product_id=product) for hour in hours]


def bought(product: str, hour: int) -> Event:
    products = [{"product_id": product, "price": 5}]
    return told(1000 + hour, "Order Completed", hour, order_id=f"o{hour}", total=5, products=products)


def mail(type_: str, message: str, hour: int) -> Event:
    return told(2000 + hour, type_, hour, message=message, journey="win_back", human=True)


SENT_TWO = [mail("Email Sent", "m1", 1), mail("Email Sent", "m2", 2)]


@pytest.mark.parametrize(
    ("when", "events_", "t", "member", "until"),
    [
        (VIEWED_NOT_BOUGHT, viewed("p1", 1, 2, 3), 4, True, 1 + 24),
        (VIEWED_NOT_BOUGHT, [*viewed("p1", 1, 2, 3), bought("p2", 2)], 4, True, 1 + 24),
        (VIEWED_NOT_BOUGHT, [*viewed("p1", 1, 2, 3), bought("p1", 2)], 4, False, None),
        # The order leaves the window, and three views are in it still.
        (VIEWED_NOT_BOUGHT, [bought("p1", 1), *viewed("p1", 2, 3, 4)], 5, False, 1 + 24),
        (VIEWED_NOT_BOUGHT, [*viewed("p1", 1, 2), *viewed("p2", 3)], 4, False, None),
        (UNOPENED, SENT_TWO, 3, True, None),
        (UNOPENED, [*SENT_TWO, mail("Email Opened", "m1", 3)], 4, False, None),
        (OPENED_THAT_ONE, [mail("Email Sent", "m1", 1), mail("Email Opened", "m1", 2)], 3, True, None),
        (OPENED_THAT_ONE, [mail("Email Sent", "m1", 1), mail("Email Opened", "m0", 2)], 3, False, None),
        (OPENED_OF_TWO, [*SENT_TWO, mail("Email Opened", "m1", 3)], 4, True, None),
        (OPENED_OF_TWO, [*SENT_TWO, mail("Email Opened", "m1", 3), mail("Email Sent", "m3", 4)], 5, False, None),
        (FIRST_OF_TEA, viewed("tea", 1), 2, True, None),
        (FIRST_OF_TEA, [*viewed("cup", 1), *viewed("tea", 2)], 3, False, None),
        (NO_CLICK, [mail("Email Opened", "m1", 1), mail("Email Clicked", "m0", 2)], 3, True, None),
        (NO_CLICK, [mail("Email Opened", "m1", 1), mail("Email Clicked", "m1", 2)], 3, False, None),
    ],
)  # fmt: skip
def test_that_one_and_not_another(
    when: dict[str, Any], events_: list[Event], t: int, member: bool, until: int | None
) -> None:
    definitions, profile = one(CONDITION.validate_python(when)), profile_of(events_)
    expected = NEVER if until is None else BEGIN + until * HOUR
    assert evaluate(definitions, "s", profile, BEGIN + t * HOUR) == (member, expected)
    assert explain(definitions, "s", profile, BEGIN + t * HOUR).holds == member
    check(shop([CONDITION.validate_python(when)]), [events_], BEGIN + t * HOUR)
    assert next_change(definitions, "s", profile, BEGIN + t * HOUR) == expected


def test_with_and_without_need_to_know_of_what() -> None:
    with pytest.raises(ValueError, match="need a `count` of products"):
        CONDITION.validate_python({"kind": "event", "event": "Email Sent", "without": {"event": "Email Opened"}})


def test_an_event_of_the_other_type_moves_it() -> None:
    assert CONDITION.validate_python(VIEWED_NOT_BOUGHT).moved_by() == {"event:Product Viewed", "event:Order Completed"}
    few = {"kind": "event", "event": "Email Sent", "where": [{"property": "topic", "value": "news"}], "last": 3}
    assert CONDITION.validate_python(few).moved_by() == {"event:Email Sent"}  # one about something else pushes one out


def test_the_first_of_more_than_are_kept_are_asked_for_and_the_last_are_known() -> None:
    profile = profile_of(viewed("tea", *range(MAX_HISTORY + 5)))
    trim(profile)
    last = {"kind": "event", "event": "Product Viewed", "last": 3, "at_most": 2}
    assert not evaluate(one(CONDITION.validate_python(last)), "s", profile, AFTER)[0]
    with pytest.raises(HistoryNeededError):
        evaluate(one(CONDITION.validate_python(FIRST_OF_TEA)), "s", profile, AFTER)


def test_the_last_and_the_first_are_not_asked_for_together() -> None:
    with pytest.raises(ValueError, match="needs `last` or `first`, not both"):
        CONDITION.validate_python({"kind": "event", "event": "Email Sent", "last": 3, "first": 3})

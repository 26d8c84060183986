"""Sums and averages of a property's numbers: by brute force, in SQL, and of what senders tell."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.conditions import Condition
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import DAY, HOUR, NEVER, Event, Instant
from shared.domain.explanations import explain
from shared.domain.profiles import Profile
from shared.domain.profiles.bounds import MAX_HISTORY
from shared.domain.profiles.folding import fold, rebuild, trim
from shared.domain.properties import millionths
from shared.domain.segments import evaluate
from tests.unit.profile_histories import AFTER, BEGIN, CONTACT, events, sums
from tests.unit.sql_lake import Lake
from tests.unit.test_segments import CONDITION, held_to_brute_force, one
from tests.unit.test_sql import by_python, by_sql, check, contact_id, histories, instants, shop

drawn_sums = sums.map(CONDITION.validate_python)


@settings(deadline=None, max_examples=60)
@given(drawn_sums, events())
def test_sums_are_as_brute_force_says_and_until_is_exact(condition: Condition, drawn: list[Event]) -> None:
    held_to_brute_force(condition, drawn)


@settings(max_examples=40, deadline=None)
@given(st.lists(drawn_sums, min_size=1, max_size=6), histories, instants)
def test_sql_has_the_same_sums(conditions: list[Condition], told: list[list[Event]], t: Instant) -> None:
    check(shop(conditions), told, t)


POINTS = {"kind": "event", "event": "Points Earned", "sum": "points"}
AVERAGE = {"kind": "event", "event": "Points Earned", "average": "points"}


def earned(*points: Any, hours: int = 1, name: str = "points") -> list[Event]:
    found = []
    for number, each in enumerate(points):
        time = BEGIN + number * hours * HOUR
        given: dict[str, Any] = {"id": f"e{number}", "type": "Points Earned", "time": time, "received": time}
        found.append(Event(**given, source="segment", identities=CONTACT, properties={name: each}))
    return found


def holds(when: dict[str, Any], told: list[Event], t: Instant = AFTER) -> bool:
    """By the evaluator; SQL says the same."""
    definitions, profile = one(CONDITION.validate_python(when)), Profile(contact_id(0))
    for event in told:
        fold(profile, event, definitions.asked)
    member, _ = evaluate(definitions, "s", profile, t)
    by_python_ = by_python(definitions, [profile], t)
    assert by_sql(definitions, Lake([profile], {contact_id(0): told}, definitions, t), t) == by_python_
    assert by_python_ == {contact_id(0): {"s": member}}
    return member


@pytest.mark.parametrize(
    ("when", "points", "member"),
    [
        ({**POINTS, "at_least": 500, "within": "365d"}, [200, 300], True),
        ({**POINTS, "more": 500, "within": "365d"}, [200, 300], False),
        ({**POINTS, "at_least": 500}, [200, 299.999999], False),
        # No rounding fault: a tenth ten times is one, and a third of a cent is what it is.
        ({**POINTS, "at_least": 1, "at_most": 1}, [0.1] * 10, True),
        ({**POINTS, "at_least": 0.3, "at_most": 0.3}, [0.1, 0.2], True),
        ({**POINTS, "at_least": 1e12, "at_most": 1e12}, [999_999_999_999.9, 0.1], True),
        ({**AVERAGE, "at_least": 0.1, "at_most": 0.1}, [0.1] * 7, True),
        ({**AVERAGE, "more": 33.333333}, [33, 33, 34], True),
        ({**AVERAGE, "at_least": 33.333334}, [33, 33, 34], False),
        # What is no number adds nothing, and is in no average.
        ({**POINTS, "at_least": 5, "at_most": 5}, [5, "7", True, None, {"of": 9}, "many"], True),
        ({**AVERAGE, "at_least": 5, "at_most": 5}, [5, "7", True, None], True),
        ({**AVERAGE, "at_most": 5}, ["7", True], False),
        ({**POINTS, "at_most": 5}, ["7", True], True),
        # Of a list every number counts, and one that is there twice counts twice.
        ({**POINTS, "at_least": 9, "at_most": 9}, [[2, 2, 5]], True),
        ({**AVERAGE, "at_least": 3, "at_most": 3}, [[2, 2, 5]], True),
        # Points that are spent are taken off.
        ({**POINTS, "less": 0}, [100, -101], True),
        ({**POINTS, "at_least": 0, "at_most": 0}, [], True),
        ({**POINTS, "more": 0}, [], False),
        ({**POINTS, "at_least": 0.000001, "at_most": 0.000001}, [5e-07], True),
        ({**POINTS, "at_most": 0}, [4.9e-07], True),
        ({**POINTS, "less": -0.000001}, [-5e-07], False),
        ({**POINTS, "last": 2, "at_least": 7, "at_most": 7}, [100, 3, 4], True),
        ({**POINTS, "first": 1, "at_least": 100, "at_most": 100}, [100, 3, 4], True),
    ],
)
def test_what_numbers_come_to(when: dict[str, Any], points: list[Any], member: bool) -> None:
    assert holds(when, earned(*points)) == member


def test_objects_and_lists_of_them_are_looked_into() -> None:
    quiz = {"kind": "event", "event": "Points Earned", "sum": "answers.points", "at_least": 6, "at_most": 6}
    assert holds(quiz, earned([{"points": 3}, {"points": 3}], name="answers"))
    assert holds(quiz, earned({"points": 6}, name="answers"))


def test_money_is_in_the_shop_s_currency_also_where_it_is_told_as_a_text() -> None:
    viewed = {"kind": "event", "event": "Points Earned", "sum": "price", "at_least": 29.98, "at_most": 29.98}
    assert holds(viewed, earned("9.99", 19.99, "cheap", name="price"))


def test_it_ends_and_begins_as_events_leave_the_window() -> None:
    told = earned(100, -90, hours=24)
    definitions = one(CONDITION.validate_python({**POINTS, "at_least": 50, "within": "3d"}))
    profile = Profile("c1")
    for event in told:
        fold(profile, event, definitions.asked)
    assert evaluate(definitions, "s", profile, BEGIN + DAY) == (False, NEVER)
    few = one(CONDITION.validate_python({**POINTS, "less": 0, "within": "3d"}))
    assert evaluate(few, "s", profile, BEGIN + DAY) == (False, BEGIN + 3 * DAY)
    assert evaluate(few, "s", profile, BEGIN + 3 * DAY) == (True, BEGIN + 4 * DAY)


def test_of_more_events_than_are_kept_the_event_items_are_read() -> None:
    told = earned(*[1] * (MAX_HISTORY + 5))
    definitions, profile = one(CONDITION.validate_python({**POINTS, "at_least": 45})), Profile("c1")
    for event in told:
        fold(profile, event, definitions.asked)
    trim(profile)
    with pytest.raises(HistoryNeededError):
        evaluate(definitions, "s", profile, AFTER)
    assert evaluate(definitions, "s", rebuild(profile, told, definitions.asked), AFTER) == (True, NEVER)


def test_a_property_that_nobody_asked_for_when_it_was_told_is_read_from_the_events() -> None:
    told, definitions, profile = earned(500), one(CONDITION.validate_python({**POINTS, "at_least": 500})), Profile("c1")
    fold(profile, told[0])
    with pytest.raises(HistoryNeededError):
        evaluate(definitions, "s", profile, AFTER)
    assert evaluate(definitions, "s", rebuild(profile, told, definitions.asked), AFTER) == (True, NEVER)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"sum": "points"}, "needs `at_least`"),
        ({"sum": "points", "average": "points", "at_least": 1}, "takes one of"),
        ({"sum": "points", "count": "days", "at_least": 1}, "takes one of"),
        ({"sum": "device", "at_least": 1}, "is not a number"),
        ({"sum": "first_name", "at_least": 1}, "is not kept"),
        ({"sum": "points", "at_least": 1, "more": 1}, "takes either"),
        ({"sum": "points", "more": 1, "less": 1}, "no number is within"),
        ({"sum": "points", "at_least": 2, "at_most": 1}, "`at_most` has to be"),
        ({"sum": "points", "at_least": 0.0000001}, "six decimals"),
        ({"sum": "points", "at_least": 1, "without": {"event": "Order Completed"}}, "need a `count`"),
        ({"more": 1}, "`more` and `less` are of"),
        ({"at_least": 1.5}, "whole number"),
        ({"at_least": 1001}, "whole number"),
    ],
)
def test_what_makes_no_sense_is_refused(more: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        CONDITION.validate_python({"kind": "event", "event": "Points Earned", **more})


def test_it_is_said_what_is_missing() -> None:
    definitions, profile = one(CONDITION.validate_python({**POINTS, "at_least": 500, "within": "365d"})), Profile("c1")
    for event in earned(200, 120.5):
        fold(profile, event, definitions.asked)
    said = explain(definitions, "s", profile, AFTER)
    assert said.asks == "has “points” of at least 500 altogether in “Points Earned” events in the last 365 days"
    assert said.evidence.startswith("sum of “points”: 320.5 of 500, of 2 numbers in 2 events in the last 365 days: ")
    assert said.turns == "179.5 more would make it true."
    for points, member in ((179.5, True), (179.4, False)):
        more = Profile("c1")
        for number, each in enumerate(earned(200, 120.5, points)):
            fold(more, each.model_copy(update={"id": f"n{number}"}), definitions.asked)
        assert evaluate(definitions, "s", more, AFTER)[0] == member


def test_millionths_are_rounded_as_decimals_are() -> None:
    assert [millionths(each) for each in (1, 0.1, 1e-06, 5e-07, 4.9e-07, -5e-07, 1e15, 2.5e-06)] == [
        1_000_000, 100_000, 1, 1, 0, -1, 10**21, 3,
    ]  # fmt: skip

"""`evaluate → (member, until)`: right at every instant, sound in what it promises, exact after refinement."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from pydantic import TypeAdapter, ValidationError

from shared.adapters import definitions as shipped
from shared.domain.events import DAY, HOUR, NEVER, Event, Instant, Type
from shared.domain.profiles import HISTORY_BOUND, Profile, fold, rebuild, trim
from shared.domain.segments import (
    BY_TIME,
    All,
    Any_,
    Condition,
    ConsentIs,
    Definitions,
    EventCount,
    FirstSeen,
    HistoryNeededError,
    Not,
    Orders,
    Segment,
    TraitIs,
    absorb,
    catch_up,
    comparison,
    compile_segments,
    drift,
    evaluate,
    next_change,
    wake_at,
)
from tests.unit.profile_histories import BEGIN, CONTACT, conditions, events

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
GRID = [BEGIN + step * HOUR * 3 + offset for step in range(-1, 60) for offset in (-1, 0, 1)]


def one(condition: Condition) -> Definitions:
    return compile_segments([Segment(id="s", name="S", sentence="Those.", when=condition)])


def profile_of(events_: list[Event]) -> Profile:
    profile = Profile("c1")
    for event in events_:
        fold(profile, event)
    return profile


def holds(condition: Condition, profile: Profile, t: Instant) -> bool:
    """Brute force: what the condition's docstring says, read off the whole history."""

    def in_window(time: Instant, within: int | None) -> bool:
        return time <= t and (within is None or time > t - within)

    match condition:
        case All():
            return all(holds(part, profile, t) for part in condition.of)
        case Any_():
            return any(holds(part, profile, t) for part in condition.of)
        case Not():
            return not holds(condition.of, profile, t)
        case TraitIs():
            stamped = profile.traits.get(condition.trait)
            if stamped is None or stamped.value is None:
                return False
            return comparison(condition.is_, condition.value)(stamped.value)
        case ConsentIs():
            stamped = profile.consent.get(condition.topic)
            state = "never_asked" if stamped is None else stamped.value
            if state != condition.is_ or stamped is None or condition.within is None:
                return state == condition.is_
            return in_window(stamped.time, condition.within)
        case EventCount():
            history = profile.histories.get(condition.event)
            occurrences = history.newest if history else []
            return condition.at_least <= sum(
                in_window(occurrence.time, condition.within)
                and all(comparison(w.is_, w.value)(occurrence.properties.get(w.property)) for w in condition.where)
                for occurrence in occurrences
            )
        case Orders():
            orders = [o for o in profile.counting_orders() if in_window(o.placed, condition.within)]
            if condition.measure == "count":
                return len(orders) >= condition.at_least
            return sum(order.net for order in orders) >= round(condition.at_least * 100)
        case FirstSeen():
            return profile.first_seen != NEVER and t - profile.first_seen >= condition.before


@given(conditions.map(CONDITION.validate_python), events())
def test_the_answer_is_brute_forces_at_every_instant(condition: Condition, drawn: list[Event]) -> None:
    definitions, profile = one(condition), profile_of(drawn)
    for t in GRID:
        assert evaluate(definitions, "s", profile, t)[0] == holds(condition, profile, t), t


@given(conditions.map(CONDITION.validate_python), events())
def test_until_is_sound_and_exact_after_refinement(condition: Condition, drawn: list[Event]) -> None:
    definitions, profile = one(condition), profile_of(drawn)
    answers = [(t, holds(condition, profile, t)) for t in GRID]
    for start in range(0, len(GRID), 7):
        t, member = answers[start]
        _, until = evaluate(definitions, "s", profile, t)
        assert until > t
        assert all(later == member for at, later in answers[start:] if at < until)
        change = next_change(definitions, "s", profile, t)
        assert change >= until
        flipped = next((at for at, later in answers[start:] if later != member), None)
        if flipped is None:
            assert change == NEVER or change > GRID[-1]
        else:
            assert holds(condition, profile, change) != member
            assert change <= flipped
            assert all(later == member for at, later in answers[start:] if at < change)


@given(conditions.map(CONDITION.validate_python), events())
def test_catching_up_late_gives_every_flip_at_its_instant(condition: Condition, drawn: list[Event]) -> None:
    definitions = one(condition)
    late, punctual = Profile("c1"), Profile("c1")
    now = drawn[0].received if drawn else BEGIN + 3 * DAY
    first = absorb(definitions, late, drawn, now)
    assert first == absorb(definitions, punctual, drawn, now)
    stepped = []
    for t in range(now, now + 4 * DAY, 3 * HOUR):
        stepped += catch_up(definitions, punctual, t)
    at_once = catch_up(definitions, late, now + 4 * DAY - 3 * HOUR)
    assert [(t.number, t.entered, t.time) for t in at_once] == [(t.number, t.entered, t.time) for t in stepped]
    assert all(t.cause == BY_TIME and holds(condition, late, t.time) == t.entered for t in at_once)
    assert wake_at(late) > now


@given(conditions.map(CONDITION.validate_python), events())
def test_what_events_cannot_move_is_not_evaluated_and_still_right(condition: Condition, drawn: list[Event]) -> None:
    assume(drawn)
    definitions = one(condition)
    profile = Profile("c1")
    now = drawn[0].received if drawn else BEGIN + 3 * DAY
    for event in drawn:
        absorb(definitions, profile, [event], now)
    held = profile.memberships.get("s")
    assert (held is not None and held.member) == holds(condition, profile, now)
    assert drift(definitions, profile, now) == []


def test_transitions_are_numbered_and_name_their_cause() -> None:
    definitions = one(CONDITION.validate_python({"kind": "event", "event": "Page Viewed", "within": "1d"}))
    profile = Profile("c1")
    visit = Event(
        id="v", type=Type.PAGE_VIEWED, time=BEGIN, stated=BEGIN, received=BEGIN, source="segment", identities=CONTACT
    )
    (entered,) = absorb(definitions, profile, [visit], BEGIN)
    (left,) = catch_up(definitions, profile, BEGIN + 5 * DAY)
    assert (entered.number, entered.entered, entered.cause, entered.before) == (1, True, "v", 0)
    assert (left.number, left.entered, left.cause, left.before, left.time) == (2, False, BY_TIME, 1, BEGIN + DAY)


def test_a_cut_history_is_never_taken_for_a_whole_one() -> None:
    visits = [
        Event(
            id=str(n), type=Type.PAGE_VIEWED, time=BEGIN + n, received=BEGIN + n, source="segment", identities=CONTACT
        )
        for n in range(HISTORY_BOUND + 10)
    ]
    profile = profile_of(visits)
    trim(profile)
    more = one(EventCount(event=Type.PAGE_VIEWED, at_least=HISTORY_BOUND + 5, within=DAY))
    with pytest.raises(HistoryNeededError):
        evaluate(more, "s", profile, BEGIN + HOUR)
    assert evaluate(more, "s", rebuild(profile, visits), BEGIN + HOUR) == (True, BEGIN + 5 + DAY)
    fewer = one(EventCount(event=Type.PAGE_VIEWED, at_least=HISTORY_BOUND, within=DAY))
    assert evaluate(fewer, "s", profile, BEGIN + HOUR) == (True, BEGIN + 10 + DAY)
    ever = one(EventCount(event=Type.PAGE_VIEWED, at_least=HISTORY_BOUND + 10))
    assert evaluate(ever, "s", profile, BEGIN + HOUR) == (True, NEVER)


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ({"kind": "event", "event": "Page Viewed", "within": "60"}, "not a duration"),
        ({"kind": "event", "event": "Page Viewed", "at_least": 0}, "greater than or equal to 1"),
        ({"kind": "trait", "trait": "country", "is": "in", "value": "GB"}, "needs a list"),
        ({"kind": "trait", "trait": "country"}, "needs a value"),
        ({"kind": "consent", "is": "maybe"}, "never_asked"),
        ({"kind": "all", "of": []}, "at least 1 item"),
        ({"kind": "any", "off": []}, "Field required"),
        ({"kind": "horoscope"}, "horoscope"),
        ({"kind": "event", "event": "x", "where": [{"property": "shoe_size", "value": 1}]}, "product_id"),
    ],
)
def test_a_wrong_definition_says_what_to_mend(condition: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        CONDITION.validate_python(condition)


@given(conditions.map(CONDITION.validate_python))
def test_a_condition_survives_its_json(condition: Condition) -> None:
    assert CONDITION.validate_json(CONDITION.dump_json(condition, by_alias=True)) == condition


def test_the_shipped_segments_are_there() -> None:
    wanted = {"new_subscribers", "active_customers", "first_time_buyers", "repeat_buyers", "high_spenders"}
    assert wanted | {"inactive", "lapsed_customers", "dormant"} <= set(shipped.segments().segments)


def test_the_shipped_journeys_name_segments_there_are() -> None:
    known = set(shipped.segments().segments)
    for journey in shipped.journeys():
        assert {journey.enters, *(exit_.segment for exit_ in journey.exits)} <= known

"""Forecasts: what is foreseen is what brute force says of each day, and what deciding day by day then records."""

from __future__ import annotations

from copy import deepcopy
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.conditions import Condition, Segment
from shared.domain.events import DAY, HOUR, NEVER, Event, Type, iso, parse_instant
from shared.domain.forecasts import Flip, Forecast, add, coming_days, foresee
from shared.domain.profiles import Profile
from shared.domain.profiles.transitions import Membership
from shared.domain.segments import Definitions, absorb, compile_segments
from tests.unit import brute_force
from tests.unit.profile_histories import AFTER, CONTACT, LEAD_MODELS, conditions, events, others

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
ZONE = "Europe/Paris"
WHERE = ZoneInfo(ZONE)
NUMBER = 12
"""Days that are foreseen: what is drawn has windows of some days."""


def compiled(when: object, other: object = None, *, sequence: int = 1, changed: int = 1) -> Definitions:
    segments = [Segment.model_validate({"id": "s", "name": "S", "sentence": "Those.", "when": when})]
    if other is not None:
        segments.append(Segment.model_validate({"id": "other", "name": "O", "sentence": "Others.", "when": other}))
    return compile_segments(
        segments, zone=ZONE, sequence=sequence, changed={each.id: changed for each in segments}, models=LEAD_MODELS
    )


def visit(time: int) -> Event:
    return Event(
        id=str(time), type=Type.PAGE_VIEWED, time=time, stated=time, received=time, source="segment", identities=CONTACT
    )


UNRANKED = conditions.filter(lambda condition: "'rank'" not in str(condition) and "'rfm'" not in str(condition))


@given(UNRANKED, others, events(), st.integers(0, 30))
def test_what_is_foreseen_is_what_then_comes(when: object, other: object, drawn: list[Event], hours: int) -> None:
    definitions, profile, now = compiled(when, other), Profile("c1"), AFTER + hours * HOUR
    absorb(definitions, profile, drawn, now)
    if not drawn:
        return  # nothing was ever decided of them
    days = coming_days(now, WHERE, NUMBER)
    before = deepcopy(profile)
    flips = foresee(definitions, profile, days)
    assert profile == before

    plain_others = {"other": definitions.segments["other"].when}
    condition = definitions.segments["s"].when
    for day, (begin, end) in enumerate(zip(days.edges, days.edges[1:], strict=False)):
        first = begin - 1 if day else begin
        was, is_ = (brute_force.holds(condition, profile, t, plain_others, {}, WHERE) for t in (first, end - 1))
        net = sum(1 if flip.entered else -1 for flip in flips if (flip.segment, flip.day) == ("s", day))
        assert net == is_ - was, days.dates[day]

        came = absorb(definitions, profile, [], end - 1)
        assert [Flip(each.segment, day, each.entered) for each in came] == [flip for flip in flips if flip.day == day]


def test_days_are_the_shops_and_the_first_is_the_rest_of_today() -> None:
    now = parse_instant("2026-10-24T10:00:00Z")  # the clocks go back on the 25th
    days = coming_days(now, WHERE, 2)
    assert days.dates == ("2026-10-24", "2026-10-25", "2026-10-26")
    assert [iso(edge) for edge in days.edges] == [
        "2026-10-24T10:00:00.000Z",
        "2026-10-24T22:00:00.000Z",
        "2026-10-25T23:00:00.000Z",
        "2026-10-26T23:00:00.000Z",
    ]
    assert len(coming_days(now, WHERE).dates) == 31


def test_contacts_are_counted_by_segment_and_day() -> None:
    days = coming_days(AFTER, WHERE, 3)
    made = Forecast()
    add(made, [Flip("s", 1, True), Flip("s", 2, False)], days)
    add(made, [Flip("s", 1, True)], days)
    add(made, [], days)
    assert (made.entering, made.leaving, made.contacts) == ({"s": [0, 2, 0, 0]}, {"s": [0, 0, 1, 0]}, 3)


VISITED = {"kind": "event", "event": "Page Viewed", "within": "2d"}


def test_what_is_due_but_not_decided_yet_is_no_forecast() -> None:
    profile = Profile("c1")
    absorb(compiled(VISITED), profile, [visit(AFTER)], AFTER)
    late = coming_days(AFTER + 2 * DAY, WHERE, 3)
    assert foresee(compiled(VISITED), profile, late) == []
    assert profile.memberships["s"] == Membership(True, 1, AFTER, AFTER + 2 * DAY)


def test_who_has_not_adopted_an_edit_yet_is_foreseen_by_it() -> None:
    profile = Profile("c1")
    absorb(compiled(VISITED), profile, [visit(AFTER)], AFTER)
    edited = compiled({"kind": "event", "event": "Page Viewed", "within": "4d"}, sequence=2, changed=2)
    (flip,) = foresee(edited, profile, coming_days(AFTER + HOUR, WHERE, NUMBER))
    assert (flip.entered, flip.day) == (False, 3)
    never = compiled({"kind": "event", "event": "Page Viewed"}, sequence=2, changed=2)
    assert foresee(never, profile, coming_days(AFTER + HOUR, WHERE, NUMBER)) == []
    assert profile.memberships["s"].until != NEVER

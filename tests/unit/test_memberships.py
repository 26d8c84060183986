"""In a segment for so long, and left within: as the recorded transitions say, whoever evaluates when."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.conditions import Segment
from shared.domain.events import DAY, HOUR, Event, Instant, Type
from shared.domain.explanations import explain
from shared.domain.profiles import Profile
from shared.domain.profiles.transitions import Transition
from shared.domain.segments import Definitions, absorb, catch_up, compile_segments, evaluate
from tests.unit import brute_force
from tests.unit.profile_histories import BEGIN
from tests.unit.sql_lake import Lake
from tests.unit.test_sql import by_sql, contact_id

ZONE = "Europe/Paris"
LATELY = {"kind": "event", "event": Type.PAGE_VIEWED, "within": "2d"}
VIP = {"kind": "trait", "trait": "vip", "value": True}
BOTH = {"kind": "all", "of": [LATELY, VIP]}
conditions = st.sampled_from(
    [{"for": "1d"}, {"for": "36h"}, {"for": "5d"}]
    + [{"left": left} for left in ("12h", "4d", "this_month", {"from": "-3d", "to": "-1d"}, {"from": "2023-11-16"})]
).map(lambda asked: {"kind": "member", "segment": "other", **asked})
deeds = st.tuples(st.integers(0, 24).map(lambda steps: steps * 6 * HOUR), st.sampled_from([None, True, False]))
histories = st.lists(deeds, max_size=6).map(lambda told: sorted(told, key=lambda each: each[0]))


def shop(when: dict[str, Any], other: dict[str, Any]) -> Definitions:
    named = {"s": when, "other": other}
    segments = [{"id": id_, "name": id_, "sentence": "S.", "when": each} for id_, each in named.items()]
    return compile_segments([Segment.model_validate(each) for each in segments], zone=ZONE)


def told(number: int, after: Instant, vip: bool | None) -> Event:
    traits = {} if vip is None else {"vip": vip}
    t = BEGIN + after
    return Event(id=f"e{number}", type=Type.PAGE_VIEWED, time=t, stated=t, received=t, source="shopify", traits=traits)


def says(definitions: Definitions, log: list[Transition], t: Instant) -> bool:
    """What `s` asks, read off the recorded transitions of `other`."""
    asked: Any = definitions.segments["s"].when
    of_other = [each for each in log if each.segment == "other" and each.time <= t]
    if not of_other:
        return False
    newest = of_other[-1]
    if asked.for_ is not None:
        return newest.entered and t - newest.time >= asked.for_
    return not newest.entered and brute_force._inside(newest.time, asked.left, t, ZoneInfo(ZONE))


@settings(max_examples=80)
@given(conditions, st.sampled_from([LATELY, VIP, BOTH]), histories)
def test_what_is_recorded_is_what_the_transitions_say(when: Any, other: Any, history: Any) -> None:
    definitions, profile, log = shop(when, other), Profile("c1"), list[Transition]()
    for number, each in enumerate(history):
        log += absorb(definitions, profile, [told(number, *each)], BEGIN + each[0])
        held = profile.memberships.get("s")
        assert (held is not None and held.member) == says(definitions, log, BEGIN + each[0])
    begin = profile.decided or BEGIN
    before = deepcopy(profile)
    for step in range(1, 90):
        t = begin + step * 5 * HOUR
        log += catch_up(definitions, profile, t)
        expected = says(definitions, log, t)
        assert evaluate(definitions, "s", profile, t)[0] == expected
        assert evaluate(definitions, "s", before, t)[0] == expected  # by whoever asks before it is recorded
    deeds = {BEGIN + time for time, _ in history}
    for each in log:  # at the instant of an event, time has its say first
        if each.segment == "s" and each.cause == "time" and each.time not in deeds:
            assert says(definitions, log, each.time) == each.entered != says(definitions, log, each.time - 1)


@settings(max_examples=15, deadline=None)
@given(conditions, st.sampled_from([LATELY, BOTH]), st.lists(histories, min_size=1, max_size=4), st.integers(0, 30))
def test_sql_says_the_same(when: Any, other: Any, several: Any, step: int) -> None:
    definitions, profiles, events = shop(when, other), [], {}
    for number, history in enumerate(several):
        profile = Profile(contact_id(number))
        events[profile.contact] = [told(number, *each) for number, each in enumerate(history)]
        for event in events[profile.contact]:
            absorb(definitions, profile, [event], event.received)
        profiles.append(profile)
    t = BEGIN + 6 * DAY + step * 6 * HOUR
    found = by_sql(definitions, Lake(profiles, events, definitions, t), t)
    for profile in profiles:
        for name in definitions.segments:
            assert found[profile.contact][name] == evaluate(definitions, name, profile, t)[0]


def test_a_redefinition_that_brings_in_counts_from_then() -> None:
    when = {"kind": "member", "segment": "other", "for": "1d"}
    profile = Profile("c1")
    absorb(shop(when, VIP), profile, [told(0, 0, None)], BEGIN)
    newer = compile_segments(shop(when, LATELY).segments.values(), sequence=2, changed={"other": 2, "s": 2}, zone=ZONE)
    absorb(newer, profile, [], BEGIN + HOUR)
    assert evaluate(newer, "s", profile, BEGIN + HOUR + DAY) == (True, BEGIN + 2 * DAY)
    assert not evaluate(newer, "s", profile, BEGIN + HOUR + DAY - 1)[0]


@pytest.mark.parametrize(
    ("asked", "days", "evidence", "turns"),
    [
        ({"for": "36h"}, 1, "in it since 2023-11-14 22:13",
         "True by itself on 2023-11-16 10:13, unless they leave it."),
        ({"for": "12h"}, 1, "in it since 2023-11-14 22:13", "Ends on 2023-11-16 22:13."),
        ({"for": "12h"}, 3, "left it on 2023-11-16 22:13",
         "Entering it, and staying for 12 hours, would make it true."),
        ({"left": "7d"}, 3, "left it on 2023-11-16 22:13", "Ends on 2023-11-23 22:13, or when they enter it again."),
        ({"left": "7d"}, 9, "left it on 2023-11-16 22:13", "Entering it and leaving it would make it true."),
    ],
)  # fmt: skip
def test_it_is_explained(asked: Any, days: int, evidence: str, turns: str) -> None:
    when = {"kind": "member", "segment": "other", **asked}
    definitions = compile_segments(shop(when, LATELY).segments.values())
    profile = Profile("c1")
    absorb(definitions, profile, [told(0, 0, None)], BEGIN)
    found = explain(definitions, "s", profile, BEGIN + days * DAY)
    assert (found.evidence, found.turns) == (evidence, turns)
    never = explain(definitions, "s", Profile("c2"), BEGIN)
    assert (never.holds, never.evidence) == (False, "never in it")


def test_nobody_is_in_it_and_has_left_it() -> None:
    with pytest.raises(ValidationError, match="`for` or `left`"):
        shop({"kind": "member", "segment": "other", "for": "1d", "left": "1d"}, VIP)

"""`evaluate → (member, until)`: right at every instant, sound in what it promises, exact after refinement."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.adapters import definitions, journey_files
from shared.domain.conditions import Condition, Member, Segment, parts_of
from shared.domain.conditions.events import EventCount
from shared.domain.conditions.orders import Rank
from shared.domain.conditions.shorthand import plain
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import DAY, HEARD_AFTER, HOUR, MINUTE, NEVER, SECOND, Event, Instant, Type
from shared.domain.explanations import explain
from shared.domain.journeys.compiling import conditions_in, occasions_in
from shared.domain.journeys.definition import SegmentChange
from shared.domain.profiles import Profile, wake_at
from shared.domain.profiles.bounds import MAX_HISTORY, MAX_TRAITS, MAX_TYPES
from shared.domain.profiles.folding import fold, rebuild, trim
from shared.domain.profiles.transitions import Membership, Transition
from shared.domain.segments import (
    BY_TIME,
    Definitions,
    absorb,
    catch_up,
    change_of,
    compile_segments,
    evaluate,
)
from tests.unit import brute_force
from tests.unit.profile_histories import AFTER, BEGIN, CONTACT, EVERY_OTHER, LEAD_MODELS, conditions, events, others

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
GRID = [AFTER + step * HOUR * 3 + offset for step in range(40) for offset in (-1, 0, 1) if step or offset >= 0]
ZONE = "Europe/Paris"


def one(condition: Condition, other: Condition | None = None, cutoff: float = 2) -> Definitions:
    """The condition as the segment `s`, beside `other`; every rank in it has the same cut-off."""
    segments = [Segment(id="s", name="S", sentence="Those.", when=condition)]
    if other is not None:
        segments.append(Segment(id="other", name="Other", sentence="Others.", when=other))
    return compile_segments(segments, zone=ZONE, cutoffs=cutoffs_of(condition, other, cutoff), models=LEAD_MODELS)


def next_change(definitions: Definitions, segment: str, profile: Profile, t: Instant) -> Instant:
    return change_of(definitions.compiler.function([definitions.segments[segment].when]), profile, t)[1]


def cutoffs_of(condition: Condition, other: Condition | None, cutoff: float) -> dict[str, float]:
    parts = [part for each in (condition, other) if each is not None for part in parts_of(plain(each))]
    return {part.key: cutoff for part in parts if isinstance(part, Rank)}


def profile_of(events_: list[Event]) -> Profile:
    profile = Profile("c1")
    for event in events_:
        fold(profile, event, EVERY_OTHER)
    return profile


trees = conditions.map(CONDITION.validate_python)
other_trees = others.map(CONDITION.validate_python)
cutoff_values = st.sampled_from([1, 2, 7, 1000, 4000, BEGIN + 12 * HOUR])


def brute(definitions: Definitions, condition: Condition, profile: Profile, t: Instant) -> bool:
    plain_others = {name: segment.when for name, segment in definitions.segments.items()}
    cutoffs: Mapping[str, Any] = definitions.compiler.cutoffs
    return brute_force.holds(condition, profile, t, plain_others, cutoffs, ZoneInfo(ZONE))


def held_to_brute_force(condition: Condition, drawn: list[Event]) -> bool:
    """The answer at AFTER. The evaluator's is brute force's, and `until` is sound and, asked on, exact."""
    definitions, profile = one(condition), profile_of(drawn)
    answers = [(t, brute(definitions, condition, profile, t)) for t in GRID]
    for t, expected in answers:
        member, until = evaluate(definitions, "s", profile, t)
        assert member == expected
        assert all(later == member for at, later in answers if t <= at < until)
    assert explain(definitions, "s", profile, AFTER).holds == answers[0][1]
    change = next_change(definitions, "s", profile, AFTER)
    assert change == NEVER or brute(definitions, condition, profile, change) != answers[0][1]
    return answers[0][1]


@given(trees, other_trees, cutoff_values, events())
def test_the_answer_is_brute_forces_at_every_instant(
    condition: Condition, other: Condition, cutoff: float, drawn: list[Event]
) -> None:
    definitions, profile = one(condition, other, cutoff), profile_of(drawn)
    for t in GRID[::2]:
        assert evaluate(definitions, "s", profile, t)[0] == brute(definitions, condition, profile, t), t


@given(trees, other_trees, cutoff_values, events())
def test_until_is_sound_and_exact_after_refinement(
    condition: Condition, other: Condition, cutoff: float, drawn: list[Event]
) -> None:
    definitions, profile = one(condition, other, cutoff), profile_of(drawn)
    answers = [(t, brute(definitions, condition, profile, t)) for t in GRID]
    for start in range(0, len(GRID), 17):
        t, member = answers[start]
        _, until = evaluate(definitions, "s", profile, t)
        assert until > t
        assert all(later == member for at, later in answers[start:] if at < until)
        change = next_change(definitions, "s", profile, t)
        assert change >= until
        flipped = next((at for at, later in answers[start:] if later != member), None)
        if change > GRID[-1]:
            assert flipped is None
        else:  # which may lie between two instants of the grid, and be over by the second
            assert brute(definitions, condition, profile, change) != member
            assert brute(definitions, condition, profile, change - 1) == member
            assert flipped is None or change <= flipped
            assert all(later == member for at, later in answers[start:] if at < change)


@given(trees, other_trees, events(), st.data())
def test_whichever_lane_is_faster_the_contact_ends_up_in_the_same_segments(
    condition: Condition, other: Condition, drawn: list[Event], data: st.DataObject
) -> None:
    definitions = one(condition, other)
    delays = [data.draw(st.sampled_from([0, 15 * SECOND])) for _ in drawn]
    arrivals = sorted(zip(drawn, delays, strict=True), key=lambda each: each[0].received + each[1])
    in_order, in_lanes = Profile("c1"), Profile("c1")
    for event in sorted(drawn, key=lambda each: each.received):
        absorb(definitions, in_order, [event], event.received)
    for event, delay in arrivals:
        absorb(definitions, in_lanes, [event], event.received + delay)
    for profile in (in_order, in_lanes):
        absorb(definitions, profile, [], AFTER + DAY)
    assert members(in_lanes) == members(in_order)


quiet = st.builds(
    lambda event, window, many: {"kind": "event", "event": event, "within": window, **many},
    st.sampled_from([Type.PAGE_VIEWED, "Own Name"]),
    st.sampled_from(["6h", "12h"]),
    st.sampled_from([{"at_least": 1}, {"at_least": 2}, {"at_most": 0}]),
)
quiet_trees = st.one_of(
    quiet,
    st.builds(lambda kind, of: {"kind": kind, "of": of}, st.sampled_from(["all", "any"]), st.lists(quiet, min_size=2)),
).map(CONDITION.validate_python)


@st.composite
def hours_apart_but_for_seconds(draw: st.DrawFn) -> list[tuple[Event, Instant]]:
    """Events a window apart but for some seconds, and how long each is on its way: visits are gathered, and whatever
    somebody waits for overtakes them."""
    drawn = []
    for number in range(draw(st.integers(1, 8))):
        t = BEGIN + draw(st.integers(0, 2)) * 6 * HOUR + draw(st.integers(0, 4)) * 5 * SECOND
        type_, delay = draw(st.sampled_from([(Type.PAGE_VIEWED, HEARD_AFTER), ("Own Name", 0)]))
        drawn.append((Event(id=f"e{number}", type=type_, time=t, stated=t, received=t, source="shopify"), delay))
    return drawn


@given(quiet_trees, hours_apart_but_for_seconds())
def test_time_alone_changes_nothing_that_what_is_on_its_way_would_have_kept(
    condition: Condition, drawn: list[tuple[Event, Instant]]
) -> None:
    definitions, profile = one(condition), Profile("c1")
    flips: list[Transition] = []
    for at, event in [
        *sorted(((each.received + delay, each) for each, delay in drawn), key=itemgetter(0)),
        (AFTER, None),
    ]:
        while (woken := wake_at(profile) + HEARD_AFTER) < at:
            flips += absorb(definitions, profile, [], woken, heard=woken - HEARD_AFTER)
        flips += absorb(definitions, profile, [] if event is None else [event], at, heard=at - HEARD_AFTER)
    for flip in flips:
        if flip.cause == BY_TIME:  # at one instant, time comes first, and what is told then after it
            told = [[event for event, _ in drawn if event.received <= flip.time - early] for early in (0, 1)]
            assert flip.entered in {brute(definitions, condition, profile_of(each), flip.time) for each in told}
    assert [flip.time for flip in flips] == sorted(flip.time for flip in flips)
    assert evaluate(definitions, "s", profile, profile.decided)[0] == ("s" in members(profile))


def test_an_event_that_overtakes_a_visit_does_not_make_its_own_what_time_alone_would_have_made() -> None:
    quiet = {"kind": "event", "event": Type.PAGE_VIEWED, "within": "6h", "at_most": 0}
    asked = {"kind": "event", "event": "Own Name", "at_most": 1}
    definitions, profile = one(CONDITION.validate_python({"kind": "all", "of": [quiet, asked]})), Profile("c1")

    def at(seconds: int, type_: str) -> Event:
        t = BEGIN + seconds * SECOND
        return Event(id=f"e{seconds}", type=type_, time=t, stated=t, received=t, source="shopify")

    def take(event: Event, now: int) -> list[bool]:
        t = BEGIN + now * SECOND
        return [flip.entered for flip in absorb(definitions, profile, [event], t, heard=t - HEARD_AFTER)]

    wake, silence = 6 * 3600, HEARD_AFTER // SECOND
    assert take(at(0, Type.PAGE_VIEWED), 0) == []
    assert take(at(wake + 3, "Own Name"), wake + 3) == []  # the visit of three seconds before is still gathered
    assert wake_at(profile) == BEGIN + (wake + 3) * SECOND
    assert take(at(wake, Type.PAGE_VIEWED), wake + silence) == []
    assert take(at(2 * wake + 99, "Own Name"), 2 * wake + 99) == [True, False]  # silence, and what ends it by itself


def members(profile: Profile) -> dict[str, bool]:
    return {name: held.member for name, held in profile.memberships.items() if held.member}


@given(trees, other_trees, events())
def test_catching_up_late_gives_every_flip_at_its_instant(
    condition: Condition, other: Condition, drawn: list[Event]
) -> None:
    definitions = one(condition, other)
    late, punctual = Profile("c1"), Profile("c1")
    first = absorb(definitions, late, drawn, AFTER)
    assert first == absorb(definitions, punctual, drawn, AFTER)
    stepped = []
    for t in range(AFTER, AFTER + 4 * DAY, 3 * HOUR):
        stepped += catch_up(definitions, punctual, t)
    at_once = catch_up(definitions, late, AFTER + 4 * DAY - 3 * HOUR)
    assert [(t.number, t.entered, t.time) for t in at_once] == [(t.number, t.entered, t.time) for t in stepped]
    of_s = [t for t in at_once if t.segment == "s"]
    assert all(t.cause == BY_TIME and brute(definitions, condition, late, t.time) == t.entered for t in of_s)
    assert wake_at(late) > AFTER


@given(trees, other_trees, events())
def test_what_events_cannot_move_is_not_evaluated_and_still_right(
    condition: Condition, other: Condition, drawn: list[Event]
) -> None:
    assume(drawn)
    definitions = one(condition, other)
    profile = Profile("c1")
    for event in drawn:
        absorb(definitions, profile, [event], AFTER)
    held = profile.memberships.get("s")
    assert (held is not None and held.member) == brute(definitions, condition, profile, AFTER)


@given(trees, other_trees, cutoff_values, events())
def test_after_each_event_what_is_stored_is_right_and_sound(
    condition: Condition, other: Condition, cutoff: float, drawn: list[Event]
) -> None:
    definitions, profile = one(condition, other, cutoff), Profile("c1")
    for event in drawn:
        absorb(definitions, profile, [event], AFTER)
        for name in definitions.segments:
            held = profile.memberships.get(name, Membership(False, 0, 0, NEVER))
            assert held.member == evaluate(definitions, name, profile, AFTER)[0]
            assert held.until <= next_change(definitions, name, profile, AFTER)


VIP = {"kind": "trait", "trait": "vip", "value": True}
TOLD = {"kind": "trait", "trait": "score", "is": "exists", "fresh": "2d"}
ASKED = {"kind": "consent", "is": "subscribed", "within": "2d"}
PART = {"kind": "trait", "trait": "propensity.tea", "is": "at_least", "value": 0.5}
OF_TEA = {"kind": "event", "event": "Product Viewed", "where": [{"property": "category", "value": "TEA"}]}
YES = ({"topic": "marketing", "state": "subscribed"},)


@pytest.mark.parametrize(
    ("when", "first", "second", "member", "until"),
    [
        (VIP, {"traits": {"vip": 1}}, {"traits": {"vip": True}}, True, NEVER),
        (VIP, {"traits": {"vip": True}}, {"traits": {"vip": 1}}, False, NEVER),
        (TOLD, {"traits": {"score": 5}}, {"traits": {"score": 5}}, True, BEGIN + 3 * DAY),
        (ASKED, {"consent": YES}, {"consent": YES}, True, BEGIN + 2 * DAY),  # a second yes is no new one
        (PART, {"traits": {"propensity": {"tea": 0.1}}}, {"traits": {"propensity": {"tea": 0.9}}}, True, NEVER),
        (PART, {"traits": {"propensity": {"tea": 0.9}}}, {"traits": {"propensity.tea": 0.1}}, False, NEVER),
        (OF_TEA, {}, {"type": "Product Viewed", "properties": {"category": "Tea"}}, True, NEVER),
        (OF_TEA, {}, {"type": "Product Viewed", "properties": {"products": [{"category": "tea"}]}}, True, NEVER),
    ],
)
def test_what_is_told_again_or_in_parts_moves_what_asks_for_it(
    when: Any, first: Any, second: Any, member: bool, until: Instant
) -> None:
    definitions, profile = one(CONDITION.validate_python(when)), Profile("c1")
    told = {"type": "Contact Updated", "source": "segment", "identities": CONTACT}
    for number, more in enumerate((first, second)):
        at = BEGIN + number * DAY
        event = Event.model_validate({**told, "id": f"e{number}", "time": at, "received": at, **more})
        absorb(definitions, profile, [event], at)
    held = profile.memberships.get("s", Membership(False, 0, 0, NEVER))
    assert (held.member, held.until) == (member, until)


def test_a_trait_or_a_type_that_no_longer_fits_moves_what_asks_for_it() -> None:
    asks = [{"kind": "trait", "trait": "zeal", "is": "exists"}, {**OF_TEA, "event": "Zero"}]
    definitions = one(CONDITION.validate_python({"kind": "any", "of": asks}))
    profile = Profile("c1")
    tea = {"category": "tea"}
    seen = Event(id="z", type="Zero", time=BEGIN, received=BEGIN, source="segment", traits={"zeal": 1}, properties=tea)
    assert [t.entered for t in absorb(definitions, profile, [seen], BEGIN)] == [True]
    told = seen.model_copy(update={"type": "A", "id": "a", "traits": {f"a{n}": n for n in range(MAX_TRAITS)}})
    assert absorb(definitions, profile, [told], BEGIN) == []
    others = [told.model_copy(update={"type": f"B{n}", "id": f"b{n}"}) for n in range(MAX_TYPES)]
    assert [t.entered for t in absorb(definitions, profile, others, BEGIN)] == [False]
    assert (len(profile.traits), len(profile.histories)) == (MAX_TRAITS, MAX_TYPES)
    assert absorb(definitions, profile, [seen.model_copy(update={"id": "z2"})], BEGIN) == []


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
        for n in range(MAX_HISTORY + 10)
    ]
    profile = profile_of(visits)
    trim(profile)
    more = one(EventCount(event=Type.PAGE_VIEWED, at_least=MAX_HISTORY + 5, within=DAY))
    with pytest.raises(HistoryNeededError):
        evaluate(more, "s", profile, BEGIN + HOUR)
    assert evaluate(more, "s", rebuild(profile, visits), BEGIN + HOUR) == (True, BEGIN + 5 + DAY)
    fewer = one(EventCount(event=Type.PAGE_VIEWED, at_least=MAX_HISTORY, within=DAY))
    assert evaluate(fewer, "s", profile, BEGIN + HOUR) == (True, BEGIN + 10 + DAY)
    ever = one(EventCount(event=Type.PAGE_VIEWED, at_least=MAX_HISTORY + 10))
    assert evaluate(ever, "s", profile, BEGIN + HOUR) == (True, NEVER)


def test_what_comes_late_does_not_hide_that_others_were_cut_off() -> None:
    visits = [
        Event(id=str(n), type=Type.PAGE_VIEWED, time=BEGIN + n * MINUTE, received=BEGIN + n * MINUTE, source="segment")
        for n in range(MAX_HISTORY + 20)
    ]
    often = one(EventCount(event=Type.PAGE_VIEWED, at_least=MAX_HISTORY + 5, within=2 * HOUR))
    profile = profile_of(visits)
    trim(profile)
    late = Event(id="late", type=Type.PAGE_VIEWED, time=BEGIN + 1, received=BEGIN + 2 * HOUR, source="segment")
    fold(profile, late)
    with pytest.raises(HistoryNeededError):
        evaluate(often, "s", profile, late.time + 2 * HOUR)
    assert evaluate(often, "s", rebuild(profile, [*visits, late]), late.time + 2 * HOUR)[0]
    assert profile.histories[Type.PAGE_VIEWED].total == len(visits) + 1


def test_what_excludes_itself_never_changes_though_its_parts_always_do() -> None:
    monday, tuesday = ({"kind": "local_time", "weekdays": [day]} for day in ("mon", "tue"))
    winter, summer = ({"kind": "season", "is": season} for season in ("winter", "summer"))
    for parts in ([monday, tuesday], [winter, summer]):
        never = one(CONDITION.validate_python({"kind": "all", "of": parts}))
        assert next_change(never, "s", Profile("c1"), BEGIN) == NEVER


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ({"kind": "event", "event": "Page Viewed", "within": "60"}, "not a duration"),
        ({"kind": "event", "event": "Page Viewed", "at_least": 0}, "greater than or equal to 1"),
        ({"kind": "trait", "trait": "country", "is": "in", "value": "GB"}, "needs a list"),
        ({"kind": "trait", "trait": "country"}, "needs a value"),
        ({"kind": "consent", "is": "maybe"}, "never_asked"),
        ({"kind": "all", "of": []}, "at least 1 item"),
        ({"kind": "local_time"}, "true at any time"),
        ({"kind": "near", "latitude": 1, "longitude": 2}, "either `km` or `miles`"),
        ({"kind": "rank", "by": {"kind": "trait", "trait": "x"}}, "either `top` or `bottom`"),
        ({"kind": "cart", "older": "2d", "within": "1d"}, "longer than `older`"),
        ({"kind": "orders", "at_least": 3, "at_most": 2}, "`at_most` has to be"),
        ({"kind": "event", "event": "x", "where": [{"property": "price", "value": "ten"}]}, "amount of money"),
        (
            {"kind": "event", "event": "x", "where": [{"property": "total", "is": "prefix", "value": "1"}]},
            "amount of money",
        ),
        ({"kind": "event", "event": "x", "where": [{"property": "human", "value": "yes"}]}, "true or false"),
        ({"kind": "last_event", "event": "x"}, "needs `at_least` or `at_most`"),
        ({"kind": "any", "off": []}, "Field required"),
        ({"kind": "horoscope"}, "horoscope"),
        ({"kind": "event", "event": "x", "where": [{"property": "first_name", "value": "A"}]}, "is not kept of events"),
        ({"kind": "event", "event": "x", "where": [{"property": "a=b", "value": "A"}]}, "is not kept of events"),
        (
            {"kind": "event", "event": "x", "where": [{"property": "a.b.c.d.e", "value": "A"}]},
            "leads deeper than 3 dots",
        ),
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
    assert wanted | {"inactive", "lapsed_customers", "dormant"} <= {segment.id for segment in definitions.shipped()}


def test_the_shipped_journeys_name_segments_there_are() -> None:
    known = {segment.id for segment in definitions.shipped()}
    for journey in journey_files.shipped().values():
        named = {part.segment for part in conditions_in(journey) if isinstance(part, Member)}
        changes = [journey.trigger, *occasions_in(journey)]
        named |= {occasion.segment for occasion in changes if isinstance(occasion, SegmentChange)}
        assert named <= known


def of_traits(**traits: Any) -> Profile:
    return profile_of(
        [Event(id="t", type="Told", time=BEGIN, received=BEGIN, source="segment", identities=CONTACT, traits=traits)]
    )


CHILDREN = {"children": [{"birthday": "2015-02-03"}, {"birthday": "2018-11-18"}]}
PETS = {"children": [{"pets": [{"kind": "dog"}, {"kind": "cat"}]}]}


@pytest.mark.parametrize(
    ("when", "told", "member"),
    [
        ({"trait": "address.home.city", "value": "paris"}, {"address": {"home": {"city": "Paris"}}}, True),
        ({"trait": "a.b.c.d.e", "value": 5}, {"a": {"b": {"c": {"d": {"e": 5}}}}}, True),
        ({"trait": "a.b.c", "value": 5}, {"a": {"b": 5}}, False),
        ({"trait": "children.name", "value": "Bo"}, {"children": [{"name": "Al"}, {"name": "Bo"}]}, True),
        ({"trait": "children.name", "value": "Bo", "of": "all"}, {"children": [{"name": "Al"}, {"name": "Bo"}]}, False),
        ({"trait": "children.name", "value": "Cy", "of": "none"}, {"children": [{"name": "Al"}]}, True),
        ({"trait": "children.name", "is": "exists"}, {"children": []}, False),
        ({"trait": "children.name", "is": "exists"}, {"children": [{"age": 3}, 7]}, False),
        ({"trait": "children.age", "is": "at_least", "value": 9}, {"children": [{"age": 3}, {"age": "9"}]}, False),
        ({"trait": "a.b.c", "value": 1}, {"a": {"b": {"c": 1}}, "a.b": {"c": 2}}, False),
        ({"trait": "a.b.c", "value": 2}, {"a": {"b": {"c": 1}}, "a.b": {"c": 2}}, True),
        ({"trait": "a.b.c", "value": 3}, {"a": {"b.c": 3, "b": {"c": 1}}}, True),
        ({"kind": "anniversary", "trait": "children.birthday", "next": 3}, CHILDREN, True),
        ({"kind": "age", "trait": "children.birthday", "at_least": 6, "at_most": 7}, CHILDREN, False),
        ({"kind": "age", "trait": "children.birthday", "at_least": 4, "at_most": 5}, CHILDREN, True),
        ({"trait": "children.pets.kind", "value": "cat"}, PETS, True),
    ],
)  # fmt: skip
def test_dots_lead_as_deep_as_a_trait_goes_and_through_lists_of_objects(
    when: dict[str, Any], told: dict[str, Any], member: bool
) -> None:
    condition, profile = CONDITION.validate_python({"kind": "trait", **when}), of_traits(**told)
    assert evaluate(one(condition), "s", profile, AFTER)[0] == member
    assert brute(one(condition), condition, profile, AFTER) == member


def test_what_is_told_deep_in_a_trait_moves_what_asks_for_it() -> None:
    definitions = one(CONDITION.validate_python({"kind": "trait", "trait": "address.home.city", "value": "paris"}))
    profile = Profile("c1")
    for number, city in enumerate(("Rome", "Paris")):
        told: dict[str, Any] = {"traits": {"address": {"home": {"city": city}}}, "source": "segment"}
        at = BEGIN + number
        absorb(
            definitions, profile, [Event(id=city, type="Told", time=at, received=at, identities=CONTACT, **told)], at
        )
        assert members(profile) == ({"s": True} if number else {})


def test_a_list_in_a_list_is_equal_to_nothing() -> None:
    profile = of_traits(tags=[["vip"]])
    for of, expected in (("any", False), ("all", False), ("none", True)):
        condition = CONDITION.validate_python({"kind": "trait", "trait": "tags", "value": "vip", "of": of})
        assert evaluate(one(condition), "s", profile, AFTER)[0] is expected


def test_a_rank_is_of_a_number_not_of_a_list_of_them() -> None:
    rank = CONDITION.validate_python({"kind": "rank", "by": {"kind": "trait", "trait": "score"}, "top": 20})
    assert evaluate(one(rank, cutoff=5), "s", of_traits(score=7), AFTER)[0]
    assert not evaluate(one(rank, cutoff=5), "s", of_traits(score=[7]), AFTER)[0]


def test_whose_average_is_the_cut_off_is_within_it() -> None:
    """A quotient times its divisor is not always what was divided, in floating point."""
    orders = [
        Event(
            id=f"o{number}",
            type=Type.ORDER_COMPLETED,
            time=BEGIN,
            received=BEGIN,
            source="shopify",
            identities=CONTACT,
            properties={"order_id": str(number), "total": 1.34},
        )
        for number in range(49)
    ]
    profile = profile_of(orders)
    for total in range(1, 50):
        profile.orders["0"].value = total
        for side in ("top", "bottom"):
            rank = CONDITION.validate_python({"kind": "rank", "by": {"kind": "orders", "measure": "average"}, side: 20})
            cutoff = (48 * 134 + total) / 49
            assert evaluate(one(rank, cutoff=cutoff), "s", profile, AFTER)[0]


def test_a_sample_of_nearly_all_is_of_nearly_all() -> None:
    condition = CONDITION.validate_python({"kind": "sample", "percent": 99.9999999999, "salt": "a"})
    assert all(evaluate(one(condition), "s", Profile(f"c{number}"), AFTER)[0] for number in range(100))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**16, "a\0b", "\ud800", ["\ud800"], [10**400]])
def test_what_no_two_engines_compare_alike_is_no_value(value: Any) -> None:
    is_ = "in" if isinstance(value, list) else "equal"
    with pytest.raises(ValidationError, match="to compare with"):
        CONDITION.validate_python({"kind": "trait", "trait": "x", "is": is_, "value": value})


@pytest.mark.parametrize("trait", ["birthday", "email", "postal_code", "longitude", "home.latitude"])
def test_nobody_is_ranked_by_what_stays_private(trait: str) -> None:
    with pytest.raises(ValidationError, match="nobody is ranked"):
        CONDITION.validate_python({"kind": "rank", "by": {"kind": "trait", "trait": trait}, "top": 20})


# ── what is short for something else, by the numbers that the docs say ──


def mail(type_: Type, day: float, *, human: bool = True) -> Event:
    time = BEGIN + round(day * DAY)
    about = {"topic": "marketing"} | ({} if type_ == Type.EMAIL_SENT else {"human": human})
    name = f"{type_} {time}"
    return Event(id=name, type=type_, time=time, received=time, source="ses", identities=CONTACT, properties=about)


SENT, CLICKED = mail(Type.EMAIL_SENT, 0), mail(Type.EMAIL_CLICKED, 1)


def did(type_: Type, day: float, **properties: Any) -> Event:
    time = BEGIN + round(day * DAY)
    name = f"{type_} {time}"
    return Event(
        id=name, type=type_, time=time, received=time, source="shopify", identities=CONTACT, properties=properties
    )


@pytest.mark.parametrize(
    ("told", "tiers"),
    [
        ([SENT, CLICKED], {1: "highly", 30.99: "highly", 31: "moderately", 90.99: "moderately", 91: "disengaged"}),
        ([SENT, did(Type.PAGE_VIEWED, 1)], {1: "moderately", 90.99: "moderately", 91: "disengaged"}),
        ([SENT, did(Type.CHECKOUT_STARTED, 1)], {1: "moderately", 90.99: "moderately", 91: "disengaged"}),
        (
            [SENT, *(did(Type.PAGE_VIEWED, day) for day in (1, 1.01, 1.02, 2, 3))],
            {2.99: "moderately", 3: "highly", 31.01: "highly", 31.03: "moderately", 93: "disengaged"},
        ),
        (
            [SENT, did(Type.ORDER_COMPLETED, 1, order_id="o")],
            {1: "highly", 30.99: "highly", 31: "moderately", 91: "disengaged"},
        ),
        ([SENT, *(mail(Type.EMAIL_OPENED, day) for day in (1, 2, 3))], {3: "disengaged", 900: "disengaged"}),
        ([did(Type.PAGE_VIEWED, 1)], {1: "moderately", 91: None}),
        ([SENT, mail(Type.EMAIL_CLICKED, 1, human=False)], {1: "disengaged", 900: "disengaged"}),
        ([], {1: None, 900: None}),
    ],
)
def test_a_click_an_order_or_visits_on_three_days_engage_for_30_days_and_any_of_them_for_90_and_opens_never(
    told: list[Event], tiers: dict[float, str | None]
) -> None:
    kinds = {
        tier: one(CONDITION.validate_python({"kind": "engagement", "tier": tier}))
        for tier in ("highly", "moderately", "disengaged")
    }
    for day, tier in tiers.items():
        t = BEGIN + round(day * DAY)
        profile = profile_of([event for event in told if event.time <= t])
        assert [name for name, each in kinds.items() if evaluate(each, "s", profile, t)[0]] == (
            [] if tier is None else [tier]
        )


@pytest.mark.parametrize(("worth", "score"), [(99, 1), (100, 2), (199, 2), (200, 3), (300, 4), (399, 4), (400, 5)])
def test_a_score_of_s_is_the_top_120_less_20_s_percent(worth: int, score: int) -> None:
    ordered = Event(
        id="o",
        type=Type.ORDER_COMPLETED,
        time=BEGIN,
        received=BEGIN,
        source="shopify",
        identities=CONTACT,
        properties={"order_id": "1", "total": worth},
    )
    by = {"kind": "orders", "measure": "sum"}
    cutoffs = {
        Rank.model_validate({"by": by, "top": top}).key: cut * 100
        for top, cut in {20: 400, 40: 300, 60: 200, 80: 100}.items()
    }
    for least in range(1, 6):
        for most in range(least, 6):
            condition = {"kind": "rfm", "score": "monetary", "at_least": least, "at_most": most}
            segment = Segment(id="s", name="S", sentence="Those.", when=CONDITION.validate_python(condition))
            found = compile_segments([segment], cutoffs=cutoffs)
            assert evaluate(found, "s", profile_of([ordered]), AFTER)[0] == (least <= score <= most)
            assert not evaluate(found, "s", profile_of([]), AFTER)[0]


@pytest.mark.parametrize(
    ("within", "member"), [({"km": 343}, False), ({"km": 344}, True), ({"miles": 213}, False), ({"miles": 214}, True)]
)
def test_paris_is_344_kilometres_or_213_and_a_half_miles_from_london(within: dict[str, int], member: bool) -> None:
    london = one(CONDITION.validate_python({"kind": "near", "latitude": 51.5074, "longitude": -0.1278, **within}))
    paris = of_traits(latitude=48.8566, longitude=2.3522)
    assert evaluate(london, "s", paris, AFTER)[0] == member


@pytest.mark.parametrize(
    ("comparison", "passing"),
    [
        ({"is": "less", "value": 7}, [6.9, -1]),
        ({"is": "at_most", "value": 7}, [6.9, 7, -1]),
        ({"is": "more", "value": 7}, [7.1]),
        ({"is": "at_least", "value": 7}, [7, 7.1]),
        ({"is": "equal", "value": 7}, [7]),
        ({"is": "prefix", "value": "gR"}, ["green", "GREEN TEA"]),
        ({"is": "contains", "value": "EE"}, ["green", "GREEN TEA", "tree"]),
        ({"is": "more", "value": "green"}, ["GREEN TEA", "tree"]),
        ({"is": "in", "value": ["Green", 7, True]}, [7, "green", True]),
    ],
)
def test_comparisons_mean_what_they_say(comparison: dict[str, Any], passing: list[Any]) -> None:
    values = [6.9, 7, 7.1, -1, "green", "GREEN TEA", "tree", True, False]
    asked = one(CONDITION.validate_python({"kind": "trait", "trait": "asked", **comparison}))
    assert [each for each in values if evaluate(asked, "s", of_traits(asked=each), AFTER)[0]] == passing


# ── the sender's own properties ──


def quiz(number: int, public: bool = False, **properties: Any) -> Event:
    return Event(
        id=f"q{number}",
        type="Quiz Completed",
        time=BEGIN + number,
        received=BEGIN + number,
        source="segment",
        public=public,
        identities=CONTACT,
        properties=properties,
    )


def took(name: str, value: Any, is_: str = "equal") -> Definitions:
    where = [{"property": name, "is": is_, "value": value}]
    return one(CONDITION.validate_python({"kind": "event", "event": "Quiz Completed", "where": where}))


def test_a_property_that_nobody_asked_for_when_it_was_told_is_read_from_the_events() -> None:
    """So a segment about it needs no backfill, and is exact from its first instant."""
    told = [quiz(1, result="dry_skin"), quiz(2, result="oily")]
    before, dry = Profile("c1"), took("result", "Dry_Skin")
    absorb(one(CONDITION.validate_python({"kind": "orders"})), before, told, BEGIN + HOUR)
    assert before.histories["Quiz Completed"].newest[0].properties == {}
    with pytest.raises(HistoryNeededError):
        evaluate(dry, "s", before, BEGIN + HOUR)
    whole = rebuild(before, told, dry.asked)
    assert evaluate(dry, "s", whole, BEGIN + HOUR)[0]
    assert whole.kept == {"Quiz Completed": frozenset({"result"})}
    assert [transition.entered for transition in absorb(dry, Profile("c1"), told, BEGIN + HOUR)] == [True]


def test_a_property_that_only_some_occurrences_were_folded_with_is_read_from_the_events() -> None:
    dry, profile = took("result", "dry_skin"), Profile("c1")
    fold(profile, quiz(1, result="dry_skin"))
    fold(profile, quiz(2, result="oily"), dry.asked)
    with pytest.raises(HistoryNeededError):
        evaluate(dry, "s", profile, BEGIN + HOUR)
    unasked = Profile("c1")
    fold(unasked, quiz(1, result="dry_skin"), dry.asked)
    fold(unasked, quiz(2, result="oily"))
    with pytest.raises(HistoryNeededError):
        evaluate(dry, "s", unasked, BEGIN + HOUR)


@pytest.mark.parametrize(
    ("name", "value", "properties", "passes"),
    [
        ("answers.skin", "dry", {"answers": {"skin": "Dry"}}, True),
        ("answers.points", 3, {"answers": [{"points": 1}, {"points": 3}]}, True),
        ("answers.points", 4, {"answers": [{"points": 1}, {"points": 3}]}, False),
        ("answers.points", "3", {"answers": [{"points": 3}]}, False),
        ("a.b.c", 1, {"a": [{"b": [{"c": 1}]}]}, True),
        ("tags", "two", {"tags": ["one", "two"]}, True),
        ("answers.skin", "dry", {"answers.skin": "dry"}, True),
        ("done", True, {"done": True}, True),
        ("done", True, {"done": 1}, False),
    ],
)
def test_a_dot_leads_into_objects_and_of_a_list_of_them_one_has_to_pass(
    name: str, value: Any, properties: dict[str, Any], passes: bool
) -> None:
    asked = took(name, value)
    profile = Profile("c1")
    absorb(asked, profile, [quiz(1, **properties)], BEGIN + HOUR)
    assert evaluate(asked, "s", profile, BEGIN + HOUR)[0] == passes

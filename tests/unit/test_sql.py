"""The one pass over the lake: its answer is the evaluator's, contact by contact, for every condition there is."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from infra.local.aws import athena
from shared.domain import sql
from shared.domain.conditions import Condition, Segment, parts_of
from shared.domain.conditions.orders import Rank
from shared.domain.conditions.shorthand import plain
from shared.domain.events import DAY, HOUR, MINUTE, Event, Instant, Type
from shared.domain.lake_rows import partition
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.folding import fold
from shared.domain.profiles.transitions import Membership
from shared.domain.segments import Definitions, compile_segments, evaluate
from tests.unit.brute_force import ranked_number
from tests.unit.profile_histories import (
    AFTER,
    BEGIN,
    CONTACT,
    EVERY_OTHER,
    LEAD_MODELS,
    LEAVES,
    bounds,
    conditions,
    events,
    made,
    others,
    ranked,
)
from tests.unit.sql_lake import PASS, Lake

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
ZONE = "Europe/Paris"
trees = conditions.map(CONDITION.validate_python)
other_trees = others.map(CONDITION.validate_python)
cutoff_values = st.sampled_from([1, 2, 7, 1000, 4000, 2000 / 3, BEGIN + 12 * HOUR])
instants = st.builds(lambda step, off: AFTER + 3 * HOUR * step + off, st.integers(0, 40), st.integers(0, 1))
histories = st.lists(events(), min_size=1, max_size=5)


def shop(
    conditions: Iterable[Condition],
    other: Condition | None = None,
    cutoffs: Mapping[str, float] | float = 2,
    zone: str = ZONE,
) -> Definitions:
    """Each condition as a segment `s0`, `s1` …, beside `other`."""
    named = {f"s{number}": condition for number, condition in enumerate(conditions)}
    if other is not None:
        named["other"] = other
    if not isinstance(cutoffs, Mapping):
        parts = [part for condition in named.values() for part in parts_of(plain(condition))]
        cutoffs = {part.key: cutoffs for part in parts if isinstance(part, Rank)}
    segments = [Segment(id=name, name=name, sentence="Those.", when=condition) for name, condition in named.items()]
    return compile_segments(segments, zone=zone, cutoffs=cutoffs, models=LEAD_MODELS)


def contact_id(number: int) -> str:
    return f"c{number:015x}"


def profile_of(contact: str, events_: Iterable[Event]) -> Profile:
    profile = Profile(contact)
    for event in events_:
        fold(profile, event, EVERY_OTHER)
    return profile


def told(type_: str, time: Instant, number: int = 0, **properties: Any) -> Event:
    return Event(
        id=f"t{number}-{time}",
        type=type_,
        time=time,
        received=time,
        source="segment",
        identities=CONTACT,
        properties=properties,
    )


def by_sql(definitions: Definitions, lake: Lake, t: Instant) -> dict[str, dict[str, bool]]:
    """Contact → segment → whether they are in it."""
    return {
        row["contact"]: {segment: row[f"in_{segment}"] for segment in definitions.segments}
        for row in lake.rows(sql.one_pass(definitions, list(definitions.segments), t, PASS))
    }


def by_python(definitions: Definitions, profiles: Iterable[Profile], t: Instant) -> dict[str, dict[str, bool]]:
    return {
        profile.contact: {segment: evaluate(definitions, segment, profile, t)[0] for segment in definitions.segments}
        for profile in profiles
    }


def check(definitions: Definitions, histories: Iterable[Iterable[Event]], t: Instant) -> None:
    events_ = {contact_id(number): list(history) for number, history in enumerate(histories)}
    profiles = [profile_of(contact, history) for contact, history in events_.items()]
    found = by_sql(definitions, Lake(profiles, events_, definitions, t), t)
    assert found == by_python(definitions, profiles, t)


# ── the evaluator's answer ──


@settings(max_examples=100, deadline=None)
@given(st.lists(trees, min_size=1, max_size=12), other_trees, cutoff_values, histories, instants)
def test_the_pass_gives_the_evaluator_s_answer(
    conditions: list[Condition], other: Condition, cutoff: float, histories: list[list[Event]], t: Instant
) -> None:
    check(shop(conditions, other, cutoff), histories, t)


def of_kinds(*kinds: str) -> st.SearchStrategy[list[Condition]]:
    some = st.lists(st.one_of(*(LEAVES[kind] for kind in kinds)), min_size=3, max_size=6)
    return some.map(lambda drawn: [CONDITION.validate_python(leaf) for leaf in drawn])


@settings(max_examples=50, deadline=None)
@given(of_kinds("sequence", "unanswered", "cart", "latest", "first_event", "last_event"), histories, instants)
def test_what_compares_instants_of_events(
    conditions: list[Condition], histories: list[list[Event]], t: Instant
) -> None:
    check(shop(conditions), histories, t)


@settings(max_examples=50, deadline=None)
@given(of_kinds("orders", "last_order", "rank", "rfm"), other_trees, cutoff_values, histories, instants)
def test_what_is_worked_out_of_orders(
    conditions: list[Condition], other: Condition, cutoff: float, histories: list[list[Event]], t: Instant
) -> None:
    check(shop(conditions, other, cutoff), histories, t)


VALUES: list[Any] = [
    "GB", "gb", "", "İstanbul", "istanbul", "ΟΔΟΣ", "Florence", "ada@example.com", "O'Neil", "a\\b", "a\nb", "?", "\0",
    "x" * 201, "\ud800", 7, 7.0, 7.5, -1, 0, 2**53 + 1, 10**400, float("nan"), float("inf"), True, False,
    [], [7], ["vip", "VIP"], ["vip", 7, True], [None], [["vip"]], [{"vip": 1}], ["me@home"], list(range(101)),
    {}, {"tea": 0.9, "7": "x"}, {"tea": [], "b.c": ["vip"]}, {"tea": "me@home"}, {str(n): n for n in range(101)}, None,
    {"b": {"c": "gb"}}, {"b": [{"c": "gb"}, {"c": [7, "vip"]}, {"c": None}, 7]},
    [{"b": {"c": "me@home"}}, {"tea": "GB"}],
]  # fmt: skip
NAMES = ["score", "tags", "a.b", "a", "home", "home.tea", "birthday", "postal_code", "O'Neil", "me@home"]
wanted = st.sampled_from(
    [
        {"is": "exists"},
        *({"is": is_, "value": value} for is_ in ("equal", "not_equal") for value in ("gb", "VIP", "", 7, 7.5, True)),
        *({"is": "equal", "value": value} for value in ("i̇stanbul", "Istanbul", "o'neil", "A\\B", "A\nb", "?")),
        *({"is": is_, "value": value} for is_ in ("less", "at_most", "more", "at_least") for value in ("g", 7, -1e15)),
        {"is": "in", "value": ["GB", 7, False, "o'neil"]},
        {"is": "prefix", "value": "I"},
        {"is": "contains", "value": "@"},
        {"is": "contains", "value": "%"},
    ]
)
trait_names = [*NAMES, "home.7", "home.b.c", "a.b.c", "a.b.b.c", "score.b.c", "tags.tea", "other"]
trait_tests = st.builds(
    lambda trait, of, fresh, test: CONDITION.validate_python(
        {"kind": "trait", "trait": trait, "of": of, **fresh, **test}
    ),
    st.sampled_from(trait_names),
    st.sampled_from(["any", "all", "none"]),
    st.sampled_from([{}, {}, {"fresh": "1d"}]),
    wanted,
)
traits = st.dictionaries(
    st.sampled_from(NAMES), st.builds(Stamped, st.sampled_from(VALUES), st.sampled_from([AFTER - DAY, AFTER - DAY + 1]))
)


@settings(max_examples=100, deadline=None)
@given(st.lists(trait_tests, min_size=5, max_size=30), st.lists(traits, min_size=3, max_size=8), st.booleans())
def test_traits_of_any_kind(conditions: list[Condition], drawn: list[dict[str, Stamped]], named: bool) -> None:
    """Also of contacts whose traits repeat their own name, which the lake must not have."""
    name = {"first_name": Stamped("Florence", AFTER)} if named else {}
    profiles = [Profile(contact_id(n), first_seen=BEGIN, traits={**each, **name}) for n, each in enumerate(drawn)]
    definitions = shop(conditions)
    lake = Lake(profiles, {}, definitions, AFTER)
    assert by_sql(definitions, lake, AFTER) == by_python(definitions, profiles, AFTER)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia"]),
    st.lists(
        st.tuples(made("event", {"event": st.just("Page Viewed"), "count": st.just("days")}), bounds).map(
            lambda parts: {**parts[0], **parts[1]}
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([None, "30d", "400d"]),
    st.integers(0, 20_000),
    st.lists(st.integers(-40 * 24 * 4, 40 * 24 * 4), max_size=8),
)
def test_days_are_those_of_the_shop_s_clock(
    zone: str, counts: list[dict[str, Any]], within: str | None, day: int, quarters: list[int]
) -> None:
    """Around any day since 1970, also where the clocks change or a day is left out."""
    conditions = [CONDITION.validate_python({**each, "within": within}) for each in counts]
    times = [max(day * DAY + quarter * 15 * MINUTE, 0) for quarter in quarters]
    history = [told(Type.PAGE_VIEWED, time, number) for number, time in enumerate(times)]
    check(shop(conditions, zone=zone), [history, history[:2]], max([*times, day * DAY]))


@settings(max_examples=30, deadline=None)
@given(st.lists(trees, min_size=1, max_size=8), other_trees, histories)
def test_what_happens_after_the_instant_is_left_out(
    conditions: list[Condition], other: Condition, histories: list[list[Event]]
) -> None:
    definitions = shop(conditions, other)
    events_ = {contact_id(number): history for number, history in enumerate(histories)}
    profiles = [profile_of(contact, history) for contact, history in events_.items()]
    later = {
        contact: [*history, *(e.model_copy(update={"id": f"l{e.id}", "time": e.time + 9 * DAY}) for e in history)]
        for contact, history in events_.items()
    }
    expected = by_python(definitions, profiles, AFTER)
    assert by_sql(definitions, Lake(profiles, later, definitions, AFTER), AFTER) == expected


def test_a_comparison_that_is_never_known_counts_as_false_and_not_as_unknown() -> None:
    """Found by `test_traits_of_any_kind`: DuckDB's count_if of nulls alone is null, Athena's is 0."""
    definitions = shop([CONDITION.validate_python({"kind": "trait", "trait": "score", "value": 7, "of": "none"})])
    profile = Profile(contact_id(0), first_seen=BEGIN, traits={"score": Stamped("GB", BEGIN)})
    assert by_sql(definitions, Lake([profile], {}, definitions, AFTER), AFTER) == {contact_id(0): {"s0": True}}


def test_who_joined_another_or_was_erased_is_nobody() -> None:
    definitions = shop([CONDITION.validate_python({"kind": "event", "event": "Page Viewed"})])
    visit = [told(Type.PAGE_VIEWED, BEGIN)]
    profiles = [profile_of(contact_id(number), visit) for number in range(3)]
    profiles[1].merged_into, profiles[2].erased = contact_id(0), True
    lake = Lake(profiles, {contact_id(number): visit for number in range(4)}, definitions, AFTER)
    assert by_sql(definitions, lake, AFTER) == {contact_id(0): {"s0": True}}


def test_a_contact_nothing_is_known_of_is_there_and_in_what_asks_for_nothing() -> None:
    never = {"kind": "event", "event": "Page Viewed", "at_most": 0}
    definitions = shop(CONDITION.validate_python(each) for each in (never, {"kind": "not", "of": never}))
    check(definitions, [[]], AFTER)


def test_contradictions_and_what_is_always_true() -> None:
    visit = {"kind": "event", "event": "Page Viewed"}
    both = [visit, {"kind": "not", "of": visit}]
    spent = {"kind": "orders", "measure": "sum", "at_least": 0, "at_most": 1e9}
    asked = [{"kind": "all", "of": both}, {"kind": "any", "of": both}, spent, {"kind": "not", "of": spent}]
    check(shop(map(CONDITION.validate_python, asked)), [[told(Type.PAGE_VIEWED, BEGIN)], []], AFTER)


def test_more_conditions_than_a_column_has_bits() -> None:
    each = [{"kind": "event", "event": "Page Viewed", "at_least": n, "within": f"{n}d"} for n in range(1, 200)]
    every_third = {"kind": "all", "of": [{"kind": "not", "of": one} for one in each[:99:3]]}
    conditions = map(CONDITION.validate_python, [*each, {"kind": "any", "of": each[100:]}, every_third])
    histories = [[told(Type.PAGE_VIEWED, AFTER - n * step, n) for n in range(0, 150)] for step in (HOUR, 9 * HOUR, DAY)]
    check(shop(conditions), histories, AFTER)


# ── cut-offs ──


def expected_cutoff(rank: Rank, numbers: Sequence[float]) -> float | None:
    """As the definition says it: the number furthest down of which fewer than p % are better."""
    if len(numbers) < 5:
        return None
    top, percent = rank.top is not None, rank.top or rank.bottom or 0
    reached = [
        number
        for number in numbers
        if sum(other > number if top else other < number for other in numbers) * 100 < percent * len(numbers)
    ]
    return (min if top else max)(reached, default=None)


percents = st.sampled_from([{"top": 20}, {"top": 60}, {"bottom": 35}, {"top": 0.001}, {"bottom": 99.9}])
rank_trees = st.builds(
    lambda by, among, percent: CONDITION.validate_python({"kind": "rank", "by": by, **among, **percent}),
    ranked,
    st.sampled_from([{}, {"among": "other"}]),
    percents,
)


@settings(max_examples=100, deadline=None)
@given(st.lists(rank_trees, min_size=1, max_size=6), other_trees, st.lists(events(), min_size=1, max_size=9), instants)
def test_cut_offs_are_those_of_the_contacts_that_have_a_number(
    wanted: list[Rank], other: Condition, histories: list[list[Event]], t: Instant
) -> None:
    definitions = shop(wanted, other, cutoffs={})
    events_ = {contact_id(number): history for number, history in enumerate(histories)}
    profiles = [profile_of(contact, history) for contact, history in events_.items()]
    expected = {}
    for rank in wanted:
        held = [each for each in profiles if rank.among is None or evaluate(definitions, "other", each, t)[0]]
        numbers = [number for each in held if (number := ranked_number(rank, each, t, ZoneInfo(ZONE))) is not None]
        if (cutoff := expected_cutoff(rank, numbers)) is not None:
            expected[rank.key] = cutoff
    rows = Lake(profiles, events_, definitions, t).rows(sql.cutoffs(definitions, wanted, t, PASS))
    found = {row["rank"]: row["cutoff"] for row in rows if row["cutoff"] is not None}
    assert found == pytest.approx(expected, rel=1e-12)
    # Whose number is the cut-off is within it, by the evaluator and by the pass.
    cut = shop(wanted, other, cutoffs=found)
    answers = by_python(cut, profiles, t)
    assert by_sql(cut, Lake(profiles, events_, cut, t), t) == answers
    for number, rank in enumerate(wanted):
        assert rank.key not in found or any(answer[f"s{number}"] for answer in answers.values())


def test_ties_stay_together() -> None:
    definitions = shop(
        [CONDITION.validate_python({"kind": "rank", "by": {"kind": "trait", "trait": "score"}, "top": 20})], cutoffs={}
    )
    (rank,) = [definitions.segments["s0"].when]
    scores = [9, 8, 8, 8, 8, 8, 1, 1, 1, 1]
    profiles = [Profile(contact_id(n), traits={"score": Stamped(each, BEGIN)}) for n, each in enumerate(scores)]
    assert isinstance(rank, Rank)
    rows = Lake(profiles, {}, definitions, AFTER).rows(sql.cutoffs(definitions, [rank], AFTER, PASS))
    assert rows == [{"rank": rank.key, "cutoff": 8}]


@pytest.mark.parametrize("percent", [20, 40, 0.001])
def test_it_takes_five_to_be_the_best_of(percent: float) -> None:
    """With one customer, their only order would make them a champion."""
    definitions = shop(
        [CONDITION.validate_python({"kind": "rank", "by": {"kind": "trait", "trait": "score"}, "top": percent})],
        cutoffs={},
    )
    rank = definitions.segments["s0"].when
    assert isinstance(rank, Rank)
    for many in (1, 2, 4, 5, 6):
        profiles = [Profile(contact_id(n), traits={"score": Stamped(n, BEGIN)}) for n in range(many)]
        (row,) = Lake(profiles, {}, definitions, AFTER).rows(sql.cutoffs(definitions, [rank], AFTER, PASS))
        assert (row["cutoff"] is not None) == (many >= 5)


def test_there_has_to_be_a_rank() -> None:
    with pytest.raises(ValueError, match="no rank"):
        sql.cutoffs(shop([]), [], AFTER, PASS)


# ── counting, comparing with what is stored ──


@settings(max_examples=15, deadline=None)
@given(st.lists(trees, min_size=1, max_size=4), other_trees, histories, st.data())
def test_sizes_previews_and_differences(
    conditions: list[Condition], other: Condition, histories: list[list[Event]], data: st.DataObject
) -> None:
    definitions = shop(conditions, other)
    segments = list(definitions.segments)
    events_ = {contact_id(number): history for number, history in enumerate(histories)}
    profiles = [profile_of(contact, history) for contact, history in events_.items()]
    for profile in profiles:
        for number, segment in enumerate(segments):
            if data.draw(st.booleans()):
                profile.memberships[segment] = Membership(data.draw(st.booleans()), number, BEGIN, AFTER)
    lake = Lake(profiles, events_, definitions, AFTER)
    now = by_python(definitions, profiles, AFTER)
    held = {
        profile.contact: {name: (m := profile.memberships.get(name)) is not None and m.member for name in segments}
        for profile in profiles
    }
    (sizes,) = lake.rows(sql.sizes(definitions, segments, AFTER, PASS))
    assert sizes == {"contacts": len(now)} | {f"in_{s}": sum(each[s] for each in now.values()) for s in segments}
    for segment in segments:
        pairs = [(now[contact][segment], held[contact][segment]) for contact in now]
        assert lake.rows(sql.preview(definitions, segment, AFTER, PASS)) == [
            {
                "entering": pairs.count((True, False)),
                "leaving": pairs.count((False, True)),
                "staying": pairs.count((True, True)),
                "contacts": len(pairs),
            }
        ]
    differing = sorted(contact for contact in now if now[contact] != held[contact])
    names = {contact: {s for s in segments if now[contact][s] != held[contact][s]} for contact in differing}
    found: list[str] = []
    while page := lake.rows(
        sql.differing(definitions, segments, AFTER, PASS, after=found[-1] if found else "", most=2)
    ):
        found += [row["contact"] for row in page]
        assert {row["contact"]: set(row["segments"].split()) for row in page}.items() <= names.items()
    assert found == differing


# ── the text ──

NASTY = [
    "'", "''", "\\'", "a' OR 1 = 1 --", "x'); DROP TABLE events; --", "*/ 1 /*", "?", "\n", "-- \r\n 1", "%_",
    "\u2028'", "Ünï'cödé", "{0}", "${x}", '"', "a;b",
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_no_text_of_a_definition_is_more_than_a_text(text: str) -> None:
    """Wherever a definition has a text, it finds what has just that text, and nothing else happens."""
    where = [{"property": name, "value": text} for name in ("category", "path", "campaign")]
    asked: list[dict[str, Any]] = [
        {"kind": "trait", "trait": "note", "value": text},
        {"kind": "trait", "trait": text, "is": "exists"},
        {"kind": "trait", "trait": "note", "is": "in", "value": [text, "y"]},
        {"kind": "trait", "trait": "note", "is": "contains", "value": text},
        {"kind": "event", "event": text},
        {"kind": "event", "event": "Page Viewed", "where": where},
        {"kind": "event", "event": text, "count": "same_category", "where": where[:1]},
        {"kind": "latest", "events": [text, "Page Viewed"], "where": where[:1]},
        {"kind": "sequence", "first": {"event": text}, "then": {"event": "Page Viewed", "where": where}, "gap": "1d"},
        {"kind": "unanswered", "of": {"event": text}, "answers": [{"event": "Page Viewed", "where": where}]},
        {"kind": "rank", "by": {"kind": "trait", "trait": text}, "top": 20},
    ]
    definitions = shop([CONDITION.validate_python(each) for each in asked])
    kept = {"category": text, "path": text, "campaign": text}
    history = [told(text, BEGIN, **kept), told(Type.PAGE_VIEWED, BEGIN + HOUR, **kept)]
    profiles = [profile_of(contact_id(n), history if n == 0 else []) for n in range(6)]
    profiles[0].traits["note"] = Stamped(text, BEGIN)
    for each in profiles[:5]:
        each.traits[text] = Stamped(3, BEGIN)
    lake = Lake(profiles, {contact_id(0): history}, definitions, AFTER)
    found = by_sql(definitions, lake, AFTER)
    assert found == by_python(definitions, profiles, AFTER)
    assert list(found[contact_id(0)].values()).count(True) >= 8
    statement = sql.one_pass(definitions, list(definitions.segments), AFTER, PASS)
    assert len(sqlglot.parse(statement, read="athena")) == 1
    ranks_ = [condition.when for condition in definitions.segments.values() if isinstance(condition.when, Rank)]
    assert lake.rows(sql.cutoffs(definitions, ranks_, AFTER, PASS)) == [{"rank": ranks_[0].key, "cutoff": 3}]


def test_a_pass_s_id_is_a_text_too() -> None:
    definitions = shop([CONDITION.validate_python({"kind": "consent"})])
    lake = Lake([Profile(contact_id(0))], {}, definitions, AFTER)
    assert lake.rows(sql.one_pass(definitions, ["s0"], AFTER, "p1' OR 'a' = 'a")) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(trees, min_size=1, max_size=8), other_trees)
def test_the_text_is_the_same_each_time_and_of_known_functions_only(
    conditions: list[Condition], other: Condition
) -> None:
    definitions = shop(conditions, other)
    made = [sql.one_pass(shop(conditions, other), list(definitions.segments), AFTER, PASS) for _ in range(2)]
    assert made[0] == made[1]
    assert athena.lint(made[0]) == []


def test_every_common_table_expression_is_read_once() -> None:
    """Athena works one out anew wherever it is named."""
    drawn = random.Random(1)
    asked = [
        {"kind": "event", "event": drawn.choice(list(Type)), "within": f"{n + 1}d", "at_least": drawn.randint(1, 3)}
        for n in range(100)
    ]
    definitions = shop(map(CONDITION.validate_python, asked))
    tree = sqlglot.parse_one(sql.one_pass(definitions, list(definitions.segments), AFTER, PASS), read="athena")
    names = [table.name for table in tree.find_all(sqlglot.exp.Table)]
    parts = [cte.alias for cte in tree.find_all(sqlglot.exp.CTE)]
    assert sorted(name for name in names if name not in ("events", "facts")) == sorted(parts)
    types = {partition(each["event"]) for each in asked} - {"order_completed"}  # that one is read from facts
    assert names.count("events") == len(types)


def test_bounded_conditions_read_the_days_of_the_longest_window() -> None:
    asked = [{"kind": "event", "event": "Page Viewed", "within": within} for within in ("2d", "30d")]
    statement = sql.one_pass(shop(map(CONDITION.validate_python, asked)), ["s0", "s1"], AFTER, PASS)
    assert "type = 'page_viewed' AND month >= '2023-10' AND" in statement
    unbounded = [*asked, {"kind": "event", "event": "Page Viewed"}]
    assert "month >=" not in sql.one_pass(shop(map(CONDITION.validate_python, unbounded)), ["s0", "s2"], AFTER, PASS)

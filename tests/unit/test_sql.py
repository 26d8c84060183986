"""The one pass over the lake: its answer is the evaluator's, contact by contact, for every condition there is."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain import sql
from shared.domain.conditions import Condition, Rank, Segment, parts_of, plain
from shared.domain.events import HOUR, Event, Instant
from shared.domain.profiles import Profile, fold
from shared.domain.segments import Definitions, compile_segments, evaluate
from tests.unit.profile_histories import AFTER, BEGIN, conditions, events, others
from tests.unit.sql_lake import PASS, Lake

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
ZONE = "Europe/Paris"
trees = conditions.map(CONDITION.validate_python)
other_trees = others.map(CONDITION.validate_python)
cutoff_values = st.sampled_from([1, 2, 7, 1000, 4000, 333.3333333333333, BEGIN + 12 * HOUR])
instants = st.builds(lambda step, off: AFTER + 3 * HOUR * step + off, st.integers(0, 40), st.integers(0, 1))


def shop(
    conditions: list[Condition], other: Condition | None = None, cutoffs: dict[str, float] | float = 2
) -> Definitions:
    """Each condition as a segment `s0`, `s1` …, beside `other`."""
    named = {f"s{number}": condition for number, condition in enumerate(conditions)}
    if other is not None:
        named["other"] = other
    if not isinstance(cutoffs, dict):
        parts = [part for condition in named.values() for part in parts_of(plain(condition))]
        cutoffs = {part.key: cutoffs for part in parts if isinstance(part, Rank)}
    segments = [Segment(id=name, name=name, sentence="Those.", when=condition) for name, condition in named.items()]
    return compile_segments(segments, zone=ZONE, cutoffs=cutoffs)


def contact_id(number: int) -> str:
    return f"c{number:015x}"


def profile_of(contact: str, events_: list[Event]) -> Profile:
    profile = Profile(contact)
    for event in events_:
        fold(profile, event)
    return profile


def both(definitions: Definitions, histories: list[list[Event]], t: Instant) -> tuple[Any, Any]:
    """The memberships by SQL and by the evaluator: contact → segment → member."""
    told = {contact_id(number): history for number, history in enumerate(histories)}
    profiles = [profile_of(contact, history) for contact, history in told.items()]
    lake = Lake(profiles, told, definitions, t)
    segments = list(definitions.segments)
    by_sql = {
        row["contact"]: {segment: row[f"in_{segment}"] for segment in segments}
        for row in lake.rows(sql.one_pass(definitions, segments, t, PASS))
    }
    by_python = {
        profile.contact: {segment: evaluate(definitions, segment, profile, t)[0] for segment in segments}
        for profile in profiles
    }
    return by_sql, by_python


@settings(max_examples=150, deadline=None)
@given(
    st.lists(trees, min_size=1, max_size=12),
    other_trees,
    cutoff_values,
    st.lists(events(), min_size=1, max_size=5),
    instants,
)
def test_the_pass_is_the_evaluator_s_answer(
    conditions: list[Condition], other: Condition, cutoff: float, histories: list[list[Event]], t: Instant
) -> None:
    by_sql, by_python = both(shop(conditions, other, cutoff), histories, t)
    assert by_sql == by_python

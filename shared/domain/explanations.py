"""Explanations: why a contact is in a segment or not, what would change that, and when time alone will.

They follow the segment's tree. Each condition says what it asks (`wording`), what the profile has to say to it and what
would turn its answer (`evidence`). Whether a condition holds, and until when, is always the evaluator's word, never
worked out again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.conditions import All, Any_, Condition, Member, Not
from shared.domain.conditions.events import Engagement
from shared.domain.conditions.orders import Rank, Rfm
from shared.domain.conditions.shorthand import plain
from shared.domain.conditions.traits import OnList
from shared.domain.evaluation import Reading
from shared.domain.events import NEVER, Instant
from shared.domain.evidence import evidence
from shared.domain.evidence.view import Evidence, View
from shared.domain.profiles import Profile
from shared.domain.segments import Definitions, change_of
from shared.domain.wording import sentence


@dataclass(frozen=True, slots=True)
class Explanation:
    """A condition, explained for one profile at one instant.

    `asks` is the condition in words, `evidence` what the profile has to say to it, `turns` what would change the
    answer. `until` is the exact instant at which the answer changes with no new event (NEVER: it does not). `parts` are
    the conditions that it is made of: for another segment, that segment's.
    """

    kind: str
    holds: bool
    asks: str
    evidence: str
    turns: str
    until: Instant
    parts: tuple[Explanation, ...] = ()


def explain(
    definitions: Definitions, segment: str, profile: Profile, t: Instant, notes: Mapping[str, str] | None = None
) -> Explanation:
    """Why the contact is in the segment at `t`, or is not; its `until` is when they leave or enter if nothing happens.
    `notes`: by trait, what is known of how its value came about, or of why there is none (a score's).

    HistoryNeededError when the profile's bounded history cannot tell: ask with `profiles.rebuild` of all events.
    """
    return _explain(View(definitions, Reading(profile), t, notes or {}), definitions.segments[segment].when)


def because(definitions: Definitions, condition: Condition, profile: Profile, t: Instant) -> Explanation:
    """Why a condition that is no segment's holds of the profile at `t`, or does not. HistoryNeededError."""
    return _explain(View(definitions, Reading(profile), t, {}), condition)


def _explain(view: View, condition: Condition) -> Explanation:
    evaluate = view.definitions.compiler.function([condition])
    holds, until = change_of(evaluate, view.reading.profile, view.t)
    parts = tuple(_explain(view, part) for part in _made_of(view.definitions, condition))
    asks = sentence(view.definitions.segments, condition)
    match condition:
        case All() | Any_():
            true = f"{sum(part.holds for part in parts)} of {len(parts)} true"
            if isinstance(condition, All):
                asks = "all of these"
                told = Evidence(true, "All have to be true.", "Ends when one of them does.")
            else:
                asks = "at least one of these"
                told = Evidence(true, "One of them is enough.", "Ends when none is true.")
        case Member() if condition.asks_when:
            told = evidence(view, condition, holds, until)
        case Not() | Member() | OnList() | Engagement() | Rfm():
            changes = "It changes when that does."
            told = Evidence("it is true" if parts[0].holds else "it is not", changes, changes)
        case _:
            told = evidence(view, condition, holds, until)
    return Explanation(condition.kind, holds, asks, told.evidence, _turns(view, told, holds, until), until, parts)


def _made_of(definitions: Definitions, condition: Condition) -> tuple[Condition, ...]:
    match condition:
        case All() | Any_():
            return condition.of
        case Not():
            return (condition.of,)
        case Member():
            return (definitions.segments[condition.segment].when,)
        case Rank() if condition.among is not None:
            return (Member(segment=condition.among),)
        case OnList() | Engagement() | Rfm():
            return (plain(condition),)
        case _:
            return ()


def _turns(view: View, told: Evidence, holds: bool, until: Instant) -> str:
    if until == NEVER:
        return told.ends if holds else told.would
    unless = f", unless {told.unless}" if told.unless else ""
    sooner = f", or when {told.sooner}" if told.sooner else ""
    return f"{'Ends' if holds else 'True by itself'} on {view.when(until)}{unless}{sooner}."

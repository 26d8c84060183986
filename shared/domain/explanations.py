"""Explanations: why a contact is in a segment or not, what would change that, and when time alone will.

They follow the segment's tree. Each condition says what it asks, what the profile has to say to it, and, where it
matters, what would turn its answer. Whether a condition holds is always the evaluator's word, never worked out anew.
Days are written in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from shared.domain.conditions import (
    All,
    Any_,
    Compared,
    Condition,
    ConsentIs,
    EventCount,
    FirstSeen,
    Not,
    Orders,
    TraitIs,
    Where,
)
from shared.domain.evaluation import comparison
from shared.domain.events import DAY, HOUR, MINUTE, NEVER, SECOND, Instant, Json, iso
from shared.domain.profiles import History, Profile
from shared.domain.segments import Definitions

MOST_DATES = 5
"""How many occurrences are named as evidence: the newest."""

UNITS = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second"), (1, "millisecond"))
COMPARISONS = {
    "equal": "is",
    "not_equal": "is not",
    "in": "is one of",
    "contains": "contains",
    "prefix": "begins with",
    "less": "is less than",
    "at_most": "is at most",
    "more": "is more than",
    "at_least": "is at least",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """A condition, explained for one profile at one instant.

    `asks` is the condition in words, `evidence` what the profile has to say to it, `turns` what would change the
    answer. `until` is the exact instant at which the answer changes with no new event
    (NEVER: it does not).
    """

    kind: Literal["all", "any", "not", "trait", "consent", "event", "orders", "first_seen"]
    holds: bool
    asks: str
    evidence: str
    turns: str
    until: Instant
    parts: tuple[Explanation, ...] = ()


def explain(definitions: Definitions, segment: str, profile: Profile, t: Instant) -> Explanation:
    """Why the contact is in the segment at `t`, or is not, and until when.

    HistoryNeededError when the profile's bounded history cannot tell: ask with `profiles.rebuild` of all events.
    """
    return _explain(definitions, definitions.segments[segment].when, profile, t)


def next_change(definitions: Definitions, condition: Condition, profile: Profile, t: Instant) -> tuple[bool, Instant]:
    """Whether the condition holds at `t`, and the exact instant at which that changes with no new event."""
    evaluator = definitions.compiler.function([condition])
    (signed,) = evaluator(profile, t)
    holds, until = signed > 0, abs(signed)
    while until != NEVER:
        (later,) = evaluator(profile, until)
        if (later > 0) != holds:
            break
        until = abs(later)
    return holds, until


def _explain(definitions: Definitions, condition: Condition, profile: Profile, t: Instant) -> Explanation:
    holds, until = next_change(definitions, condition, profile, t)
    parts: tuple[Explanation, ...] = ()
    match condition:
        case All() | Any_():
            parts = tuple(_explain(definitions, part, profile, t) for part in condition.of)
            words = _composed(condition, holds, sum(part.holds for part in parts))
        case Not():
            parts = (_explain(definitions, condition.of, profile, t),)
            words = Words("not this", "it is true" if parts[0].holds else "it is not", "It changes when that does.")
        case TraitIs():
            words = _trait(condition, profile)
        case ConsentIs():
            words = _consent(condition, profile, holds, until)
        case EventCount():
            words = _event_count(condition, profile, t, holds, until)
        case Orders():
            words = _orders(condition, profile, t, holds, until)
        case FirstSeen():
            words = _first_seen(condition, profile, until)
    return Explanation(condition.kind, holds, words.asks, words.evidence, words.turns, until, parts)


class Words(NamedTuple):
    """What a condition asks, what the profile has to say to it, and what would turn the answer."""

    asks: str
    evidence: str
    turns: str


def _composed(condition: All | Any_, holds: bool, true: int) -> Words:
    several = f"{true} of {len(condition.of)} true"
    if condition.kind == "all":
        return Words("all of these", several, "Ends when one of them does." if holds else "All have to be true.")
    return Words("at least one of these", several, "Ends when none is true." if holds else "One of them is enough.")


def _trait(condition: TraitIs, profile: Profile) -> Words:
    stamped = profile.traits.get(condition.trait)
    evidence = f"{condition.trait} is not known"
    if stamped is not None and stamped.value is not None:
        evidence = f"{condition.trait} is {_value(stamped.value)}, since {day(stamped.time)}"
    return Words(f"{condition.trait} {_compared(condition)}", evidence, f"It changes when {condition.trait} does.")


def _consent(condition: ConsentIs, profile: Profile, holds: bool, until: Instant) -> Words:
    asks = f"consent to {condition.topic}: {_state(condition.is_)}{_within(condition.within)}"
    stamped = profile.consent.get(condition.topic)
    if stamped is None:
        return Words(asks, "never asked", "An answer would change it.")
    evidence = f"{_state(stamped.value)} on {day(stamped.time)}"
    if stamped.value == condition.is_ and condition.within is not None and not holds:
        evidence += f", which is more than {duration(condition.within)} ago"
    return Words(asks, evidence, (_ends(until) if holds else "") or "A new answer would change it.")


def _event_count(condition: EventCount, profile: Profile, t: Instant, holds: bool, until: Instant) -> Words:
    history = profile.histories.get(condition.event)
    times = [] if history is None else _times(condition, history, t)
    count = len(times)
    if history is not None and condition.within is None and not condition.where:
        count = history.total  # more than are kept
    least = condition.at_least
    what = f"{condition.event}{_filters(condition.where)}{_within(condition.within)}"
    stays = _ends(until, "unless it happens again") or "Nothing: what happened stays."
    return Words(
        asks=f"at least {least} × {what}",
        evidence=f"{count}{'' if holds else f' of {least}'} × {what}{_dates(times)}",
        turns=stays if holds else f"{least - count} more would make it true.",
    )


def _times(condition: EventCount, history: History, t: Instant) -> list[Instant]:
    """When those happened that count, of those the profile keeps; newest first."""
    start = -1 if condition.within is None else t - condition.within
    tests = [(each.property, comparison(each.is_, each.value)) for each in condition.where]
    return [
        occurrence.time
        for occurrence in reversed(history.newest)
        if start < occurrence.time <= t and all(passes(occurrence.properties.get(name)) for name, passes in tests)
    ]


def _orders(condition: Orders, profile: Profile, t: Instant, holds: bool, until: Instant) -> Words:
    start = -1 if condition.within is None else t - condition.within
    counted = sorted(
        ((order.placed, order.net) for order in profile.orders.values() if order.counts and start < order.placed <= t),
        reverse=True,
    )
    within, dates = _within(condition.within), _dates([placed for placed, _ in counted])
    least, count = condition.at_least or 1, len(counted)
    if condition.measure == "sum":
        worth = sum(net for _, net in counted) / 100
        asks = f"orders worth at least {_money(least)}{within}, refunds taken off"
        evidence = f"{_money(worth)}{'' if holds else f' of {_money(least)}'}{within}{dates}"
        missing = f"Orders worth {_money(least - worth)} more would make it true."
    else:
        asks = f"at least {_plural(least, 'order')}{within}"
        found = _plural(count, "order") if holds else f"{count} of {_plural(least, 'order')}"
        evidence = f"{found}{within}{dates}"
        missing = f"{_plural(least - count, 'more order')} would make it true."
    stays = _ends(until, "unless there is another order") or "Only a refund or a cancellation would change it."
    return Words(asks, evidence, stays if holds else missing)


def _first_seen(condition: FirstSeen, profile: Profile, until: Instant) -> Words:
    asks = f"known for at least {duration(condition.before)}"
    if profile.first_seen == NEVER:
        return Words(asks, "never seen", "A first event would begin it.")
    evidence = f"first seen on {day(profile.first_seen)}"
    return Words(asks, evidence, "Nothing: it stays so." if until == NEVER else f"True by itself on {day(until)}.")


# ── words ──


def day(instant: Instant) -> str:
    """`2026-11-24`, in UTC."""
    return iso(instant)[:10]


def duration(milliseconds: int) -> str:
    """`60 days`: in the largest unit that it is whole in."""
    size, unit = next((size, unit) for size, unit in UNITS if milliseconds % size == 0)
    return _plural(milliseconds // size, unit)


def _ends(until: Instant, unless: str = "") -> str:
    return "" if until == NEVER else f"Ends on {day(until)}{f', {unless}' if unless else ''}."


def _within(window: int | None) -> str:
    return "" if window is None else f" within {duration(window)}"


def _dates(newest_first: list[Instant]) -> str:
    """`: 2011-03-02, 2011-05-07`, oldest first; of many the newest."""
    if not newest_first:
        return ""
    days = [day(time) for time in reversed(newest_first[:MOST_DATES])]
    return f": {'… ' if len(newest_first) > MOST_DATES else ''}{', '.join(days)}"


def _plural(number: float, word: str) -> str:
    """`1 order`, `3 orders`."""
    return f"{number:,.10g} {word}{'' if number == 1 else 's'}"


def _money(amount: float) -> str:
    return f"{amount:,.2f}"


def _state(state: str) -> str:
    return state.replace("_", " ")


def _filters(filters: tuple[Where, ...]) -> str:
    return f" with {' and '.join(f'{each.property} {_compared(each)}' for each in filters)}" if filters else ""


def _compared(compared: Compared) -> str:
    if compared.is_ == "exists":
        return "is known"
    return f"{COMPARISONS[compared.is_]} {_value(compared.value)}"


def _value(value: Json) -> str:
    match value:
        case True:
            return "yes"
        case False:
            return "no"
        case list() | tuple():
            return ", ".join(map(_value, value))
        case _:
            return str(value)

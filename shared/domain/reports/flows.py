"""Flows: who went from which segment to which, and why a segment is larger or smaller than it was.

A move is what changes a contact's memberships at one instant by one cause: it can leave several segments and enter
several. Each transition is counted once by its reason, so that what a segment had at the beginning, and who has entered
and left since, is what it has at the end. A move from A to B is counted once for each such pair, of people's own moves
only: what the shop does to its definitions takes nobody anywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from shared.domain.profiles.transitions import (
    BY_DEFINITION,
    BY_ERASURE,
    BY_JOINING,
    BY_LAUNCH,
    BY_RANK,
    BY_REPAIR,
    BY_TIME,
    Transition,
    is_act,
)

REASONS = ("event", "time", "rank", "history", "definition", "repair", "erasure", "joining")
"""Something happened; time passed; a cut-off moved; history was brought over; the segment was published anew; the night
found a membership wrong; the contact was erased, or joined another."""
OWN = frozenset({"event", "time", "rank"})
"""Reasons of people's own moves."""
ENTERED, LEFT, TO = "entered", "left", "to"
MAX_OTHERS = 50
"""Of one move, so that what it counts for fits a transaction."""

_REASONS = {
    BY_TIME: "time",
    BY_RANK: "rank",
    BY_DEFINITION: "definition",
    BY_LAUNCH: "definition",
    BY_REPAIR: "repair",
    BY_ERASURE: "erasure",
    BY_JOINING: "joining",
}


def reason(transition: Transition) -> str:
    """Which of REASONS."""
    return _REASONS.get(transition.cause) or ("event" if is_act(transition) else "history")


# ── what is counted of a transition ──


class Step(NamedTuple):
    """One transition of a move: `others` are the segments that the same move left (of an entry) or entered (of a
    leaving), of people's own moves."""

    transition: Transition
    why: str
    others: tuple[str, ...]

    @property
    def names(self) -> list[tuple[str, str, str]]:
        """What it counts for: a segment, ENTERED or LEFT, and the reason; or two segments with TO between them, of
        which one may be "", no segment."""
        segment, entered = self.transition.segment, self.transition.entered
        found = [(segment, ENTERED if entered else LEFT, self.why)]
        if self.why in OWN and entered:
            found += [(other, TO, segment) for other in self.others or ("",)]
        elif self.why in OWN and not self.others:
            found.append((segment, TO, ""))
        return found


def steps(transitions: Iterable[Transition], around: Iterable[Transition]) -> list[Step]:
    """These transitions of a contact; `around` are others of theirs, of which those of the same moves are found."""
    several = list(transitions)
    known = {each.number: each for each in (*around, *several)}
    return [_step(each, known) for each in several]


def _step(transition: Transition, known: Mapping[int, Transition]) -> Step:
    why = reason(transition)
    others: set[str] = set()
    if why in OWN:
        for way in (-1, 1):
            number = transition.number + way
            while number in known and _of_one_move(known[number], transition):
                if known[number].entered != transition.entered:
                    others.add(known[number].segment)
                number += way
    return Step(transition, why, tuple(sorted(others - {transition.segment})[:MAX_OTHERS]))


def _of_one_move(one: Transition, other: Transition) -> bool:
    return (one.cause, one.time) == (other.cause, other.time)


# ── what was counted ──


class Count(NamedTuple):
    """How often a name (see `Step.names`) was counted on a day (`2026-11-28`)."""

    day: str
    name: tuple[str, str, str]
    n: int


class Balance(NamedTuple):
    """A segment's members at the beginning of the first day and at the end of the last, and who has entered and left
    between, by reason."""

    segment: str
    begin: int
    end: int
    entered: Mapping[str, int]
    left: Mapping[str, int]


class Path(NamedTuple):
    """How many moves left one segment ("": none) and entered another ("": none)."""

    left: str
    entered: str
    moves: int


def balances(counts: Sequence[Count], last: str, members: Mapping[str, int]) -> list[Balance]:
    """Of the days up to `last`, by segment. `counts` are those from the first day until now, and `members` how many
    there are now."""
    within: dict[tuple[str, str], Counter[str]] = {}
    since: Counter[str] = Counter()
    for day, (segment, way, why), n in counts:
        if way == TO:
            continue
        if day > last:
            since[segment] += n if way == ENTERED else -n
        else:
            within.setdefault((segment, way), Counter())[why] += n
    found = []
    for segment in sorted({*members, *since, *(each for each, _ in within)}):
        entered, left = (_in_order(within.get((segment, way), {})) for way in (ENTERED, LEFT))
        end = members.get(segment, 0) - since[segment]
        begin = end - sum(entered.values()) + sum(left.values())
        found.append(Balance(segment, begin, end, entered, left))
    return found


def _in_order(reasons: Mapping[str, int]) -> dict[str, int]:
    return {each: reasons[each] for each in REASONS if reasons.get(each)}


def paths(counts: Iterable[Count], last: str) -> list[Path]:
    """Of the days up to `last`, the most frequent first."""
    found: Counter[tuple[str, str]] = Counter()
    for day, (left, way, entered), n in counts:
        if way == TO and day <= last:
            found[left, entered] += n
    return [Path(*pair, n) for pair, n in sorted(found.items(), key=lambda each: (-each[1], each[0]))]

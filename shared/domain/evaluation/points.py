"""Terms of points: what a lead model's rules give a contact, and the instant at which they cross a bound."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.domain.conditions.points import Points
from shared.domain.evaluation.composing import all_of, not_
from shared.domain.evaluation.reading import HistoryNeededError, Reading, Series, Signed, Term
from shared.domain.events import HOUR, NEVER, Instant
from shared.domain.lead_models import Decay, EventRule, LeadModel, StateRule, lasts, reached

MAX_ROUNDS = 24
"""How often it is looked on, where gains and losses decay at once. The bound is sound then, and asked again there."""


class Lot(NamedTuple):
    """The points that an event has given, without their sign, and from when on nothing is left of them."""

    points: int
    time: Instant
    end: Instant


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A lead model, with what its rules read."""

    model: LeadModel
    decay: Decay
    events: tuple[tuple[EventRule, Series], ...]
    states: tuple[tuple[StateRule, Term], ...]

    def counted(self, reading: Reading, t: Instant, rule: EventRule, series: Series) -> list[Instant]:
        """When the events happened that give points by a rule at `t`, oldest first. HistoryNeededError: more may have
        than the profile keeps."""
        after, times = reached(rule, self.decay, t), reading.times[series]
        begin = max(bisect_right(times, after), len(times) - rule.up_to)
        if len(times) - begin < rule.up_to and after < reading.cut_of(series):
            raise HistoryNeededError(series.event)
        return times[begin:]

    def lots(self, reading: Reading, t: Instant) -> tuple[list[Lot], list[Lot]]:
        """What events have given, and what they have cost."""
        gains: list[Lot] = []
        losses: list[Lot] = []
        for rule, series in self.events:
            if times := self.counted(reading, t, rule, series):
                longest, to = lasts(rule, self.decay), gains if rule.points > 0 else losses
                to += [Lot(abs(rule.points), time, NEVER if longest is None else time + longest) for time in times]
        return gains, losses

    def standing(self, reading: Reading, t: Instant) -> tuple[int, Instant]:
        """The points for states at `t`, and until when none of these changes."""
        points, until = 0, NEVER
        for rule, term in self.states:
            signed = term(reading, t)
            if signed > 0:
                points += rule.points
            until = min(until, abs(signed))
        return points, until


def points(condition: Points, scored: Scored) -> Term:
    least, most = scored.model.bounds(condition)
    one = scored.decay.one
    parts = [] if least is None else [_at_least(scored, least * one)]
    if most is not None:
        parts.append(not_(_at_least(scored, most * one + 1)))
    return parts[0] if len(parts) == 1 else all_of(parts)


def _at_least(scored: Scored, bound: int) -> Term:
    """Of gains and losses each only ever falls with no new event: so each says, the other left as it is, until when
    the answer surely stays; and from there on it is asked again."""
    decay = scored.decay
    one, most_for_states = decay.one, sum(max(rule.points, 0) for rule, _ in scored.states) * decay.one

    def evaluate_points(reading: Reading, t: Instant) -> Signed:
        gains, losses = scored.lots(reading, t)
        if worth(gains, decay, t) + most_for_states < bound:
            return -NEVER
        first: bool | None = None
        for _ in range(MAX_ROUNDS):
            try:
                states, until = scored.standing(reading, t)
            except HistoryNeededError:
                if first is None:
                    raise
                break
            gained, lost = worth(gains, decay, t), worth(losses, decay, t)
            holds = states * one + gained - lost >= bound
            if first is None:
                first = holds
            elif holds != first:
                break
            if holds:
                until = min(until, falls_below(gains, decay, t, bound - states * one + lost))
            else:
                until = min(until, falls_below(losses, decay, t, states * one + gained - bound + 1))
            t = until
            if t == NEVER:
                break
        return t if first else -t

    return evaluate_points


def worth(lots: Sequence[Lot], decay: Decay, t: Instant) -> int:
    """What is left of them at `t`, in parts of a point."""
    return sum(points * decay.left(t - time) for points, time, end in lots if t < end)


def falls_below(lots: Sequence[Lot], decay: Decay, t: Instant, bound: int) -> Instant:
    """The first instant after `t` at which less than the bound is left of them, where at `t` it is not; NEVER."""
    if bound <= 0 or worth(lots, decay, NEVER - 1) >= bound:
        return NEVER
    low, high = 0, (max(end for *_, end in lots if end != NEVER) - t) // HOUR + 1
    while high - low > 1:  # by whole hours from `t`: in one hour each of them falls once, and may end
        middle = (low + high) // 2
        low, high = (middle, high) if worth(lots, decay, t + middle * HOUR) >= bound else (low, middle)
    begin = t + low * HOUR
    falls = [begin + HOUR - (begin - time) % HOUR for _, time, _ in lots] if decay.hours else []
    instants = sorted({*falls, *(end for *_, end in lots if begin < end <= begin + HOUR)})
    return instants[bisect_left(instants, True, key=lambda at: worth(lots, decay, at) < bound)]

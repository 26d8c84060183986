"""Composing: what a condition that is made of others makes of their signed instants."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shared.domain.conditions.events import EventCount
from shared.domain.evaluation.reading import HistoryNeededError, Reading, Signed, Term
from shared.domain.events import NEVER, Instant


def all_of(terms: Sequence[Term]) -> Term:
    def evaluate_all(reading: Reading, t: Instant) -> Signed:
        least = NEVER
        for term in terms:
            signed = term(reading, t)
            if signed < least:
                if signed == -NEVER:
                    return signed
                least = signed
        return least

    return evaluate_all


def any_of(terms: Sequence[Term]) -> Term:
    def evaluate_any(reading: Reading, t: Instant) -> Signed:
        most = -NEVER
        for term in terms:
            signed = term(reading, t)
            if signed > most:
                if signed == NEVER:
                    return signed
                most = signed
        return most

    return evaluate_any


def until_it_turns(term: Term) -> Term:
    """Of a term that is to be asked again whenever something enters or leaves its window: asked on until the answer is
    another, which is some microseconds here and a wake-up each time otherwise."""

    def evaluate_on(reading: Reading, t: Instant) -> Signed:
        signed = term(reading, t)
        at = abs(signed)
        while at != NEVER:
            try:
                later = term(reading, at)
            except HistoryNeededError:
                break
            if (later > 0) != (signed > 0):
                break
            at = abs(later)
        return at if signed > 0 else -at

    return evaluate_on


def not_(term: Term) -> Term:
    return lambda reading, t: -term(reading, t)


def between(condition: EventCount, of: Callable[[int], Term]) -> Term:
    """`of` so many at least."""
    least, most = condition.between
    parts = [] if least is None else [of(least)]
    if most is not None:
        parts.append(not_(of(most + 1)))
    return parts[0] if len(parts) == 1 else all_of(parts)

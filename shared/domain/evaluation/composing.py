"""Composing: what a condition that is made of others makes of their signed instants."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.evaluation.reading import Reading, Signed, Term
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


def not_(term: Term) -> Term:
    return lambda reading, t: -term(reading, t)

"""Shares of emails, each beside that of all others, where the same people got several of them.

Two emails to one person are no independent ones: whoever clicks once clicks again. So a share of n emails is taken for
one of fewer, by its design effect: the variance of the ratio over people, beside what n independent emails would have
(Kish 1965; the intervals as Korn and Graubard 1998 do them, with Wilson's). Of many shares that are looked at together
those that are told apart from the average are found by Benjamini and Hochberg (1995): of them one in twenty is not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from shared.domain.experiments.rates import Interval, newcombe, p_value, wilson, z_value

Word = Literal["better", "worse", "no_better", "too_few"]
LEAST = 20
"""People in the group, or emails' worth of others, without whom nothing is said."""
ALPHA = 0.05


class Summed(NamedTuple):
    """Over `people`: of their `emails` how many were `hits`, and the sums of both squared and of their product."""

    people: int
    emails: int
    hits: int
    emails_squared: int
    hits_squared: int
    product: int

    @property
    def share(self) -> float | None:
        return self.hits / self.emails if self.emails else None


class Effective(NamedTuple):
    """As many independent emails as say as much (`people`), and the hits among them."""

    people: float
    successes: float

    @property
    def rate(self) -> float:
        return self.successes / self.people if self.people else 0.0


class Beside(NamedTuple):
    """`interval`: of the share itself, 19 times in 20. `word`: beside all others."""

    share: float | None
    interval: Interval
    word: Word


def design_effect(of: Summed) -> float:
    """How many emails count for one; 1 where each person got one. Where all or none are hits, nobody can tell, and all
    of a person's count for one."""
    if of.emails == 0 or of.people < 2:
        return max(1.0, float(of.emails))
    share = of.hits / of.emails
    if of.hits in (0, of.emails):
        return of.emails_squared / of.emails
    apart = of.hits_squared - 2 * share * of.product + share * share * of.emails_squared
    independent = of.emails * share * (1 - share)
    return max(1.0, apart / independent * of.people / (of.people - 1))


def effective(of: Summed, effect: float | None = None) -> Effective:
    """`effect`: another design effect than its own."""
    emails = of.emails / (effect or design_effect(of))
    return Effective(emails, emails * (of.share or 0.0))


class Compared(NamedTuple):
    """A part of a whole; `more_is_better`: of clicks, not of bounces."""

    whole: Summed
    part: Summed
    more_is_better: bool = True


def beside_all(several: Sequence[Compared]) -> list[Beside]:
    """Of each part what can be said of it beside all other emails of its whole; the parts are looked at together. (To
    differ from the others is to differ from the average, which has the part in it.)"""
    pairs = [_pair(each) for each in several]
    chances = [
        p_value(_as_normal(z_value(pair[1], pair[0]), each.part.people - 1))
        for each, pair in zip(several, pairs, strict=True)
        if pair is not None
    ]
    adjusted = iter(benjamini_hochberg(chances))
    told = []
    for each, pair in zip(several, pairs, strict=True):
        word: Word = "too_few"
        if pair is not None:
            part, others = pair
            difference = newcombe(others, part)
            word = "no_better"
            if next(adjusted) <= ALPHA and (difference.low > 0 or difference.high < 0):
                word = "better" if (difference.low > 0) == each.more_is_better else "worse"
        told.append(Beside(each.part.share, wilson(effective(each.part)), word))
    return told


def _pair(each: Compared) -> tuple[Effective, Effective] | None:
    """The part and all others; None: too few of one of them. A part's emails are taken to be as alike as those of the
    whole, at least: of few people, they may seem to differ by chance."""
    whole, part = each.whole, each.part
    effect, several = design_effect(whole), _of_one(whole)
    alike = (effect - 1) / (several - 1) if several > 1 else 0.0
    others = Effective((whole.emails - part.emails) / effect, (whole.hits - part.hits) / effect)
    of = effective(part, max(design_effect(part), 1 + (_of_one(part) - 1) * alike))
    return (of, others) if part.people >= LEAST and others.people >= LEAST else None


def _of_one(of: Summed) -> float:
    """How many emails the person of an email got, on average."""
    return of.emails_squared / of.emails if of.emails else 1.0


def _as_normal(t: float, freedom: int) -> float:
    """The normal deviate as surprising as Student's t is (Wallace 1959): how much a few people's emails vary is itself
    only known from these few."""
    return math.sqrt(freedom * math.log1p(t * t / freedom)) * (8 * freedom + 1) / (8 * freedom + 3)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted so that of what is below `a`, a share of `a` is false on average (Benjamini and Hochberg 1995)."""
    found = [0.0] * len(p_values)
    lowest = 1.0
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    for rank in range(len(order), 0, -1):
        lowest = min(lowest, p_values[order[rank - 1]] * len(order) / rank)
        found[order[rank - 1]] = lowest
    return found

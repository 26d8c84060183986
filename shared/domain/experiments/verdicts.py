"""What a test's results say, in words that were fixed beforehand.

Better or worse: the difference passes the boundary of this look. No difference larger than x: an interval that holds
at every look lies within the least difference that matters. Not enough yet: neither, with about how many people more.
And where the arms' sizes do not come of the draw, no result at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from shared.domain.experiments.looks import ALPHA, NEVER, boundaries
from shared.domain.experiments.power import more_needed
from shared.domain.experiments.rates import (
    SAMPLE_RATIO_ALARM,
    Arm,
    Interval,
    newcombe,
    p_value,
    sample_ratio,
    z_value,
)


class Word(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE = "no_difference"
    NOT_ENOUGH = "not_enough"
    BROKEN = "broken"


class Verdict(NamedTuple):
    """Of one arm beside the control. `interval`: of the difference of rates, and holds however often one looks (None:
    nothing can be said at this look). `more`: people more in both arms, about, of NOT_ENOUGH."""

    word: Word
    interval: Interval | None
    more: int = 0


NOTHING_SAID = Verdict(Word.BROKEN, None)


def verdicts(arms: Sequence[Arm], weights: Sequence[int], shares: tuple[float, ...], least: float) -> list[Verdict]:
    """Of every arm but the first, which is the control.

    `shares`: of the planned people, those there were at each look so far; the last is this one. `least`: the least
    difference of rates that matters, above 0. Several arms share what may be spent, by Holm's order (Ye, Li, Liu and
    Yao 2013): the farthest is held against ALPHA by the number of arms, and what it has passed is left to the others.
    """
    control, others = arms[0], list(arms[1:])
    if sample_ratio([arm.people for arm in arms], weights) < SAMPLE_RATIO_ALARM:
        return [NOTHING_SAID] * len(others)
    bound = _passed(control, others, shares)
    return [_verdict(control, other, bounded, shares[-1], least) for other, bounded in zip(others, bound, strict=True)]


class _Bound(NamedTuple):
    z: float
    passed: bool


def _passed(control: Arm, others: list[Arm], shares: tuple[float, ...]) -> list[_Bound]:
    far = [abs(z_value(control, other)) for other in others]
    found: dict[int, _Bound] = {}
    left, passes = len(others), True
    for at in sorted(range(len(others)), key=lambda at: -far[at]):
        bound = boundaries(shares, ALPHA / left)[-1]
        passes = passes and far[at] >= bound
        found[at] = _Bound(bound, passes)
        left -= passes
    return [found[at] for at in range(len(others))]


def _verdict(control: Arm, other: Arm, bound: _Bound, share: float, least: float) -> Verdict:
    if bound.z == NEVER:
        return Verdict(Word.NOT_ENOUGH, None, more_needed(control, other, least))
    interval = newcombe(control, other, 1 - p_value(bound.z))
    if bound.passed:
        return Verdict(Word.BETTER if other.rate > control.rate else Word.WORSE, interval)
    if -least < interval.low and interval.high < least:
        return Verdict(Word.NO_DIFFERENCE, interval)
    more = more_needed(control, other, least)
    # A test that has had its people and cannot tell is not saved by a handful more.
    return Verdict(Word.NOT_ENOUGH, interval, max(more, 1) if share < 1 else max(more, control.people // 10))

"""What a test's results say, in words that were fixed beforehand.

Better or worse: the difference passes the boundary of this look. No difference larger than x: an interval that holds
at every look lies within the least difference that matters. Not enough yet: neither, with about how many people more.
And where the arms' sizes do not come of the draw, no result at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from shared.domain.experiments import rates, spending
from shared.domain.experiments.looks import ALPHA, NEVER, boundaries
from shared.domain.experiments.power import more_needed, more_needed_of_means
from shared.domain.experiments.rates import NORMAL, SAMPLE_RATIO_ALARM, Arm, Interval, p_value, sample_ratio
from shared.domain.experiments.spending import Spent


class Word(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE = "no_difference"
    NOT_ENOUGH = "not_enough"
    BROKEN = "broken"


class Verdict(NamedTuple):
    """Of one arm beside the control. `interval`: of the difference (of rates, or of hundredths a person), and holds
    however often one looks (None: nothing can be said at this look). `more`: people more in both arms, about, of
    NOT_ENOUGH. `explained`: how much of what people spent was known by what they spent before, and taken off."""

    word: Word
    interval: Interval | None
    more: int = 0
    explained: float = 0.0


NOTHING_SAID = Verdict(Word.BROKEN, None)


def verdicts(
    arms: Sequence[Arm | Spent],
    weights: Sequence[int],
    shares: tuple[float, ...],
    least: float,
    seed: str = "",
) -> list[Verdict]:
    """Of every arm but the first, which is the control.

    `shares`: of the planned people, those there were at each look so far; the last is this one. `least`: the least
    difference that matters, above 0, of rates or in hundredths a person. `seed`: of what is drawn for spending, the
    test's own id. Several arms share what may be spent, by Holm's order (Ye, Li, Liu and Yao 2013): the farthest is
    held against ALPHA by the number of arms, and what it has passed is left to the others.
    """
    others = len(arms) - 1
    if not any(arm.people for arm in arms):
        return [NOTHING_SAID] * others
    if sample_ratio([arm.people for arm in arms], weights) < SAMPLE_RATIO_ALARM:
        return [NOTHING_SAID] * others
    return of_pairs([(arms[0], other) for other in arms[1:]], shares, least, seed)


def of_pairs(
    pairs: Sequence[tuple[Arm | Spent, Arm | Spent]], shares: tuple[float, ...], least: float, seed: str
) -> list[Verdict]:
    """Of each other arm beside its own control, all asked at once (Holm)."""
    told = [_difference(control, other, f"{seed}\x1f{at}") for at, (control, other) in enumerate(pairs, 1)]
    bounds = _passed([each.p for each in told], shares)
    return [_verdict(each, bound, shares[-1], least) for each, bound in zip(told, bounds, strict=True)]


def at_one_look(control: Spent, other: Spent, least: float, alpha: float, seed: str) -> Verdict:
    """Of what two arms spent, when a look by itself may be wrong so often."""
    difference = spending.Difference(control, other, seed)
    z = NORMAL.inv_cdf(1 - alpha / 2)
    return _verdict(difference, _Bound(z, difference.p <= alpha), 1.0, least)


def _difference(control: Arm | Spent, other: Arm | Spent, seed: str) -> rates.Difference | spending.Difference:
    if isinstance(control, Arm) and isinstance(other, Arm):
        return rates.Difference(control, other)
    assert isinstance(control, Spent)
    assert isinstance(other, Spent)
    return spending.Difference(control, other, seed)


class _Bound(NamedTuple):
    z: float
    passed: bool


def _passed(told: Sequence[float], shares: tuple[float, ...]) -> list[_Bound]:
    found: dict[int, _Bound] = {}
    left, passes = len(told), True
    for at in sorted(range(len(told)), key=lambda at: told[at]):
        bound = boundaries(shares, ALPHA / left)[-1]
        passes = passes and told[at] <= p_value(bound)
        found[at] = _Bound(bound, passes)
        left -= passes
    return [found[at] for at in range(len(told))]


def _verdict(difference: rates.Difference | spending.Difference, bound: _Bound, share: float, least: float) -> Verdict:
    explained = 0.0
    if isinstance(difference, rates.Difference):
        more = more_needed(difference.control, difference.other, least)
    else:
        explained = difference.adjusting.explained
        more = more_needed_of_means(difference.value, difference.variance, difference.sizes, least)
    interval = difference.interval(bound.z) if bound.z < NEVER else None
    if interval is None:
        return Verdict(Word.NOT_ENOUGH, None, more, explained)
    if bound.passed:
        return Verdict(Word.BETTER if difference.value > 0 else Word.WORSE, interval, 0, explained)
    if -least < interval.low and interval.high < least:
        return Verdict(Word.NO_DIFFERENCE, interval, 0, explained)
    # A test that has had its people and cannot tell is not saved by a handful more.
    return Verdict(Word.NOT_ENOUGH, interval, max(more, 1 if share < 1 else difference.sizes[0] // 10), explained)

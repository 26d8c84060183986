"""Two arms by what their people spent, most of them nothing: a permutation test of the mean a person.

Amounts are skewed and few people spend, so that the difference of two means is far from normal where one arm is small;
Welch's test, which takes it for normal, finds a difference that is not there in one test in five with a small holdout.
So the arms are drawn again instead (Pitman 1937; Ernst 2004): under no difference, any of the people who came might
have been in either. Only who spent needs drawing, since nobody else changes a sum.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from shared.domain.experiments.rates import NORMAL, Interval, p_value

PERMUTATIONS = 9_999
FEWEST = 1_999
MOST_DRAWN = 6_400_000
"""Lots that are drawn at most, a second's work: 10,000 permutations of 640 who spent. Of more people, fewer
permutations: their sums are smooth."""
NORMAL_FROM = MOST_DRAWN // FEWEST
"""Of more who spent, the sum is normal for all that can be told, with the variance that drawing again would give it."""
EXPLAINS_ENOUGH = 0.1
"""Of the variance of what people spend, that what they spent before has to explain to be taken into account."""


class Spent(NamedTuple):
    """How many people there are of each (net, before), those who spent nothing among them. `net`: what they spent after
    they were exposed, less refunds, in hundredths; `before`: any number that says how much they spent before (0: it is
    not looked at)."""

    cells: Mapping[tuple[int, int], int]

    @property
    def people(self) -> int:
        return sum(self.cells.values())

    @property
    def total(self) -> int:
        return sum(net * people for (net, _), people in self.cells.items())

    @property
    def mean(self) -> float:
        """Hundredths a person."""
        people = self.people
        return self.total / people if people else 0.0


def pooled(arms: Iterable[Spent]) -> Spent:
    cells: Counter[tuple[int, int]] = Counter()
    for arm in arms:
        cells.update(arm.cells)
    return Spent(cells)


class Adjusting(NamedTuple):
    """What people would have spent anyway goes by what they spent before: `slope` of it (Deng, Xu, Kohavi and Walker
    2013, CUPED). Taken of both arms together, so that it knows nothing of who is in which. `explained`: of the
    variance; 0 with no slope, where it is too little to matter."""

    slope: float
    explained: float

    def adjusted(self, net: int, before: int) -> int:
        """Hundredths, but for a number that is the same for everybody."""
        return round(net - self.slope * before)


def adjusting(people: Spent) -> Adjusting:
    n = people.people
    if not n:
        return Adjusting(0.0, 0.0)
    mean_net = people.total / n
    mean_before = sum(before * k for (_, before), k in people.cells.items()) / n
    of_net = of_before = of_both = 0.0
    for (net, before), k in people.cells.items():
        one, two = net - mean_net, before - mean_before
        of_net, of_before, of_both = of_net + k * one * one, of_before + k * two * two, of_both + k * one * two
    if not of_net or not of_before:
        return Adjusting(0.0, 0.0)
    explained = of_both * of_both / (of_net * of_before)
    return Adjusting(of_both / of_before, explained) if explained >= EXPLAINS_ENOUGH else Adjusting(0.0, 0.0)


def _lots(seed: str, number: int) -> Sequence[int]:
    """Whole numbers below 2³², alike at each call: of a hash that is as long as one likes."""
    return memoryview(hashlib.shake_256(seed.encode()).digest(4 * number)).cast("I")


class Difference:
    """Of the mean a person, `other` less `control`, in hundredths."""

    def __init__(self, control: Spent, other: Spent, seed: str) -> None:
        both = pooled((control, other))
        self.adjusting = adjusting(both)
        self._seed = seed
        self.sizes = control.people, other.people
        self._of_other = self._sum(other)
        amounts = Counter[int]()
        for (net, before), people in both.cells.items():
            amounts[self.adjusting.adjusted(net, before)] += people
        self._amounts = amounts

    def _sum(self, arm: Spent) -> int:
        return sum(self.adjusting.adjusted(net, before) * people for (net, before), people in arm.cells.items())

    @property
    def _a_person(self) -> float:
        """What one hundredth more in the other arm's sum, and less in the control's, makes in the difference."""
        control, other = self.sizes
        return (control + other) / (control * other) if control and other else 0.0

    @property
    def value(self) -> float:
        people = sum(self.sizes)
        return (self._of_other - self._expected) * self._a_person if people else 0.0

    @property
    def _expected(self) -> float:
        return self.sizes[1] * sum(amount * n for amount, n in self._amounts.items()) / sum(self.sizes)

    @property
    def variance(self) -> float:
        """Of a person's spending, in both arms together."""
        people = sum(self.sizes)
        if people < 2:
            return 0.0
        mean = sum(amount * n for amount, n in self._amounts.items()) / people
        return sum(n * (amount - mean) ** 2 for amount, n in self._amounts.items()) / (people - 1)

    @cached_property
    def _drawn(self) -> list[int]:
        """The other arm's sum in each permutation, rising; empty where it is taken for normal."""
        values = sorted(value for value, n in self._amounts.items() if value for _ in range(n))
        if len(values) > NORMAL_FROM or not values:
            return []
        rounds = min(PERMUTATIONS, max(FEWEST, MOST_DRAWN // len(values)))
        lots = iter(_lots(self._seed, rounds * len(values)))
        people, in_other = sum(self.sizes), self.sizes[1]
        sums = []
        for _ in range(rounds):
            left, places, total = people, in_other, 0
            for value in values:
                if next(lots) * left < places << 32:
                    total += value
                    places -= 1
                left -= 1
            sums.append(total)
        return sorted(sums)

    @property
    def p(self) -> float:
        """Two-sided: twice the smaller tail, the arms as they fell among them (so it is never 0)."""
        sums = self._drawn
        if not sums:
            deviation = self.deviation
            return p_value(self.value / deviation) if deviation else 1.0
        at_least = len(sums) - bisect_left(sums, self._of_other)
        at_most = bisect_right(sums, self._of_other)
        return min(1.0, 2 * (1 + min(at_least, at_most)) / (len(sums) + 1))

    @property
    def deviation(self) -> float:
        """Of the difference, over all ways in which the arms might have fallen."""
        control, other = self.sizes
        return math.sqrt(self.variance * (1 / control + 1 / other)) if control and other else 0.0

    def interval(self, z: float) -> Interval | None:
        """The differences that the test would not refuse at this |z|: it leaves out 0 just where p is at most its p.
        None: so rare a thing cannot be told by so many permutations.

        The test turned round (Garthwaite 1996), where to add the same to all of an arm moves the drawn sums by so
        little (one in as many as there are people) that it is left out."""
        sums = self._drawn
        if not sums:
            half = z * self.deviation
            return Interval(self.value - half, self.value + half)
        rank = math.floor(p_value(z) / 2 * (len(sums) + 1) + 1e-9)
        if rank < 1:
            return None
        low, high = ((self._of_other - sums[at]) * self._a_person for at in (-rank, rank - 1))
        return Interval(low, high)

    def drawn(self, number: int) -> list[float]:
        """So many of the differences that the arms would have, drawn again; rising."""
        sums = self._drawn
        if not sums:
            return [self.deviation * NORMAL.inv_cdf((at + 0.5) / number) for at in range(number)]
        expected, rounds = self._expected, len(sums)
        return [(sums[at * rounds // number] - expected) * self._a_person for at in range(number)]


def p_apart(one: Difference, two: Difference, seed: str) -> float:
    """Whether two differences, of people who have nothing to do with each other, are the same: two-sided, by drawing
    the arms of both again. That both may have an effect moves what is drawn as little as it does in `interval`."""
    apart = one.value - two.value
    firsts, seconds = one.drawn(FEWEST), two.drawn(FEWEST)
    lots = _lots(f"{seed}\x1fapart", FEWEST)
    drawn = [first - seconds[lot * FEWEST >> 32] for first, lot in zip(firsts, lots, strict=True)]
    at_least, at_most = sum(each >= apart for each in drawn), sum(each <= apart for each in drawn)
    return min(1.0, 2 * (1 + min(at_least, at_most)) / (FEWEST + 1))

"""Two arms by how many of each did something: the difference, its interval, and how surprising it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import NormalDist
from typing import NamedTuple, Protocol

NORMAL = NormalDist()


class Arm(NamedTuple):
    """People who were exposed, and how many of them did what is asked about (each counts once)."""

    people: int
    successes: int

    @property
    def rate(self) -> float:
        return self.successes / self.people if self.people else 0.0


class Sample(Protocol):
    """What a rate was seen in: people, or as many as count for as much (`reports.shares`)."""

    @property
    def people(self) -> float: ...

    @property
    def successes(self) -> float: ...

    @property
    def rate(self) -> float: ...


def together(arms: Iterable[Arm]) -> Arm:
    people = successes = 0
    for arm in arms:
        people, successes = people + arm.people, successes + arm.successes
    return Arm(people, successes)


class Interval(NamedTuple):
    low: float
    high: float


def z_value(control: Sample, other: Sample) -> float:
    """The pooled two-proportion z of `other` against `control`; 0 where nobody or everybody did it, or an arm is
    empty."""
    if not control.people or not other.people:
        return 0.0
    pooled = (control.successes + other.successes) / (control.people + other.people)
    variance = pooled * (1 - pooled) * (1 / control.people + 1 / other.people)
    return (other.rate - control.rate) / math.sqrt(variance) if variance > 0 else 0.0


def p_value(z: float) -> float:
    """Two-sided."""
    return math.erfc(abs(z) / math.sqrt(2))


def wilson(arm: Sample, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a rate (Wilson 1927). Of nobody, anything is possible."""
    if not arm.people:
        return Interval(0.0, 1.0)
    z = NORMAL.inv_cdf((1 + confidence) / 2)
    n, p = arm.people, arm.rate
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # Rounding may lead a hair past what was seen: of nobody, none, and of everybody, all.
    low = 0.0 if arm.successes == 0 else max(0.0, middle - half)
    high = 1.0 if arm.successes == n else min(1.0, middle + half)
    return Interval(low, high)


def newcombe(control: Sample, other: Sample, confidence: float = 0.95) -> Interval:
    """The interval of the difference of two rates, `other` less `control`: Newcombe's hybrid score method (Newcombe
    1998, method 10). It holds for small arms and for rates near 0, where Wald's is too narrow."""
    one, two = wilson(control, confidence), wilson(other, confidence)
    difference = other.rate - control.rate
    return Interval(
        difference - math.hypot(other.rate - two.low, one.high - control.rate),
        difference + math.hypot(two.high - other.rate, control.rate - one.low),
    )


class Difference(NamedTuple):
    """Of two rates, `other` less `control`."""

    control: Arm
    other: Arm

    @property
    def sizes(self) -> tuple[int, int]:
        return self.control.people, self.other.people

    @property
    def value(self) -> float:
        return self.other.rate - self.control.rate

    @property
    def p(self) -> float:
        return p_value(z_value(self.control, self.other))

    def interval(self, z: float) -> Interval:
        """That is held against this |z|."""
        return newcombe(self.control, self.other, 1 - p_value(z))


def more_often(control: Arm, other: Arm) -> float:
    """How likely it is that so many or more of those who did it are in the other arm, when it makes no difference to
    them (Fisher's exact test, one-sided): for what few do."""
    successes, people = control.successes + other.successes, control.people + other.people
    tail = range(other.successes, min(successes, other.people) + 1)
    whole = _ways(people, other.people)
    ways = (_ways(successes, k) + _ways(people - successes, other.people - k) - whole for k in tail)
    return min(1.0, sum(math.exp(each) for each in ways))


def _ways(n: int, k: int) -> float:
    """The logarithm of how many ways there are to choose k of n."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) if 0 <= k <= n else -math.inf


def chance_of_more(control: Arm, other: Arm) -> float:
    """How likely the other's rate is the higher one, for who knew nothing of either before (flat priors): for display
    only, since who stops at a high one is fooled in two tests in five. Of two normal approximations to the posteriors,
    good to a hundredth where ten people did it and ten did not."""
    means, variance = [], 0.0
    for arm in (control, other):
        yes, no = arm.successes + 1, arm.people - arm.successes + 1
        means.append(yes / (yes + no))
        variance += yes * no / ((yes + no) ** 2 * (yes + no + 1))
    return NORMAL.cdf((means[1] - means[0]) / math.sqrt(variance))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted for having asked several times (Holm 1979): at most `a` of such families has any false one below `a`."""
    found = [0.0] * len(p_values)
    highest = 0.0
    for rank, at in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[at]))
        found[at] = highest
    return found


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted for having asked several times (Benjamini and Hochberg 1995): of those at most `a`, about a part `a` is
    chance at most, also where what was asked goes together as it does of people who are in several groups."""
    found = [0.0] * len(p_values)
    lowest = 1.0
    for before, at in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__, reverse=True)):
        rank = len(p_values) - before
        lowest = min(lowest, p_values[at] * len(p_values) / rank)
        found[at] = lowest
    return found


SAMPLE_RATIO_ALARM = 0.001
"""Below it, the arms' sizes do not come of the draw: something lost people of one arm, and no result is told."""


def sample_ratio(people: Sequence[int], weights: Sequence[int]) -> float:
    """How likely sizes as far off are, when everybody was drawn in proportion to `weights` (chi-squared)."""
    total, of_all = sum(people), sum(weights)
    if not total:
        return 1.0
    expected = [total * weight / of_all for weight in weights]
    squared = sum((n - e) ** 2 / e for n, e in zip(people, expected, strict=True))
    return chi_squared(squared, len(people) - 1)


def chi_squared(x: float, freedom: int) -> float:
    """The chance of a value above `x`, by the closed form for whole degrees of freedom."""
    if freedom < 1 or x <= 0:
        return 1.0
    half = x / 2
    if freedom % 2:
        total, term = math.erfc(math.sqrt(half)), math.exp(-half) * math.sqrt(half) / math.gamma(1.5)
        steps = [n + 1.5 for n in range((freedom - 1) // 2)]
    else:
        total, term = math.exp(-half), math.exp(-half) * half
        steps = [n + 2.0 for n in range(freedom // 2 - 1)]
    for step in steps:
        total += term
        term *= half / step
    return min(1.0, total)

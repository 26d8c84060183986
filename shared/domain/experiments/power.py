"""How many people a test takes, and what it can see at all: asked before it begins, of the shop's own rates."""

from __future__ import annotations

import math

from shared.domain.experiments.looks import ALPHA
from shared.domain.experiments.rates import NORMAL, Arm

POWER = 0.8
"""How often a test sees an effect that is as large as the least one that matters."""


def people_needed(rate: float, other: float, share: float = 0.5, alpha: float = ALPHA, power: float = POWER) -> int:
    """People in both arms together, of whom `share` are in the arm whose rate would be `other`, for the difference to
    be seen (the pooled z of two proportions; Fleiss 1981 without the correction). ValueError where there is none."""
    if rate == other:
        raise ValueError("no number of people shows a difference that is not there")
    mean = (1 - share) * rate + share * other
    null = math.sqrt(mean * (1 - mean) / (share * (1 - share)))
    true = math.sqrt(rate * (1 - rate) / (1 - share) + other * (1 - other) / share)
    needed = (NORMAL.inv_cdf(1 - alpha / 2) * null + NORMAL.inv_cdf(power) * true) / (other - rate)
    return math.ceil(needed * needed)


def least_difference(rate: float, people: int, share: float = 0.5) -> float | None:
    """The least rise of `rate` that so many people in both arms would show; None where even everybody's doing it would
    not be seen."""
    if rate >= 1 or people < 2 or people_needed(rate, 1.0, share) > people:
        return None
    low, high = 0.0, 1.0 - rate
    for _ in range(60):
        middle = (low + high) / 2
        if middle > 0 and people_needed(rate, rate + middle, share) <= people:
            high = middle
        else:
            low = middle
    return high


def more_needed(control: Arm, other: Arm, least: float) -> int:
    """People more, in both arms together, until a difference of `least` (or half of what is seen, if that is larger)
    could be told at the rates so far; 0: there are enough.

    Rates of few people are drawn towards each other's: without it, a lucky first day would promise a short test.
    """
    people = control.people + other.people
    rate = (control.successes + other.successes + 1) / (people + 2)
    share = other.people / people if control.people and other.people else 0.5
    difference = max(abs(least), abs(other.rate - control.rate) / 2)
    up = min(1 - 1e-9, rate + difference)
    return max(0, people_needed(rate, up, share) - people)


def people_needed_of_means(
    variance: float, difference: float, share: float = 0.5, alpha: float = ALPHA, power: float = POWER
) -> int:
    """The same for a difference of means of what has this variance a person, the same in both arms."""
    z = NORMAL.inv_cdf(1 - alpha / 2) + NORMAL.inv_cdf(power)
    return math.ceil(variance / (share * (1 - share)) * (z / difference) ** 2)


def least_difference_of_means(variance: float, people: int, share: float = 0.5) -> float:
    """The least difference of means that so many people in both arms would show."""
    z = NORMAL.inv_cdf(1 - ALPHA / 2) + NORMAL.inv_cdf(POWER)
    return z * math.sqrt(variance / (share * (1 - share) * people))


def more_needed_of_means(difference: float, variance: float, sizes: tuple[int, int], least: float) -> int:
    """People more, in both arms together, as `more_needed`. `difference`: as seen so far."""
    people = sum(sizes)
    share = sizes[1] / people if all(sizes) else 0.5
    return max(0, people_needed_of_means(variance, max(abs(least), abs(difference) / 2), share) - people)

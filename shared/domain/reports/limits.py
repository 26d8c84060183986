"""Control limits: between which values a figure moves from day to day while nothing has changed, and the days on which
it was outside of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean
from typing import NamedTuple

LEAST_DAYS = 20
"""Of them, before limits are told (as is usual: Montgomery, Introduction to Statistical Quality Control)."""
FEWEST = 3
"""Emails without which a day is not above its limit: one report of spam on a day with five emails says nothing."""
MEAN_RANGE = 1.128
"""By which the mean of the distance between two neighbours is that of 1.128 standard deviations (d2 of two)."""


class Limits(NamedTuple):
    """`outside`: whether the day's value is."""

    low: float
    high: float
    outside: bool


def of_shares(days: Sequence[tuple[int, int]]) -> list[Limits | None]:
    """Of each day's (emails, hits): Laney's p' chart (Laney 2002, Quality Engineering 14(4)), whose limits are as wide
    as days of the shop differ, and not only as chance would have them. None: no emails, or too few days."""
    counted = [(emails, hits) for emails, hits in days if emails]
    if len(counted) < LEAST_DAYS:
        return [None] * len(days)
    average = sum(hits for _, hits in counted) / sum(emails for emails, _ in counted)
    if not 0 < average < 1:
        return [None] * len(days)
    z = [(hits / emails - average) / _sigma(average, emails) for emails, hits in counted]
    wider = max(1.0, fmean(abs(one - other) for one, other in pairwise(z)) / MEAN_RANGE)
    found: list[Limits | None] = []
    for emails, hits in days:
        if not emails:
            found.append(None)
            continue
        away = 3 * wider * _sigma(average, emails)
        low, high, share = max(0.0, average - away), min(1.0, average + away), hits / emails
        found.append(Limits(low, high, share < low or (share > high and hits >= FEWEST)))
    return found


def of_values(days: Sequence[float]) -> list[Limits | None]:
    """Of each day's value: the individuals chart, by the mean distance between two days (Shewhart; Montgomery 6.4).
    Where half the days have nothing, none: every day with something would be unlike the others."""
    if len(days) < LEAST_DAYS or sorted(days)[len(days) // 2] <= 0:
        return [None] * len(days)
    average = fmean(days)
    away = 3 * fmean(abs(one - other) for one, other in pairwise(days)) / MEAN_RANGE
    low, high = max(0.0, average - away), average + away
    return [Limits(low, high, not low <= each <= high) for each in days]


def _sigma(share: float, emails: int) -> float:
    return math.sqrt(share * (1 - share) / emails)

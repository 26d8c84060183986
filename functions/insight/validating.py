"""Measures of how well something was foreseen, and the level to which a chance is set.

All give the same for whatever order the customers come in, and keep equal ones together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from functions.insight.seam import Real, Whole
from shared.domain.insight import Bin, Captured

Flags = NDArray[np.bool_]

BINS = 10
GAIN_AT = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
LEVEL_SPREAD = 1.0
"""The prior's standard deviation of the level, in log-odds: what a handful of customers did moves it little."""
SURELY = 1e-6


def ranks(values: Real, equal: Literal["mean", "max"] = "mean") -> Real:
    """From 1 for the least, equal ones sharing the mean of their ranks, or the highest of them."""
    _, at, count = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(count)
    return np.asarray((ends - (count - 1) / 2 if equal == "mean" else ends)[at], np.float64)


def auc(score: Real, happened: Flags) -> float | None:
    """Of one to whom it happened and one to whom it did not, how often the first has the higher score; equal ones count
    half (Mann and Whitney, 1947). None: there are not both."""
    yes = int(happened.sum())
    no = len(happened) - yes
    if not yes or not no:
        return None
    return float((ranks(score)[happened].sum() - yes * (yes + 1) / 2) / (yes * no))


def brier(chance: Real, happened: Flags) -> float | None:
    """The mean squared difference between the chance and what happened (Brier, 1950)."""
    return float(np.sort((chance - happened) ** 2).mean()) if len(chance) else None


def calibration(predicted: Real, observed: Real) -> tuple[Bin, ...]:
    """At most ten groups of like size, by what was predicted; equal ones in one."""
    if not len(predicted):
        return ()
    _, at = np.unique(predicted, return_inverse=True)
    upto = np.cumsum(np.bincount(at))
    group = np.minimum((upto - 1) * BINS // len(predicted), BINS - 1)[at]
    found = []
    for each in range(BINS):
        in_it = group == each
        if in_it.any():
            number = int(in_it.sum())
            found.append(
                Bin(
                    predicted=round(float(np.sort(predicted[in_it]).mean()), 6),
                    observed=round(float(np.sort(observed[in_it]).mean()), 6),
                    customers=number,
                )
            )
    return tuple(found)


def captured(score: Real, worth: Real, *shares: float) -> list[float]:
    """Of all the worth, the part that those gave who are the first by the score, for each of the `shares` of all. Of
    equal ones at the edge, what fits counts."""
    total = float(np.sort(worth).sum())
    if total <= 0 or not len(score):
        return [0.0] * len(shares)
    _, at = np.unique(-score, return_inverse=True)
    count = np.bincount(at)
    by = np.lexsort((worth, at))
    before = np.cumsum(count) - count
    sums = np.add.reduceat(worth[by], before)
    return [float((sums * np.clip((share * len(score) - before) / count, 0, 1)).sum() / total) for share in shares]


def gain(model: Real, rule: Real, worth: Real) -> tuple[Captured, ...]:
    both = zip(GAIN_AT, captured(model, worth, *GAIN_AT), captured(rule, worth, *GAIN_AT), strict=True)
    return tuple(Captured(share=share, model=round(one, 6), rule=round(other, 6)) for share, one, other in both)


def error(predicted: Real, observed: Real) -> float | None:
    """The mean absolute difference."""
    return float(np.sort(np.abs(predicted - observed)).mean()) if len(predicted) else None


# ── levels ──


def level(chance: Real, happened: Flags) -> float:
    """What is to be added to the log-odds of each chance, so that together they come to what happened: the likeliest
    number, under a prior about 0."""
    if not len(chance):
        return 0.0
    odds = logit(np.sort(np.clip(chance, SURELY, 1 - SURELY)))
    events, found = float(happened.sum()), 0.0
    for _ in range(50):
        now = expit(odds + found)
        slope = float((now * (1 - now)).sum()) + 1 / LEVEL_SPREAD**2
        step = (events - float(now.sum()) - found / LEVEL_SPREAD**2) / slope
        found += float(np.clip(step, -1, 1))
        if abs(step) < 1e-10:
            break
    return found


def at_level(chance: Real, added: float) -> Real:
    return np.asarray(expit(logit(np.clip(chance, SURELY, 1 - SURELY)) + added))


LEAST_POWER, MOST_POWER = 0.5, 1.5


def powered(value: Real, observed: Real) -> tuple[float, float]:
    """(k, c): c · value^k comes to what was observed, of the small and of the large: by Poisson's likelihood, which
    asks of an amount only that its mean is right (Gourieroux, Monfort and Trognon, 1984). Ranks stay. Kept within
    bounds that a year can tell of."""
    some = value > 0
    if not some.any() or float(observed[some].sum()) <= 0:
        return 1.0, 1.0
    by = np.lexsort((observed[some], value[some]))
    x, y = np.log(value[some][by]), observed[some][by]
    total, middle = float(y.sum()), float(x.mean())

    def off(power: float) -> float:
        scaled = np.exp(power * (x - middle))
        share = scaled / scaled.sum()
        return float((share * x).sum() * total - (y * x).sum())

    low, high = LEAST_POWER, MOST_POWER
    for _ in range(50):
        half = (low + high) / 2
        low, high = (half, high) if off(half) < 0 else (low, half)
    power = (low + high) / 2
    level = total / float(np.exp(power * x).sum())
    return power, level


def rising(score: Real, outcome: Real) -> tuple[Real, Real]:
    """Scores and the mean outcome at each, as a curve that never falls: at most fifty groups of like size (fewer of few
    customers), pooled until none is above the next (pool adjacent violators; Ayer and others, 1955). Read it with
    `on_curve`: a simple rule becomes a chance, or an amount, that was observed."""
    if not len(score):
        return np.zeros(1), np.zeros(1)
    by = np.lexsort((outcome, score))
    score, outcome = score[by], outcome[by]
    groups = int(np.clip(len(score) // 20, 1, 50))
    _, at = np.unique(score, return_inverse=True)
    upto = np.cumsum(np.bincount(at))
    group = np.minimum((upto - 1) * groups // len(score), groups - 1)[at]
    begins = np.flatnonzero(np.append(True, group[1:] != group[:-1]))
    size = np.diff(np.append(begins, len(group))).astype(float)
    blocks: list[list[float]] = []
    for number, x, y in zip(
        size, np.add.reduceat(score, begins) / size, np.add.reduceat(outcome, begins) / size, strict=True
    ):
        blocks.append([number, float(x), float(y)])
        while len(blocks) > 1 and blocks[-2][2] >= blocks[-1][2]:
            last = blocks.pop()
            both = blocks[-1][0] + last[0]
            blocks[-1] = [both, *((blocks[-1][0] * blocks[-1][n] + last[0] * last[n]) / both for n in (1, 2))]
    return np.array([block[1] for block in blocks]), np.array([block[2] for block in blocks])


def on_curve(curve: tuple[Real, Real], score: Real) -> Real:
    return np.asarray(np.interp(score, *curve))


def out_of_100(values: Real) -> Whole:
    """So many percent have at most as much: from 1 to 100, the best."""
    if not len(values):
        return np.zeros(0, np.int64)
    _, at, count = np.unique(values, return_inverse=True, return_counts=True)
    upto = np.cumsum(count)[at]
    return np.maximum(upto * 100 // len(values), 1).astype(np.int64)


def banded(names: Sequence[str], enter: Sequence[float], leave: Sequence[float], value: Real, before: Whole) -> Whole:
    """`shared.domain.insight.band_of` of many at once: the number of the band of each, from the number of that before
    (-1: none)."""
    edges_in, edges_out = np.array(enter), np.array(leave)
    up = (value[:, None] >= edges_in).sum(axis=1)
    down = (value[:, None] >= edges_out).sum(axis=1)
    return np.asarray(np.where(before < 0, up, np.clip(before, up, np.maximum(down, up))), np.int64)


def eased(
    enter: Sequence[float], leave: Sequence[float], value: Real, before: Whole, band: Whole, of: Flags, most: int
) -> Whole:
    """The bands, of which at most so many are another than `before` among those in `of`: the ones furthest past the
    edge that they have crossed. The others stay where they were until a later night."""
    changing = np.flatnonzero(of)
    if len(changing) <= most:
        return band
    was = before[changing]
    up = np.array(enter)[np.minimum(was, len(enter) - 1)]
    down = np.array(leave)[np.maximum(was - 1, 0)]
    past = np.abs(value[changing] - np.where(band[changing] > was, up, down))
    stay = changing[np.argsort(-past, kind="stable")[most:]]
    eased_ = band.copy()
    eased_[stay] = before[stay]
    return eased_

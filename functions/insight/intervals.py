"""When the next order, or the next of a thing that is bought again and again, is to be expected.

A rhythm is the median of somebody's own gaps, drawn to the usual gap of those who buy alike:
exp((n · ln own + κ · ln usual) / (n + κ)) for n own gaps, so that two gaps say little and twenty nearly all. Gaps that
are not over yet are not among them, so both are too short; by how much is seen from the shop's own history, and they
are stretched by it (`stretch`). Who is unlikely to order, or has been silent for more than twice their rhythm, is
expected no longer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from functions.insight.histories import medians
from functions.insight.seam import Numbers, Real, Whole
from functions.insight.validating import Flags

KAPPA = 4.0
"""So many gaps of one's own weigh as much as what is usual; from 3 to 5 is much the same (docs/insight.md)."""
LEAST_GAPS = 20
"""Of a category or product, before what is usual in it counts instead of what is in the shop."""
OVER = 2.0
"""Silent for so many times the rhythm: expected no longer."""
LEAST_MEASURED = 20
MOST_STRETCHED = 2.5


@dataclass(frozen=True)
class Rhythms:
    """Of each row (a contact, or a contact and a thing), by ascending `key`: `last`, the last local day on which it
    was; `gaps` between such days, and their median `own` (nan: none); `usual`, what is usual for those alike."""

    key: Numbers
    last: Numbers
    gaps: Numbers
    own: Real
    usual: Real

    def __len__(self) -> int:
        return len(self.key)


def interval(own: Real, gaps: Numbers, usual: Real) -> Real:
    """Days from one to the next."""
    logs = np.log(np.where(gaps > 0, own, 1.0))
    return np.asarray(np.exp((gaps * logs + KAPPA * np.log(usual)) / (gaps + KAPPA)))


def rhythms(key: Numbers, day: Numbers, *alike: Numbers) -> Rhythms:
    """`key` and `day` of each time it was, sorted by both; days that come twice count once. `alike`: by key, which is a
    number from 0 on then, that of what its rhythm is like (of the category), the nearest first. Where fewer than
    LEAST_GAPS tell of any, all do."""
    if not len(key):
        none = np.zeros(0, np.int64)
        return Rhythms(none, none, none, np.zeros(0), np.zeros(0))
    new = np.ones(len(key), bool)
    new[1:] = (key[1:] != key[:-1]) | (day[1:] != day[:-1])
    whose, when = key[new], day[new].astype(np.int32)
    begins = np.ones(len(whose), bool)
    begins[1:] = whose[1:] != whose[:-1]
    keys, last = whose[begins], when[np.append(begins[1:], True)]
    gap = np.diff(when)[~begins[1:]]
    row = (np.cumsum(begins, dtype=np.int32) - np.int32(1))[1:][~begins[1:]]
    del whose, when, begins
    usual = np.full(len(keys), float(np.median(gap)) if len(gap) else np.nan)
    for each in reversed(alike):
        names, name = np.unique(each[keys], return_inverse=True)
        number = np.bincount(name[row], minlength=len(names))
        of_name = medians(name[row], gap, len(names))
        enough = (number >= LEAST_GAPS) & (names >= 0)
        usual = np.where(enough[name], of_name[name], usual)
    return Rhythms(
        key=keys,
        last=last,
        gaps=np.bincount(row, minlength=len(keys)).astype(np.int32),
        own=medians(row, gap, len(keys)),
        usual=usual,
    )


def expected(silent: Numbers, days: Real, likely: Flags) -> Flags:
    """Who has a next date: likely to order, and not silent for more than twice their rhythm."""
    return likely & (silent <= OVER * days) & np.isfinite(days)


def stretch(days: Real, actual: Real | Whole) -> float:
    """By what the rhythms of those who came were too short: the middle of how many times as long it took. Fewer than
    20 say nothing (1)."""
    if len(days) < LEAST_MEASURED:
        return 1.0
    return float(np.clip(np.exp(np.median(np.log(np.maximum(actual, 0.5) / days))), 1 / MOST_STRETCHED, MOST_STRETCHED))

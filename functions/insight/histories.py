"""What is known of each customer at an instant, and what they did after it: the two halves of every check.

A model is given `known(orders, cut)` and nothing else, so that it cannot have seen what it is asked about; what
happened then comes from `done(data, cut, days)`. What is of today at every cut is what the lake keeps no past of: of an
order's amount what is left after refunds, and a product's category.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from functions.insight.seam import NOT_TOLD, Data, Lines, Orders, Real, Whole
from shared.domain.events import DAY, HOUR, Instant

MILLIONTHS = 1_000_000
YEAR = 365
HUGE = 0.995
"""A day's orders above this quantile of the shop's, and above thrice the customer's own median, count as the larger of
the two: one order of a lifetime says little of the next."""
OWN_MEDIANS = 3


@dataclass(frozen=True)
class Histories:
    """Customers by ascending contact. `last` is the instant of the last order. Days are whole local ones, of which
    those with an order count once: `repeats` is how many there were after the first, `recency` how long after the
    first the last was, `age` how long ago the first was (Fader and Hardie's x, t_x and T). `mean`: what is left
    of a day's orders, in the shop's currency, huge ones cut, over the `paid` days of which an amount was told (0: of
    none, or all went back); `spent` all that they paid and `last_year` in the year to now, uncut."""

    contact: Whole
    last: Whole
    orders: Whole
    repeats: Whole
    recency: Whole
    age: Whole
    mean: Real
    paid: Whole
    spent: Real
    last_year: Real

    def __len__(self) -> int:
        return len(self.contact)

    @property
    def silent(self) -> Whole:
        """Days since the last order."""
        return self.age - self.recency


@dataclass(frozen=True)
class Done:
    """Of the same customers, after the cut: how many days had an order, the first of them (-1: none) and what they
    spent."""

    orders: Whole
    first: Whole
    spent: Real

    @property
    def ordered(self) -> NDArray[np.bool_]:
        return self.orders > 0


def known(orders: Orders, cut: Instant) -> Orders:
    """What was known at the instant `cut`, itself included, and no more."""
    of = orders.time <= cut
    return Orders(orders.contact[of], orders.time[of], orders.amount[of])


def sorted_(data: Data) -> Data:
    """By contact, time, and what it is: the same for whatever order the rows came in."""
    orders, lines = data.orders, data.lines
    by = np.lexsort((orders.amount, orders.time, orders.contact))
    of = np.lexsort((lines.product, lines.time, lines.contact))
    return replace(
        data,
        orders=Orders(orders.contact[by], orders.time[by], orders.amount[by]),
        lines=Lines(lines.contact[of], lines.time[of], lines.product[of], lines.category[of], lines.price[of]),
    )


def local_days(times: Whole, zone: str) -> Whole:
    """The local day of each instant, counted from 1970."""
    where = ZoneInfo(zone)
    hours, at = np.unique(times // HOUR, return_inverse=True)
    offsets = [_offset(int(hour) * HOUR, where) for hour in hours]
    return np.asarray((times + np.array(offsets, np.int64)[at]) // DAY, np.int64)


def local_day(t: Instant, zone: str) -> int:
    return (t + _offset(t, ZoneInfo(zone))) // DAY


def _offset(t: Instant, where: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(t / 1000, where).utcoffset()
    return 0 if offset is None else round(offset.total_seconds() * 1000)


def histories(orders: Orders, at: Instant, zone: str) -> Histories:
    """Of all who have ordered, by `at`."""
    today = local_day(at, zone)
    if not len(orders):
        none, nothing = np.zeros(0, np.int64), np.zeros(0)
        return Histories(none, none, none, none, none, none, nothing, none, nothing, nothing)
    day = local_days(orders.time, zone)
    another = np.ones(len(day), bool)
    another[1:] = (orders.contact[1:] != orders.contact[:-1]) | (day[1:] != day[:-1])
    starts = np.flatnonzero(another)
    amount = np.where(orders.amount == NOT_TOLD, 0, orders.amount)
    whose, day, amount = orders.contact[starts], day[starts], np.add.reduceat(amount, starts)
    told = np.maximum.reduceat(orders.amount, starts) != NOT_TOLD
    placed = np.diff(np.append(starts, len(orders)))
    contact, begins = np.unique(whose, return_index=True)
    ends = np.append(begins[1:], len(day))
    first, last = day[begins], day[ends - 1]
    newest = np.append(np.flatnonzero(orders.contact[1:] != orders.contact[:-1]), len(orders) - 1)
    number = np.add.reduceat(np.asarray(told, np.int64), begins)
    return Histories(
        contact=contact,
        last=orders.time[newest],
        orders=np.add.reduceat(placed, begins),
        repeats=ends - begins - 1,
        recency=last - first,
        age=np.maximum(today - first, last - first),
        mean=np.add.reduceat(_cut(whose, amount), begins) / np.maximum(number, 1) / MILLIONTHS,
        paid=number,
        spent=np.add.reduceat(amount, begins) / MILLIONTHS,
        last_year=np.add.reduceat(np.where(day > today - YEAR, amount, 0), begins) / MILLIONTHS,
    )


def _cut(contact: Whole, amount: Whole) -> Whole:
    """The amounts with huge ones made smaller, as HUGE says. Whole, so that sums are exact."""
    paid = amount > 0
    if not paid.any():
        return np.zeros(len(amount), np.int64)
    limit = int(np.quantile(amount[paid], HUGE, method="higher"))
    groups, at, count = np.unique(contact[paid], return_inverse=True, return_counts=True)
    own = np.where(count >= OWN_MEDIANS, medians(at, amount[paid].astype(np.float64), len(groups)) * OWN_MEDIANS, 0.0)
    cut = np.zeros(len(amount), np.int64)
    cut[paid] = np.minimum(amount[paid], np.maximum(limit, own[at].astype(np.int64)))
    return cut


def done(data: Data, cut: Instant, days: int, of: Whole) -> Done:
    """What those of `of` (ascending contacts) did in the `days` local days after the one that `cut` is in, or later
    that day."""
    orders, today = data.orders, local_day(cut, data.zone)
    later = orders.time > cut
    contact, amount = orders.contact[later], orders.amount[later]
    day = local_days(orders.time[later], data.zone)
    inside = (day <= today + days) & np.isin(contact, of)
    contact, amount, day = contact[inside], amount[inside], day[inside]
    at = np.searchsorted(of, contact)
    another = np.ones(len(day), bool)
    another[1:] = (contact[1:] != contact[:-1]) | (day[1:] != day[:-1])
    first = np.full(len(of), np.iinfo(np.int64).max)
    np.minimum.at(first, at, day - today)
    money = np.zeros(len(of), np.int64)
    np.add.at(money, at, np.where(amount == NOT_TOLD, 0, amount))
    number = np.bincount(at[another], minlength=len(of)).astype(np.int64)
    return Done(number, np.where(number > 0, first, -1), money / MILLIONTHS)


def medians(group: Whole, values: Real, groups: int) -> Real:
    """The median of the values of each group from 0 to `groups` - 1 (nan: it has none)."""
    by = np.lexsort((values, group))
    ordered, count = values[by], np.bincount(group, minlength=groups)
    begins = np.cumsum(count) - count
    found = np.full(groups, np.nan)
    some = count > 0
    low, high = begins[some] + (count[some] - 1) // 2, begins[some] + count[some] // 2
    found[some] = (ordered[low] + ordered[high]) / 2
    return found

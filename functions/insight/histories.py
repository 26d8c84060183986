"""What is known of each customer at an instant, and what they did after it: the two halves of every check.

A model is given `known(orders, cut)` and nothing else, so that it cannot have seen what it is asked about; what
happened then comes from `done`. What is of today at every cut is what the lake keeps no past of: of an
order's amount what is left after refunds, and a product's category.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from functions.insight.seam import NOT_TOLD, Data, Lines, Numbers, Orders, Real, Whole
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
    first the last was, `age` how long ago the first was (Fader and Hardie's x, t_x and T). `spent`: all
    that they paid, in the shop's currency, and `last_year` in the year to now."""

    contact: Whole
    last: Whole
    orders: Whole
    repeats: Whole
    recency: Whole
    age: Whole
    spent: Real
    last_year: Real

    def __len__(self) -> int:
        return len(self.contact)

    @property
    def silent(self) -> Whole:
        """Days since the last order."""
        return self.age - self.recency


@dataclass(frozen=True)
class Paid:
    """Of the same customers: `mean`, what is left of a day's orders, in the shop's currency, huge ones cut, over the
    `days` of which an amount was told (0: of none, or all went back)."""

    days: Whole
    mean: Real


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


@dataclass(frozen=True)
class Dated:
    """Orders by contact and time, and the local day of each."""

    contact: Whole
    time: Whole
    amount: Whole
    day: Whole

    def __len__(self) -> int:
        return len(self.contact)

    def those(self, of: NDArray[np.bool_]) -> Dated:
        return Dated(self.contact[of], self.time[of], self.amount[of], self.day[of])


def dated(orders: Orders, zone: str) -> Dated:
    return Dated(orders.contact, orders.time, orders.amount, local_days(orders.time, zone))


def known(orders: Dated, cut: Instant) -> Dated:
    """What was known at the instant `cut`, itself included, and no more."""
    return orders.those(orders.time <= cut)


def sorted_(data: Data) -> Data:
    """By contact, time, and what it is: the same for whatever order the rows came in. What is so already is not
    copied."""
    orders, lines = data.orders, data.lines
    by = np.lexsort((orders.amount, orders.time, orders.contact))
    if not _ascends(by):
        orders = Orders(orders.contact[by], orders.time[by], orders.amount[by])
    of = np.lexsort((lines.product.which, lines.time, lines.contact))
    if not _ascends(of):
        lines = Lines(lines.contact[of], lines.time[of], lines.product[of], lines.category[of], lines.price[of])
    return replace(data, orders=orders, lines=lines)


def _ascends(rows: Whole) -> bool:
    return bool((rows[1:] > rows[:-1]).all())


def local_days(times: Whole, zone: str) -> Whole:
    """The local day of each instant, counted from 1970."""
    if not len(times):
        return np.zeros(0, np.int64)
    where, hours = ZoneInfo(zone), times // HOUR
    first = int(hours.min())
    hours -= first
    offsets = np.zeros(int(hours.max()) + 1, np.int64)
    offsets[hours] = 1
    for each in np.flatnonzero(offsets):
        offsets[each] = _offset((first + int(each)) * HOUR, where)
    return np.asarray((times + offsets[hours]) // DAY, np.int64)


def local_day(t: Instant, zone: str) -> int:
    return (t + _offset(t, ZoneInfo(zone))) // DAY


def _offset(t: Instant, where: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(t / 1000, where).utcoffset()
    return 0 if offset is None else round(offset.total_seconds() * 1000)


def histories(orders: Dated, today: int) -> Histories:
    """Of all who have ordered, on the local day `today`."""
    if not len(orders):
        none, nothing = np.zeros(0, np.int64), np.zeros(0)
        return Histories(none, none, none, none, none, none, nothing, nothing)
    starts = _days_begin(orders)
    whose, day, amount = orders.contact[starts], orders.day[starts], np.add.reduceat(_told(orders.amount), starts)
    begins = np.flatnonzero(np.append(True, whose[1:] != whose[:-1]))
    ends = np.append(begins[1:], len(day))
    first, last = day[begins], day[ends - 1]
    newest = np.append(np.flatnonzero(orders.contact[1:] != orders.contact[:-1]), len(orders) - 1)
    return Histories(
        contact=whose[begins],
        last=orders.time[newest],
        orders=np.add.reduceat(np.diff(np.append(starts, len(orders))), begins),
        repeats=ends - begins - 1,
        recency=last - first,
        age=np.maximum(today - first, last - first),
        spent=np.add.reduceat(amount, begins) / MILLIONTHS,
        last_year=np.add.reduceat(np.where(day > today - YEAR, amount, 0), begins) / MILLIONTHS,
    )


def paid(orders: Dated) -> Paid:
    if not len(orders):
        return Paid(np.zeros(0, np.int64), np.zeros(0))
    starts = _days_begin(orders)
    whose, amount = orders.contact[starts], np.add.reduceat(_told(orders.amount), starts)
    begins = np.flatnonzero(np.append(True, whose[1:] != whose[:-1]))
    told = np.maximum.reduceat(orders.amount, starts) != NOT_TOLD
    days = np.add.reduceat(np.asarray(told, np.int64), begins)
    return Paid(days, np.add.reduceat(_cut(whose, amount), begins) / np.maximum(days, 1) / MILLIONTHS)


def _days_begin(orders: Dated) -> Whole:
    """Where the first order of each customer's day is."""
    another = np.ones(len(orders), bool)
    another[1:] = (orders.contact[1:] != orders.contact[:-1]) | (orders.day[1:] != orders.day[:-1])
    return np.flatnonzero(another)


def _told(amount: Whole) -> Whole:
    return np.where(amount == NOT_TOLD, 0, amount)


def _cut(contact: Whole, amount: Whole) -> Whole:
    """The amounts with huge ones made smaller, as HUGE says. Whole, so that sums are exact."""
    paid = amount > 0
    if not paid.any():
        return np.zeros(len(amount), np.int64)
    limit = int(np.quantile(amount[paid], HUGE, method="higher"))
    cut = np.where(paid, np.minimum(amount, limit), 0)
    # Who has a huge one is looked at more closely.
    huge = paid & np.isin(contact, contact[amount > limit])
    groups, at, count = np.unique(contact[huge], return_inverse=True, return_counts=True)
    own = np.where(count >= OWN_MEDIANS, medians(at, amount[huge].astype(np.float64), len(groups)) * OWN_MEDIANS, 0.0)
    cut[huge] = np.minimum(amount[huge], np.maximum(limit, own[at].astype(np.int64)))
    return cut


def done(orders: Dated, cut: Instant, today: int, days: int, of: Whole) -> Done:
    """What those of `of` (ascending contacts) did after the instant `cut`, up to `days` local days after `today`, the
    one that it is in."""
    after = orders.those((orders.time > cut) & (orders.day <= today + days))
    at = np.searchsorted(of, after.contact)
    known_ = (at < len(of)) & (of[np.minimum(at, len(of) - 1)] == after.contact) if len(of) else np.zeros(len(at), bool)
    after, at = after.those(known_), at[known_]
    first = np.full(len(of), np.iinfo(np.int64).max)
    np.minimum.at(first, at, after.day - today)
    money = np.zeros(len(of), np.int64)
    np.add.at(money, at, _told(after.amount))
    number = np.bincount(at[_days_begin(after)], minlength=len(of)).astype(np.int64)
    return Done(number, np.where(number > 0, first, -1), money / MILLIONTHS)


def medians(group: Numbers, values: Numbers | Real, groups: int) -> Real:
    """The median of the values of each group from 0 to `groups` - 1 (nan: it has none)."""
    by = np.lexsort((values, group))
    ordered, count = values[by], np.bincount(group, minlength=groups)
    begins = np.cumsum(count) - count
    found = np.full(groups, np.nan)
    some = count > 0
    low, high = begins[some] + (count[some] - 1) // 2, begins[some] + count[some] // 2
    found[some] = (ordered[low] + ordered[high]) / 2
    return found

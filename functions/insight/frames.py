"""What was known of customers at a cut, what the models made of it, and the level that was learnt from how it went.

Two things are learnt month by month, and move from one month to the next day by day, so that no night moves everybody.
By how much rhythms are too short, and how often those order who have been silent for so long, from the 90 days before a
month began. And the season, from the same 90 days a year ago: what came in the last 90 days says less than nothing of
the next (measured, docs/insight.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from functions.insight import intervals, purchases, validating
from functions.insight.histories import Dated, Done, dated, done, histories, known, local_day, local_days, sorted_
from functions.insight.intervals import Rhythms, rhythms
from functions.insight.purchases import Purchases
from functions.insight.seam import Data, Real, Small, Texts, Whole
from functions.insight.validating import Flags
from shared.domain.events import Instant
from shared.domain.insight.catalogue import ORDER_DAYS

LEAST_CUSTOMERS = 50
"""At a cut: of fewer no level is learnt, and no score is checked by them."""
SEASON_SHARE = 0.5
"""Of what the chances were off a year ago, so much is taken for the season; the rest for what was another then."""
SEASON_HISTORY = 180
"""Days of orders before the season of a year ago tells anything."""
LIKELY_IN, LIKELY_OUT = 0.2, 0.17
"""The chance of an order from which a next date is told, and below which it is taken back."""


@dataclass(frozen=True)
class Bought:
    """What was bought, as numbers that are the same at every cut: each line as of its product, and once more as of its
    category. A row has an instant, a local day and its `thing`, sorted by thing and day.

    Of each thing: `whose` it is, the `product` (-1: it is a category) and the `category` (-1: none); and what its
    rhythm is `like`: the product's, and the category's.
    """

    time: Whole
    day: Small
    thing: Small
    whose: Whole
    product: Small
    category: Small
    like_category: Small
    products: Texts
    categories: Texts


def _bought(data: Data) -> Bought:
    lines = data.lines
    products, product = lines.product.used()
    categories, category = lines.category.used()
    people, person = np.unique(lines.contact, return_inverse=True)
    named = lines.category.told
    of_product, of_category = len(products), len(categories)
    # A thing is a person's product, or after all products their category.
    kinds = of_product + of_category
    key = np.concatenate((person * kinds + product, (person * kinds + of_product + category)[named]))
    time = np.concatenate((lines.time, lines.time[named]))
    by = np.lexsort((time, key))  # a million customers' are ten million rows: what is not needed is not kept
    key, time = key[by], time[by]
    begins = np.ones(len(key), bool)
    begins[1:] = key[1:] != key[:-1]
    things, first = key[begins], by[begins]
    kind = things % max(kinds, 1)
    whole = np.concatenate((np.where(named, category, -1), category[named]))[first].astype(np.int32)
    del key, by, first
    return Bought(
        time=time,
        day=local_days(time, data.zone).astype(np.int32),
        thing=np.cumsum(begins, dtype=np.int32) - np.int32(1),
        whose=people[things // max(kinds, 1)],
        product=np.where(kind < of_product, kind, -1).astype(np.int32),
        category=whole,
        like_category=np.where(kind < of_product, whole, whole + of_category).astype(np.int32),
        products=products,
        categories=categories,
    )


class Frame:
    """What was known at a cut, and what the models made of it; `done` is what came after."""

    def __init__(self, shop: Shop, cut: Instant) -> None:
        self.shop, self.cut = shop, cut
        self.today = local_day(cut, shop.data.zone)
        self.h = histories(self.orders, self.today)

    @property
    def orders(self) -> Dated:
        """Made when it is asked for: those of nine cuts at once would be most of a night's memory."""
        return known(self.shop.orders, self.cut)

    @cached_property
    def model(self) -> Purchases:
        return purchases.fitted(self.h)

    @cached_property
    def chance(self) -> Real:
        """Of an order within 90 days, before its level is set."""
        return self.chance_of(self.h.repeats, self.h.recency, self.h.age)

    def chance_of(self, x: Whole, t_x: Whole, age: Whole) -> Real:
        return purchases.buys(self.model, x, t_x, age, ORDER_DAYS)

    @cached_property
    def done(self) -> Done:
        return self.done_in(ORDER_DAYS)

    def done_in(self, days: int) -> Done:
        return done(self.shop.orders, self.cut, self.today, days, self.h.contact)

    @cached_property
    def bought(self) -> Flags:
        """Which of the shop's rows were known."""
        return self.shop.bought.time <= self.cut

    @cached_property
    def category(self) -> Whole:
        """Of each customer, the category that they bought on most days (the first of the alphabet, of equal ones; -1:
        none is known)."""
        found, things = np.full(len(self.h), -1, np.int64), self.things
        bought = self.shop.bought
        of = np.flatnonzero(bought.product[things.key] < 0)
        which = things.key[of]
        at = np.searchsorted(self.h.contact, bought.whose[which])
        by = np.lexsort((bought.category[which], -things.gaps[of], at))
        first = np.ones(len(by), bool)
        first[1:] = at[by][1:] != at[by][:-1]
        found[at[by][first]] = bought.category[which][by][first]
        return found

    @cached_property
    def rhythm(self) -> Rhythms:
        """Of each customer's orders."""
        orders = self.orders
        return rhythms(np.searchsorted(self.h.contact, orders.contact), orders.day, self.category)

    @cached_property
    def things(self) -> Rhythms:
        """Of what each customer bought; its key is the number of the thing."""
        all_, here = self.shop.bought, self.bought
        return rhythms(all_.thing[here], all_.day[here], all_.product, all_.like_category)

    @cached_property
    def days(self) -> Real:
        """From one order to the next, of each customer."""
        return intervals.interval(self.rhythm.own, self.rhythm.gaps, self.rhythm.usual)

    @cached_property
    def days_of_things(self) -> Real:
        return intervals.interval(self.things.own, self.things.gaps, self.things.usual)

    def expected_orders(self, likely: Flags) -> Flags:
        """Who is expected to order: `likely` to, and not given up."""
        return intervals.expected(self.h.silent, self.days, likely)

    def expected_things(self, likely: Flags) -> Flags:
        """Which things somebody is expected to buy again: a product bought on two days, or a category on three, by one
        who is `likely` to order, and not given up."""
        things, bought = self.things, self.shop.bought
        whose = np.searchsorted(self.h.contact, bought.whose[things.key])
        again = things.gaps >= np.where(bought.product[things.key] >= 0, 1, 2)
        return intervals.expected(self.today - things.last, self.days_of_things, likely[whose] & again)

    @cached_property
    def bought_after(self) -> Whole:
        """Of each thing, how many days after the cut it was bought (a number past all days: not within 90)."""
        all_, found = self.shop.bought, np.full(len(self.things), np.iinfo(np.int64).max)
        after = ~self.bought & (all_.day <= self.today + ORDER_DAYS)
        at = np.searchsorted(self.things.key, all_.thing[after])
        known_ = (at < len(self.things)) & (self.things.key[np.minimum(at, len(self.things) - 1)] == all_.thing[after])
        np.minimum.at(found, at[known_], (all_.day[after] - self.today)[known_])
        return found


@dataclass(frozen=True)
class Level:
    """What was learnt from how it went: what is added to the log-odds of a chance, by what rhythms are stretched (of
    orders and of things, and for the simple rule what is usual), and the curves from silence to a chance, which are
    mixed."""

    added: float = 0.0
    stretch: float = 1.0
    stretch_usual: float = 1.0
    things: float = 1.0
    things_usual: float = 1.0
    curves: tuple[tuple[float, tuple[Real, Real]], ...] = ()

    def by_rule(self, silent: Real | Whole) -> Real:
        """The chance of an order by the simple rule."""
        chance = np.zeros(len(silent))
        for weight, curve in self.curves:
            chance += weight * validating.on_curve(curve, -silent.astype(np.float64))
        return chance


class Shop:
    """All that a night knows, and what was known at each cut, worked out once."""

    def __init__(self, data: Data) -> None:
        self.data = sorted_(data)
        self._frames: dict[Instant, Frame] = {}
        self._levels: dict[Instant, Level] = {}

    @cached_property
    def orders(self) -> Dated:
        return dated(self.data.orders, self.data.zone)

    @cached_property
    def bought(self) -> Bought:
        return _bought(self.data)

    @cached_property
    def begun(self) -> int:
        """The local day of the first order since which there were no 90 days without one (today's: there is none): an
        old order or two are no history."""
        days = np.unique(self.orders.day)
        if not len(days):
            return local_day(self.data.at, self.data.zone)
        holes = np.flatnonzero(np.diff(days) > ORDER_DAYS)
        return int(days[holes[-1] + 1 if len(holes) else 0])

    @property
    def history(self) -> int:
        """Days of orders until now."""
        return local_day(self.data.at, self.data.zone) - self.begun

    def frame(self, cut: Instant) -> Frame:
        """Those of now and of the checks are asked for again and again. Of the others, which are learnt from once, all
        at once would be most of a night's memory."""
        frame = self._frames.get(cut) or Frame(self, cut)
        if cut in self._kept:
            self._frames[cut] = frame
        return frame

    def forget(self) -> None:
        """Nothing more is asked. A frame has its shop, so both would stay until Python looks for such rings, and by
        then the next thing of a night would have taken as much again."""
        self._frames.clear()

    @cached_property
    def _kept(self) -> frozenset[Instant]:
        return frozenset((self.data.at, self.checked_at(ORDER_DAYS)))

    def month(self, t: Instant) -> tuple[date, date, float]:
        """The first day of the local month of `t`, that of the month before, and how much of this one is over."""
        where = ZoneInfo(self.data.zone)
        this = datetime.fromtimestamp(t / 1000, where).date().replace(day=1)
        before = (this - timedelta(days=1)).replace(day=1)
        next_ = (this + timedelta(days=31)).replace(day=1)
        begin, end = self.end_of(this), self.end_of(next_)
        return this, before, min(max((t - begin) / (end - begin), 0.0), 1.0)

    def end_of(self, day: date) -> Instant:
        """The last instant before the local day."""
        where = ZoneInfo(self.data.zone)
        return round(datetime(day.year, day.month, day.day, tzinfo=where).astimezone(UTC).timestamp() * 1000) - 1

    def cut_before(self, month: date, days: int) -> Instant:
        """So many days before a month begins: what came after is over by then."""
        return self.end_of(month - timedelta(days=days))

    def checked_at(self, days: int) -> Instant:
        """The cut of this month's check of what looks `days` ahead."""
        return self.cut_before(self.month(self.data.at)[0], days)

    def season(self, t: Instant) -> float:
        """What is added to the log-odds of a chance: half of what was missing at this time a year ago."""
        this, _, over = self.month(t)
        next_ = (this + timedelta(days=31)).replace(day=1)
        return (1 - over) * self._season(this) + over * self._season(next_)

    def _season(self, month: date) -> float:
        cut = self.end_of(month.replace(year=month.year - 1))
        if local_day(cut, self.data.zone) - self.begun < SEASON_HISTORY:
            return 0.0
        frame = self.frame(cut)
        if len(frame.h) < LEAST_CUSTOMERS:
            return 0.0
        return SEASON_SHARE * validating.level(frame.chance, frame.done.ordered)

    def level(self, t: Instant) -> Level:
        if t not in self._levels:
            self._levels[t] = self._level_at(t)
        return self._levels[t]

    def _level_at(self, t: Instant) -> Level:
        """As of `t`: what was learnt last month on the first day of this one, what was learnt this month on its last,
        and between in between."""
        this, before, over = self.month(t)
        old, new = (self._learnt(self.cut_before(month, ORDER_DAYS)) for month in (before, this))
        if old is None or new is None:
            return replace(new or old or Level(), added=self.season(t))
        names = ("stretch", "stretch_usual", "things", "things_usual")
        mixed = {name: (1 - over) * getattr(old, name) + over * getattr(new, name) for name in names}
        return Level(added=self.season(t), curves=((1 - over, old.curves[0][1]), (over, new.curves[0][1])), **mixed)

    def _learnt(self, cut: Instant) -> Level | None:
        """What those known at the cut did then (None: it was too early to know)."""
        if local_day(cut, self.data.zone) - self.begun < ORDER_DAYS:
            return None
        frame = self.frame(cut)
        if len(frame.h) < LEAST_CUSTOMERS:
            return None
        h, came = frame.h, frame.done
        likely = frame.chance >= LIKELY_IN
        due = frame.expected_orders(likely) & came.ordered
        took = (h.silent + came.first)[due]
        again = frame.expected_things(likely) & (frame.bought_after <= ORDER_DAYS)
        took_again = (frame.today - frame.things.last + frame.bought_after)[again]
        return Level(
            stretch=intervals.stretch(frame.days[due], took),
            stretch_usual=intervals.stretch(frame.rhythm.usual[due], took),
            things=intervals.stretch(frame.days_of_things[again], took_again),
            things_usual=intervals.stretch(frame.things.usual[again], took_again),
            curves=((1.0, validating.rising(-h.silent.astype(float), came.ordered.astype(float))),),
        )

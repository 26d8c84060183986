"""Evaluation: a condition, compiled to a function that gives its signed instant for one profile.

`+until` where it is true, `-until` where it is false; with no new event the answer cannot change before `until`.
Composed in one pass: `all` is the minimum, `any` the maximum, `not` the negation. The bound is sound; asking again at
the bound until the sign changes makes it exact (`segments.next_change`). No event of the profile may be later than the
instant that is asked about (`events.counted_time` sees to it).

Many segments ask the same things. So the profile is read once for all of them: a series (the instants of an event
type's occurrences that pass a filter) and the orders are there after the first condition that asks. A condition is then
a few comparisons. docs/decisions.md has the figures, also of generated code.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import asin, cos, radians, sin, sqrt
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain import calendars
from shared.domain.conditions import (
    Age,
    All,
    Anniversary,
    Any_,
    Cart,
    Comparison,
    Condition,
    ConsentIs,
    Cutoffs,
    DateTrait,
    EventCount,
    FirstEvent,
    FirstSeen,
    LastEvent,
    LastOrder,
    Latest,
    LocalTime,
    Member,
    Near,
    Not,
    Orders,
    Rank,
    RankedOrders,
    RankedTrait,
    Sample,
    Season,
    Segment,
    TraitIs,
    Unanswered,
    Where,
    condition_key,
    plain,
)
from shared.domain.conditions import (
    Sequence as InSequence,
)
from shared.domain.events import DAY, NEVER, Instant, Json, Type
from shared.domain.profiles import History, Occurrence, Profile, Stamped
from shared.domain.properties import AMOUNTS, fold_case

Signed = int
EARTH_KM = 6371.0088  # mean radius (IUGG)
KM_A_MILE = 1.609344
CARTS = (Type.CART_UPDATED, Type.CHECKOUT_STARTED, Type.CHECKOUT_UPDATED)


class HistoryNeededError(Exception):
    """The profile's bounded history cannot answer this; evaluate on `profiles.rebuild` of all the contact's events."""


# ── reading a profile ──

Passes = Callable[[Mapping[str, Json]], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """The occurrences of an event type that pass filters. `only` is (property, text or flag) when that is the one."""

    event: str
    passes: Passes | None
    only: tuple[str, str | bool] | None


class Times(dict[Series, list[Instant]]):
    """When those of each series that the profile keeps happened, oldest first; read when first asked for."""

    def __init__(self, profile: Profile) -> None:
        self._histories = profile.histories
        self._by_value: dict[tuple[str, str], dict[str | bool, list[Instant]]] = {}

    def __missing__(self, series: Series) -> list[Instant]:
        times = self[series] = self._read(series)
        return times

    def _read(self, series: Series) -> list[Instant]:
        history = self._histories.get(series.event)
        if history is None:
            return _NONE
        if series.only is None:
            return [each.time for each in passing(history, series)]
        property_, value = series.only
        index = self._by_value.get((series.event, property_))
        if index is None:
            index = self._by_value[series.event, property_] = by_value(history.newest, property_)
        return index.get(value, _NONE)


class Reading:
    """A profile as it is being evaluated: each series and the orders are read off it once."""

    __slots__ = ("_orders", "members", "profile", "times")

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.times = Times(profile)
        self.members: dict[str, Signed] = {}
        self._orders: tuple[list[Instant], list[int]] | None = None

    def occurrences(self, series: Series) -> list[Occurrence]:
        history = self.profile.histories.get(series.event)
        return passing(history, series) if history is not None else []

    def cut(self, event: str) -> Instant:
        """Up to and including when the profile's history of this type may lack something (-1: it is whole)."""
        history = self.profile.histories.get(event)
        return history.newest[0].time if history is not None and history.total > len(history.newest) else -1

    def orders(self) -> tuple[list[Instant], list[int]]:
        """When the orders that count were placed, oldest first, and what each is worth, in hundredths."""
        if self._orders is None:
            counting = sorted((order.placed, order.net) for order in self.profile.counting_orders())
            self._orders = [placed for placed, _ in counting], [net for _, net in counting]
        return self._orders

    def orders_cut(self) -> Instant:
        """As `cut`, of orders."""
        if not self.profile.older_orders:
            return -1
        placed, _ = self.orders()
        return placed[0] if placed else NEVER


def passing(history: History, series: Series) -> list[Occurrence]:
    passes = series.passes
    return history.newest if passes is None else [each for each in history.newest if passes(each.properties)]


def by_value(occurrences: Iterable[Occurrence], property_: str) -> dict[str | bool, list[Instant]]:
    """When there was each value of a property, oldest first: any number of filters on it cost one look each."""
    index: dict[str | bool, list[Instant]] = {}
    for time, properties in occurrences:
        held = properties.get(property_)
        if isinstance(held, list):
            for value in set(map(fold_case, held)):
                index.setdefault(value, []).append(time)
        elif held is not None:
            index.setdefault(held if isinstance(held, bool) else fold_case(held), []).append(time)
    return index


_NONE: list[Instant] = []

# ── compiling ──

Term = Callable[[Reading, Instant], Signed]
Evaluate = Callable[[Profile, Instant], tuple[Signed, ...]]


@dataclass
class Compiler:
    """Makes functions of the shop's conditions. `zone` is the shop's time zone."""

    segments: Mapping[str, Segment]
    cutoffs: Cutoffs
    zone: ZoneInfo
    series: dict[str, Series] = field(default_factory=dict)
    made: dict[str, Term] = field(default_factory=dict)

    def function(self, wanted: Iterable[Condition]) -> Evaluate:
        """A function that gives the signed instants of all these conditions for a profile at an instant."""
        terms = [self.term(plain(condition)) for condition in wanted]

        def evaluate(profile: Profile, t: Instant) -> tuple[Signed, ...]:
            reading = Reading(profile)
            return tuple([term(reading, t) for term in terms])

        return evaluate

    def segment(self, name: str) -> Term:
        """The function of a segment's condition, made when first asked for."""
        made = self.made.get(name)
        if made is None:
            made = self.made[name] = self.term(plain(self.segments[name].when))
        return made

    def of(self, event: str, where: Sequence[Where] = ()) -> Series:
        key = "\n".join([event, *(condition_key(each) for each in where)])
        made = self.series.get(key)
        if made is None:
            made = self.series[key] = _series(event, where)
        return made

    def term(self, condition: Condition) -> Term:
        """The function of a condition that is plain already."""
        match condition:
            case All():
                return _all([self.term(part) for part in condition.of])
            case Any_():
                return _any([self.term(part) for part in condition.of])
            case Not():
                return _not(self.term(condition.of))
            case Member():
                return _member(condition.segment, self.segment(condition.segment))
            case TraitIs():
                return _trait(condition)
            case ConsentIs():
                return _consent(condition)
            case FirstSeen():
                return _first_seen(condition)
            case Sample():
                return _sample(condition)
            case EventCount():
                return _event_count(condition, self.of(condition.event, condition.where), self.zone)
            case FirstEvent():
                return _first_event(condition, self.of(condition.event, condition.where))
            case LastEvent():
                return _last_event(condition, self.of(condition.event, condition.where))
            case Latest():
                return _latest(
                    [self.of(event) for event in condition.events],
                    [self.of(event, condition.where) for event in condition.events],
                )
            case InSequence():
                without = condition.without
                return _sequence(
                    condition,
                    self.of(condition.first.event, condition.first.where),
                    self.of(condition.then.event, condition.then.where),
                    self.of(without.event, without.where) if without else None,
                )
            case Unanswered():
                return _unanswered(
                    condition,
                    self.of(condition.of.event, condition.of.where),
                    [self.of(each.event, each.where) for each in condition.answers],
                )
            case Cart():
                return _cart(
                    condition,
                    [self.of(event) for event in CARTS],
                    [self.of(event, (*condition.where, NOT_EMPTY)) for event in CARTS],
                    self.of(Type.ORDER_COMPLETED),
                )
            case Orders():
                return _orders(condition)
            case LastOrder():
                return _last_order(condition)
            case Near():
                return _near(condition)
            case LocalTime():
                return _local_time(condition, self.zone)
            case Season():
                return _season(condition, self.zone)
            case Anniversary():
                return _anniversary(condition, self.zone)
            case Age():
                return _age(condition, self.zone)
            case DateTrait():
                return _date_trait(condition, self.zone)
            case Rank():
                rank = _rank(condition, self.cutoffs.get(condition.key))
                return rank if condition.among is None else _all([self.term(Member(segment=condition.among)), rank])
        raise TypeError(f"{condition.kind} is no term")


NOT_EMPTY = Where.model_validate({"property": "total", "is": "more", "value": 0})


def _series(event: str, where: Sequence[Where]) -> Series:
    if not where:
        return Series(event, None, None)
    only = None
    if len(where) == 1 and where[0].is_ == "equal" and isinstance(where[0].value, str | bool):
        value = where[0].value
        only = (where[0].property, value if isinstance(value, bool) else fold_case(value))
    return Series(event, filter_(where), only)


def filter_(where: Sequence[Where]) -> Passes:
    """Whether an occurrence's properties pass all of these."""
    tests = [(each.property, comparison(each.is_, compared_value(each))) for each in where]
    if len(tests) == 1:
        ((name, test),) = tests
        return lambda properties: test(properties.get(name))
    return lambda properties: all(test(properties.get(name)) for name, test in tests)


def compared_value(where: Where) -> Json:
    """What a property is compared with, as the property is held: money in hundredths."""
    if where.property not in AMOUNTS or where.is_ == "exists":
        return where.value
    if isinstance(where.value, list | tuple):
        return [round(each * 100, 4) for each in where.value]
    return round(where.value * 100, 4)


# ── composing ──


def _all(terms: Sequence[Term]) -> Term:
    def evaluate_all(reading: Reading, t: Instant) -> Signed:
        least = NEVER
        for term in terms:
            signed = term(reading, t)
            if signed < least:
                if signed == -NEVER:
                    return signed
                least = signed
        return least

    return evaluate_all


def _any(terms: Sequence[Term]) -> Term:
    def evaluate_any(reading: Reading, t: Instant) -> Signed:
        most = -NEVER
        for term in terms:
            signed = term(reading, t)
            if signed > most:
                if signed == NEVER:
                    return signed
                most = signed
        return most

    return evaluate_any


def _not(term: Term) -> Term:
    return lambda reading, t: -term(reading, t)


def _member(segment: str, term: Term) -> Term:
    """Evaluated once in a reading, whoever asks: else segments about segments could cost more than there are."""

    def evaluate_member(reading: Reading, t: Instant) -> Signed:
        signed = reading.members.get(segment)
        if signed is None:
            signed = reading.members[segment] = term(reading, t)
        return signed

    return evaluate_member


# ── traits, consent ──


def trait_of(profile: Profile, name: str) -> Stamped | None:
    """The trait; with a dot in its name, the part of the trait before the dot."""
    stamped = profile.traits.get(name)
    if stamped is None and "." in name:
        whole, part = name.split(".", 1)
        stamped = profile.traits.get(whole)
        if stamped is not None:
            value = stamped.value.get(part) if isinstance(stamped.value, dict) else None
            stamped = Stamped(value, stamped.time)
    return stamped if stamped is not None and stamped.value is not None else None


def _trait(condition: TraitIs) -> Term:
    return _stamped(condition.trait, condition.fresh, trait_test(condition))


def _stamped(name: str, window: int | None, holds: Callable[[Json], bool]) -> Term:
    dotted = "." in name

    def evaluate_trait(reading: Reading, t: Instant) -> Signed:
        stamped = trait_of(reading.profile, name) if dotted else reading.profile.traits.get(name)
        if stamped is None or stamped.value is None or not holds(stamped.value):
            return -NEVER
        if window is None:
            return NEVER
        return stamped.time + window if t < stamped.time + window else -NEVER

    return evaluate_trait


def trait_test(condition: TraitIs) -> Callable[[Json], bool]:
    """Whether a trait's value passes; a list's by `of`."""
    if condition.is_ == "exists":
        return lambda value: True
    if condition.of == "any":
        return comparison(condition.is_, condition.value)
    one = _compare_one("equal" if condition.is_ == "not_equal" else condition.is_, condition.value)
    if condition.is_ == "not_equal":
        equal = one
        one = lambda value: not equal(value)  # noqa: E731
    match condition.of:
        case "all":
            return lambda value: all(map(one, value)) and len(value) > 0 if isinstance(value, list) else one(value)
        case "none":
            return lambda value: not any(map(one, value)) if isinstance(value, list) else not one(value)


def _consent(condition: ConsentIs) -> Term:
    topic, state, window = condition.topic, condition.is_, condition.within

    def evaluate_consent(reading: Reading, t: Instant) -> Signed:
        stamped = reading.profile.consent.get(topic)
        if (stamped.value if stamped is not None else "never_asked") != state:
            return -NEVER
        if stamped is None or window is None:
            return NEVER
        return stamped.time + window if t < stamped.time + window else -NEVER

    return evaluate_consent


def _first_seen(condition: FirstSeen) -> Term:
    age = condition.before

    def evaluate_first_seen(reading: Reading, t: Instant) -> Signed:
        first_seen = reading.profile.first_seen
        if first_seen == NEVER:
            return -NEVER
        return NEVER if t >= first_seen + age else -(first_seen + age)

    return evaluate_first_seen


def _sample(condition: Sample) -> Term:
    salt, bound = condition.salt, sample_bound(condition.percent)

    def evaluate_sample(reading: Reading, t: Instant) -> Signed:
        return NEVER if sample_hash(salt, reading.profile.contact) < bound else -NEVER

    return evaluate_sample


def sample_hash(salt: str, contact: str) -> str:
    """Eight hexadecimal digits, evenly spread (MD5, which SQL has too; it keeps no secret here)."""
    return hashlib.md5(f"{salt}:{contact}".encode(), usedforsecurity=False).hexdigest()[:8]


def sample_bound(percent: float) -> str:
    return f"{min(round(percent / 100 * 2**32), 2**32 - 1):08x}"


# ── events ──


def _event_count(condition: EventCount, series: Series, zone: ZoneInfo) -> Term:
    least, most = condition.at_least, condition.at_most
    if most is None:
        return _at_least(condition, series, zone, least or 1)
    few = _not(_at_least(condition, series, zone, most + 1))
    return few if least is None else _all([_at_least(condition, series, zone, least), few])


def _at_least(condition: EventCount, series: Series, zone: ZoneInfo, n: int) -> Term:
    window = condition.within

    def too_few(reading: Reading, t: Instant) -> Signed:
        """False, as far as the profile's history reaches."""
        cut = reading.cut(series.event)
        if cut >= 0 and (window is None or t - window < cut):
            if condition.count == "events" and not condition.where and window is None:
                return NEVER if reading.profile.histories[series.event].total >= n else -NEVER
            raise HistoryNeededError(series.event)
        return -NEVER

    def evaluate_events(reading: Reading, t: Instant) -> Signed:
        times = reading.times[series]
        if len(times) >= n:
            if window is None:
                return NEVER
            leaves = times[-n] + window
            if leaves > t:
                return leaves
        return too_few(reading, t)

    def evaluate_others(reading: Reading, t: Instant) -> Signed:
        newest = nth(reading, series)(n)
        if newest >= 0 and (window is None or newest + window > t):
            return NEVER if window is None else newest + window
        return too_few(reading, t)

    if condition.count == "events":
        return evaluate_events
    nth = {
        "days": lambda reading, series: _nth_newest_day(reading, series, zone),
        "product_id": _nth_newest_value("product_id"),
        "category": _nth_newest_value("category"),
        "campaign": _nth_newest_value("campaign"),
        "same_product_id": _same("product_id"),
        "same_category": _same("category"),
    }[condition.count]
    return evaluate_others


Nth = Callable[[int], Instant]
"""By n: the newest instant such that at least n of what is counted happened at it or later; -1 when there are fewer."""


def _nth_newest_day(reading: Reading, series: Series, zone: ZoneInfo) -> Nth:
    newest: dict[Any, Instant] = {calendars.local(time, zone).date(): time for time in reading.times[series]}
    return _nth(newest.values())


def _nth_newest_value(property_: str) -> Callable[[Reading, Series], Nth]:
    def nth(reading: Reading, series: Series) -> Nth:
        return _nth([times[-1] for times in by_value(reading.occurrences(series), property_).values()])

    return nth


def _same(property_: str) -> Callable[[Reading, Series], Nth]:
    def same(reading: Reading, series: Series) -> Nth:
        of_values = by_value(reading.occurrences(series), property_).values()
        return lambda n: max((times[-n] for times in of_values if n <= len(times)), default=-1)

    return same


def _nth(times: Any) -> Nth:
    ordered = sorted(times)
    return lambda n: ordered[-n] if n <= len(ordered) else -1


def _first_event(condition: FirstEvent, series: Series) -> Term:
    window, whole = condition.within, not condition.where

    def evaluate_first(reading: Reading, t: Instant) -> Signed:
        history = reading.profile.histories.get(series.event)
        if history is None:
            return -NEVER
        if whole:
            first = history.first
        else:
            if history.total > len(history.newest):
                raise HistoryNeededError(series.event)
            times = reading.times[series]
            if not times:
                return -NEVER
            first = times[0]
        return first + window if t < first + window else -NEVER

    return evaluate_first


def _last_event(condition: LastEvent, series: Series) -> Term:
    least, most = in_days(condition.at_least), in_days(condition.at_most)

    def evaluate_last(reading: Reading, t: Instant) -> Signed:
        times = reading.times[series]
        if not times:
            if reading.cut(series.event) >= 0:
                raise HistoryNeededError(series.event)
            return -NEVER
        return _since(times[-1], t, least, most)

    return evaluate_last


def in_days(days: float | None) -> int | None:
    """So many days, in milliseconds."""
    return None if days is None else round(days * DAY)


def _since(newest: Instant, t: Instant, least: int | None, most: int | None) -> Signed:
    signed = NEVER
    if least is not None and t < newest + least:
        signed = -(newest + least)
    if most is not None:
        few = newest + most + 1 if t <= newest + most else -NEVER
        if few < signed:
            signed = few
    return signed


def _latest(all_: Sequence[Series], passing: Sequence[Series]) -> Term:
    def evaluate_latest(reading: Reading, t: Instant) -> Signed:
        newest, passed = _newest(reading, all_), _newest(reading, passing)
        return NEVER if newest >= 0 and newest == passed else -NEVER

    return evaluate_latest


def _newest(reading: Reading, several: Sequence[Series]) -> Instant:
    """When the newest of all of these happened; -1: there is none."""
    newest = -1
    for series in several:
        times = reading.times[series]
        if times and times[-1] > newest:
            newest = times[-1]
    return newest


def _sequence(condition: InSequence, first: Series, then: Series, without: Series | None) -> Term:
    gap, window = condition.gap, condition.within

    def evaluate_sequence(reading: Reading, t: Instant) -> Signed:
        firsts, betweens = reading.times[first], reading.times[without] if without else _NONE
        known = max(reading.cut(first.event), reading.cut(then.event), reading.cut(without.event) if without else -1)
        start = -1 if window is None else t - window
        for time in reversed(reading.times[then]):
            if time <= start:
                break
            if time - gap <= known:  # what came before it may be cut off
                raise HistoryNeededError(then.event)
            at = bisect_right(firsts, time - 1)
            if at == 0 or firsts[at - 1] < time - gap:
                continue
            between = bisect_right(betweens, time - 1)
            if between == 0 or betweens[between - 1] <= firsts[at - 1]:
                return NEVER if window is None else time + window
        if start < reading.cut(then.event):
            raise HistoryNeededError(then.event)
        return -NEVER

    return evaluate_sequence


def _unanswered(condition: Unanswered, of: Series, answers: Sequence[Series]) -> Term:
    least, older, window = condition.at_least, condition.older, condition.within

    def evaluate_unanswered(reading: Reading, t: Instant) -> Signed:
        times = reading.times[of]
        answered = -1
        for series in answers:
            answer = reading.times[series]
            if answer:
                answered = max(answered, answer[-1])
            elif times and times[-min(least, len(times))] <= reading.cut(series.event):
                raise HistoryNeededError(series.event)  # an answer may have been cut off
        if len(times) < least:
            cut = reading.cut(of.event)
            if cut >= 0 and answered < cut and (window is None or t - window < cut):
                raise HistoryNeededError(of.event)
            return -NEVER
        nth = times[-least]
        if nth <= answered:
            return -NEVER
        signed = NEVER
        if window is not None:
            if t >= nth + window:
                return -NEVER
            signed = nth + window
        if older is not None and t < times[-1] + older:
            return -(times[-1] + older)
        return signed

    return evaluate_unanswered


def _cart(condition: Cart, carts: Sequence[Series], passing: Sequence[Series], orders: Series) -> Term:
    older, window = condition.older, condition.within

    def evaluate_cart(reading: Reading, t: Instant) -> Signed:
        newest = _newest(reading, carts)
        if newest < 0 or t >= newest + window or newest != _newest(reading, passing):
            return -NEVER
        ordered = reading.times[orders]
        if ordered and ordered[-1] >= newest:
            return -NEVER
        return newest + window if t >= newest + older else -(newest + older)

    return evaluate_cart


# ── orders ──


def _orders(condition: Orders) -> Term:
    return _order_measure(condition.measure, condition.within, *order_bounds(condition))


def order_bounds(condition: Orders) -> tuple[float | None, float | None]:
    """What the measure is compared with, as it is worked out: hundredths of money, milliseconds, or a count."""
    of_money = condition.measure in ("sum", "average", "largest")

    def raw(bound: float | None) -> float | None:
        if bound is None or condition.measure == "count":
            return bound
        return round(bound * (100 if of_money else DAY))

    least, most = raw(condition.at_least), raw(condition.at_most)
    return (1, None) if least is None and most is None else (least, most)


def _order_measure(measure: str, window: int | None, least: float | None, most: float | None) -> Term:
    """Signed: whether the measure is between bounds, which are hundredths, milliseconds or a count."""
    reaches = {"count": _counts, "sum": _sums, "largest": _largest}.get(measure)
    if reaches is not None:
        return _monotone(reaches, measure == "largest", window, least, most)

    def holds(total: int, parts: int) -> bool:
        return (least is None or total >= least * parts) and (most is None or total <= most * parts)

    return _quotient(measure == "average", window, holds)


Reaches = Callable[[list[Instant], list[int], float], int]
"""By the orders and a bound: the place of the newest order from which on the bound is reached; -1: there is none."""


def _counts(placed: list[Instant], nets: list[int], bound: float) -> int:
    n = -int(-bound // 1)
    return len(placed) - n if n <= len(placed) else -1


def _sums(placed: list[Instant], nets: list[int], bound: float) -> int:
    total = 0
    for at in range(len(nets) - 1, -1, -1):
        total += nets[at]
        if total >= bound:
            return at
    return -1


def _largest(placed: list[Instant], nets: list[int], bound: float) -> int:
    return next((at for at in range(len(nets) - 1, -1, -1) if nets[at] >= bound), -1)


def _monotone(reaches: Reaches, needs_one: bool, window: int | None, least: float | None, most: float | None) -> Term:
    """Of a measure that only falls while orders leave the window."""

    def reached(bound: float) -> Term:
        if bound <= 0 and not needs_one:
            return lambda reading, t: NEVER

        def evaluate_reached(reading: Reading, t: Instant) -> Signed:
            placed, nets = reading.orders()
            at = reaches(placed, nets, bound)
            if at >= 0:
                if window is None:
                    return NEVER
                leaves = placed[at] + window
                if leaves > t:
                    return leaves
            if (-1 if window is None else t - window) < reading.orders_cut():
                raise HistoryNeededError("orders")
            return -NEVER

        return evaluate_reached

    terms = [] if least is None else [reached(least)]
    if most is not None:
        # A measure is at most what it has not passed; "passed" is reached by the next number there is.
        terms.append(_not(reached(_next(most))))
        if needs_one:
            terms.append(reached(0))
    return terms[0] if len(terms) == 1 else _all(terms)


def _next(bound: float) -> int:
    """The least whole number above the bound."""
    return int(bound // 1) + 1


def _quotient(of_money: bool, window: int | None, holds: Callable[[int, int], bool]) -> Term:
    """Of the average of orders, or of the time between them, which may rise when an order leaves the window: whether it
    `holds` of the total and of how many it is the total."""

    def evaluate_quotient(reading: Reading, t: Instant) -> Signed:
        placed, nets = reading.orders()
        start = -1 if window is None else t - window
        if start < reading.orders_cut():
            raise HistoryNeededError("orders")
        at = bisect_right(placed, start)
        inside = placed[at:]
        until = NEVER if window is None or not inside else inside[0] + window
        if of_money:
            total, parts = sum(nets[at:]), len(inside)
        else:
            total, parts = (inside[-1] - inside[0] if inside else 0), len(inside) - 1
        if parts < 1:
            return -until
        return until if holds(total, parts) else -until

    return evaluate_quotient


def _last_order(condition: LastOrder) -> Term:
    least, most = in_days(condition.at_least), in_days(condition.at_most)

    def evaluate_last_order(reading: Reading, t: Instant) -> Signed:
        placed, _ = reading.orders()
        if not placed:
            if reading.orders_cut() >= 0:
                raise HistoryNeededError("orders")
            return -NEVER
        return _since(placed[-1], t, least, most)

    return evaluate_last_order


def _rank(condition: Rank, cutoff: float | None) -> Term:
    """Who has no order in the window has no number."""
    if cutoff is None:
        return lambda reading, t: -NEVER
    top = condition.top is not None
    match condition.by:
        case RankedTrait(trait=trait, fresh=fresh):
            return _stamped(trait, fresh, _compare_number("at_least" if top else "at_most", cutoff))
        case RankedOrders(measure="last"):
            return _last_placed(top, condition.by.within, int(cutoff))
        case RankedOrders(measure="average", within=window):
            # Divided as the cut-off was, so that whose average it is is within it.
            return _quotient(
                True, window, lambda total, parts: total / parts >= cutoff if top else total / parts <= cutoff
            )
        case RankedOrders(measure=measure, within=window):
            number = _order_measure(measure, window, cutoff if top else None, None if top else cutoff)
            has_one = _order_measure("count", window, 1, None)
            return lambda reading, t: min(number(reading, t), has_one(reading, t))


def _last_placed(top: bool, window: int | None, cutoff: Instant) -> Term:
    def evaluate_last_placed(reading: Reading, t: Instant) -> Signed:
        placed, _ = reading.orders()
        if not placed or ((placed[-1] >= cutoff) != top and placed[-1] != cutoff):
            return -NEVER
        if window is None:
            return NEVER
        return placed[-1] + window if t < placed[-1] + window else -NEVER

    return evaluate_last_placed


# ── place and moment ──


def number_of(profile: Profile, trait: str) -> float | None:
    stamped = trait_of(profile, trait)
    value = stamped.value if stamped is not None else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _near(condition: Near) -> Term:
    within = condition.km if condition.km is not None else (condition.miles or 0) * KM_A_MILE

    def evaluate_near(reading: Reading, t: Instant) -> Signed:
        latitude, longitude = (number_of(reading.profile, name) for name in ("latitude", "longitude"))
        if latitude is None or longitude is None:
            return -NEVER
        away = distance_km(latitude, longitude, condition.latitude, condition.longitude)
        return NEVER if away <= within else -NEVER

    return evaluate_near


def distance_km(latitude: float, longitude: float, latitude_2: float, longitude_2: float) -> float:
    """Haversine, on a sphere: https://en.wikipedia.org/wiki/Haversine_formula."""
    a, b = radians(latitude), radians(latitude_2)
    across = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(longitude_2 - longitude) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(across)))


def _local_time(condition: LocalTime, shop: ZoneInfo) -> Term:
    begin, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in (condition.from_, condition.to))
    weekdays = frozenset(condition.weekdays)

    def evaluate_local_time(reading: Reading, t: Instant) -> Signed:
        stamped = trait_of(reading.profile, "timezone")
        zone = calendars.zone(stamped.value) if stamped is not None and isinstance(stamped.value, str) else None
        return calendars.local_time(begin, end, weekdays, t, zone or shop)

    return evaluate_local_time


def _season(condition: Season, shop: ZoneInfo) -> Term:
    def evaluate_season(reading: Reading, t: Instant) -> Signed:
        return calendars.season(condition.is_, _is_southern(reading.profile), t, shop)

    return evaluate_season


def _is_southern(profile: Profile) -> bool:
    latitude, country = number_of(profile, "latitude"), trait_of(profile, "country")
    if latitude is not None:
        return latitude < 0
    return country is not None and isinstance(country.value, str) and country.value.upper() in calendars.SOUTHERN


def _anniversary(condition: Anniversary, shop: ZoneInfo) -> Term:
    before, after = condition.next or 0, condition.last or 0

    def evaluate_anniversary(reading: Reading, t: Instant) -> Signed:
        stamped = trait_of(reading.profile, condition.trait)
        day = calendars.date_in(stamped.value) if stamped is not None else None
        return -NEVER if day is None else calendars.anniversary(day, t, shop, before, after)

    return evaluate_anniversary


def _age(condition: Age, shop: ZoneInfo) -> Term:
    def evaluate_age(reading: Reading, t: Instant) -> Signed:
        stamped = trait_of(reading.profile, condition.trait)
        day = calendars.date_in(stamped.value) if stamped is not None else None
        if stamped is None or day is None or not calendars.has_year(stamped.value):
            return -NEVER
        return calendars.age(day, t, shop, condition.at_least, condition.at_most)

    return evaluate_age


def _date_trait(condition: DateTrait, shop: ZoneInfo) -> Term:
    def evaluate_date(reading: Reading, t: Instant) -> Signed:
        stamped = trait_of(reading.profile, condition.trait)
        moment = calendars.moment_in(stamped.value, shop) if stamped is not None else None
        if moment is None or t >= moment + condition.to:
            return -NEVER
        return moment + condition.to if t >= moment + condition.from_ else -(moment + condition.from_)

    return evaluate_date


# ── comparing ──


def comparison(name: Comparison, wanted: Json) -> Callable[[Json], bool]:
    """A test of one value. Of a list, one of its values must pass. Text compares without regard to case."""
    if name == "exists":
        return lambda value: value is not None
    if name == "not_equal":
        equal = comparison("equal", wanted)
        return lambda value: not equal(value)
    one = _compare_one(name, wanted)

    def compare(value: Json) -> bool:
        if isinstance(value, list | tuple):
            return any(map(one, value))
        return one(value)

    return compare


def _compare_one(name: Comparison, wanted: Json) -> Callable[[Json], bool]:
    if name == "in":
        texts = frozenset(fold_case(each) for each in wanted if isinstance(each, str))
        others = [_compare_one("equal", each) for each in wanted if not isinstance(each, str)]

        def one_of(value: Json) -> bool:
            return fold_case(value) in texts if isinstance(value, str) else any(test(value) for test in others)

        return one_of
    if isinstance(wanted, str):
        return _compare_text(name, fold_case(wanted))
    if isinstance(wanted, bool):
        return lambda value: value is wanted
    return _compare_number(name, wanted)


def _compare_text(name: Comparison, wanted: str) -> Callable[[Json], bool]:
    match name:
        case "contains":
            return lambda value: isinstance(value, str) and wanted in fold_case(value)
        case "prefix":
            return lambda value: isinstance(value, str) and fold_case(value).startswith(wanted)
        case "less":
            return lambda value: isinstance(value, str) and fold_case(value) < wanted
        case "at_most":
            return lambda value: isinstance(value, str) and fold_case(value) <= wanted
        case "more":
            return lambda value: isinstance(value, str) and fold_case(value) > wanted
        case "at_least":
            return lambda value: isinstance(value, str) and fold_case(value) >= wanted
        case _:
            return lambda value: isinstance(value, str) and fold_case(value) == wanted


def _compare_number(name: Comparison, wanted: float) -> Callable[[Json], bool]:
    match name:
        case "less":
            return lambda value: _is_number(value) and value < wanted
        case "at_most":
            return lambda value: _is_number(value) and value <= wanted
        case "more":
            return lambda value: _is_number(value) and value > wanted
        case "at_least":
            return lambda value: _is_number(value) and value >= wanted
        case _:
            return lambda value: _is_number(value) and value == wanted


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

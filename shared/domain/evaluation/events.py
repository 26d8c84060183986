"""Terms of events: how many, the first, the newest, what followed what, what was left without an answer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain import calendars
from shared.domain.conditions.events import Cart, EventCount, FirstEvent, InSequence, LastEvent, Share, Unanswered
from shared.domain.evaluation.comparing import filter_
from shared.domain.evaluation.composing import between, until_it_turns
from shared.domain.evaluation.reading import (
    NONE,
    HistoryNeededError,
    Reading,
    Series,
    Signed,
    Term,
    by_value,
    keeps,
    others,
)
from shared.domain.evaluation.spans import Span, span, when_inside
from shared.domain.evaluation.tied import of_any
from shared.domain.events import DAY, NEVER, Instant
from shared.domain.properties import CARTS, numbers_of


def count(condition: EventCount, series: Series, zone: ZoneInfo) -> Term:
    window = condition.within
    if window is None or isinstance(window, int):
        of = partial(_at_least, condition, window, series, zone)
    else:
        of = partial(_at_least_in, condition, span(window, zone), series, zone)
    return between(condition, of)


def _at_least(condition: EventCount, window: int | None, series: Series, zone: ZoneInfo, n: int) -> Term:
    """Up to now: what is inside only ever leaves, so that the n-th newest says until when there are as many."""

    def too_few(reading: Reading, t: Instant) -> Signed:
        """False, as far as the profile's history reaches."""
        cut = reading.cut_of(series)
        if cut >= 0 and (window is None or t - window < cut):
            if condition.count == "events" and not condition.where and window is None and not condition.which:
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
        **{name: _nth_newest_part(calendars.PARTS[name], zone) for name in calendars.PARTS},
        "product_id": _nth_newest_value("product_id"),
        "category": _nth_newest_value("category"),
        "campaign": _nth_newest_value("campaign"),
        "message": _nth_newest_value("message"),
        "same_product_id": _same("product_id"),
        "same_category": _same("category"),
    }[condition.count]
    return evaluate_others


Nth = Callable[[int], Instant]
"""By n: the newest instant such that at least n of what is counted happened at it or later; -1 when there are fewer."""


def _nth_newest_part(part_of: Callable[[Instant, ZoneInfo], Any], zone: ZoneInfo) -> Callable[[Reading, Series], Nth]:
    def nth(reading: Reading, series: Series) -> Nth:
        newest: dict[Any, Instant] = {part_of(time, zone): time for time in reading.times[series]}
        return _nth(newest.values())

    return nth


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


def _at_least_in(condition: EventCount, inside: Span, series: Series, zone: ZoneInfo, n: int) -> Term:
    """In a window of any kind, which what happened may enter as well as leave."""
    what = condition.count

    def number(reading: Reading, begin: int, end: int) -> int:
        if what == "events":
            return end - begin
        if what in calendars.PARTS:
            return len({calendars.PARTS[what](time, zone) for time in reading.times[series][begin:end]})
        values = by_value(reading.occurrences(series)[begin:end], what.removeprefix("same_"))
        return max(map(len, values.values()), default=0) if what.startswith("same_") else len(values)

    def evaluate_inside(reading: Reading, t: Instant) -> Signed:
        times = reading.times[series]
        after, upto = inside.bounds(t)
        begin, end = bisect_right(times, after), bisect_right(times, upto)
        there = number(reading, begin, end)
        if there >= n:
            return inside.leaves(times[end - n if what == "events" else begin])
        if after < reading.cut_of(series):
            raise HistoryNeededError(series.event)
        following = end + (n - there if what == "events" else 1) - 1
        return -inside.enters(times[following]) if following < len(times) else -NEVER

    return until_it_turns(evaluate_inside)


def number(condition: EventCount, series: Series, zone: ZoneInfo) -> Term:
    """What a property's numbers come to, or their average. Of either it is not said that it falls as events leave."""
    inside, name, of_one = span(condition.within, zone), condition.measured or "", condition.average is not None
    bounds = condition.bounds

    def evaluate_number(reading: Reading, t: Instant) -> Signed:
        found = reading.occurrences(series)
        numbers = [numbers_of(each.properties, name) for each in found]
        times, cut = [each.time for each in found], reading.cut_of(series)
        sums, counts = ([0, *accumulate(map(of, numbers))] for of in (sum, len))

        def evaluate_at(reading: Reading, t: Instant) -> Signed:
            after, upto = inside.bounds(t)
            if after < cut:
                raise HistoryNeededError(series.event)
            begin, end = bisect_right(times, after), bisect_right(times, upto)
            until = inside.leaves(times[begin]) if begin < end else NEVER
            if end < len(times):
                until = min(until, inside.enters(times[end]))
            parts = counts[end] - counts[begin] if of_one else 1
            return until if parts > 0 and bounds.hold(sums[end] - sums[begin], parts) else -until

        return until_it_turns(evaluate_at)(reading, t)

    return evaluate_number


def first(condition: FirstEvent, series: Series, zone: ZoneInfo) -> Term:
    inside, whole = when_inside(condition.within, zone), not condition.where

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
        return inside(first, t)

    return evaluate_first


def last(condition: LastEvent, series: Series) -> Term:
    least, most = in_days(condition.at_least), in_days(condition.at_most)

    def evaluate_last(reading: Reading, t: Instant) -> Signed:
        times = reading.times[series]
        if not times:
            if reading.cut(series.event) >= 0:
                raise HistoryNeededError(series.event)
            return -NEVER
        return since(times[-1], t, least, most)

    return evaluate_last


def in_days(days: float | None) -> int | None:
    """So many days, in milliseconds."""
    return None if days is None else round(days * DAY)


def since(newest: Instant, t: Instant, least: int | None, most: int | None) -> Signed:
    signed = NEVER
    if least is not None and t < newest + least:
        signed = -(newest + least)
    if most is not None:
        few = newest + most + 1 if t <= newest + most else -NEVER
        if few < signed:
            signed = few
    return signed


def latest(all_: Sequence[Series], passing: Sequence[Series]) -> Term:
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


def share(condition: Share, all_: Sequence[Series], passing: Sequence[Series], zone: ZoneInfo) -> Term:
    inside = span(condition.within, zone)
    bounds = condition.bounds

    def evaluate_share(reading: Reading, t: Instant) -> Signed:
        after, upto = inside.bounds(t)
        total = passed = 0
        until = NEVER
        for every, some in zip(all_, passing, strict=True):
            if after < reading.cut(every.event):
                raise HistoryNeededError(every.event)
            times, passed_at = reading.times[every], reading.times[some]
            begin, end = bisect_right(times, after), bisect_right(times, upto)
            if begin < end:
                until = min(until, inside.leaves(times[begin]))
            if end < len(times):
                until = min(until, inside.enters(times[end]))
            total += end - begin
            passed += bisect_right(passed_at, upto) - bisect_right(passed_at, after)
        return until if total > 0 and bounds.hold(100 * passed, total) else -until

    return until_it_turns(evaluate_share)


def sequence(condition: InSequence, first: Series, then: Series, without: Series | None, zone: ZoneInfo) -> Term:
    gap, inside, same = condition.gap, span(condition.within, zone), condition.same

    def followed(
        reading: Reading, t: Instant, firsts: list[Instant], thens: list[Instant], betweens: list[Instant]
    ) -> Signed:
        known = max(reading.cut(first.event), reading.cut(then.event), reading.cut(without.event) if without else -1)
        start, upto = inside.bounds(t)
        following = NEVER
        for time in reversed(thens):
            if time > upto:
                following = inside.enters(time)
                continue
            if time <= start:
                break
            if time - gap <= known:  # what came before it may be cut off
                raise HistoryNeededError(then.event)
            at = bisect_right(firsts, time - 1)
            if at == 0 or firsts[at - 1] < time - gap:
                continue
            between = bisect_right(betweens, time - 1)
            if between == 0 or betweens[between - 1] <= firsts[at - 1]:
                return inside.leaves(time)
        if start < reading.cut(then.event):
            raise HistoryNeededError(then.event)
        return -following

    def evaluate_sequence(reading: Reading, t: Instant) -> Signed:
        times = reading.times
        return followed(reading, t, times[first], times[then], times[without] if without else NONE)

    def evaluate_tied(reading: Reading, t: Instant) -> Signed:
        of = [by_value(reading.occurrences(each), same or "") if each else {} for each in (first, then, without)]
        return of_any((*of[1], ""), lambda value: followed(reading, t, *(each.get(value, NONE) for each in of)))

    return evaluate_sequence if same is None else evaluate_tied


def unanswered(condition: Unanswered, of: Series, answers: Sequence[Series], zone: ZoneInfo) -> Term:
    least, older, inside, same = condition.at_least, condition.older, span(condition.within, zone), condition.same

    def waiting(reading: Reading, t: Instant, times: list[Instant], answered_at: Sequence[list[Instant]]) -> Signed:
        answered = unsure = -1  # up to the second an answer may have been cut off
        for series, answer in zip(answers, answered_at, strict=True):
            if answer:
                answered = max(answered, answer[-1])
            else:
                unsure = max(unsure, reading.cut(series.event))
        after, upto = inside.bounds(t)
        after = max(after, answered)
        begin, end = bisect_right(times, after), bisect_right(times, upto)
        there = max(end - begin, 0)
        if there < least:
            if after < reading.cut(of.event):
                raise HistoryNeededError(of.event)
            following = max(begin, end) + least - there - 1
            return -inside.enters(times[following]) if following < len(times) else -NEVER
        if times[end - least] <= unsure:
            raise HistoryNeededError(of.event)
        if older is not None and t < times[end - 1] + older:
            return -(times[end - 1] + older)
        until = inside.leaves(times[end - least])
        if older is not None and end < len(times):  # then another is the newest of them
            until = min(until, inside.enters(times[end]))
        return until

    def evaluate_unanswered(reading: Reading, t: Instant) -> Signed:
        return waiting(reading, t, reading.times[of], [reading.times[series] for series in answers])

    def evaluate_tied(reading: Reading, t: Instant) -> Signed:
        asked = by_value(reading.occurrences(of), same or "")
        answered = [by_value(reading.occurrences(series), same or "") for series in answers]
        return of_any(
            (*asked, ""),
            lambda value: waiting(reading, t, asked.get(value, NONE), [each.get(value, NONE) for each in answered]),
        )

    return evaluate_unanswered if same is None else evaluate_tied


def cart(condition: Cart) -> Term:
    older, window = condition.older, condition.within
    passes = filter_(condition.where) if condition.where else None
    needs = others(condition.where)

    def evaluate_cart(reading: Reading, t: Instant) -> Signed:
        if needs:
            for type_ in CARTS:
                keeps(reading.profile, type_, needs)
        cart = reading.cart()
        if cart is None or t >= cart.time + window or (passes is not None and not passes(cart.properties)):
            return -NEVER
        return cart.time + window if t >= cart.time + older else -(cart.time + older)

    return evaluate_cart

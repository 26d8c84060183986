"""Terms of orders: how many and what they come to, the newest, and the ranks among all contacts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

from shared.domain.conditions.orders import LastOrder, Orders, Rank, RankedOrders, RankedTrait
from shared.domain.conditions.windows import Window
from shared.domain.evaluation.comparing import compare_number
from shared.domain.evaluation.composing import all_of, not_
from shared.domain.evaluation.events import in_days, since
from shared.domain.evaluation.reading import HistoryNeededError, Reading, Signed, Term
from shared.domain.evaluation.spans import Span, span
from shared.domain.evaluation.traits import stamped_value
from shared.domain.events import DAY, NEVER, Instant


def measured(condition: Orders, zone: ZoneInfo) -> Term:
    return _order_measure(condition.measure, condition.within, zone, *order_bounds(condition))


def order_bounds(condition: Orders) -> tuple[float | None, float | None]:
    """What the measure is compared with, as it is worked out: hundredths of money (and parts of one: no order of 10.01
    is at most 10.005), milliseconds, or a count."""
    of_money = condition.measure in ("sum", "average", "largest")

    def raw(bound: float | None) -> float | None:
        if bound is None or condition.measure == "count":
            return bound
        return round(bound * 100, 4) if of_money else round(bound * DAY)

    least, most = raw(condition.at_least), raw(condition.at_most)
    return (1, None) if least is None and most is None else (least, most)


def _order_measure(
    measure: str, window: Window | None, zone: ZoneInfo, least: float | None, most: float | None
) -> Term:
    """Signed: whether the measure is between bounds, which are hundredths, milliseconds or a count."""
    if not (window is None or isinstance(window, int)):
        return _inside(span(window, zone), partial(_is_between, measure, least, most))
    reaches = {"count": _counts, "sum": _sums, "largest": _largest}.get(measure)
    if reaches is not None:
        return _monotone(reaches, measure == "largest", window, least, most)

    def holds(total: int, parts: int) -> bool:
        return (least is None or total >= least * parts) and (most is None or total <= most * parts)

    return _quotient(measure == "average", window, holds)


def _is_between(measure: str, least: float | None, most: float | None, placed: list[Instant], nets: list[int]) -> bool:
    """Of all orders in a window."""
    value, parts = {
        "count": (len(placed), 1),
        "sum": (sum(nets), 1),
        "largest": (max(nets, default=0), min(len(nets), 1)),
        "average": (sum(nets), len(nets)),
        "days_between": (placed[-1] - placed[0] if placed else 0, len(placed) - 1),
    }[measure]
    if parts < 1:
        return False
    return (least is None or value >= least * parts) and (most is None or value <= most * parts)


def _inside(inside: Span, holds: Callable[[list[Instant], list[int]], bool]) -> Term:
    """In a window of any kind: whether it holds of the orders in it, until one enters or leaves."""

    def evaluate_inside(reading: Reading, t: Instant) -> Signed:
        placed, nets = reading.orders()
        after, upto = inside.bounds(t)
        if after < reading.orders_cut():
            raise HistoryNeededError("orders")
        begin, end = bisect_right(placed, after), bisect_right(placed, upto)
        until = inside.leaves(placed[begin]) if begin < end else NEVER
        if end < len(placed):
            until = min(until, inside.enters(placed[end]))
        return until if holds(placed[begin:end], nets[begin:end]) else -until

    return evaluate_inside


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
        terms.append(not_(reached(_next(most))))
        if needs_one:
            terms.append(reached(0))
    return terms[0] if len(terms) == 1 else all_of(terms)


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


def last(condition: LastOrder) -> Term:
    least, most = in_days(condition.at_least), in_days(condition.at_most)

    def evaluate_last_order(reading: Reading, t: Instant) -> Signed:
        placed, _ = reading.orders()
        if not placed:
            if reading.orders_cut() >= 0:
                raise HistoryNeededError("orders")
            return -NEVER
        return since(placed[-1], t, least, most)

    return evaluate_last_order


def rank(condition: Rank, cutoff: float | None, zone: ZoneInfo) -> Term:
    """Who has no order in the window has no number."""
    if cutoff is None:
        return lambda reading, t: -NEVER
    top = condition.top is not None
    match condition.by:
        case RankedTrait(trait=trait, fresh=fresh):
            return stamped_value(trait, fresh, compare_number("at_least" if top else "at_most", cutoff))
        case RankedOrders(measure="last", within=window):
            return _last_placed(top, span(window, zone), int(cutoff))
        case RankedOrders(measure="average", within=window):
            # Divided as the cut-off was, so that whose average it is is within it.
            def holds(total: int, parts: int) -> bool:
                return total / parts >= cutoff if top else total / parts <= cutoff

            if window is None or isinstance(window, int):
                return _quotient(True, window, holds)
            return _inside(span(window, zone), lambda placed, nets: bool(nets) and holds(sum(nets), len(nets)))
        case RankedOrders(measure=measure, within=window):
            number = _order_measure(measure, window, zone, cutoff if top else None, None if top else cutoff)
            has_one = _order_measure("count", window, zone, 1, None)
            return lambda reading, t: min(number(reading, t), has_one(reading, t))


def _last_placed(top: bool, inside: Span, cutoff: Instant) -> Term:
    def evaluate_last_placed(reading: Reading, t: Instant) -> Signed:
        placed, _ = reading.orders()
        after, upto = inside.bounds(t)
        end = bisect_right(placed, upto)
        following = inside.enters(placed[end]) if end < len(placed) else NEVER
        if end == 0 or placed[end - 1] <= after:
            if after < reading.orders_cut():
                raise HistoryNeededError("orders")
            return -following
        newest = placed[end - 1]
        if (newest >= cutoff) != top and newest != cutoff:
            return -following
        return min(inside.leaves(newest), following)

    return evaluate_last_placed

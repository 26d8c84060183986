"""Terms of orders: how many and what they come to, the newest, and the ranks among all contacts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.conditions.comparing import Bounds
from shared.domain.conditions.orders import LastOrder, Orders, OrderWhere, Rank, RankedOrders, RankedTrait, by_lines
from shared.domain.conditions.windows import Window
from shared.domain.evaluation.comparing import Passes, compare_number, comparison
from shared.domain.evaluation.composing import all_of, not_, until_it_turns
from shared.domain.evaluation.events import in_days, since
from shared.domain.evaluation.reading import HistoryNeededError, Picked, Reading, Signed, Term
from shared.domain.evaluation.spans import Span, span
from shared.domain.evaluation.traits import stamped_value
from shared.domain.events import NEVER, Instant, Json
from shared.domain.profiles.lines import A_PIECE, Line, as_properties, pieces_of, worth_of
from shared.domain.profiles.orders import Order


def measured(condition: Orders, zone: ZoneInfo) -> Term:
    measure, window = condition.measure, condition.within
    picked = picked_by(measure, condition.where, condition.lines, condition.which)
    return _measured(measure, picked, window, zone, condition.bounds)


# ── which orders, and what each is worth ──


def picked_by(measure: str, where: Sequence[OrderWhere], lines: Sequence[OrderWhere], which: int = 0) -> Selection:
    """The orders that pass, of so many of the newest or oldest (`Picked.which`); of `refunded_share`, with what each
    was worth before (`of`)."""
    refunded = measure.startswith("refunded")
    of_lines = by_lines(measure, lines)
    if not where and not of_lines and not refunded and not which:
        return Selection(None)
    of_order, of_line = _filter(where), _filter(lines)

    def passing(order: Order) -> list[Line]:
        return [line for line in order.lines if of_line(as_properties(line))] if lines else order.lines

    def returned(order: Order) -> int:
        of_each = zip(order.lines, order.returned_of(), strict=True)
        return sum(money for line, money in of_each if of_line(as_properties(line)))

    def passes(order: Order) -> bool:
        return of_order(asked_of(order)) and (not lines or bool(passing(order)))

    def cost(order: Order) -> int:
        return sum(map(worth_of, passing(order))) if lines else order.value

    def worth(order: Order) -> int:
        if refunded:
            return returned(order) if lines else sum(order.taken_off())
        if measure == "quantity":
            return sum(map(pieces_of, passing(order)))
        return cost(order) if lines else order.net

    return Selection(
        Picked(passes, worth, of_lines, refunded, which),
        Picked(passes, cost, of_lines, refunded) if measure == "refunded_share" else None,
    )


class Selection(NamedTuple):
    orders: Picked | None
    of: Picked | None = None


def _filter(where: Sequence[OrderWhere]) -> Passes:
    tests = [(each.property, comparison(each.is_, wanted(each))) for each in where]
    return lambda properties: all(test(properties.get(name)) for name, test in tests)


def wanted(where: OrderWhere) -> Json:
    """What a property is compared with, as it is held: money in hundredths, pieces in thousandths."""
    factor = {"total": 100, "price": 100, "quantity": A_PIECE}.get(where.property)
    if factor is None or where.is_ == "exists":
        return where.value
    if isinstance(where.value, list | tuple):
        return [round(each * factor, 4) for each in where.value]
    return round(where.value * factor, 4)


def asked_of(order: Order) -> dict[str, Json]:
    """What a filter on an order looks at. A coupon is a discount code: Segment's spec calls it so."""
    return {**order.told, "coupon": order.properties.get("discount_codes")}


# ── measures ──


def _measured(measure: str, picked: Selection, window: Window | None, zone: ZoneInfo, bounds: Bounds) -> Term:
    """Signed: whether the measure is between bounds."""
    least, most = bounds.whole
    if not (window is None or isinstance(window, int)):
        whole = bounds if measure in _QUOTIENTS else Bounds(least, most)
        return _inside(span(window, zone), measure, picked, whole.hold)
    reaches = _REACHES.get(measure)
    if reaches is not None:
        return _monotone(reaches, measure == "largest", picked.orders, window, least, most)
    return _quotient(measure, picked, window, bounds.hold)


Totals = Callable[[list[Instant], list[int], list[int]], tuple[int, int]]
"""By when the orders in a window were placed, what each is worth, and what of: a total, and of how many parts it is."""
_QUOTIENTS: Mapping[str, Totals] = {
    "average": lambda placed, worths, of: (sum(worths), len(worths)),
    "days_between": lambda placed, worths, of: (placed[-1] - placed[0] if placed else 0, len(placed) - 1),
    "refunded_share": lambda placed, worths, of: (100 * sum(worths), sum(of)),
}
TOTALS: Mapping[str, Totals] = {
    "count": lambda placed, worths, of: (len(placed), 1),
    "sum": lambda placed, worths, of: (sum(worths), 1),
    "quantity": lambda placed, worths, of: (sum(worths), 1),
    "refunded": lambda placed, worths, of: (sum(worths), 1),
    "largest": lambda placed, worths, of: (max(worths, default=0), min(len(worths), 1)),
    **_QUOTIENTS,
}


Holds = Callable[[int, int], bool]
"""Whether it holds of a total and of how many it is the total."""


def _inside(inside: Span, measure: str, picked: Selection, holds: Holds) -> Term:
    """In a window of any kind: whether it holds of the orders in it, until one enters or leaves."""
    totals = TOTALS[measure]

    def evaluate_inside(reading: Reading, t: Instant) -> Signed:
        placed, worths = reading.orders(picked.orders)
        of = reading.orders(picked.of)[1] if picked.of else NO_WORTHS
        after, upto = inside.bounds(t)
        if after < reading.orders_cut(picked.orders):
            raise HistoryNeededError("orders")
        begin, end = bisect_right(placed, after), bisect_right(placed, upto)
        until = inside.leaves(placed[begin]) if begin < end else NEVER
        if end < len(placed):
            until = min(until, inside.enters(placed[end]))
        total, parts = totals(placed[begin:end], worths[begin:end], of[begin:end])
        return until if parts > 0 and holds(total, parts) else -until

    return until_it_turns(evaluate_inside)


NO_WORTHS: list[int] = []


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


_REACHES: Mapping[str, Reaches] = {
    "count": _counts,
    "sum": _sums,
    "quantity": _sums,
    "refunded": _sums,
    "largest": _largest,
}


def _monotone(
    reaches: Reaches,
    needs_one: bool,
    picked: Picked | None,
    window: int | None,
    least: float | None,
    most: float | None,
) -> Term:
    """Of a measure that only falls while orders leave the window."""

    def reached(bound: float) -> Term:
        if bound <= 0 and not needs_one:
            return lambda reading, t: NEVER

        def evaluate_reached(reading: Reading, t: Instant) -> Signed:
            placed, nets = reading.orders(picked)
            at = reaches(placed, nets, bound)
            if at >= 0:
                if window is None:
                    return NEVER
                leaves = placed[at] + window
                if leaves > t:
                    return leaves
            if (-1 if window is None else t - window) < reading.orders_cut(picked):
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


def _quotient(measure: str, picked: Selection, window: int | None, holds: Holds) -> Term:
    """Of what may rise when an order leaves the window: the average of orders, the time between them, a share."""
    totals = _QUOTIENTS[measure]

    def evaluate_quotient(reading: Reading, t: Instant) -> Signed:
        placed, worths = reading.orders(picked.orders)
        of = reading.orders(picked.of)[1] if picked.of else NO_WORTHS
        start = -1 if window is None else t - window
        if start < reading.orders_cut(picked.orders):
            raise HistoryNeededError("orders")
        at = bisect_right(placed, start)
        until = NEVER if window is None or at == len(placed) else placed[at] + window
        total, parts = totals(placed[at:], worths[at:], of[at:])
        return until if parts > 0 and holds(total, parts) else -until

    return evaluate_quotient


def last(condition: LastOrder) -> Term:
    least, most = in_days(condition.at_least), in_days(condition.at_most)
    picked = picked_by("count", condition.where, condition.lines).orders

    def evaluate_last_order(reading: Reading, t: Instant) -> Signed:
        placed, _ = reading.orders(picked)
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
        case RankedOrders(measure=measure, within=window, where=where, lines=lines):
            picked = picked_by(measure, where or (), lines or ())
            if measure == "last":
                return _last_placed(top, picked.orders, span(window, zone), int(cutoff))
            if measure == "average":
                # Divided as the cut-off was, so that whose average it is is within it.
                def holds(total: int, parts: int) -> bool:
                    return total / parts >= cutoff if top else total / parts <= cutoff

                if window is None or isinstance(window, int):
                    return _quotient(measure, picked, window, holds)
                return _inside(span(window, zone), measure, picked, holds)
            bounds = Bounds(least=cutoff) if top else Bounds(most=cutoff)
            number = _measured(measure, picked, window, zone, bounds)
            has_one = _measured("count", picked, window, zone, Bounds(least=1))
            return lambda reading, t: min(number(reading, t), has_one(reading, t))


def _last_placed(top: bool, picked: Picked | None, inside: Span, cutoff: Instant) -> Term:
    def evaluate_last_placed(reading: Reading, t: Instant) -> Signed:
        placed, _ = reading.orders(picked)
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

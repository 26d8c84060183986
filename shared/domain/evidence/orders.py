"""Evidence of orders: which, when, and what they were worth; and of ranks."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from shared.domain.conditions.orders import LastOrder, Orders, OrderWhere, Rank, RankedOrders, RankedTrait
from shared.domain.conditions.windows import Window
from shared.domain.evaluation import comparison
from shared.domain.evaluation.orders import TOTALS, asked_of, picked_by, wanted
from shared.domain.events import DAY, NEVER, Instant, Json
from shared.domain.evidence import traits
from shared.domain.evidence.events import told_of_newest
from shared.domain.evidence.view import STAYS, Evidence, View, newest, out_of
from shared.domain.profiles.lines import A_PIECE
from shared.domain.profiles.orders import Order
from shared.domain.wording.orders import filtered, labelled
from shared.domain.wording.texts import money, number, plural, within, word

_AGAIN = "there is another order"
_TAKEN_BACK = "Only a refund or a cancellation would change it."


def measured(view: View, condition: Orders, holds: bool, until: Instant) -> Evidence:
    if _is_told_in_general(condition):
        return _in_general(view, condition)
    orders = view.orders(condition.within)
    least, most = condition.at_least, condition.at_most
    if least is None and most is None:
        least = 1 if condition.measure == "count" else 0.01
    value = _measure(condition.measure, [order for _, order in orders])
    would = ends = "Another order may change it."
    unless = "another order changes it"

    def measure_at(t: Instant) -> float:
        return _measure(condition.measure, [order for _, order in view.orders(condition.within, t)]) or 0

    match condition.measure:
        case "count" | "sum":
            there, is_money = value or 0, condition.measure == "sum"
            text = out_of(there, least, holds, money if is_money else number)
            text += " spent" if is_money else " order" if text == "1" else " orders"
            would = ends = _TAKEN_BACK
            then = measure_at(view.counts_at(condition.within))
            missing = ceil(round(((least or 0) - then) * 100, 4)) / 100
            room = ((most or 0) * 100 // 1 - round(then * 100)) / 100
            if (least or 0) > there:
                more = f"Orders worth {money(missing)} more" if is_money else plural(ceil(missing), "more order")
                would = view.by(condition.within, more, "make it true")
            if most is not None:
                more = f"Orders worth more than {money(room)}" if is_money else plural(int(room) + 1, "more order")
                ends = view.by(condition.within, more, "end it")
        case _ if value is None:
            text = f"{plural(len(orders), 'order')}, which is too few"
        case "days_between":
            text = f"on average {plural(round(value, 1), 'day')} between {plural(len(orders), 'order')}"
        case _:
            text = f"the {condition.measure} {money(round(value, 2))}"
    if condition.measure in ("count", "sum") and until != NEVER and (most is None) == holds:
        bound, short = (least or 0) if holds else (most or 0), measure_at(until)
        unless = _unless(condition.measure, bound - short, or_more=holds)
    if until == NEVER or not view.lasts(condition.within, until):
        unless = ""
    return Evidence(f"{text}{within(condition.within)}{_named(view, orders)}", would, ends, unless)


def _is_told_in_general(condition: Orders) -> bool:
    """Whether no number of orders can be named that would change it: it depends on what is in them."""
    strict = (condition.more, condition.less) != (None, None)
    return bool(condition.where or condition.lines or condition.which or strict or condition.measure in _IN_GENERAL)


_IN_GENERAL = {"quantity": A_PIECE, "refunded": 100, "refunded_share": 1}
_MAY = "An order, a refund or a cancellation may change it."


def _in_general(view: View, condition: Orders) -> Evidence:
    measure = condition.measure
    picked = picked_by(measure, condition.where, condition.lines, condition.which)
    orders = view.orders(condition.within, picked=picked.orders)
    worths = [order.net if picked.orders is None else picked.orders.worth(order) for _, order in orders]
    placed = [order.placed for _, order in orders]
    of = [picked.of.worth(order) for _, order in orders] if picked.of is not None else []
    total, parts = TOTALS[measure](placed[::-1], worths, of)
    said = {"count": number, "quantity": number, "days_between": _days, "refunded_share": _percent}.get(measure, money)
    unit = {"count": 1, "days_between": DAY, **_IN_GENERAL}.get(measure, 100)
    text = f"{measure.replace('_', ' ')}: {said(round(total / parts / unit, 2)) if parts > 0 else 'none'}"
    named = f"{plural(len(orders), 'order')}{' of that kind' if condition.where or condition.lines else ''}"
    others = _others(view, condition, measure, condition.which, condition.within, orders)
    return Evidence(f"{text}, of {named}{within(condition.within)}{_named(view, orders)}{others}", _MAY, _MAY)


def _others(
    view: View,
    condition: Orders | LastOrder,
    measure: str,
    which: int,
    window: Window | None,
    passing: Sequence[tuple[str, Order]],
) -> str:
    """The orders that were looked at and do not pass the filters, each with what it fails."""
    if not condition.where and not condition.lines:
        return ""
    names = {name for name, _ in passing}
    every = view.orders(window, picked=picked_by(measure, (), (), which).orders)
    texts = [
        f"{view.when(order.placed)} ({name}, {money(order.net / 100)}, {_fails(condition, order)})"
        for name, order in every
        if name not in names
    ]
    return f"; not of that kind: {newest(texts)}" if texts else ""


def _fails(condition: Orders | LastOrder, order: Order) -> str:
    """The filters on an order that it does not pass, with what it has instead; or those that no line passes all of."""
    told = asked_of(order)
    failing = [each for each in condition.where if not comparison(each.is_, wanted(each))(told.get(each.property))]
    if failing:
        return " and ".join(f"{labelled(each)} is {_said(each, told.get(each.property))}" for each in failing)
    return filtered((), condition.lines).replace(" with a", "no", 1)


def _said(where: OrderWhere, value: Json) -> str:
    if value is None:
        return "not known"
    if where.property == "total":
        return money(value / 100)
    return ", ".join(map(word, value)) if isinstance(value, list) else word(value)


def _days(value: float) -> str:
    return plural(value, "day")


def _percent(value: float) -> str:
    return f"{number(value)} %"


def _unless(measure: str, missing: float, *, or_more: bool) -> str:
    """What has to be ordered so that the measure stays where it is."""
    if measure == "sum":
        worth = "at least" if or_more else "more than"
        amount = ceil(round(missing * 100, 4)) / 100 if or_more else round(missing * 100, 4) // 1 / 100
        return f"there are orders worth {worth} {money(amount)}"
    needed = ceil(missing) if or_more else int(missing // 1) + 1
    return _AGAIN if needed == 1 else f"there are {plural(needed, 'more order')}"


def _measure(measure: str, orders: list[Order]) -> float | None:
    """The measure of orders, newest first: a count, money or days; None where it is missing."""
    nets = [order.net for order in orders]
    match measure:
        case "count":
            return len(orders)
        case "sum":
            return sum(nets) / 100
        case "average" if nets:
            return sum(nets) / len(nets) / 100
        case "largest" if nets:
            return max(nets) / 100
        case "days_between" if len(orders) > 1:
            return (orders[0].placed - orders[-1].placed) / (len(orders) - 1) / DAY
    return None


def _named(view: View, newest_first: list[tuple[str, Order]]) -> str:
    texts = [f"{view.when(order.placed)} ({name}, {money(order.net / 100)})" for name, order in newest_first]
    return f": {newest(texts)}" if texts else ""


def last(view: View, condition: LastOrder, holds: bool) -> Evidence:
    picked = picked_by("count", condition.where, condition.lines).orders
    found = view.orders(picked=picked)[:1]
    text = f"the newest{_named(view, found)}" if found else "no order"
    if condition.where or condition.lines:
        return Evidence(f"{text}{_others(view, condition, 'count', 0, None, view.orders(picked=picked))}", _MAY, _MAY)
    told = told_of_newest(condition, text, "order" if found else "first order", holds, _AGAIN)
    return told._replace(ends=_TAKEN_BACK) if told.ends == STAYS else told


def rank(view: View, condition: Rank) -> Evidence:
    """With the cut-off, as the nightly refresh last worked it out."""
    cutoff = view.definitions.compiler.cutoffs.get(condition.key)
    told, bound = _ranked(view, condition.by, cutoff)
    if cutoff is None:
        would = "The nightly refresh has to work the cut-off out."
        return told._replace(evidence=f"{told.evidence}; no cut-off yet", would=would)
    return told._replace(evidence=f"{told.evidence}; the cut-off is {bound}")


def _ranked(view: View, by: RankedTrait | RankedOrders, cutoff: float | None) -> tuple[Evidence, str]:
    """What the contact has of it, and the cut-off in words."""
    if isinstance(by, RankedTrait):
        return traits.values(view, by.trait), number(cutoff or 0)
    picked = picked_by(by.measure, by.where or (), by.lines or ()).orders
    orders = view.orders(by.within, picked=picked)
    changes = "Another order, or the nightly refresh, may change it."
    if by.measure == "last":
        found = f"the newest{_named(view, orders[:1])}" if orders else "no order"
        return Evidence(found, changes, changes, _AGAIN), view.when(int(cutoff or 0))
    said = number if by.measure in ("count", "quantity") else money
    unit = {"count": 1, "quantity": A_PIECE}.get(by.measure, 100)
    worths = [order.net if picked is None else picked.worth(order) for _, order in orders]
    total, parts = TOTALS["sum" if by.measure in _IN_GENERAL else by.measure]([], worths, [])
    if by.measure == "count":
        total = len(orders)
    value = total / parts / unit if parts > 0 else None
    found = f"{said(round(value or 0, 2))}{within(by.within)}{_named(view, orders)}" if orders else "no order"
    bound = said(round((cutoff or 0) / unit, 2))
    return Evidence(found, changes, changes, _AGAIN), bound

"""Orders and ranks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shared.domain.conditions.comparing import Bounds
from shared.domain.conditions.orders import LastOrder, Orders, OrderWhere, Rank, RankedOrders, RankedTrait
from shared.domain.conditions.windows import Window
from shared.domain.evaluation.orders import wanted
from shared.domain.sql_plan.expressions import double, filtered, literal, passes_column, within
from shared.domain.sql_plan.sources import Source, Sources
from shared.domain.sql_plan.traits import or_answered
from shared.domain.sql_plan.trees import FALSE, Tree


def measured(plan: Sources, condition: Orders) -> Tree:
    measure, bounds = condition.measure, condition.bounds
    source, of = _aggregated(plan, measure, condition.within, condition.where, condition.lines)
    least, most = bounds.whole
    match measure:
        case "count":
            return plan.between(source, source.column(of("count")), least, most, condition)
        case "sum" | "quantity" | "refunded":
            total = source.column(of("sum", _COLUMNS.get(measure, "amount")))
            return plan.between(source, total, least, most, condition)
        case "largest":
            value, parts, bounds = source.column(of("max", "amount")), "1", Bounds(least, most)
            tests = [f"{source.column(of('count'))} >= 1"]
        case "average":
            value, parts = source.column(of("sum", "amount")), source.column(of("count"))
            tests = [f"{parts} >= 1"]
        case "refunded_share":
            cost = "amount" if condition.lines else "total"
            value, parts = f"100 * {source.column(of('sum', 'refunded'))}", source.column(of("sum", cost))
            tests = [f"{parts} >= 1"]
        case "days_between":
            value = source.column(f"{of('max', 'time')} - {of('min', 'time')}")
            parts = f"({source.column(of('count'))} - 1)"
            tests = [f"{parts} >= 1"]
    return plan.atom(source, " AND ".join([*tests, *within(value, parts, bounds)]), condition)


_COLUMNS = {"quantity": "quantity", "refunded": "refunded"}


class Aggregate(Protocol):
    def __call__(self, function: str, column: str = "*") -> str: ...


def _aggregated(
    plan: Sources,
    measure: str,
    window: Window | None,
    where: Sequence[OrderWhere],
    lines: Sequence[OrderWhere],
) -> tuple[Source, Aggregate]:
    """The orders that pass, and expressions of what they come to: read order by order, or, where what is in them is
    asked for, line by line and then order by order."""
    tests = [*([] if measure.startswith("refunded") else ["flag"]), *plan.inside(window), *map(_passes, where)]
    if not lines:
        return plan.source("contacts", "order"), lambda function, column="*": filtered(f"{function}({column})", tests)
    source = plan.source("values", "line", value="name")
    tests += map(_passes, lines)

    def of_orders(function: str, column: str = "*") -> str:
        if function == "count":
            return f"count(*) FILTER (WHERE {source.below_column(filtered('count(*)', tests))} > 0)"
        of_one = "sum" if column in ("amount", "quantity", "refunded") else "max"
        return f"{function}({source.below_column(filtered(f'{of_one}({column})', tests))})"

    return source, of_orders


def _passes(where: OrderWhere) -> str:
    """A filter on an order, or on one of its lines."""
    name = "discount_codes" if where.property == "coupon" else where.property
    return passes_column(where.is_, wanted(where), name)


def last(plan: Sources, condition: LastOrder) -> Tree:
    source, of = _aggregated(plan, "count", None, condition.where, condition.lines)
    newest = source.column(of("max", "time"))
    return plan.atom(source, plan.days_since(newest, condition.at_least, condition.at_most), condition)


def ranked(plan: Sources, rank: Rank) -> Tree:
    """Among all; who is among those of `among` is asked beside it."""
    cutoff = plan.definitions.compiler.cutoffs.get(rank.key)
    if cutoff is None:
        return FALSE
    return _ranked(plan, rank, cutoff, ">=" if rank.top is not None else "<=")


def _ranked(plan: Sources, rank: Rank, cutoff: float, comparison: str) -> Tree:
    match rank.by:
        case RankedTrait(trait=trait, fresh=fresh):
            is_it = [*plan.inside(fresh), "amount IS NULL", f"number {comparison} {double(cutoff)}"]
            return or_answered(plan, plan.of_row("trait", trait, is_it, rank), rank)
        case RankedOrders():
            source, expression = number_of(plan, rank)
            return plan.atom(source, f"{source.column(expression)} {comparison} {double(cutoff)}", rank)


def number_of(plan: Sources, rank: Rank) -> tuple[Source, str]:
    """What contacts are ranked by; null for who has no number."""
    match rank.by:
        case RankedTrait(trait=trait, fresh=fresh):
            source = plan.source("rows", "trait")
            source.names[trait] = None
            tests = [f"name = {literal(trait)}", *plan.inside(fresh), "amount IS NULL"]
            return source, f"CASE WHEN {' AND '.join(tests)} THEN number END"
        case RankedOrders(measure=measure, within=window, where=where, lines=lines):
            source, of = _aggregated(plan, measure, window, where or (), lines or ())
            expression = {
                "count": f"NULLIF({of('count')}, 0)",
                "average": f"CAST({of('sum', 'amount')} AS DOUBLE) / {of('count')}",
                "largest": of("max", "amount"),
                "last": of("max", "time"),
            }.get(measure) or of("sum", _COLUMNS.get(measure, "amount"))
            return source, expression

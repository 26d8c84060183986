"""Orders and ranks."""

from __future__ import annotations

from shared.domain.conditions import Condition
from shared.domain.conditions.orders import LastOrder, Orders, Rank, RankedOrders, RankedTrait
from shared.domain.conditions.windows import Window
from shared.domain.evaluation import order_bounds
from shared.domain.sql_plan.expressions import double, filtered, literal, number
from shared.domain.sql_plan.sources import Source, Sources
from shared.domain.sql_plan.traits import or_answered
from shared.domain.sql_plan.trees import FALSE, Tree


def measured(plan: Sources, condition: Orders) -> Tree:
    least, most = order_bounds(condition)
    return _measured(plan, condition.measure, condition.within, least, most, condition)


def _measured(
    plan: Sources, measure: str, window: Window | None, least: float | None, most: float | None, condition: Condition
) -> Tree:
    source = plan.source("contacts", "order")
    later = plan.inside(window)
    count = source.column(filtered("count(*)", later))
    match measure:
        case "count":
            return plan.between(source, count, least, most, condition)
        case "sum":
            total = source.column(filtered("sum(amount)", later))
            return plan.between(source, total, least, most, condition)
        case "largest":
            value, parts = source.column(filtered("max(amount)", later)), "1"
            tests = [f"{count} >= 1"]
        case "average":
            value, parts = source.column(filtered("sum(amount)", later)), count
            tests = [f"{count} >= 1"]
        case _:
            spread = f"{filtered('max(time)', later)} - {filtered('min(time)', later)}"
            value, parts = source.column(spread), f"({count} - 1)"
            tests = [f"{count} >= 2"]
    tests += [f"{value} >= {number(least)} * {parts}"] if least is not None else []
    tests += [f"{value} <= {number(most)} * {parts}"] if most is not None else []
    return plan.atom(source, " AND ".join(tests).replace(" * 1", ""), condition)


def last(plan: Sources, condition: LastOrder) -> Tree:
    source = plan.source("contacts", "order")
    newest = source.column("max(time)")
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
        case RankedOrders(measure=measure, within=window):
            later = plan.inside(window)
            total, count = filtered("sum(amount)", later), filtered("count(*)", later)
            expression = {
                "count": f"NULLIF({count}, 0)",
                "sum": total,
                "average": f"CAST({total} AS DOUBLE) / {count}",
                "largest": filtered("max(amount)", later),
                "last": filtered("max(time)", later),
            }[measure]
            return plan.source("contacts", "order"), expression

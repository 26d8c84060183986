"""Points of lead models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import starmap

from shared.domain.conditions import Condition
from shared.domain.conditions.points import Points
from shared.domain.conditions.shorthand import plain
from shared.domain.events import HOUR, Instant
from shared.domain.lead_models import HALVINGS, Decay, EventRule, LeadModel, StateRule, reached
from shared.domain.sql_plan.events import series
from shared.domain.sql_plan.expressions import filtered
from shared.domain.sql_plan.sources import Sources
from shared.domain.sql_plan.trees import Summed, Tree, all_of, not_of


def points(plan: Sources, condition: Points, model: LeadModel, tree: Callable[[Condition], Tree]) -> Tree:
    """`tree` gives that of a plain condition."""
    decay = model.decay
    columns = tuple(_of_events(plan, rule, decay) for rule in model.rules if isinstance(rule, EventRule))
    weights = tuple(
        (tree(plain(rule.when)), rule.points * decay.one) for rule in model.rules if isinstance(rule, StateRule)
    )
    least, most = model.bounds(condition)
    parts: list[Tree] = [] if least is None else [Summed(columns, weights, least * decay.one)]
    if most is not None:
        parts.append(not_of(Summed(columns, weights, most * decay.one + 1)))
    return all_of(parts)


def _of_events(plan: Sources, rule: EventRule, decay: Decay) -> str:
    """The column with what a rule on events gives, in parts of a point."""
    after = reached(rule, decay, plan.t)
    source, tests = series(plan, rule.event, rule.where, after)
    return plan.numbered(
        f"points {source.of} {rule.model_dump_json()} {decay.hours}", source, given(rule, decay, plan.t, tests)
    )


def given(rule: EventRule, decay: Decay, t: Instant, tests: Sequence[str]) -> str:
    """What a rule gives at `t` of a contact's events that pass these tests, in parts of a point; null: nothing."""
    after = reached(rule, decay, t)
    inside = [*tests, f"time > {after}"] if after >= 0 else tests
    times = filtered(f"max(time, {rule.up_to})", inside)
    if not decay.hours:
        return f"reduce({times}, CAST(0 AS BIGINT), (s, x) -> s + {rule.points}, s -> s)"
    ages = f"transform({times}, x -> {_hours(f'{t} - x')})"
    lines = starmap(_line, ((decay.hours, halved) for halved in range(HALVINGS)))
    left = f"CASE {' '.join(lines)} ELSE 0 END"
    return f"reduce({ages}, CAST(0 AS BIGINT), (s, x) -> s + {rule.points} * {left}, s -> s)"


def _line(hours: int, halved: int) -> str:
    """What is left of a point in the half-life after so many, by its age `x` in hours (`Decay.left`)."""
    return f"WHEN x < {(halved + 1) * hours} THEN ({(halved + 2) * hours} - x) * {1 << (HALVINGS - 1 - halved)}"


def _hours(age: str) -> str:
    """The whole hours of an age in milliseconds. What is divided can be, so that a DOUBLE holds it exactly."""
    return f"CAST(ROUND(CAST(({age}) - ({age}) % {HOUR} AS DOUBLE) / {HOUR}e0) AS BIGINT)"

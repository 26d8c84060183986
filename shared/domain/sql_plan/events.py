"""Events."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.calendars import PARTS
from shared.domain.conditions.comparing import Where
from shared.domain.conditions.events import (
    Cart,
    EventCount,
    Filtered,
    FirstEvent,
    InSequence,
    LastEvent,
    Latest,
    Share,
    Unanswered,
)
from shared.domain.conditions.fields import condition_key
from shared.domain.evaluation import in_days
from shared.domain.events import Instant
from shared.domain.lake_rows import OTHER, partition
from shared.domain.properties import AMOUNTS, MILLIONTHS
from shared.domain.sql_plan.expressions import filtered, literal, nth_newest, passes_filter, within
from shared.domain.sql_plan.sources import Shape, Source, Sources
from shared.domain.sql_plan.trees import Merged, Tree, not_of


def count(plan: Sources, condition: EventCount) -> Tree:
    start = -1 if condition.which else plan.start(condition.within)
    inside = plan.inside(condition.within)
    if condition.which:
        inside.append(f"place <= {abs(condition.which)}")
    if condition.measured is not None:
        return _number(plan, condition, condition.measured, start, inside)
    if condition.with_ is not None or condition.without is not None:
        return _tied_count(plan, condition, start, inside)
    if condition.count == "events":
        source = plan.source("contacts", partition(condition.event), events=True, which=condition.which)
        passes = filters(plan, source, condition.event, condition.where, start)
        column = source.column(filtered("count(*)", passes + inside))
    else:
        value = condition.count.removesuffix("s") if condition.count in PARTS else condition.count.removeprefix("same_")
        source = plan.source("values", partition(condition.event), events=True, value=value, which=condition.which)
        passes = filters(plan, source, condition.event, condition.where, start)
        of_value = source.below_column(filtered("count(*)", passes + inside))
        most = f"max({of_value})"
        source.once = source.once or condition.count.startswith("same_")
        column = source.column(
            most if condition.count.startswith("same_") else f"count(*) FILTER (WHERE {of_value} > 0)"
        )
    return plan.between(source, column, *condition.between, condition)


def _number(plan: Sources, condition: EventCount, name: str, start: Instant, inside: Sequence[str]) -> Tree:
    """What a property's numbers come to: of the product's own as the columns have them, of others value by value."""
    money = name in AMOUNTS
    value = "" if money else "properties"
    shape: Shape = "contacts" if money else "values"
    source = plan.source(shape, partition(condition.event), events=True, value=value, which=condition.which)
    tests = [*filters(plan, source, condition.event, condition.where, start), *inside]
    if money:
        total, parts = filtered(f"sum({name})", tests), filtered(f"count({name})", tests)
    else:
        begin = f"{name}=n"
        source.begins[begin] = None
        told = source.below_column(filtered("count(*)", tests))
        is_it = f"starts_with(value, {literal(begin)})"
        number = f"TRY_CAST(substr(value, {len(begin) + 1}) AS DECIMAL(38, 6))"
        total, parts = f"sum(CASE WHEN {is_it} THEN {told} * {number} END)", f"sum({told}) FILTER (WHERE {is_it})"
    total = f"{MILLIONTHS // (100 if money else 1)} * COALESCE({source.column(total)}, 0)"
    bounds = condition.bounds
    if condition.average is not None:
        parts = source.column(parts)
        return plan.atom(source, " AND ".join([f"{parts} > 0", *within(total, parts, bounds)]), condition)
    holds = " AND ".join(within(total, "1", bounds))
    if not bounds.hold(0, 1):
        return plan.atom(source, holds, condition)
    return not_of(plan.atom(source, f"NOT ({holds})", condition))  # 0 where there is no row


def _tied_count(plan: Sources, condition: EventCount, start: Instant, inside: Sequence[str]) -> Tree:
    parts = [part for part in (condition, condition.with_, condition.without) if part is not None]
    source = _of_values(plan, condition.counted_property or "", [part.event for part in parts], condition.which)
    window = plan.inside(condition.within)

    def number(part: EventCount | Filtered) -> str:
        tests = inside if part is condition else window
        return source.below_column(filtered("count(*)", [*_tests(plan, source, part, start), *tests]))

    of_value, same = number(condition), condition.count.startswith("same_")
    source.once = source.once or same
    tests = [] if same else [f"{of_value} > 0"]
    tests += [f"{number(condition.with_)} > 0"] if condition.with_ is not None else []
    tests += [f"{number(condition.without)} = 0"] if condition.without is not None else []
    column = source.column(filtered(f"max({of_value})" if same else "count(*)", tests))
    return plan.between(source, column, *condition.between, condition)


def _of_values(plan: Sources, value: str, events: Sequence[str], which: int = 0) -> Source:
    """Of these types, each value of a property by itself."""
    types = sorted({partition(event) for event in events})
    return plan.source("values", *types, events=True, value=value, which=which)


def _tests(plan: Sources, source: Source, part: EventCount | Filtered, start: Instant) -> list[str]:
    """The filters of one of the series that a source of several types has."""
    passes = filters(plan, source, part.event, part.where, start)
    return [f"type = {literal(partition(part.event))}", *passes] if len(source.of) > 1 else passes


def first(plan: Sources, condition: FirstEvent) -> Tree:
    source, passes = series(plan, condition.event, condition.where, -1)
    column = source.column(filtered("min(time)", passes))
    return plan.atom(source, " AND ".join(plan.inside(condition.within, column)) or f"{column} > -1", condition)


def last(plan: Sources, condition: LastEvent) -> Tree:
    most = in_days(condition.at_most)
    start = -1 if most is None else plan.t - most - 1
    source, passes = series(plan, condition.event, condition.where, start)
    column = source.column(filtered("max(time)", passes))
    return plan.atom(source, plan.days_since(column, condition.at_least, condition.at_most), condition)


def latest(plan: Sources, condition: Latest) -> Tree:
    every = newest(plan, [(event, ()) for event in condition.events], -1)
    passed = newest(plan, [(event, condition.where) for event in condition.events], -1)
    return Merged(f"{every} = {passed}")


def share(plan: Sources, condition: Share) -> Tree:
    start, inside = plan.start(condition.within), plan.inside(condition.within)

    def counted(where: Sequence[Where]) -> str:
        columns = []
        for event in dict.fromkeys(condition.events):
            source, passes = series(plan, event, where, start)
            counts = filtered("count(*)", [*passes, *inside])
            columns.append(f"COALESCE({plan.numbered(f'{partition(event)} {counts}', source, counts)}, 0)")
        return " + ".join(columns)

    total, passed = counted(()), counted(condition.where)
    return Merged(" AND ".join([f"{total} > 0", *within(f"100 * ({passed})", f"({total})", condition.bounds)]))


def sequence(plan: Sources, condition: InSequence) -> Tree:
    parts = [part for part in (condition.first, condition.then, condition.without) if part is not None]
    types = sorted({partition(part.event) for part in parts})
    source = plan.source("sequences", *types, events=True, value=condition.same or "")
    start = max(plan.start(condition.within) - condition.gap, -1)

    def flag(part: Filtered) -> str:
        return source.below_column(" AND ".join(_tests(plan, source, part, start)) or "TRUE")

    first, then = flag(condition.first), flag(condition.then)
    tests = [then, f"last_{first} >= time - {condition.gap}"]
    tests += plan.inside(condition.within)
    if condition.without is not None:
        between = flag(condition.without)
        tests.append(f"(last_{between} IS NULL OR last_{between} <= last_{first})")
    column = source.column(f"bool_or({' AND '.join(tests)})")
    return plan.atom(source, column, condition)


def unanswered(plan: Sources, condition: Unanswered) -> Tree:
    start = plan.start(condition.within)
    of = [(condition.of.event, condition.of.where)]
    begins = [f"time > {start}"] if start >= 0 else []
    upto = [test for test in plan.inside(condition.within) if test not in begins]
    if condition.same is not None:
        return _tied_unanswered(plan, condition, condition.same, start, upto)
    nth = newest(plan, of, start, condition.at_least, upto)
    answered = newest(plan, [(each.event, each.where) for each in condition.answers], start)
    tests = [f"{nth} > COALESCE({answered}, -1)"]
    if start >= 0:
        tests.append(f"{nth} > {start}")
    if condition.older is not None:
        tests.append(f"{newest(plan, of, start, 1, upto)} <= {plan.t - condition.older}")
    return Merged(" AND ".join(tests))


def _tied_unanswered(plan: Sources, condition: Unanswered, same: str, start: Instant, upto: Sequence[str]) -> Tree:
    source = _of_values(plan, same, [condition.of.event, *(each.event for each in condition.answers)])

    def newest_of(parts: Sequence[Filtered], nth: int, upto: Sequence[str] = ()) -> str:
        several = [" AND ".join([*_tests(plan, source, part, start), *upto]) or "TRUE" for part in parts]
        return source.below_column(nth_newest(several, nth))

    nth = newest_of([condition.of], condition.at_least, upto)
    tests = [f"{nth} > COALESCE({newest_of(condition.answers, 1)}, -1)"]
    if start >= 0:
        tests.append(f"{nth} > {start}")
    if condition.older is not None:
        tests.append(f"{newest_of([condition.of], 1, upto)} <= {plan.t - condition.older}")
    return plan.atom(source, source.column(f"bool_or({' AND '.join(tests)})"), condition)


def cart(plan: Sources, condition: Cart) -> Tree:
    """A contact has one row at most: the cart that is left."""
    inside = [f"time > {plan.t - condition.within}", f"time <= {plan.t - condition.older}"]
    holds = " AND ".join([*inside, *(passes_filter(each) for each in condition.where)])
    return plan.atom(plan.source("rows", "cart"), holds, condition)


def series(plan: Sources, event: str, where: Sequence[Where], start: Instant) -> tuple[Source, list[str]]:
    """The event type's source, which will read what is later than `start`, and the filters of the series."""
    source = plan.source("contacts", partition(event), events=True)
    return source, filters(plan, source, event, where, start)


def filters(plan: Sources, source: Source, event: str, where: Sequence[Where], start: Instant) -> list[str]:
    source.read_since(start)
    tests = [passes_filter(each) for each in where]
    if partition(event) == OTHER:
        source.names[event] = None
        tests.insert(0, f"name = {literal(event)}")
    return list(dict.fromkeys(tests))


def newest(
    plan: Sources, of: Sequence[tuple[str, Sequence[Where]]], start: Instant, nth: int = 1, upto: Sequence[str] = ()
) -> str:
    """The column with the instant of the newest, or the n-th newest, of several series together; of what is `upto` an
    instant only."""
    keys = sorted(f"{literal(event)} {[condition_key(each) for each in where]} {upto}" for event, where in of)
    key = f"{nth} {keys}"
    name, _ = plan.newest.setdefault(key, (f"m{len(plan.newest)}", nth))
    for event, where in of:
        source, passes = series(plan, event, where, start)
        held = source.newest.setdefault(name, [])
        test = " AND ".join([*passes, *upto]) or "TRUE"
        if test not in held:
            held.append(test)
    return name

"""What the one pass over the lake has to work out, for any number of segments; `sql` prints it.

Conditions are taken apart as in `evaluation`, and what segments share is worked out once:

- a `Source` is rows that are read together: the events of one type, the contacts' traits, their orders …;
- its `columns` are aggregates of a contact's rows: how many in a window pass a filter, when the newest did …;
- an `Atom` is a yes or no that a source's columns give, and no where the source has no row of the contact; where SQL
  cannot tell of every contact, the answers given while exporting do (`facts`);
- a tree of atoms is a segment's membership. `Merged` trees compare instants that come out of several sources.

Texts here are expressions in Athena's dialect; what a definition says is in them only as literals (`literal`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Literal

from shared.domain.conditions import (
    All,
    Any_,
    Cart,
    Comparison,
    Condition,
    ConsentIs,
    EventCount,
    Filtered,
    FirstEvent,
    FirstSeen,
    LastEvent,
    LastOrder,
    Latest,
    Member,
    Not,
    Orders,
    Rank,
    RankedOrders,
    RankedTrait,
    Sample,
    TraitIs,
    Unanswered,
    Where,
    condition_key,
    plain,
)
from shared.domain.conditions import (
    Sequence as InSequence,
)
from shared.domain.evaluation import compared_value, in_days, order_bounds, sample_bound
from shared.domain.events import Instant, Json
from shared.domain.facts import is_answered
from shared.domain.lake_rows import OTHER, partition
from shared.domain.properties import AMOUNTS, FLAGS, TEXT_LISTS, fold_case
from shared.domain.segments import Definitions

MOST_NOTE = 160

# ── trees ──


@dataclass(frozen=True, slots=True)
class Atom:
    number: int


@dataclass(frozen=True, slots=True)
class Merged:
    """A comparison of `Plan.newest` columns."""

    holds: str


@dataclass(frozen=True, slots=True)
class AllOf:
    of: tuple[Tree, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    of: tuple[Tree, ...] = ()


@dataclass(frozen=True, slots=True)
class NotOf:
    of: Tree


Tree = Atom | Merged | AllOf | AnyOf | NotOf
TRUE, FALSE = AllOf(), AnyOf()

# ── sources ──

Shape = Literal["rows", "contacts", "values", "sequences"]
"""What gives its bits: each row, by its `name`; aggregates of a contact's rows; aggregates of a contact's rows with one
value, and then of the values; aggregates of a contact's instants in order, each with what came before it."""


@dataclass
class Source:
    """Rows that are read together. `of` are the types of events, or the one kind of facts, that they are."""

    shape: Shape
    of: tuple[str, ...]
    events: bool
    value: str = ""
    """Of `values`: `day`, or the property."""
    once: bool = False
    """Of `values`: whether an event that says a value twice counts once for it."""
    names: dict[str, None] = field(default_factory=dict)
    """The only `name`s that are read (none: all)."""
    since: Instant | None = None
    """Rows of this instant and before are not read; -1: all are read."""
    columns: dict[str, str] = field(default_factory=dict)
    """Names by expression: aggregates; of `values` and `sequences`, those of the columns below."""
    below: dict[str, str] = field(default_factory=dict)
    """Names by expression, of `values`: aggregates of a value; of `sequences`: whether an instant has such an event."""
    atoms: dict[int, str] = field(default_factory=dict)
    """By atom: the comparison of columns that gives it."""
    named: dict[str, dict[int, str]] = field(default_factory=dict)
    """Of `rows`, by name and atom: what has to be true of a row of that name."""
    newest: dict[str, list[str]] = field(default_factory=dict)
    """By a column of `Plan.newest`: the filters of the events it is the newest of."""

    def column(self, expression: str) -> str:
        return self.columns.setdefault(expression, f"a{len(self.columns)}")

    def below_column(self, expression: str) -> str:
        return self.below.setdefault(expression, f"b{len(self.below)}")

    def read_since(self, start: Instant) -> None:
        self.since = start if self.since is None else min(self.since, start)


@dataclass
class Plan:
    """The plan for these definitions at an instant."""

    definitions: Definitions
    t: Instant
    sources: dict[str, Source] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """What each atom says, by its number."""
    newest: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Columns that sources give together: by what they are of, their name, and how many events back they look."""
    numbers: dict[str, tuple[str, Source, str]] = field(default_factory=dict)
    """By a rank's number: its column, and the source and expression that give it."""
    _atoms: dict[str, Atom] = field(default_factory=dict)
    _segments: dict[str, Tree] = field(default_factory=dict)

    # ── what printing asks ──

    def segment(self, segment: str) -> Tree:
        """Membership of a segment, at the instant."""
        made = self._segments.get(segment)
        if made is None:
            made = self._segments[segment] = self.tree(plain(self.definitions.segments[segment].when))
        return made

    def held(self, segment: str) -> Tree:
        """The stored membership of a segment."""
        return self._of_row("member", segment, [], f"stored in {segment}")

    def number(self, rank: Rank) -> str:
        """The column with what a contact is ranked by: the largest of what the source's rows have."""
        key = rank.by.model_dump_json()
        if key not in self.numbers:
            source, expression = self._number(rank)
            self.numbers[key] = f"n{len(self.numbers)}", source, expression
        return self.numbers[key][0]

    # ── building ──

    def tree(self, condition: Condition) -> Tree:
        """The tree of a plain condition."""
        if is_answered(condition):
            return self._answer(condition)
        match condition:
            case All(of=parts):
                return all_of([self.tree(part) for part in parts])
            case Any_(of=parts):
                return any_of([self.tree(part) for part in parts])
            case Not(of=part):
                return not_of(self.tree(part))
            case Member(segment=segment):
                return self.segment(segment)
            case TraitIs():
                return self._trait(condition)
            case ConsentIs():
                return self._consent(condition)
            case FirstSeen(before=age):
                return self._contact(f"time <= {self.t - age}", condition)
            case Sample(percent=percent, salt=salt):
                digest = f"lower(to_hex(md5(to_utf8({literal(f'{salt}:')} || contact))))"
                return self._contact(f"substr({digest}, 1, 8) < {literal(sample_bound(percent))}", condition)
            case EventCount():
                return self._event_count(condition)
            case FirstEvent(event=event, where=where, within=window):
                source, passes = self._series(event, where, -1)
                column = source.column(filtered("min(time)", passes))
                return self._atom(source, f"{column} > {self.t - window}", condition)
            case LastEvent():
                return self._last_event(condition)
            case Latest(events=events, where=where):
                newest = self._newest([(event, ()) for event in events], -1)
                passed = self._newest([(event, where) for event in events], -1)
                return Merged(f"{newest} = {passed}")
            case InSequence():
                return self._sequence(condition)
            case Unanswered():
                return self._unanswered(condition)
            case Cart():
                return self._cart(condition)
            case Orders():
                return self._orders(condition)
            case LastOrder(at_least=least, at_most=most):
                source = self._source("contacts", "order")
                return self._atom(source, self._since(source.column("max(time)"), least, most), condition)
            case Rank():
                return self._rank(condition)
        raise TypeError(f"{condition.kind} is not planned")

    def _source(self, shape: Shape, *of: str, events: bool = False, value: str = "") -> Source:
        key = "_".join([*of, *([f"by_{value}"] if value else []), *(["in_order"] if shape == "sequences" else [])])
        return self.sources.setdefault(key, Source(shape, of, events, value))

    def _atom(self, source: Source, holds: str, condition: Condition) -> Atom:
        atom = self._noted(f"{id(source)} {holds}", condition)
        source.atoms[atom.number] = holds
        return atom

    def _noted(self, key: str, note: Condition | str) -> Atom:
        atom = self._atoms.get(key)
        if atom is None:
            atom = self._atoms[key] = Atom(len(self.notes))
            self.notes.append(_note(note))
        return atom

    def _of_row(self, kind: str, name: str, tests: Sequence[str], note: Condition | str) -> Atom:
        """That there is such a row."""
        source = self._source("rows", kind)
        holds = " AND ".join(tests) or "TRUE"
        atom = self._noted(f"{kind} {name} {holds}", note)
        source.names[name] = None
        source.named.setdefault(name, {})[atom.number] = holds
        return atom

    def _answer(self, condition: Condition) -> Atom:
        return self._of_row("answer", condition_key(condition), [], condition)

    def _contact(self, holds: str, condition: Condition) -> Atom:
        return self._atom(self._source("rows", "contact"), holds, condition)

    # ── traits, consent ──

    def _trait(self, condition: TraitIs) -> Tree:
        """`amount` tells a list's values (how many there are) from a scalar (null) and an empty list (0)."""
        name, told = condition.trait, self._later(condition.fresh)
        if condition.is_ == "exists":
            return any_of([self._of_row("trait", name, told, condition), self._answer(condition)])
        negated = condition.is_ == "not_equal"
        passes = compared("equal" if negated else condition.is_, condition.value, "text", "number", "flag")
        passing = [*told, passes] if passes else None
        if condition.of == "any" and not negated:
            is_so = self._of_row("trait", name, passing, condition) if passing is not None else FALSE
            return self._or_answered(is_so, condition)
        value = [*told, "amount IS DISTINCT FROM 0"]
        failing = [*value, f"NOT COALESCE({passes}, FALSE)"] if passes else value
        match condition.of, negated:
            case ("any", True) | ("none", False):
                there, absent = told, passing
            case "all", False:
                there, absent = value, failing
            case "all", True:
                there, absent = value, passing
            case _:  # none that differs: all are equal, an empty list's too
                there, absent = told, failing
        is_there = self._of_row("trait", name, there, f"{name} is told")
        is_absent = not_of(self._of_row("trait", name, absent, condition)) if absent is not None else TRUE
        return any_of([all_of([is_there, is_absent]), self._answer(condition)])

    def _or_answered(self, tree: Tree, condition: Condition) -> Tree:
        """Also where it was answered while exporting: of a contact whose trait must not be written out. Then nothing
        else is known of the trait, so that the atom may have the answer's bit too."""
        if not isinstance(tree, Atom):
            return any_of([tree, self._answer(condition)])
        answers, key = self._source("rows", "answer"), condition_key(condition)
        answers.names[key] = None
        answers.named.setdefault(key, {})[tree.number] = "TRUE"
        return tree

    def _consent(self, condition: ConsentIs) -> Tree:
        if condition.is_ == "never_asked":
            return NotOf(self._of_row("consent", condition.topic, [], f"asked about {condition.topic}"))
        tests = [f"text = {literal(condition.is_)}", *self._later(condition.within)]
        if condition.first_in is not None:
            tests.append(f"(amount IS NULL OR amount >= {condition.first_in})")
        return self._of_row("consent", condition.topic, tests, condition)

    # ── events ──

    def _series(self, event: str, where: Sequence[Where], start: Instant) -> tuple[Source, list[str]]:
        """The event type's source, which will read what is later than `start`, and the filters of the series."""
        source = self._source("contacts", partition(event), events=True)
        return source, self._filters(source, event, where, start)

    def _filters(self, source: Source, event: str, where: Sequence[Where], start: Instant) -> list[str]:
        source.read_since(start)
        tests = [_where(each) for each in where]
        if partition(event) == OTHER:
            source.names[event] = None
            tests.insert(0, f"name = {literal(event)}")
        return list(dict.fromkeys(tests))

    def _start(self, window: int | None) -> Instant:
        return -1 if window is None else self.t - window

    def _event_count(self, condition: EventCount) -> Tree:
        start = self._start(condition.within)
        later = [f"time > {start}"] if condition.within is not None else []
        if condition.count == "events":
            source, passes = self._series(condition.event, condition.where, start)
            column = source.column(filtered("count(*)", passes + later))
        else:
            value = "day" if condition.count == "days" else condition.count.removeprefix("same_")
            source = self._source("values", partition(condition.event), events=True, value=value)
            passes = self._filters(source, condition.event, condition.where, start)
            of_value = source.below_column(filtered("count(*)", passes + later))
            most = f"max({of_value})"
            source.once = source.once or condition.count.startswith("same_")
            column = source.column(
                most if condition.count.startswith("same_") else f"count(*) FILTER (WHERE {of_value} > 0)"
            )
        return self._between(source, column, condition.at_least, condition.at_most, condition)

    def _between(
        self, source: Source, column: str, least: float | None, most: float | None, condition: Condition
    ) -> Tree:
        """Of a column that is a number of 0 or more, and 0 where there is no row."""
        if least is None and most is None:
            least = 1
        parts: list[Tree] = []
        if least is not None and least > 0:
            parts.append(self._atom(source, f"{column} >= {ceil(least)}", condition))
        if most is not None:
            parts.append(not_of(self._atom(source, f"{column} >= {int(most // 1) + 1}", condition)))
        return all_of(parts)

    def _last_event(self, condition: LastEvent) -> Tree:
        most = in_days(condition.at_most)
        start = -1 if most is None else self.t - most - 1
        source, passes = self._series(condition.event, condition.where, start)
        column = source.column(filtered("max(time)", passes))
        return self._atom(source, self._since(column, condition.at_least, condition.at_most), condition)

    def _since(self, newest: str, least: float | None, most: float | None) -> str:
        """That so many days have passed since then."""
        tests = []
        if least is not None:
            tests.append(f"{newest} <= {self.t - (in_days(least) or 0)}")
        if most is not None:
            tests.append(f"{newest} >= {self.t - (in_days(most) or 0)}")
        return " AND ".join(tests)

    def _newest(self, of: Sequence[tuple[str, Sequence[Where]]], start: Instant, nth: int = 1) -> str:
        """The column with the instant of the newest, or the n-th newest, of several series together."""
        keys = sorted(f"{literal(event)} {[condition_key(each) for each in where]}" for event, where in of)
        key = f"{nth} {keys}"
        name, _ = self.newest.setdefault(key, (f"m{len(self.newest)}", nth))
        for event, where in of:
            source, passes = self._series(event, where, start)
            held = source.newest.setdefault(name, [])
            test = " AND ".join(passes) or "TRUE"
            if test not in held:
                held.append(test)
        return name

    def _sequence(self, condition: InSequence) -> Tree:
        parts = [part for part in (condition.first, condition.then, condition.without) if part is not None]
        types = sorted({partition(part.event) for part in parts})
        source = self._source("sequences", *types, events=True)
        start = self._start(condition.within)
        if condition.within is not None:
            start -= condition.gap

        def flag(part: Filtered) -> str:
            passes = self._filters(source, part.event, part.where, start)
            if len(types) > 1:
                passes.insert(0, f"type = {literal(partition(part.event))}")
            return source.below_column(" AND ".join(passes) or "TRUE")

        first, then = flag(condition.first), flag(condition.then)
        tests = [then, f"last_{first} >= time - {condition.gap}"]
        if condition.within is not None:
            tests.append(f"time > {self.t - condition.within}")
        if condition.without is not None:
            between = flag(condition.without)
            tests.append(f"(last_{between} IS NULL OR last_{between} <= last_{first})")
        column = source.column(f"bool_or({' AND '.join(tests)})")
        return self._atom(source, column, condition)

    def _unanswered(self, condition: Unanswered) -> Tree:
        start = self._start(condition.within)
        of = [(condition.of.event, condition.of.where)]
        nth = self._newest(of, start, condition.at_least)
        answered = self._newest([(each.event, each.where) for each in condition.answers], start)
        tests = [f"{nth} > COALESCE({answered}, -1)"]
        if condition.within is not None:
            tests.append(f"{nth} > {start}")
        if condition.older is not None:
            tests.append(f"{self._newest(of, start)} <= {self.t - condition.older}")
        return Merged(" AND ".join(tests))

    def _cart(self, condition: Cart) -> Tree:
        """A contact has one row at most: the cart that is left."""
        inside = [f"time > {self.t - condition.within}", f"time <= {self.t - condition.older}"]
        holds = " AND ".join([*inside, *(_where(each) for each in condition.where)])
        return self._atom(self._source("rows", "cart"), holds, condition)

    # ── orders, ranks ──

    def _orders(self, condition: Orders) -> Tree:
        least, most = order_bounds(condition)
        return self._measured(condition.measure, condition.within, least, most, condition)

    def _measured(
        self, measure: str, window: int | None, least: float | None, most: float | None, condition: Condition
    ) -> Tree:
        source = self._source("contacts", "order")
        later = self._later(window)
        count = source.column(filtered("count(*)", later))
        match measure:
            case "count":
                return self._between(source, count, least, most, condition)
            case "sum":
                total = source.column(filtered("sum(amount)", later))
                return self._between(source, total, least, most, condition)
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
        return self._atom(source, " AND ".join(tests).replace(" * 1", ""), condition)

    def _later(self, window: int | None) -> list[str]:
        return [] if window is None else [f"time > {self.t - window}"]

    def _rank(self, rank: Rank) -> Tree:
        cutoff = self.definitions.compiler.cutoffs.get(rank.key)
        if cutoff is None:
            return FALSE
        top = rank.top is not None
        ranked = self._ranked(rank, cutoff, ">=" if top else "<=")
        return ranked if rank.among is None else all_of([ranked, self.segment(rank.among)])

    def _ranked(self, rank: Rank, cutoff: float, comparison: str) -> Tree:
        match rank.by:
            case RankedTrait(trait=trait, fresh=fresh):
                is_it = [*self._later(fresh), "amount IS NULL", f"number {comparison} {double(cutoff)}"]
                return self._or_answered(self._of_row("trait", trait, is_it, rank), rank)
            case RankedOrders():
                source, expression = self._number(rank)
                return self._atom(source, f"{source.column(expression)} {comparison} {double(cutoff)}", rank)

    def _number(self, rank: Rank) -> tuple[Source, str]:
        """What contacts are ranked by; null for who has no number."""
        match rank.by:
            case RankedTrait(trait=trait, fresh=fresh):
                source = self._source("rows", "trait")
                source.names[trait] = None
                tests = [f"name = {literal(trait)}", *self._later(fresh), "amount IS NULL"]
                return source, f"CASE WHEN {' AND '.join(tests)} THEN number END"
            case RankedOrders(measure=measure, within=window):
                later = self._later(window)
                total, count = filtered("sum(amount)", later), filtered("count(*)", later)
                expression = {
                    "count": f"NULLIF({count}, 0)",
                    "sum": total,
                    "average": f"CAST({total} AS DOUBLE) / {count}",
                    "largest": filtered("max(amount)", later),
                    "last": filtered("max(time)", later),
                }[measure]
                return self._source("contacts", "order"), expression


def all_of(parts: Sequence[Tree]) -> Tree:
    flat = dict.fromkeys(each for part in parts for each in (part.of if isinstance(part, AllOf) else (part,)))
    if FALSE in flat:
        return FALSE
    return next(iter(flat)) if len(flat) == 1 else AllOf(tuple(flat))


def any_of(parts: Sequence[Tree]) -> Tree:
    flat = dict.fromkeys(each for part in parts for each in (part.of if isinstance(part, AnyOf) else (part,)))
    if TRUE in flat:
        return TRUE
    return next(iter(flat)) if len(flat) == 1 else AnyOf(tuple(flat))


def not_of(part: Tree) -> Tree:
    if part in (TRUE, FALSE):
        return FALSE if part == TRUE else TRUE
    return part.of if isinstance(part, NotOf) else NotOf(part)


def _note(said: Condition | str) -> str:
    """What stands beside its bit, in one line of ASCII (a line's end would end a comment)."""
    if not isinstance(said, str):
        told = said.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return json.dumps({"kind": said.kind, **told})[:MOST_NOTE]
    return json.dumps(said)[1:-1][:MOST_NOTE]


# ── expressions ──


def literal(value: str) -> str:
    """A text as Athena's dialect writes it: only the quote means something in it."""
    return "'{}'".format(value.replace("'", "''"))


def number(value: float) -> str:
    """A whole number as such, any other as a DOUBLE (a point alone would make it a DECIMAL)."""
    return str(int(value)) if value == int(value) else double(value)


def double(value: float) -> str:
    written = repr(float(value))
    return written if "e" in written else f"{written}e0"


def filtered(aggregate: str, tests: Sequence[str]) -> str:
    return f"{aggregate} FILTER (WHERE {' AND '.join(tests)})" if tests else aggregate


def compared(is_: Comparison, wanted: Json, text: str, numeric: str, flag: str) -> str | None:
    """A comparison of a value that is in one of three columns, by its type ("": it cannot be of that type). It is true
    when the value passes, and otherwise false or null; None when nothing passes."""
    if is_ == "in":
        parts = [_in(text, [literal(fold_case(each)) for each in wanted if isinstance(each, str)])]
        numbers = [each for each in wanted if isinstance(each, int | float) and not isinstance(each, bool)]
        parts.append(_in(numeric, [number(each) for each in numbers]))
        parts += [compared("equal", each, text, numeric, flag) for each in (True, False) if _has(wanted, each)]
        found = list(dict.fromkeys(part for part in parts if part))
        return f"({' OR '.join(found)})" if len(found) > 1 else next(iter(found), None)
    if isinstance(wanted, bool):
        return (flag if wanted else f"NOT {flag}") if flag and is_ == "equal" else None
    if isinstance(wanted, str):
        value = literal(fold_case(wanted))
        if is_ == "contains":
            return f"strpos({text}, {value}) > 0" if text else None
        if is_ == "prefix":
            return f"starts_with({text}, {value})" if text else None
        return f"{text} {_SIGNS[is_]} {value}" if text else None
    return f"{numeric} {_SIGNS[is_]} {number(wanted)}" if numeric else None


_SIGNS: Mapping[str, str] = {"equal": "=", "less": "<", "at_most": "<=", "more": ">", "at_least": ">="}


def _in(column: str, values: list[str]) -> str | None:
    if not column or not values:
        return None
    several = list(dict.fromkeys(values))
    return f"{column} = {several[0]}" if len(several) == 1 else f"{column} IN ({', '.join(several)})"


def _has(values: Sequence[Any], flag: bool) -> bool:
    return any(each is flag for each in values)


def _where(where: Where) -> str:
    """A filter on a property, as the lake holds it: true when the event passes, and otherwise false or null."""
    name = where.property
    if where.is_ == "exists":
        return f"{name} IS NOT NULL"
    negated = where.is_ == "not_equal"
    wanted = compared_value(where)
    is_: Comparison = "equal" if negated else where.is_
    if name in TEXT_LISTS:
        test = _of_list(name, is_, wanted)
    elif name in AMOUNTS:
        test = compared(is_, wanted, "", name, "")
    elif name in FLAGS:
        test = compared(is_, wanted, "", "", name)
    else:
        test = compared(is_, wanted, f"lower({name})", "", "")
    if negated:
        return f"NOT COALESCE({test}, FALSE)" if test else "TRUE"
    return test or "FALSE"


def _of_list(name: str, is_: Comparison, wanted: Json) -> str | None:
    """That one of a list's texts passes."""
    if is_ in ("equal", "in"):
        several = wanted if is_ == "in" else [wanted]
        texts = dict.fromkeys(literal(fold_case(each)) for each in several if isinstance(each, str))
        tests = [f"contains(transform({name}, x -> lower(x)), {text})" for text in texts]
        return f"({' OR '.join(tests)})" if len(tests) > 1 else next(iter(tests), None)
    one = compared(is_, wanted, "lower(x)", "", "")
    return f"cardinality(filter({name}, x -> {one})) > 0" if one else None

"""Segments as other products ask for them: SQL over events and contacts, for PostgreSQL, ClickHouse and DuckDB.

`per_segment` is a query a segment, as listmonk and Mautic (PostgreSQL, MySQL) and Dittofeed (ClickHouse) do it;
`single_pass` is what a good engineer of the product would write for all segments at once. Both are given things easier
than we have it: orders with their refunds already taken off (`net`), no events later than now, text in lower case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from shared.domain.conditions import All, Any_, Condition, Member, Not, Segment
from shared.domain.conditions.comparing import Where
from shared.domain.conditions.events import EventCount, LastEvent
from shared.domain.conditions.orders import Cutoffs, LastOrder, Orders, Rank, RankedTrait
from shared.domain.conditions.traits import ConsentIs, FirstSeen, TraitIs
from shared.domain.events import DAY, Instant, Json
from shared.domain.properties import AMOUNTS, TEXT_LISTS


@dataclass(frozen=True)
class Dialect:
    """Where the three differ. In `contains`, {0} is a list and {1} a text; in `day`, {0} is an instant."""

    contains: str
    day: str
    exists: bool
    """Whether a correlated EXISTS is how one writes it, since it is planned as a semi-join or an anti-join."""


POSTGRESQL = Dialect("{0} @> ARRAY[{1}]", "{0} / 86400000", exists=True)
CLICKHOUSE = Dialect("has({0}, {1})", "intDiv({0}, 86400000)", exists=False)
DUCKDB = Dialect("list_contains({0}, {1})", "{0} // 86400000", exists=True)


@dataclass(frozen=True)
class OfEvents:
    """True of whom `holds` is true, over their events of a type that pass filters: {0}, {1} are the aggregates."""

    event: str
    where: tuple[str, ...]
    since: Instant | None
    aggregates: tuple[str, ...]
    holds: str

    @property
    def filters(self) -> list[str]:
        return [*self.where, *([f"time > {self.since}"] if self.since is not None else [])]

    @property
    def is_once(self) -> bool:
        return self.aggregates == ("count(*)",) and self.holds == "{0} >= 1"


@dataclass(frozen=True)
class Question:
    """All segments' conditions, at an instant, in a dialect."""

    segments: Mapping[str, Segment]
    cutoffs: Cutoffs
    now: Instant
    dialect: Dialect

    def per_segment(self) -> list[str]:
        """One query a segment: how many are in it."""
        return [
            f"SELECT count(*) FROM contacts WHERE {self._asked(segment.when, True, of_all=True)}"
            for segment in self.segments.values()
        ]

    def single_pass(self) -> str:
        """How many are in each: aggregated once by type and contact, joined, and counted."""
        leaves = {leaf for segment in self.segments.values() for leaf in self._leaves(segment.when)}
        by_event: dict[str, list[OfEvents]] = {}
        for leaf in sorted((leaf for leaf in leaves if isinstance(leaf, OfEvents)), key=str):
            by_event.setdefault(leaf.event, []).append(leaf)
        names: dict[Leaf, str] = {leaf: leaf for leaf in leaves if isinstance(leaf, str)}
        tables, joins = [], []
        for number, (event, of_event) in enumerate(by_event.items()):
            columns: dict[str, str] = {}
            for leaf in of_event:
                filtered = f" FILTER (WHERE {' AND '.join(leaf.filters)})" if leaf.filters else ""
                named = [
                    columns.setdefault(f"{each}{filtered}", f"e{number}_{len(columns)}") for each in leaf.aggregates
                ]
                names[leaf] = f"coalesce({leaf.holds.format(*named)}, false)"
            starts = [leaf.since for leaf in of_event]
            within = "" if None in starts else f" AND time > {min(start for start in starts if start is not None)}"
            tables.append(
                f"e{number} AS (SELECT contact, {', '.join(f'{sql} AS {name}' for sql, name in columns.items())} "
                f"FROM events WHERE type = '{event}'{within} GROUP BY contact)"
            )
            joins.append(f"LEFT JOIN e{number} ON e{number}.contact = contacts.contact")
        counts = [
            f"count(*) FILTER (WHERE {self._named(segment.when, True, names)}) AS {segment.id}"
            for segment in self.segments.values()
        ]
        return f"WITH {', '.join(tables)} SELECT {', '.join(counts)} FROM contacts {' '.join(joins)}"

    # ── a tree, negations at its leaves ──

    def _walk(self, condition: Condition, wanted: bool, of_all: bool, leaf: Callable[[Leaf, bool, bool], str]) -> str:
        match condition:
            case All() | Any_():
                joined = isinstance(condition, All) == wanted
                parts = [self._walk(part, wanted, of_all and joined, leaf) for part in condition.of]
                return f"({(' AND ' if joined else ' OR ').join(parts)})"
            case Not():
                return self._walk(condition.of, not wanted, of_all, leaf)
            case Member():
                return self._walk(self.segments[condition.segment].when, wanted, of_all, leaf)
            case EventCount(at_most=0) | Orders(measure="count", at_most=0):
                ever = condition.model_copy(update={"at_most": None, "at_least": 1})
                return leaf(self._leaf(ever), not wanted, of_all)
        return leaf(self._leaf(condition), wanted, of_all)

    def _leaves(self, condition: Condition) -> Iterable[Leaf]:
        found: list[Leaf] = []

        def note(leaf: Leaf, wanted: bool, of_all: bool) -> str:
            found.append(leaf)
            return ""

        self._walk(condition, True, False, note)
        return found

    def _named(self, condition: Condition, wanted: bool, names: Mapping[Leaf, str]) -> str:
        return self._walk(condition, wanted, False, lambda leaf, yes, _: names[leaf] if yes else f"NOT {names[leaf]}")

    def _asked(self, condition: Condition, wanted: bool, of_all: bool) -> str:
        return self._walk(condition, wanted, of_all, self._subquery)

    def _subquery(self, leaf: Leaf, wanted: bool, of_all: bool) -> str:
        negated = "" if wanted else "NOT "
        if isinstance(leaf, str):
            return f"{negated}{leaf}"
        filters = " AND ".join([f"type = '{leaf.event}'", *leaf.filters])
        if leaf.is_once:
            who = f"SELECT contact FROM events WHERE {filters}"
        else:
            having = leaf.holds.format(*leaf.aggregates)
            who = f"SELECT contact FROM events WHERE {filters} GROUP BY contact HAVING {having}"
        if self.dialect.exists and of_all and not wanted:
            return f"NOT EXISTS (SELECT 1 FROM ({who}) AS those WHERE those.contact = contacts.contact)"
        return f"contacts.contact {negated}IN ({who})"

    # ── leaves ──

    def _leaf(self, condition: Condition) -> Leaf:
        match condition:
            case TraitIs(trait=trait, is_="exists"):
                return f"({trait} IS NOT NULL)"
            case TraitIs(trait=trait, value=value, is_=is_):
                return f"coalesce({trait} {_compared(is_, value)}, false)"
            case ConsentIs(topic=topic, is_=state, within=None):
                return f"coalesce(consent_{topic} = '{state}', false)"
            case FirstSeen(before=before):
                return f"(first_seen <= {self.now - before})"
            case EventCount(event=event, where=where, count=count, at_least=least, at_most=None):
                counted = {
                    "events": "count(*)",
                    "days": f"count(DISTINCT {self.dialect.day.format('time')})",
                    "product_id": "count(DISTINCT product_id[1])",  # of views, which have one
                    "campaign": "count(DISTINCT campaign)",
                }[count]
                filters = tuple(self._filter(each) for each in where)
                return OfEvents(event, filters, self._since(condition.within), (counted,), f"{{0}} >= {least or 1}")
            case LastEvent(event=event, where=where, at_least=least, at_most=most):
                return self._newest(event, tuple(self._filter(each) for each in where), least, most)
            case LastOrder(at_least=least, at_most=most):
                return self._newest("Order Completed", (), least, most)
            case Orders(measure=measure, at_least=least, at_most=most):
                hundred = 1 if measure == "count" else 100
                return self._orders(measure, condition.within, _times(least, hundred), _times(most, hundred))
            case Rank(by=RankedTrait(trait=trait, fresh=None), bottom=None):
                return f"coalesce({trait} >= {self.cutoffs[condition.key]}, false)"
            case Rank(by=by, bottom=None):
                return self._orders(by.measure, by.within, round(self.cutoffs[condition.key]), None)
        raise NotImplementedError(condition.kind)

    def _orders(self, measure: str, within: int | None, least: int | None, most: int | None) -> OfEvents:
        aggregates, factor = {
            "count": (("count(*)",), ""),
            "sum": (("sum(net)",), ""),
            "largest": (("max(net)",), ""),
            "average": (("sum(net)", "count(*)"), " * {1}"),
        }[measure]
        bounds = [("{0} >= ", least), ("{0} <= ", most)]
        holds = " AND ".join(f"{start}{bound}{factor}" for start, bound in bounds if bound is not None)
        if measure == "average":
            holds = f"{{1}} > 0 AND {holds}"
        return OfEvents("Order Completed", (), self._since(within), aggregates, holds)

    def _newest(self, event: str, where: tuple[str, ...], least: float | None, most: float | None) -> OfEvents:
        bounds = [("{0} <= ", least), ("{0} >= ", most)]
        holds = " AND ".join(f"{start}{self.now - round(days * DAY)}" for start, days in bounds if days is not None)
        return OfEvents(event, where, None, ("max(time)", "count(*)"), f"{{1}} > 0 AND {holds}")

    def _since(self, within: int | None) -> Instant | None:
        return None if within is None else self.now - within

    def _filter(self, where: Where) -> str:
        if where.property in TEXT_LISTS:
            return self.dialect.contains.format(where.property, _literal(where.value))
        if where.value is True:
            return where.property
        value = round(where.value * 100) if where.property in AMOUNTS else where.value
        return f"{where.property} {_compared(where.is_, value)}"


Leaf = OfEvents | str
"""A condition on events, or SQL of one on contacts."""


def _compared(is_: str, value: Json) -> str:
    if is_ == "in":
        return f"IN ({', '.join(map(_literal, value))})"
    return f"{ {'equal': '=', 'less': '<', 'at_most': '<=', 'more': '>', 'at_least': '>='}[is_] } {_literal(value)}"


def _literal(value: Json) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()


def _times(bound: float | None, factor: int) -> int | None:
    return None if bound is None else round(bound * factor)

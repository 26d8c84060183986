"""Segments for everybody: one statement over the lake for any number of segments, in Athena's dialect.

It means what `evaluation` means, contact by contact; tests hold the two together. A yes or no is a bit: every source of
a plan (`sql_plan`) is aggregated once and gives a row a contact with the bits it knows, those rows are joined by one
`bitwise_or_agg`, and a segment compares bits. So nothing is read twice (Athena works a common table expression out anew
wherever it is named) and no table is joined. docs/decisions.md has the figures.

Tables: `events` (`lake_rows`), of which one contact's rows of one type have different ids, and `facts`, of which the
export of the pass is read. What happened after the instant is left out. Rows of contacts that the export has not (they
joined another, or were erased) give nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.domain import calendars
from shared.domain.conditions.orders import LEAST_RANKED, Rank
from shared.domain.events import DAY, Instant, Type
from shared.domain.lake_rows import OTHER, month_of, partition
from shared.domain.properties import KEPT_PROPERTIES, TEXT_LISTS
from shared.domain.segments import Definitions
from shared.domain.sql_plan import Plan
from shared.domain.sql_plan.expressions import double, literal, nth_newest
from shared.domain.sql_plan.sources import Source
from shared.domain.sql_plan.trees import TRUE, AllOf, AnyOf, Atom, Merged, NotOf, Summed, Tree

ORDERED = partition(Type.ORDER_COMPLETED)
WORD = 61
JOINED = 16
"""Bits of a column of bits; a BIGINT has 63 besides its sign."""
IS_CONTACT = 1
"""The first bit of the first column: the export has this contact."""

# ── what is asked ──


def one_pass(definitions: Definitions, segments: Sequence[str], t: Instant, pass_id: str) -> str:
    """A row a contact: `contact`, and for each segment `in_<segment>`, whether they are in it at `t`."""
    plan = Plan(definitions, t)
    trees = {f"in_{segment}": plan.segment(segment) for segment in segments}
    return _Printed(plan, pass_id, names_contacts=True).select(trees)


def sizes(definitions: Definitions, segments: Sequence[str], t: Instant, pass_id: str) -> str:
    """One row: `contacts`, how many there are, and for each segment `in_<segment>`, how many are in it."""
    plan = Plan(definitions, t)
    trees = {f"in_{segment}": plan.segment(segment) for segment in segments}
    counted = [f"{_count(name)} AS {name}" for name in trees]
    return _Printed(plan, pass_id).select_of(trees, ["count(*) AS contacts", *counted])


def preview(definitions: Definitions, segment: str, t: Instant, pass_id: str) -> str:
    """One row: how many are `entering`, `leaving` and `staying` if the stored memberships become these, and
    `contacts`, how many there are."""
    plan = Plan(definitions, t)
    trees = {"now": plan.segment(segment), "held": plan.held(segment)}
    return _Printed(plan, pass_id).select_of(
        trees,
        [
            f"{_count('now AND NOT held')} AS entering",
            f"{_count('held AND NOT now')} AS leaving",
            f"{_count('now AND held')} AS staying",
            "count(*) AS contacts",
        ],
    )


def differing(
    definitions: Definitions, segments: Sequence[str], t: Instant, pass_id: str, *, after: str = "", most: int
) -> str:
    """A row a contact whose stored membership of one of the segments is not what the pass gives: `contact`, in order,
    the first `most` that come after the contact `after`, and `segments`, which of them those are, with spaces
    between."""
    plan = Plan(definitions, t)
    trees: dict[str, Tree] = {}
    for segment in segments:
        trees |= {f"in_{segment}": plan.segment(segment), f"held_{segment}": plan.held(segment)}
    differ = " OR ".join(f"in_{segment} <> held_{segment}" for segment in segments) or "FALSE"
    differ_in = [
        f"CASE WHEN in_{segment} <> held_{segment} THEN {literal(f' {segment}')} ELSE '' END" for segment in segments
    ]
    return _Printed(plan, pass_id, names_contacts=True).select_of(
        trees,
        ["contact", f"trim({_joined(differ_in)}) AS segments"],
        f"WHERE contact > {literal(after)} AND ({differ})\nORDER BY contact\nLIMIT {int(most)}",
    )


def _joined(texts: Sequence[str]) -> str:
    """Some at a time: a chain of hundreds is nested as deeply."""
    parts = [texts[place : place + JOINED] for place in range(0, len(texts), JOINED)]
    return " || ".join(f"({' || '.join(some)})" for some in parts) or "''"


def cutoffs(definitions: Definitions, ranks: Iterable[Rank], t: Instant, pass_id: str) -> str:
    """A row a rank: `rank`, its key, and `cutoff`, over the contacts that its `among` holds. None when fewer than
    LEAST_RANKED have a number; no row when nobody has. (A rank among a segment that has ranks itself counts by the
    cut-offs those have now.)

    The cut-off of the top p % is the smallest number that less than p % of those who have one exceed; of the bottom,
    the largest that less than p % fall short of.
    """
    wanted = {rank.key: rank for rank in ranks}
    plan = Plan(definitions, t)
    among = {key: plan.segment(rank.among) if rank.among else TRUE for key, rank in wanted.items()}
    numbers = {key: plan.number(rank) for key, rank in wanted.items()}
    printed = _Printed(plan, pass_id)
    given, cases = [], []
    for key, rank in wanted.items():
        sign = "-" if rank.top is not None else ""
        percent = rank.top if rank.top is not None else rank.bottom
        given.append(f"({literal(key)}, {double(percent or 0)}, {'-1' if sign else '1'})")
        number = f"{sign}CAST({numbers[key]} AS DOUBLE)"
        condition = printed.condition(among[key])
        cases.append(f"WHEN {literal(key)} THEN {_case([(condition, number)], None)}")
    if not wanted:
        raise ValueError("there is no rank to work a cut-off out for")
    return f"""WITH {printed.tables()},
numbers AS (
  -- The least is the best: of the top, numbers are taken below zero.
  SELECT ranked.key, ranked.percent, ranked.sign, CASE ranked.key
    {_lines(cases, 4)}
  END AS number
  FROM merged CROSS JOIN (VALUES {", ".join(given)}) AS ranked (key, percent, sign)
  WHERE {printed.is_contact}
),
placed AS (
  SELECT
    key, percent, sign, number,
    rank() OVER (PARTITION BY key ORDER BY number) - 1 AS better,
    count(*) OVER (PARTITION BY key) AS everyone
  FROM numbers
  WHERE number IS NOT NULL
)
SELECT
  key AS rank,
  sign * max(number) FILTER (WHERE everyone >= {LEAST_RANKED} AND better * 100 < percent * everyone) AS cutoff
FROM placed
GROUP BY key, sign
ORDER BY key"""


# ── printing ──


@dataclass
class _Printed:
    """A plan, as text. Bits are given out in the order of atoms, which is that of their first use."""

    plan: Plan
    pass_id: str
    names_contacts: bool = False
    """Whether it is asked who they are: to carry their ids along costs a fifth of the whole."""

    def select(self, trees: Mapping[str, Tree]) -> str:
        return f"WITH {self.tables()}\n{self._decided(trees)}"

    def select_of(self, trees: Mapping[str, Tree], columns: Sequence[str], rest: str = "") -> str:
        decided = f"decided AS (\n  {_indented(self._decided(trees))}\n)"
        listed = _comma(columns, 2)
        return f"WITH {self.tables()},\n{decided}\nSELECT\n  {listed}\nFROM decided\n{rest}".rstrip()

    def _decided(self, trees: Mapping[str, Tree]) -> str:
        """A row a contact: who they are, where that is asked, and whether each tree is true of them."""
        listed = ["contact"] if self.names_contacts else []
        listed += [f"{self.condition(tree)} AS {name}" for name, tree in trees.items()]
        return f"SELECT\n  {_comma(listed, 2)}\nFROM merged\nWHERE {self.is_contact}"

    @property
    def is_contact(self) -> str:
        return f"bitwise_and(w0, {IS_CONTACT}) = {IS_CONTACT}"

    def place(self, atom: int) -> tuple[int, int]:
        """The atom's column of bits, and its bit in it."""
        word, bit = divmod(atom + 1, WORD)
        return word, 1 << bit

    def condition(self, tree: Tree) -> str:
        match tree:
            case Atom():
                return self._bits([tree], [], "all")
            case NotOf(of=Atom() as atom):
                return self._bits([], [atom], "all")
            case NotOf(of=part):
                return f"NOT ({self.condition(part)})"
            case Merged(holds=holds):
                return f"COALESCE({holds}, FALSE)"
            case Summed(columns=columns, weights=weights, least=least):
                given = [f"COALESCE({column}, 0)" for column in columns]
                given += [_case([(self.condition(part), str(weight))], "0") for part, weight in weights]
                return f"{' + '.join(given)} >= {least}"
            case AllOf(of=parts):
                return self._several(parts, "all")
            case AnyOf(of=parts):
                return self._several(parts, "any")

    def _several(self, parts: tuple[Tree, ...], which: str) -> str:
        true = [part for part in parts if isinstance(part, Atom)]
        false = [part.of for part in parts if isinstance(part, NotOf) and isinstance(part.of, Atom)]
        if not parts or set(true) & set(false):
            return "TRUE" if (which == "all") == (not parts) else "FALSE"
        written = [self._bits(true, false, which)] if true or false else []
        for part in parts:
            if not isinstance(part, Atom) and not (isinstance(part, NotOf) and isinstance(part.of, Atom)):
                text = self.condition(part)
                written.append(f"({text})" if isinstance(part, AllOf | AnyOf) and len(part.of) > 1 else text)
        return (" AND " if which == "all" else " OR ").join(written)

    def _bits(self, true: Sequence[Atom], false: Sequence[Atom], which: str) -> str:
        """Of a column of bits, that all of them are so, is one comparison; that any is: that not all are the other."""
        masks: dict[int, int] = {}
        equal: dict[int, int] = {}
        for atoms, set_in_all in ((true, True), (false, False)):
            for atom in atoms:
                word, bit = self.place(atom.number)
                masks[word] = masks.get(word, 0) | bit
                if set_in_all == (which == "all"):
                    equal[word] = equal.get(word, 0) | bit
        sign, joined = ("=", " AND ") if which == "all" else ("<>", " OR ")
        return joined.join(f"bitwise_and(w{word}, {masks[word]}) {sign} {equal.get(word, 0)}" for word in sorted(masks))

    def tables(self) -> str:
        """The common table expressions, of which `merged` has a row a contact: their bits and numbers."""
        sources = dict(self.plan.sources)
        contact = sources.pop("contact", Source("rows", ("contact",), events=False))
        branches = [("contact", contact), *sorted(sources.items())]
        texts, parts = [], []
        words = range(1 + (len(self.plan.notes)) // WORD)
        merging = ["max(contact) AS contact"] if self.names_contacts else []
        merging += [f"bitwise_or_agg(w{word}) AS w{word}" for word in words]
        newest = [name for name, _ in self.plan.newest.values()]
        numbers = {name: (source, expression) for name, source, expression in self.plan.numbers.values()}
        merging += [f"max({name}) AS {name}" for name in (*newest, *numbers)]
        for name, source in branches:
            given = dict(self._words(source, is_contact=source is contact))
            given |= {column: column for column in source.newest}
            rows = source.shape == "rows"
            given |= {name: held if rows else name for name, (of, held) in numbers.items() if of is source}
            columns = ["contact"] if source is contact and self.names_contacts else []
            columns += [text if text == column else f"{text} AS {column}" for column, text in given.items()]
            texts.append(f"of_{name} AS (\n  {self._read(source, columns, numbers)}\n)")
            listed = ["contact" if source is contact else "NULL AS contact"] if self.names_contacts else []
            listed += [f"w{word}" if f"w{word}" in given else f"0 AS w{word}" for word in words]
            listed += [column if column in given else f"NULL AS {column}" for column in (*newest, *numbers)]
            parts.append(f"SELECT contact_number, {', '.join(listed)} FROM of_{name}")
        union = "\n    UNION ALL ".join(parts)
        merged = f"SELECT\n    {_comma(['contact_number', *merging], 4)}\n  FROM (\n    {union}\n  ) AS known"
        texts.append(f"merged AS (\n  {merged}\n  GROUP BY contact_number\n)")
        return ",\n".join(texts)

    def _words(self, source: Source, *, is_contact: bool) -> Iterator[tuple[str, str]]:
        terms: dict[int, list[str]] = {0: [str(IS_CONTACT)]} if is_contact else {}
        for atom, holds in sorted(source.atoms.items()):
            self._add_bit(terms, atom, holds)
        by_name: dict[int, list[tuple[str, str]]] = {}
        for name, atoms in source.named.items():
            of_name: dict[int, list[str]] = {}
            for atom, holds in atoms.items():
                self._add_bit(of_name, atom, holds)
            for word, several in of_name.items():
                by_name.setdefault(word, []).append((literal(name), _sum(several)))
        for word, cases in by_name.items():
            terms[word] = [_case(cases, "0", of="name")]
        for word, several in terms.items():
            yield f"w{word}", _sum(several)

    def _add_bit(self, terms: dict[int, list[str]], atom: int, holds: str) -> None:
        word, bit = self.place(atom)
        given = str(bit) if holds == "TRUE" else _case([(holds, str(bit))], "0")
        terms.setdefault(word, []).append(f"{given} -- {self.plan.notes[atom]}")

    def _read(self, source: Source, columns: Sequence[str], numbers: Mapping[str, tuple[Source, str]]) -> str:
        listed = _comma(["contact_number", *columns], 4)
        if source.shape == "rows":
            return f"SELECT\n    {listed}\n  {self._from(source, 2)}"
        inner = [f"{expression} AS {name}" for expression, name in source.columns.items()]
        for name, filters in source.newest.items():
            nth = next(nth for column, nth in self.plan.newest.values() if column == name)
            inner.append(f"{nth_newest(filters, nth)} AS {name}")
        inner += [f"{expression} AS {name}" for name, (of, expression) in numbers.items() if of is source]
        counted = f"SELECT\n      {_comma(['contact_number', *inner], 6)}\n    "
        match source.shape:
            case "contacts":
                counted += self._from(source, 4)
            case "values":
                counted += f"FROM (\n      {self._by_value(source)}\n    ) AS by_value"
            case "sequences":
                counted += f"FROM (\n      {self._in_order(source)}\n    ) AS in_order"
        return f"SELECT\n    {listed}\n  FROM (\n    {counted}\n    GROUP BY contact_number\n  ) AS counted"

    def _by_value(self, source: Source) -> str:
        value, joined = self._value(source)
        if source.value in _PARTS:
            midnight = _local_midnight(self.plan.definitions.compiler.zone, source.since or 0, self.plan.t)
            value = _PARTS[source.value].format(midnight)
        tests = [f"{source.value} IS NOT NULL"] if source.value not in _PARTS else []
        if source.begins:
            tests = [f"({' OR '.join(f'starts_with({value}, {literal(each)})' for each in source.begins)})"]
        below = [f"{expression} AS {name}" for expression, name in source.below.items()]
        return f"""SELECT
        {_comma(["contact_number", f"{value} AS value", *below], 8)}
      {self._from(source, 6, joined, *tests)}
      GROUP BY contact_number, {value}"""

    def _value(self, source: Source) -> tuple[str, str]:
        """A property's value, and what joins a row with each of its values."""
        if source.value == "properties":
            return "each_value", "CROSS JOIN UNNEST(properties) AS each_of (each_value)"
        if source.value not in TEXT_LISTS:
            return f"lower({source.value})", ""
        several = f"array_distinct(transform({source.value}, x -> lower(x)))" if source.once else source.value
        return "lower(each_value)", f"CROSS JOIN UNNEST({several}) AS each_of (each_value)"

    def _in_order(self, source: Source) -> str:
        """Each instant with when what is asked about was last before it; at one instant nothing is before another."""
        flags = [f"COALESCE(bool_or({expression}), FALSE) AS {name}" for expression, name in source.below.items()]
        value, joined = self._value(source) if source.value else ("", "")
        of = ["contact_number", *(["value"] if value else [])]
        before = f"(PARTITION BY {', '.join(of)} ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
        last = [f"max(CASE WHEN {name} THEN time END) OVER {before} AS last_{name}" for name in source.below.values()]
        return f"""SELECT
        {_comma(["contact_number", "time", *source.below.values(), *last], 8)}
      FROM (
        SELECT
          {_comma(["contact_number", *([f"{value} AS value"] if value else []), "time", *flags], 10)}
        {self._from(source, 8, joined, *([f"{source.value} IS NOT NULL"] if value else []))}
        GROUP BY contact_number, {f"{value}, " if value else ""}time
      ) AS instants"""

    def _from(self, source: Source, indent: int, joined: str = "", *more: str) -> str:
        """FROM and WHERE; by partitions first, so that Athena reads no others.

        `Order Completed` is read from the orders in facts: one for each, as it is now, whoever told of it how often.
        """
        space = " " * indent
        if source.events and ORDERED in source.of and len(source.of) > 1:
            listed = ", ".join(["contact_number", "time", "name", *KEPT_PROPERTIES, "properties"])
            others = tuple(each for each in source.of if each != ORDERED)
            table = f"""(
{space}  SELECT type, {listed} FROM events WHERE {" AND ".join(self._of_events(source, others))}
{space}  UNION ALL SELECT {literal(ORDERED)} AS type, {listed} FROM facts WHERE {" AND ".join(self._ordered(source))}
{space}) AS told"""
            tests = []
        elif source.events and ORDERED in source.of:
            table, tests = "facts", self._ordered(source)
        elif source.events:
            table, tests = "events", self._of_events(source, source.of)
        else:
            table, tests = "facts", self._of_facts(*source.of)
            if source.names:
                tests.append(_one_of("name", tuple(source.names)))
        if source.place:
            table, tests = self._placed(source, table, tests), []
        where = " AND ".join([*tests, *more])
        return f"FROM {table} {joined}".rstrip() + (f"\n{space}WHERE {where}" if where else "")

    def _placed(self, source: Source, table: str, tests: Sequence[str]) -> str:
        """Each row with its place among its contact's of the same type."""
        of = ["contact_number", *(["type"] if len(source.of) > 1 else [])]
        if OTHER in source.of:
            of.append("name" if len(source.of) == 1 else f"CASE WHEN type = {literal(OTHER)} THEN name END")
        order = "DESC" if source.place == "newest" else "ASC"
        place = f"rank() OVER (PARTITION BY {', '.join(of)} ORDER BY time {order}) AS place"
        where = f" WHERE {' AND '.join(tests)}" if tests else ""
        return f"(SELECT *, {place} FROM {table}{where}) AS placed"

    def _of_events(self, source: Source, types: tuple[str, ...]) -> list[str]:
        t = self.plan.t
        tests = [_one_of("type", types)]
        if source.since is not None and source.since >= 0:
            tests += [f"month >= {literal(month_of(source.since + 1))}", f"time > {source.since}"]
        tests += [f"month <= {literal(month_of(t))}", f"time <= {t}"]
        if source.names and source.of == ("other",):
            tests.append(_one_of("name", tuple(source.names)))
        return tests

    def _ordered(self, source: Source) -> list[str]:
        later = [f"time > {source.since}"] if source.since is not None and source.since >= 0 else []
        return [*self._of_facts("order"), "flag", *later, f"time <= {self.plan.t}"]

    def _of_facts(self, *kinds: str) -> list[str]:
        return [f"pass = {literal(self.pass_id)}", _one_of("kind", kinds)]


def _one_of(column: str, values: Sequence[str]) -> str:
    listed = ", ".join(literal(value) for value in values)
    return f"{column} = {listed}" if len(values) == 1 else f"{column} IN ({listed})"


def _case(cases: Sequence[tuple[str, str]], otherwise: str | None, of: str = "") -> str:
    whens = " ".join(f"WHEN {condition} THEN {value}" for condition, value in cases)
    return f"CASE {of}{' ' if of else ''}{whens}{'' if otherwise is None else f' ELSE {otherwise}'} END"


def _count(condition: str) -> str:
    """As count(*) with a FILTER, which takes DuckDB three times as long."""
    return f"count({_case([(condition, '1')], None)})"


def _sum(terms: Sequence[str]) -> str:
    """Each term may end with a comment."""
    return "\n      + ".join(terms) + ("\n     " if "--" in terms[-1] else "")


def _comma(parts: Sequence[str], indent: int) -> str:
    return f",\n{' ' * indent}".join(parts)


def _lines(parts: Sequence[str], indent: int) -> str:
    return f"\n{' ' * indent}".join(parts)


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


# ── days in the shop's time zone ──


_DATE = f"CAST(date_add('day', CAST(ROUND(CAST({{0}} AS DOUBLE) / {DAY}e0) AS BIGINT), DATE '1969-12-31') AS DATE)"
_PARTS: Mapping[str, str] = {
    "day": "{0}",
    "week": f"({{0}}) - ({{0}} + {2 * DAY}) % {7 * DAY}",  # its Monday
    "month": f"YEAR({_DATE}) * 12 + MONTH({_DATE})",
}
"""By what is counted: which it is, of `_local_midnight`."""


def _local_midnight(zone: ZoneInfo, since: Instant, t: Instant) -> str:
    """The local day of `time`, as the local clock's midnight and a day more: for each stretch of the zone's clock its
    own offset."""
    stretches = _offsets(zone, t)
    begins = [begin for begin, _ in stretches]
    needed = stretches[max(bisect_right(begins, since) - 1, 0) :]
    (_, first), *later = needed
    shifted = f"time + {first}"
    if later:
        whens = [(f"time >= {begin}", f"time + {offset}") for begin, offset in reversed(later)]
        shifted = _case(whens, shifted)
    return f"({shifted}) - ({shifted}) % {DAY}"


@lru_cache(maxsize=8)
def _offsets(zone: ZoneInfo, t: Instant) -> list[tuple[Instant, int]]:
    """The zone's offsets from UTC, in ms and a day more (so that none is below zero), and from when each was kept."""

    def offset(at: Instant) -> int:
        found = calendars.local(at, zone).utcoffset()
        assert found is not None
        return int(found.total_seconds()) * 1000 + DAY

    found = [(0, offset(0))]
    step = 7 * DAY
    for at in range(0, t, step):
        if offset(at) != offset(min(at + step, t)):
            found += _changes(offset, at, min(at + step, t))
    return found


def _changes(offset: Callable[[Instant], int], low: Instant, high: Instant) -> list[tuple[Instant, int]]:
    before = offset(low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(middle) == before else (low, middle)
    return [(high, offset(high))]

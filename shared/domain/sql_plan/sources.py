"""Sources: rows that are read together, and the atoms that they give."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Literal

from shared.domain.conditions import Condition
from shared.domain.conditions.fields import condition_key
from shared.domain.conditions.windows import Window
from shared.domain.evaluation import in_days, span
from shared.domain.events import Instant
from shared.domain.segments import Definitions
from shared.domain.sql_plan.trees import Atom, Tree, all_of, not_of

MAX_NOTE = 160

Shape = Literal["rows", "contacts", "values", "sequences"]
"""What gives its bits: each row, by its `name`; aggregates of a contact's rows; aggregates of a contact's rows with one
value, and then of the values; aggregates of a contact's instants in order, each with what came before it (where
there is a `value`: with one value each)."""


@dataclass
class Source:
    """Rows that are read together. `of` are the types of events, or the one kind of facts, that they are."""

    shape: Shape
    of: tuple[str, ...]
    events: bool
    value: str = ""
    """Of `values`: `day`, or the property; of `sequences`, the property that ties."""
    place: Literal["", "newest", "oldest"] = ""
    """Whether a row has a `place`: how many of its type are newer, or older, and one."""
    once: bool = False
    """Of `values`: whether an event that says a value twice counts once for it."""
    begins: dict[str, None] = field(default_factory=dict)
    """Of `values` of `properties`: what those that are read begin with."""
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
    """By a column of `Sources.newest`: the filters of the events it is the newest of."""

    def column(self, expression: str) -> str:
        return self.columns.setdefault(expression, f"a{len(self.columns)}")

    def below_column(self, expression: str) -> str:
        return self.below.setdefault(expression, f"b{len(self.below)}")

    def read_since(self, start: Instant) -> None:
        self.since = start if self.since is None else min(self.since, start)


@dataclass
class Sources:
    """What is read for these definitions at an instant."""

    definitions: Definitions
    t: Instant
    sources: dict[str, Source] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """What each atom says, by its number."""
    newest: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Columns that sources give together: by what they are of, their name, and how many events back they look."""
    numbers: dict[str, tuple[str, Source, str]] = field(default_factory=dict)
    """By what is numbered (by what contacts are ranked, how many there are): its column, and the source and expression
    that give it."""
    _atoms: dict[str, Atom] = field(default_factory=dict)

    def source(self, shape: Shape, *of: str, events: bool = False, value: str = "", which: int = 0) -> Source:
        """`which`: whether, of the newest (above zero) or the oldest, only so many are asked about."""
        place: Literal["", "newest", "oldest"] = "" if not which else "newest" if which > 0 else "oldest"
        how = [f"by_{value}" if value else "", "in_order" if shape == "sequences" else "", place]
        key = "_".join([*of, *filter(None, how)])
        return self.sources.setdefault(key, Source(shape, of, events, value, place))

    def atom(self, source: Source, holds: str, condition: Condition) -> Atom:
        atom = self.noted(f"{id(source)} {holds}", condition)
        source.atoms[atom.number] = holds
        return atom

    def noted(self, key: str, note: Condition | str) -> Atom:
        atom = self._atoms.get(key)
        if atom is None:
            atom = self._atoms[key] = Atom(len(self.notes))
            self.notes.append(_note(note))
        return atom

    def numbered(self, key: str, source: Source, expression: str) -> str:
        """The column of a number that is compared when all is known of a contact."""
        return self.numbers.setdefault(key, (f"n{len(self.numbers)}", source, expression))[0]

    def of_row(self, kind: str, name: str, tests: Sequence[str], note: Condition | str) -> Atom:
        """That there is such a row."""
        source = self.source("rows", kind)
        holds = " AND ".join(tests) or "TRUE"
        atom = self.noted(f"{kind} {name} {holds}", note)
        source.names[name] = None
        source.named.setdefault(name, {})[atom.number] = holds
        return atom

    def answer(self, condition: Condition) -> Atom:
        return self.of_row("answer", condition_key(condition), [], condition)

    def contact(self, holds: str, condition: Condition) -> Atom:
        return self.atom(self.source("rows", "contact"), holds, condition)

    def start(self, window: Window | None) -> Instant:
        """What happened up to and at this instant is before the window."""
        return span(window, self.definitions.compiler.zone).bounds(self.t)[0]

    def inside(self, window: Window | None, column: str = "time") -> list[str]:
        """That an instant is in the window."""
        if window is None:
            return []
        after, upto = span(window, self.definitions.compiler.zone).bounds(self.t)
        begins = [f"{column} > {after}"] if after >= 0 else []
        return begins + ([f"{column} <= {upto}"] if upto < self.t else [])

    def between(
        self, source: Source, column: str, least: float | None, most: float | None, condition: Condition
    ) -> Tree:
        """Of a column that is a number of 0 or more, and 0 where there is no row."""
        if least is None and most is None:
            least = 1
        parts: list[Tree] = []
        if least is not None and least > 0:
            parts.append(self.atom(source, f"{column} >= {ceil(least)}", condition))
        if most is not None:
            parts.append(not_of(self.atom(source, f"{column} >= {int(most // 1) + 1}", condition)))
        return all_of(parts)

    def days_since(self, newest: str, least: float | None, most: float | None) -> str:
        """That so many days have passed since then."""
        tests = []
        if least is not None:
            tests.append(f"{newest} <= {self.t - (in_days(least) or 0)}")
        if most is not None:
            tests.append(f"{newest} >= {self.t - (in_days(most) or 0)}")
        return " AND ".join(tests)


def _note(said: Condition | str) -> str:
    """What stands beside its bit, in one line of ASCII (a line's end would end a comment)."""
    if not isinstance(said, str):
        told = said.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return json.dumps({"kind": said.kind, **told})[:MAX_NOTE]
    return json.dumps(said)[1:-1][:MAX_NOTE]

"""Trees of atoms: what makes a membership of yes and no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Atom:
    number: int


@dataclass(frozen=True, slots=True)
class Merged:
    """A comparison of `Plan.newest` columns."""

    holds: str


@dataclass(frozen=True, slots=True)
class Summed:
    """That columns, and a number for each tree that is true, come to at least a bound."""

    columns: tuple[str, ...]
    weights: tuple[tuple[Tree, int], ...]
    least: int


@dataclass(frozen=True, slots=True)
class AllOf:
    of: tuple[Tree, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    of: tuple[Tree, ...] = ()


@dataclass(frozen=True, slots=True)
class NotOf:
    of: Tree


Tree = Atom | Merged | Summed | AllOf | AnyOf | NotOf
TRUE, FALSE = AllOf(), AnyOf()


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

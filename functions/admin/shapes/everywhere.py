"""What answers of several areas hold."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

Name = str | None
Counts = dict[str, int]
"""How many, by a name."""
Scalar = str | int | float | bool | None
Part = Scalar | list[Scalar | dict[str, Scalar]]
Value = Scalar | list[Scalar | dict[str, Part]] | dict[str, Any]
"""Of a trait, or of an event's property: what the shop's systems tell."""

# ── bodies ──


class Unfinished(TypedDict):
    """What somebody is writing, kept as they left it: the JSON of a thing, or of what is none yet."""

    unfinished: str


class Copy(TypedDict):
    """Of a thing that is like another."""

    id: str
    name: NotRequired[str]


# ── queries ──


class Days(TypedDict, total=False):
    """The first and the last day, as 2026-11-24; or the `query` of an answer that was not ready."""

    query: str


# ── answers ──


class Person(TypedDict):
    contact: str
    email: Name
    name: Name


class OfContact(TypedDict):
    contact: str


class Explained(TypedDict):
    """Whether a condition holds, on what evidence, and until when; of its `parts` the same."""

    kind: str
    holds: bool
    asks: str
    evidence: str
    turns: str | None
    until: int | None
    parts: list[Explained]


class DraftProblem(TypedDict):
    at: list[str | int]
    text: str


class Number(TypedDict):
    number: int
    give_or_take: int


class PersonAt(Person):
    at: int


class Late(TypedDict):
    """It takes long: ask again with the `query`."""

    query: str

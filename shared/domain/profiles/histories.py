"""Histories: the newest occurrences of each event type, and the names of what an event touches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.domain.events import NEVER, Instant, Json
from shared.domain.properties import fold_case


class Occurrence(NamedTuple):
    """One event of a type, as far as conditions ask for it."""

    time: Instant
    properties: Mapping[str, Json]


@dataclass(slots=True)
class History:
    """The newest occurrences of one event type, oldest first, and how many there were in all."""

    newest: list[Occurrence] = field(default_factory=list)
    total: int = 0
    first: Instant = NEVER


def touch(event: str, property_: str = "", value: str | bool = "") -> str:
    """Names an event type, or those of its events that have this value of a property (or in it), as touched."""
    if not property_:
        return f"event:{event}"
    return f"event:{event}:{property_}={value if isinstance(value, bool) else fold_case(value)}"


def touches(event: str, kept: Mapping[str, Json]) -> Iterator[str]:
    yield touch(event)
    for name, value in kept.items():
        if isinstance(value, list):
            yield from (touch(event, name, each) for each in value if isinstance(each, str | bool))
        elif isinstance(value, str | bool):
            yield touch(event, name, value)


def as_text(value: Json) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def sort_key(occurrence: Occurrence) -> tuple[Instant, str]:
    return occurrence.time, as_text(occurrence.properties)

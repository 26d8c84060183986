"""Flows: how many have gone which way through a journey, from what is counted at its steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from shared.domain.journeys.advancing import TIMED_OUT
from shared.domain.journeys.compiling import Path
from shared.domain.journeys.definition import Branch, End, Journey, Split, WaitFor

At = Mapping[tuple[str, str], int]
"""Of one step: how often what was recorded (`Record.what`), and why ("": no reason)."""


class Flow(NamedTuple):
    """How many have gone a way out of a step (`after` None: have begun); None: two ways lead to one step, and which was
    gone is not on record."""

    after: str | None
    way: Literal["next", "otherwise"] | int
    people: int | None


def flows(journey: Journey, began: int, counted: Mapping[str, At]) -> Iterator[Flow]:
    """Of each way of the journey. Who was moved, or whose run ended at a step, has gone none of them."""
    following = Path(journey).following
    yield Flow(None, "next", began)
    for step in journey.steps:
        passed: Counter[str] = Counter()
        on = 0
        for (what, why), n in counted.get(step.id, {}).items():
            passed[why] += n if what == "passed" else 0
            on += n if what in ("passed", "sent", "skipped") else 0
        match step:
            case End():
                pass
            case Branch() | Split():
                ways = [way.next for way in step.ways]
                leads = [*ways, following[step.id]] if isinstance(step, Branch) else ways
                for place, to in enumerate(leads):
                    people = passed[to] if leads.count(to) == 1 else None
                    yield Flow(step.id, place if place < len(ways) else "next", people)
            case WaitFor():
                yield Flow(step.id, "next", on - passed[TIMED_OUT])
                yield Flow(step.id, "otherwise", passed[TIMED_OUT])
            case _:
                yield Flow(step.id, "next", on)

"""Legs: where a run can go from each step of a journey, and how long it takes at least to come from one to another."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping
from typing import NamedTuple

from shared.domain.events import DAY
from shared.domain.journeys.compiling import Path
from shared.domain.journeys.definition import END, Branch, End, Journey, Split, Wait, WaitFor


class Leg(NamedTuple):
    """From one step to another: how long that takes at least, and whether something has to happen for it."""

    to: str
    least: int
    answered: bool


def legs(journey: Journey) -> dict[str, list[Leg]]:
    """Where a run can go from each step."""
    path = Path(journey)
    found: dict[str, list[Leg]] = {}
    for step in journey.steps:
        following = path.following[step.id]
        match step:
            case End():
                found[step.id] = []
            case Branch():
                found[step.id] = [Leg(to, 0, False) for to in dict.fromkeys([*(w.next for w in step.ways), following])]
            case Split():
                found[step.id] = [Leg(to, 0, False) for to in dict.fromkeys(way.next for way in step.ways)]
            case WaitFor():
                found[step.id] = [
                    Leg(following, 0, True),
                    Leg(step.otherwise or following, step.within, False),
                ]
            case Wait():
                found[step.id] = [Leg(following, step.for_ or 0, False)]
            case _:
                found[step.id] = [Leg(following, 0, False)]
    return found


def comes_again(journey: Journey, start: str, *, answered: bool) -> int | None:
    """How long it takes at least until a run comes to a step again; None: it does not. `answered`: also by ways that
    need something to happen. A wait until a time of day lasts a day, when it comes round again."""
    found = {
        step.id: [
            way._replace(least=max(way.least, DAY)) if isinstance(step, Wait) and step.at is not None else way
            for way in each
        ]
        for step, each in zip(journey.steps, legs(journey).values(), strict=True)
    }
    return shortest(found, start, {start}, answered=answered)


def shortest(found: Mapping[str, list[Leg]], start: str, to: Collection[str], *, answered: bool) -> int | None:
    """How long it takes at least from a step to the next of these (END among them: to the end); None: none follows."""
    heap: list[tuple[int, str]] = [(0, start)]
    best: dict[str, int] = {}
    left = False
    while heap:
        at, step = heapq.heappop(heap)
        if left and step in to:
            return at
        left = True
        if END in to and not found.get(step):
            return at
        for way in found.get(step, ()):
            if (answered or not way.answered) and at + way.least < best.get(way.to, at + way.least + 1):
                best[way.to] = at + way.least
                heapq.heappush(heap, (at + way.least, way.to))
    return None

"""Runs that had outlived their plan when somebody last looked: one item of the Definitions table, `outlived`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Literal, NamedTuple

from shared.adapters.clients import client
from shared.adapters.definitions_table import items, table
from shared.domain.events import Instant

ID = "outlived"
MAX_NAMED = 50
"""Runs that are named one by one; all are counted."""


class Stuck(NamedTuple):
    """A run, by whose it is, at the step where it was found: it should have gone on (`late`), or its state machine's
    execution has `failed`."""

    journey: str
    step: str
    contact: str
    number: int
    why: Literal["late", "failed"]


class Found(NamedTuple):
    """What was found at an instant: how many runs at which step of which journey, and the first of them."""

    at: Instant
    steps: dict[tuple[str, str], int]
    runs: tuple[Stuck, ...]


def record(stuck: Iterable[Stuck], at: Instant) -> Counter[str]:
    """Makes these what was found last; gives how many there are, by journey."""
    steps: Counter[tuple[str, str]] = Counter()
    named: list[Stuck] = []
    for each in stuck:
        steps[each.journey, each.step] += 1
        if len(named) < MAX_NAMED:
            named.append(each)
    client("dynamodb").put_item(
        TableName=table(),
        Item={
            "id": {"S": ID},
            "version": {"N": "0"},
            "at": {"N": str(at)},
            "steps": {
                "L": [{"L": [{"S": journey}, {"S": step}, {"N": str(n)}]} for (journey, step), n in steps.items()]
            },
            "named": {"L": [{"L": [{"S": str(part)} for part in each]} for each in named]},
        },
    )
    journeys: Counter[str] = Counter()
    for (journey, _), n in steps.items():
        journeys[journey] += n
    return journeys


def last() -> Found | None:
    """None: nobody has looked yet."""
    for item in islice(items(ID), 1):
        steps = {
            (journey["S"], step["S"]): int(n["N"])
            for journey, step, n in (each["L"] for each in item.get("steps", {}).get("L", []))
        }
        named = ([part["S"] for part in each["L"]] for each in item.get("named", {}).get("L", []))
        runs = tuple(
            Stuck(journey, step, contact, int(number), "failed" if why == "failed" else "late")
            for journey, step, contact, number, why in named
        )
        return Found(int(item["at"]["N"]), steps, runs)
    return None

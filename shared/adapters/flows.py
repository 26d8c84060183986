"""The Flows table: who entered and left which segment, day by day; made from transitions by the stream, and history:
nothing that is made again brings it back.

A row for each transition (`own#month#segment#shard`, or the reason in the place of `own` where it was not the
person's own move / `day#contact#number`: `why`, `entered`, `others`), and counters (`counts#month#shard` /
`segment#entered#why`, `segment#left#why` and `segment#to#segment`: `d01` … `d31`, in the shop's time zone as it is
deployed when they are counted). Rows are written with their counters in one transaction, and none twice: so whatever is
repeated, reordered or late, each transition counts once. Rows, which say who it was, go after ROWS_KEPT; counters stay.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import count
from typing import Any, NamedTuple

from shared.adapters.clients import client
from shared.adapters.clock import pause
from shared.adapters.environment import Settings, environment
from shared.adapters.run_counts import day_of
from shared.domain.events import DAY, SECOND, Instant
from shared.domain.reports.flows import ENTERED, OWN, TO, Count, Step

SHARDS = 4
"""Of each month's counters and each segment's rows, which several Lambdas write at a time."""
ROWS_KEPT = 92 * DAY
"""For how long it is known who it was. Streams repeat within a day, dead letters within two weeks."""
MAX_WRITES = 100  # of one transaction
MAX_TRIES = 10
BEGAN = "began"

_has_begun = False


class FlowsSettings(Settings):
    flows_table: str


def table() -> str:
    return environment(FlowsSettings).flows_table


# ── writing ──


def record(steps: Iterable[Step], now: Instant) -> None:
    """Counts each of them, unless it is counted already."""
    left = list(steps)
    if left:
        _begin(now)
    while left:
        some = _fitting(left)
        left = left[len(some) :]
        _write(some, now)


def _fitting(steps: Sequence[Step]) -> Sequence[Step]:
    """The first of them, as many as fit a transaction with their counters."""
    counters: set[tuple[str, str]] = set()
    for number, step in enumerate(steps):
        counters |= {key for key, _ in _counted(step)}
        if number and number + 1 + len(counters) > MAX_WRITES:
            return steps[:number]
    return steps


def _write(steps: Sequence[Step], now: Instant) -> None:
    for tries in count():
        adds: dict[tuple[str, str], Counter[str]] = {}
        for step in steps:
            for key, day in _counted(step):
                adds.setdefault(key, Counter())[day] += 1
        writes = [_row_write(step, now) for step in steps] + [_add_write(key, of) for key, of in adds.items()]
        try:
            client("dynamodb").transact_write_items(TransactItems=writes)
        except client("dynamodb").exceptions.TransactionCanceledException as error:
            reasons = [each.get("Code") for each in error.response["CancellationReasons"][: len(steps)]]
            fresh = [step for step, why in zip(steps, reasons, strict=True) if why != "ConditionalCheckFailed"]
            if not fresh:
                return
            if tries >= MAX_TRIES:
                raise
            if len(fresh) == len(steps):
                pause(tries)  # somebody else counts on the same counter
            steps = fresh
        else:
            return


def _counted(step: Step) -> list[tuple[tuple[str, str], str]]:
    """By the keys of its counters, on which of a month's days (`d28`)."""
    month, _, day = day_of(step.transition.time).rpartition("-")
    shard = f"counts#{month}#{_shard(step.transition.contact)}"
    return [((shard, "#".join(name)), f"d{day}") for name in step.names]


def _shard(contact: str) -> int:
    return zlib.crc32(contact.encode()) % SHARDS


def _row_write(step: Step, now: Instant) -> Any:
    transition, day = step.transition, day_of(step.transition.time)
    place = _place(step.why, day[:7], transition.segment, _shard(transition.contact))
    item: dict[str, Any] = {
        "place": {"S": place},
        "id": {"S": f"{day}#{transition.contact}#{transition.number:010d}"},
        "time": {"N": str(transition.time)},
        "why": {"S": step.why},
        "entered": {"BOOL": transition.entered},
        "expires": {"N": str((now + ROWS_KEPT) // SECOND)},
    }
    if step.others:
        item["others"] = {"SS": list(step.others)}
    return {"Put": {"TableName": table(), "Item": item, "ConditionExpression": "attribute_not_exists(place)"}}


def _place(why: str, month: str, segment: str, shard: int) -> str:
    return f"{'own' if why in OWN else why}#{month}#{segment}#{shard}"


def _add_write(key: tuple[str, str], adds: Counter[str]) -> Any:
    return {
        "Update": {
            "TableName": table(),
            "Key": {"place": {"S": key[0]}, "id": {"S": key[1]}},
            "UpdateExpression": "ADD " + ", ".join(f"{day} :{day}" for day in sorted(adds)),
            "ExpressionAttributeValues": {f":{day}": {"N": str(n)} for day, n in adds.items()},
        }
    }


def _begin(now: Instant) -> None:
    """Keeps since when there are counters: who reads them has to know before which day there are none."""
    global _has_begun  # noqa: PLW0603 - what a Lambda keeps while it lives
    if not _has_begun:
        client("dynamodb").update_item(
            TableName=table(),
            Key={"place": {"S": BEGAN}, "id": {"S": BEGAN}},
            UpdateExpression="SET #day = if_not_exists(#day, :day)",
            ExpressionAttributeNames={"#day": "day"},
            ExpressionAttributeValues={":day": {"S": day_of(now)}},
        )
        _has_begun = True


def forget() -> None:
    """As a new process begins."""
    global _has_begun  # noqa: PLW0603
    _has_begun = False


# ── reading ──


def began() -> str | None:
    """The first day of which anything is counted (`2026-11-28`); None: nothing is."""
    found = client("dynamodb").get_item(TableName=table(), Key={"place": {"S": BEGAN}, "id": {"S": BEGAN}})
    return found["Item"]["day"]["S"] if "Item" in found else None


def counts(first: str, last: str) -> list[Count]:
    """All that was counted from a day to another, in the order of days."""
    found: Counter[tuple[str, tuple[str, str, str]]] = Counter()
    for month in months(first, last):
        for shard in range(SHARDS):
            for item in _items(f"counts#{month}#{shard}"):
                one, what, other = item["id"]["S"].split("#")
                for name, value in item.items():
                    day = f"{month}-{name[1:]}"
                    if name[0] == "d" and name[1:].isdigit() and first <= day <= last:
                        found[day, (one, what, other)] += int(value["N"])
    return [Count(*key, n) for key, n in sorted(found.items())]


def months(first: str, last: str) -> list[str]:
    """From one day's to the other's (`2026-11`)."""
    one, other = date.fromisoformat(first), date.fromisoformat(last)
    several = range(one.year * 12 + one.month - 1, other.year * 12 + other.month)
    return [f"{each // 12:04d}-{each % 12 + 1:02d}" for each in several]


class Row(NamedTuple):
    """Who entered or left a segment, when, and why. In the order of months, then of `shard`, then of `id`, which begins
    with the day."""

    shard: int
    id: str
    contact: str
    time: Instant
    why: str


def rows(asked: tuple[str, str, str], first: str, last: str, after: tuple[int, str] | None = None) -> Iterator[Row]:
    """Those who are counted under a name (`reports.flows.Step.names`) from a day to another, as far as they are kept;
    those after a row's shard and id."""
    one, what, other = asked
    segment = other if what == TO and other else one
    entered = what == ENTERED or (what == TO and other != "")
    why = "event" if what == TO else other
    for month in months(first, last):
        for shard in range(SHARDS):
            begin = ""
            if after is not None:
                if (month, shard) < (after[1][:7], after[0]):
                    continue
                begin = after[1] if (month, shard) == (after[1][:7], after[0]) else ""
            for item in _items(_place(why, month, segment, shard), max(first, begin), f"{last}#~"):
                contact = item["id"]["S"].split("#")[1]
                others = item["others"]["SS"] if "others" in item else [""]
                if item["id"]["S"] == begin or item["entered"]["BOOL"] != entered:
                    continue
                if (what == TO and (one if entered else "") in others) or (what != TO and item["why"]["S"] == other):
                    yield Row(shard, item["id"]["S"], contact, int(item["time"]["N"]), item["why"]["S"])


def _items(place: str, first: str = "", last: str = "") -> Iterator[dict[str, Any]]:
    condition, values = "place = :place", {":place": {"S": place}}
    if last:
        condition += " AND id BETWEEN :first AND :last"
        values |= {":first": {"S": first}, ":last": {"S": last}}
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(TableName=table(), KeyConditionExpression=condition, ExpressionAttributeValues=values)
    )
    for page in pages:
        yield from page["Items"]

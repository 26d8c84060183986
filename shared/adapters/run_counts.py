"""The Runs table: where the runs of each journey are, and how many did what. Made from RUN items by the stream, so it
can be made again; never the source of truth.

A row for each run (`runs#journey#shard` / the run's id) and counters (`counts#journey#shard` / `month#step#what#why`:
`n`, and `d01` … `d31` for the days, in the shop's time zone as it is deployed when they are counted). A row says how
many of its run's records are counted, and both change in one transaction: so whatever is repeated, reordered or late,
each record counts once, and every sum agrees: those who entered a step are those who wait there and those who left it
by each reason.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from shared.adapters.clients import client
from shared.adapters.clock import pause
from shared.adapters.contact_runs import Kept
from shared.adapters.contacts import shard_of
from shared.adapters.environment import Settings, environment
from shared.domain import calendars
from shared.domain.events import DAY, NEVER, SECOND, Instant
from shared.domain.journeys.runs import Record, Run

SHARDS = 10
"""Of each journey's rows: a launch to everybody is no hot partition."""
COUNTER_SHARDS = 4
"""Of its counters, which several Lambdas add to at a time."""
MAX_TRIES = 10
MAX_COUNTED = 90  # keys of counters in one transaction, of DynamoDB's 100 writes
FORGOTTEN = frozenset({"erased", "joined"})
"""Outcomes of contacts who are no more: their rows go. Until the stream can bring nothing of them again, they stay."""
KEPT = 7 * DAY
WITH_REASON = frozenset({"began", "skipped", "passed", "moved", "goal", "ended"})
"""Of what else is recorded, the reason is an instant or nothing."""


class RunsSettings(Settings):
    runs_table: str


class CountsSettings(Settings):
    shop_time_zone: str


class Count(NamedTuple):
    """How often something was recorded of a journey's runs on a day (in the shop's time zone, `2026-11-28`)."""

    day: str
    step: str
    what: str
    why: str
    n: int


@dataclass(frozen=True, slots=True)
class Row:
    """One run, as the table has it."""

    run: str
    contact: str
    number: int
    version: int
    step: str
    since: Instant
    started: Instant
    wake_at: Instant
    held: bool
    goal: bool
    outcome: str | None
    ended: Instant


def table() -> str:
    return environment(RunsSettings).runs_table


def day_of(t: Instant, ago: int = 0) -> str:
    """The shop's day that an instant is in (`2026-11-28`), or so many days before it."""
    zone = calendars.zone(environment(CountsSettings).shop_time_zone) or ZoneInfo("UTC")
    return (calendars.local(max(t, 0), zone).date() - timedelta(days=ago)).isoformat()


# ── writing ──


def record(kept: Kept, now: Instant) -> None:
    """Counts what is not counted yet of a run, and says where it is. A run that the table knows as late a state of, or
    a later one, changes nothing."""
    run = kept.run
    for tries in count():
        item = client("dynamodb").get_item(TableName=table(), Key=_key(run), ConsistentRead=True).get("Item")
        held = None if item is None else _Held(int(item["counted"]["N"]), int(item["profile"]["N"]))
        counted = 0 if held is None else held.counted
        if held is not None and held.profile >= kept.profile and counted >= kept.recorded:
            return
        missing = max(kept.recorded - counted, 0)
        new = run.records[-missing:][:MAX_COUNTED] if missing else ()
        # Some now, the others after it; of what was recorded and not kept, nobody knows.
        upto = counted + len(new) if len(new) == MAX_COUNTED else max(kept.recorded, counted)
        adds = _adds(run.journey, run.contact, new)
        try:
            client("dynamodb").transact_write_items(
                TransactItems=[
                    _row_write(kept, held, upto, now),
                    *(_add_write(key, of) for key, of in adds.items()),
                ]
            )
        except client("dynamodb").exceptions.TransactionCanceledException:
            if tries >= MAX_TRIES:
                raise
            pause(tries)  # somebody else counts this run, or on the same counter
        else:
            if upto >= kept.recorded:
                return


def counted(run: Run) -> int:
    """How many of the run's records are counted: all of those moves were followed to their end."""
    item = client("dynamodb").get_item(TableName=table(), Key=_key(run), ConsistentRead=True).get("Item")
    return 0 if item is None else int(item["counted"]["N"])


class _Held(NamedTuple):
    counted: int
    profile: int


Adds = dict[tuple[str, str], Counter[str]]
"""By the key of a counter, what is added to which of its numbers."""


def _adds(journey: str, contact: str, records: tuple[Record, ...]) -> Adds:
    shard = f"counts#{journey}#{zlib.crc32(contact.encode()) % COUNTER_SHARDS}"
    found: Adds = {}
    for each in records:
        month, _, day = day_of(each.time).rpartition("-")
        why = each.why or "" if each.what in WITH_REASON else ""
        found.setdefault((shard, f"{month}#{each.step}#{each.what}#{why[:200]}"), Counter()).update(("n", f"d{day}"))
    return found


def _add_write(key: tuple[str, str], adds: Counter[str]) -> Any:
    names = {f"#{name}": name for name in adds}
    return {
        "Update": {
            "TableName": table(),
            "Key": {"journey_shard": {"S": key[0]}, "id": {"S": key[1]}},
            "UpdateExpression": "ADD " + ", ".join(f"#{name} :{name}" for name in sorted(adds)),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {f":{name}": {"N": str(n)} for name, n in adds.items()},
        }
    }


def _row_write(kept: Kept, held: _Held | None, upto: int, now: Instant) -> Any:
    run = kept.run
    item: dict[str, Any] = {
        **_key(run),
        "contact": {"S": run.contact},
        "number": {"N": str(run.number)},
        "version": {"N": str(run.version)},
        "step": {"S": run.step},
        "since": {"N": str(run.since)},
        "started": {"N": str(run.records[0].time if run.records else run.began)},
        "wake_at": {"N": str(run.wake_at)},
        "counted": {"N": str(upto)},
        "profile": {"N": str(kept.profile)},
    }
    if run.held:
        item["held"] = {"BOOL": True}
    if run.reached_goal:
        item["goal"] = {"BOOL": True}
    if run.outcome is not None:
        item |= {"outcome": {"S": run.outcome}, "ended": {"N": str(run.ended)}}
        if run.outcome in FORGOTTEN:
            item["expires"] = {"N": str((now + KEPT) // SECOND)}
    put: dict[str, Any] = {
        "TableName": table(),
        "Item": item,
        "ConditionExpression": "attribute_not_exists(journey_shard)",
    }
    if held is not None:
        put["ConditionExpression"] = "counted = :counted AND profile = :profile"
        put["ExpressionAttributeValues"] = {
            ":counted": {"N": str(held.counted)},
            ":profile": {"N": str(held.profile)},
        }
    return {"Put": put}


def _key(run: Run) -> dict[str, Any]:
    return {"journey_shard": {"S": f"runs#{run.journey}#{shard_of(run.contact)}"}, "id": {"S": run.id}}


# ── reading ──


def counts(journey: str) -> list[Count]:
    """All that was ever recorded of the journey's runs, by day."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    for shard in range(COUNTER_SHARDS):
        for item in _items(f"counts#{journey}#{shard}"):
            month, step, what, why = item["id"]["S"].split("#", 3)
            for name, value in item.items():
                if name[0] == "d" and name[1:].isdigit():
                    found[f"{month}-{name[1:]}", step, what, why] += int(value["N"])
    return [Count(*key, n) for key, n in sorted(found.items())]


def rows(journey: str, after: str = "") -> Iterator[Row]:
    """The journey's runs, in a fixed order: those after a run's id (of the order's, not of time's), read as far as they
    are asked for. Of contacts who are no more, none."""
    contact = after.partition("-")[0]
    first = shard_of(contact) if after else 0
    for shard in range(first, SHARDS):
        for item in _items(f"runs#{journey}#{shard}", after if shard == first else ""):
            if "expires" not in item:
                yield _row(item)


def _items(shard: str, after: str = "") -> Iterator[dict[str, Any]]:
    condition, values = "journey_shard = :shard", {":shard": {"S": shard}}
    if after:
        condition, values = condition + " AND id > :after", {**values, ":after": {"S": after}}
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(TableName=table(), KeyConditionExpression=condition, ExpressionAttributeValues=values)
    )
    for page in pages:
        yield from page["Items"]


def _row(item: dict[str, Any]) -> Row:
    return Row(
        run=item["id"]["S"],
        contact=item["contact"]["S"],
        number=int(item["number"]["N"]),
        version=int(item["version"]["N"]),
        step=item["step"]["S"],
        since=int(item["since"]["N"]),
        started=int(item["started"]["N"]),
        wake_at=int(item["wake_at"]["N"]),
        held="held" in item,
        goal="goal" in item,
        outcome=item["outcome"]["S"] if "outcome" in item else None,
        ended=int(item["ended"]["N"]) if "ended" in item else NEVER,
    )

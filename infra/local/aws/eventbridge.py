"""EventBridge as the local run needs it: what is put on the bus is kept, and no rule asks for it."""

from __future__ import annotations

import json
import sqlite3
import uuid
from typing import Any, NamedTuple

from infra.local.aws.calls import AwsError, Operation, Parameters
from infra.local.aws.world import World

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS bus_events (
        id TEXT PRIMARY KEY, time INTEGER NOT NULL, source TEXT NOT NULL, detail_type TEXT NOT NULL,
        detail TEXT NOT NULL
    )""",
)
MAX_ENTRIES = 10
MAX_BYTES = 1_048_576  # of one call: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html


class Told(NamedTuple):
    time: int
    source: str
    detail_type: str
    detail: dict[str, Any]


def put_events(world: World, parameters: Parameters) -> dict[str, Any]:
    entries = parameters["Entries"]
    if not 0 < len(entries) <= MAX_ENTRIES:
        raise AwsError("ValidationException", f"1 to {MAX_ENTRIES} entries are taken at a time.")
    if sum(len(json.dumps(entry).encode()) for entry in entries) > MAX_BYTES:
        raise AwsError("ValidationException", "Total size of the entries in the request is over the limit.")
    answers = [_put(world, entry, number) for number, entry in enumerate(entries)]
    return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}


def _put(world: World, entry: dict[str, Any], number: int) -> dict[str, Any]:
    if set(entry) - {"Source", "DetailType", "Detail"}:
        raise NotImplementedError("the local run does not stand in for other buses, resources or times")
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": f"Parameter {name} is not valid. Reason: required."}
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    row = (len(told(world)), number)
    id_ = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{world.now()} {row} {entry['Detail']}"))
    _db(world).execute(
        "INSERT INTO bus_events VALUES (?, ?, ?, ?, ?)",
        (id_, world.now(), entry["Source"], entry["DetailType"], entry["Detail"]),
    )
    return {"EventId": id_}


def told(world: World) -> list[Told]:
    """All that was put on the bus, in order."""
    rows = _db(world).execute("SELECT time, source, detail_type, detail FROM bus_events ORDER BY time, rowid")
    return [Told(time, source, detail_type, json.loads(detail)) for time, source, detail_type, detail in rows]


def _db(world: World) -> sqlite3.Connection:
    return world.with_tables(SCHEMA)


OPERATIONS: dict[str, Operation] = {"PutEvents": put_events}

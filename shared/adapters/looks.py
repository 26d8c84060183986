"""The looks of every minute for wake-ups: how far they have come, so that each is put on the queue once.

One item of the Definitions table, `look`, which the schedule alone writes.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.adapters.clients import client
from shared.adapters.definitions_table import table
from shared.domain.events import Instant

ID = "look"


@dataclass(frozen=True, slots=True)
class Look:
    """A look `at` an instant, and for each shard the instant up to which its wake-ups have been put on the queue."""

    at: Instant
    reached: tuple[Instant, ...]


def last(shards: int) -> Look:
    """The last look; of a shop that has had none, one that has come nowhere."""
    items = client("dynamodb").query(
        TableName=table(),
        KeyConditionExpression="id = :id",
        ExpressionAttributeValues={":id": {"S": ID}},
        ConsistentRead=True,
    )["Items"]
    if not items:
        return Look(0, (0,) * shards)
    return Look(int(items[0]["at"]["N"]), tuple(int(each["N"]) for each in items[0]["reached"]["L"]))


def record(look: Look) -> None:
    client("dynamodb").put_item(
        TableName=table(),
        Item={
            "id": {"S": ID},
            "version": {"N": "0"},
            "at": {"N": str(look.at)},
            "reached": {"L": [{"N": str(each)} for each in look.reached]},
        },
    )

"""The Members table: who is in which segment, made from transitions; never the source of truth.

An item is the newest transition of a contact and a segment: `segment_shard` (`customers#7`), `contact`, `number` (the
transition's), and `since` when it was an entry or `left` when it was not. A newer number replaces an older one and
nothing else does, so transitions may come repeated and in any order. Who left is kept for a while, so that an entry
which comes late meets it, and then goes by the table's time to live (`expires`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel

from shared.adapters.clients import client
from shared.adapters.contacts import SHARDS, shard_of
from shared.adapters.environment import environment
from shared.domain.events import DAY, SECOND, Instant
from shared.domain.segments import Transition

LEFT_KEPT = 30 * DAY
"""How long it is known of somebody that they left. Streams repeat within a day."""
MOST_READ = 500  # items of one Query, so that a page of a few members does not read a whole megabyte
MOST_COUNTED = 100_000  # more than a megabyte, which is where DynamoDB ends a page by itself


class MembersSettings(BaseModel):
    members_table: str


class Member(NamedTuple):
    """A contact in a segment, since an instant. Members are in the order of `shard`, then of `contact`."""

    shard: int
    contact: str
    since: Instant


def record(transition: Transition, now: Instant) -> None:
    """Keeps the transition, unless a newer one of its contact and segment is kept already."""
    item: dict[str, Any] = {
        "segment_shard": {"S": f"{transition.segment}#{shard_of(transition.contact)}"},
        "contact": {"S": transition.contact},
        "number": {"N": str(transition.number)},
    }
    if transition.entered:
        item["since"] = {"N": str(transition.time)}
    else:
        item |= {"left": {"N": str(transition.time)}, "expires": {"N": str((now + LEFT_KEPT) // SECOND)}}
    try:
        client("dynamodb").put_item(
            TableName=environment(MembersSettings).members_table,
            Item=item,
            ConditionExpression="attribute_not_exists(contact) OR #number < :number",
            ExpressionAttributeNames={"#number": "number"},
            ExpressionAttributeValues={":number": item["number"]},
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        pass  # it is known already, or the contact has moved on since


def members(segment: str, after: tuple[int, str] = (0, "")) -> Iterator[Member]:
    """The segment's members that come after a shard and a contact, in order, read as far as they are asked for."""
    first, contact = after
    for shard in range(first, SHARDS):
        for page in _pages(segment, shard, contact if shard == first else "", MOST_READ):
            for item in page["Items"]:
                yield Member(shard, item["contact"]["S"], int(item["since"]["N"]))


def count(segment: str) -> int:
    """How many members the segment has: reads the segment's part of the table, a megabyte at a time."""
    return sum(page["Count"] for shard in range(SHARDS) for page in _pages(segment, shard, "", MOST_COUNTED, "COUNT"))


def _pages(segment: str, shard: int, after: str, most: int, select: Any = "ALL_ATTRIBUTES") -> Any:
    condition, values = "segment_shard = :shard", {":shard": {"S": f"{segment}#{shard}"}}
    if after:
        condition, values = condition + " AND contact > :after", {**values, ":after": {"S": after}}
    return (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=environment(MembersSettings).members_table,
            KeyConditionExpression=condition,
            FilterExpression="attribute_exists(since)",
            ExpressionAttributeValues=values,
            Select=select,
            PaginationConfig={"PageSize": most},
        )
    )

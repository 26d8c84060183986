"""The Members table: who is in which segment, made from transitions; never the source of truth.

An item is the newest transition of a contact and a segment: `segment_shard` (`customers#7`), `contact`, `number` (the
transition's), `since` the contact entered, and `left` when that is over. A newer number replaces an older one and
nothing else does, so transitions may come repeated and in any order. Who left is kept for a while, so that an entry
which comes late meets it, and so that it is known when somebody last entered; then it goes by the table's time to live
(`expires`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from shared.adapters.clients import client
from shared.adapters.contacts import SHARDS, Stretch, shard_of
from shared.adapters.environment import Settings, environment
from shared.domain.events import DAY, SECOND, Instant
from shared.domain.profiles.transitions import Membership, Transition

LEFT_KEPT = 30 * DAY
"""How long it is known of somebody that they left. Streams repeat within a day."""
MAX_READ = 500  # items of one Query, so that a page of a few members does not read a whole megabyte
MAX_COUNTED = 100_000  # more than a megabyte, which is where DynamoDB ends a page by itself


COUNTERS = "counters"
"""The partition of the counters, one item a segment. Segments' own partitions have a # in their names."""


class MembersSettings(Settings):
    members_table: str


class Member(NamedTuple):
    """A contact in a segment, since an instant. Members are in the order of `shard`, then of `contact`."""

    shard: int
    contact: str
    since: Instant


def record(transition: Transition, now: Instant) -> int:
    """Keeps the transition, unless a newer one of its contact and segment is kept already; gives by how many the
    segment has more members now: 1, 0 or -1 (see `count_on`)."""
    values = {":number": {"N": str(transition.number)}, ":time": {"N": str(transition.time)}}
    if transition.entered:
        update = "SET #number = :number, since = :time REMOVE #left, expires"
    else:
        update = "SET #number = :number, #left = :time, expires = :expires"
        values[":expires"] = {"N": str((now + LEFT_KEPT) // SECOND)}
    try:
        before = (
            client("dynamodb")
            .update_item(
                TableName=environment(MembersSettings).members_table,
                Key={
                    "segment_shard": {"S": f"{transition.segment}#{shard_of(transition.contact)}"},
                    "contact": {"S": transition.contact},
                },
                UpdateExpression=update,
                ConditionExpression="attribute_not_exists(contact) OR #number < :number",
                ExpressionAttributeNames={"#number": "number", "#left": "left"},
                ExpressionAttributeValues=values,
                ReturnValues="ALL_OLD",
            )
            .get("Attributes", {})
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        return 0  # it is known already, or the contact has moved on since
    return transition.entered - ("number" in before and "left" not in before)


# ── made right: what the stream has lost, or a table that was lost ──


class Held(NamedTuple):
    """What the table has of a contact and a segment: the newest transition's number, when they entered, and whether
    they are in it."""

    number: int
    since: Instant
    member: bool


def held(segments: Iterable[str], stretch: Stretch) -> dict[tuple[str, str], Held]:
    """All that the table has of these segments and a stretch of contacts, those who left included, by contact and
    segment."""
    found = {}
    condition, values = "", {}
    if stretch.up_to is not None:
        condition, values = " AND contact BETWEEN :after AND :to", {":after": stretch.after, ":to": stretch.up_to}
        if not stretch.after:
            condition, values = " AND contact <= :to", {":to": stretch.up_to}
    elif stretch.after:
        condition, values = " AND contact > :after", {":after": stretch.after}
    for segment in segments:
        asked = {name: {"S": value} for name, value in values.items()}
        for page in _query(segment, stretch.shard, MAX_COUNTED, asked, condition):
            for item in page["Items"]:
                if item["contact"]["S"] != stretch.after:  # BETWEEN has both of its ends
                    found[item["contact"]["S"], segment] = Held(
                        int(item["number"]["N"]), int(item["since"]["N"]) if "since" in item else 0, "left" not in item
                    )
    return found


def correct(contact: str, segment: str, seen: Held | None, membership: Membership | None, now: Instant) -> int:
    """Makes the table say of a contact and a segment what their profile says, if it still says what was `seen`:
    whatever the stream has brought meanwhile is newer. Gives by how many the segment has more members now.

    Read the profile after what was seen. Nobody's membership (None, or one that is over) ends what is there.
    """
    names, values = {"#number": "number", "#left": "left"}, {}
    if membership is not None and membership.member:
        update = "SET #number = :number, since = :since REMOVE #left, expires"
        values = {":number": {"N": str(membership.number)}, ":since": {"N": str(membership.since)}}
    elif seen is None or not seen.member:
        return 0
    else:
        update = "SET #number = :number, #left = :left, expires = :expires"
        values[":number"] = {"N": str(max(seen.number, membership.number if membership is not None else 0))}
        values[":left"] = {"N": str(membership.since if membership is not None else now)}
        values[":expires"] = {"N": str((now + LEFT_KEPT) // SECOND)}
    condition = "attribute_not_exists(contact)"
    if seen is not None:
        condition = f"#number = :seen AND attribute_{'not_' if seen.member else ''}exists(#left)"
        values[":seen"] = {"N": str(seen.number)}
    if "#left" not in update + condition:
        del names["#left"]
    try:
        client("dynamodb").update_item(
            TableName=environment(MembersSettings).members_table,
            Key={
                "segment_shard": {"S": f"{segment}#{shard_of(contact)}"},
                "contact": {"S": contact},
            },
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        return 0
    is_member, was_member = membership is not None and membership.member, seen is not None and seen.member
    return is_member - was_member


# ── how many there are: a number beside the members, since to count half a million takes a second ──


def count_on(changes: Mapping[str, int]) -> None:
    """Adds to the counters of segments what a batch of transitions has changed.

    Whoever dies between the members and this leaves a counter wrong, until the night counts again (`recount`)."""
    for segment, change in changes.items():
        if change:
            _counter(segment, "ADD members :change", {":change": change})


def counts() -> dict[str, int]:
    """How many members each segment has; one that nobody has entered yet is left out."""
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=environment(MembersSettings).members_table,
            KeyConditionExpression="segment_shard = :counters",
            ExpressionAttributeValues={":counters": {"S": COUNTERS}},
        )
    )
    return {item["contact"]["S"]: max(int(item["members"]["N"]), 0) for page in pages for item in page["Items"]}


def recount(segment: str) -> None:
    """Counts a segment's members, and corrects its counter; not where that was counted on meanwhile."""
    held = counts().get(segment)
    counted = count(segment)
    if held == counted:
        return
    condition = "attribute_not_exists(contact)" if held is None else "members = :held"
    with suppress(client("dynamodb").exceptions.ConditionalCheckFailedException):
        more = {} if held is None else {":held": held}
        _counter(segment, "SET members = :counted", {":counted": counted, **more}, ConditionExpression=condition)


def _counter(segment: str, update: str, values: Mapping[str, int], **more: Any) -> None:
    client("dynamodb").update_item(
        TableName=environment(MembersSettings).members_table,
        Key={"segment_shard": {"S": COUNTERS}, "contact": {"S": segment}},
        UpdateExpression=update,
        ExpressionAttributeValues={name: {"N": str(value)} for name, value in values.items()},
        **more,
    )


def members(segment: str, after: tuple[int, str] = (0, "")) -> Iterator[Member]:
    """The segment's members that come after a shard and a contact, in order, read as far as they are asked for."""
    first, contact = after
    for shard in range(first, SHARDS):
        for page in _pages(segment, shard, contact if shard == first else "", MAX_READ):
            for item in page["Items"]:
                yield Member(shard, item["contact"]["S"], int(item["since"]["N"]))


def in_shard(segment: str, shard: int) -> Iterator[str]:
    """The segment's members of a shard of contacts (`contacts.shard_of`), in order."""
    for page in _pages(segment, shard, "", MAX_COUNTED):
        yield from (item["contact"]["S"] for item in page["Items"])


def count(segment: str) -> int:
    """How many members the segment has: reads the segment's part of the table, a megabyte at a time."""
    return sum(page["Count"] for shard in range(SHARDS) for page in _pages(segment, shard, "", MAX_COUNTED, "COUNT"))


def has_entered_since(segment: str, t: Instant) -> bool:
    """Whether anybody has entered after `t`; of who left longer than LEFT_KEPT ago, it is not known any more."""
    asked: dict[str, Any] = {"FilterExpression": "since > :t", "Select": "COUNT"}
    return any(
        page["Count"] > 0
        for shard in range(SHARDS)
        for page in _query(segment, shard, MAX_COUNTED, {":t": {"N": str(t)}}, **asked)
    )


def _pages(segment: str, shard: int, after: str, most: int, select: str = "ALL_ATTRIBUTES") -> Any:
    more: dict[str, Any] = {"FilterExpression": "attribute_not_exists(#left)", "Select": select}
    more["ExpressionAttributeNames"] = {"#left": "left"}
    if after:
        return _query(segment, shard, most, {":after": {"S": after}}, " AND contact > :after", **more)
    return _query(segment, shard, most, {}, **more)


def _query(segment: str, shard: int, most: int, values: dict[str, Any], key: str = "", **more: Any) -> Any:
    return (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=environment(MembersSettings).members_table,
            KeyConditionExpression=f"segment_shard = :shard{key}",
            ExpressionAttributeValues={":shard": {"S": f"{segment}#{shard}"}, **values},
            PaginationConfig={"PageSize": most},
            **more,
        )
    )

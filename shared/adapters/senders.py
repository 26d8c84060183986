"""Bounds on what comes with a public write key: anybody can copy it from the site's pages, and send with it.

What is within the bounds is counted in the Lambda alone, which costs nothing. Each hundred contacts that are new to it
are told to a count that all Lambdas share: an item `sender` of the Definitions table for each hour, which expires.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters.clients import client
from shared.adapters.definitions_table import table
from shared.domain.events import DAY, HOUR, SECOND, Event, Instant

ID = "sender"
MAX_CONTACTS = 10_000
"""Contacts (browsers, users, addresses) that one write key may speak of in an hour: a busy shop's visitors."""
MAX_EVENTS = 1_000
"""Events of one contact that one Lambda takes in an hour: more than anybody can look at."""
STEP = 100
"""New contacts that a Lambda keeps to itself before it tells the others."""


@dataclass
class _Count:
    """Of one key in one hour, in this Lambda."""

    hour: int
    events: dict[int, int] = field(default_factory=dict)
    """How many, by the hash of an identity they name."""
    new: int = 0
    """Contacts that the shared count does not know of yet."""
    shared: int = 0
    """What the shared count was when it was last told."""
    refused: int = 0
    """Events turned away that the shared count does not know of yet."""
    over: bool = False
    """Whether the shared count knows that some were."""


_counts: dict[str, _Count] = {}


def admit(events: Iterable[Event], key: str, now: Instant) -> tuple[list[Event], int]:
    """The events that are within the bounds of the write key they came with, and how many are not."""
    count = _counts.get(key)
    if count is None or count.hour != now // HOUR:
        count = _counts[key] = _Count(now // HOUR)
    admitted, refused = [], 0
    for event in events:
        names = {hash(identity) for identity in event.identities}
        is_new = not any(name in count.events for name in names)
        if (is_new and count.shared + count.new >= MAX_CONTACTS) or any(
            count.events.get(name, 0) >= MAX_EVENTS for name in names
        ):
            refused += 1
            continue
        admitted.append(event)
        count.new += is_new
        count.events.update({name: count.events.get(name, 0) + 1 for name in names})
    count.refused += refused
    if count.new >= STEP or count.refused >= (STEP if count.over else 1):
        _share(key, count)
    return admitted, refused


def wait(now: Instant) -> int:
    """Seconds until the next hour's count begins."""
    return (HOUR - now % HOUR) // SECOND + 1


def _share(key: str, count: _Count) -> None:
    """Without an answer the Lambda goes on by its own count: what is counted is worth more than the counting."""
    name = hashlib.sha256(key.encode()).hexdigest()[:8]
    with suppress(ClientError, BotoCoreError):
        answer = client("dynamodb").update_item(
            TableName=table(),
            Key={"id": {"S": ID}, "version": {"N": str(count.hour)}},
            UpdateExpression="SET expires = :expires ADD #contacts :new, refused :refused",
            ExpressionAttributeNames={"#contacts": f"contacts_{name}"},
            ExpressionAttributeValues={
                ":expires": {"N": str((count.hour * HOUR + 2 * DAY) // SECOND)},
                ":new": {"N": str(count.new)},
                ":refused": {"N": str(count.refused)},
            },
            ReturnValues="ALL_NEW",
        )
        count.shared = int(answer["Attributes"][f"contacts_{name}"]["N"])
        count.over = count.over or count.refused > 0
        count.new = count.refused = 0


def turned_away(since: Instant) -> int:
    """About how many events were turned away from the hour of `since` on."""
    items = client("dynamodb").query(
        TableName=table(),
        KeyConditionExpression="id = :id AND version >= :hour",
        ExpressionAttributeValues={":id": {"S": ID}, ":hour": {"N": str(since // HOUR)}},
    )["Items"]
    return sum(int(item["refused"]["N"]) for item in items)


def forget() -> None:
    """As a new Lambda begins."""
    _counts.clear()

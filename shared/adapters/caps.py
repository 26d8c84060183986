"""CAP items of the contact's partition: the emails of a class that count, and those that wait (the domain's `caps`).

`contact`, `kind` (`CAP#class`), `version` (of each write one more), `counted` (JSON: `sent` and `waiting`, by the hash
of the message's key), and `expires`. A message is counted in the transaction that claims it, and given back in the one
that says that it was not sent: so of several that act at once, none goes over the cap.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.adapters.clients import client
from shared.adapters.clock import pause
from shared.adapters.contacts import items, read_item, table
from shared.adapters.contacts import key as item_key
from shared.domain.events import DAY, SECOND, Instant
from shared.domain.messages.caps import WEEK, Counted, Waiting

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

PREFIX = "CAP#"
KEPT = 60 * DAY
"""Long after the last that counts, for those that wait."""


class Read(NamedTuple):
    """What is counted of a contact and a class, and as of which version (0: nothing is stored)."""

    contact: str
    mail_class: str
    counted: Counted
    version: int


def name(key: str) -> str:
    """What a message is called among those that are counted."""
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def read(contact: str, mail_class: str) -> Read:
    item = read_item(contact, f"{PREFIX}{mail_class}")
    if item is None:
        return Read(contact, mail_class, Counted(), 0)
    told = json.loads(item["counted"]["S"])
    waiting = {name: Waiting(*each) for name, each in told["waiting"].items()}
    return Read(contact, mail_class, Counted(told["sent"], waiting), int(item["version"]["N"]))


def write(held: Read, counted: Counted, now: Instant) -> TransactWriteItemTypeDef:
    """Stores what is counted now instead of what was read, as a part of a transaction."""
    return {"Put": _put(held, counted, now)}


def store(held: Read, counted: Counted, now: Instant) -> bool:
    """The same by itself; whether nobody else has stored something meanwhile."""
    try:
        client("dynamodb").put_item(**_put(held, counted, now))
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        return False
    return True


def bring_over(contact: str, joined: str, now: Instant) -> None:
    """Counts what the contact got for whoever they have joined, too: one person is not to get twice as much. Again, it
    is the same."""
    for item in items(contact, PREFIX):
        mail_class = item["kind"]["S"].removeprefix(PREFIX)
        theirs = read(contact, mail_class).counted.sent
        for tries in count():
            held = read(joined, mail_class)
            both = {**theirs, **held.counted.sent}
            if both == held.counted.sent or store(held, replace(held.counted, sent=both), now):
                break
            pause(tries)


def _put(held: Read, counted: Counted, now: Instant) -> Any:
    waiting = {name: [each.priority, each.stale_after, each.since, each.slot] for name, each in counted.waiting.items()}
    last = max([now, *(each.slot for each in counted.waiting.values() if each.slot < now + 5 * 365 * DAY)])
    told = json.dumps({"sent": dict(counted.sent), "waiting": waiting}, separators=(",", ":"))
    put: dict[str, Any] = {
        "TableName": table(),
        "Item": {
            **item_key(held.contact, f"{PREFIX}{held.mail_class}"),
            "version": {"N": str(held.version + 1)},
            "counted": {"S": told},
            "expires": {"N": str((last + WEEK + KEPT) // SECOND)},
        },
    }
    if held.version:
        put["ExpressionAttributeNames"] = {"#version": "version"}
        put["ExpressionAttributeValues"] = {":version": {"N": str(held.version)}}
        return {**put, "ConditionExpression": "#version = :version"}
    return {**put, "ConditionExpression": "attribute_not_exists(contact)"}

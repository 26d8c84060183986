"""Who has asked to be told that something is back in stock: `ASKED#<queue>` items of a contact's partition.

An item is written in the transaction that records the event which asks or which answers, so exports and erasures have
it with all else that is known of the contact. While a request is unanswered, it is in the index `asked`, in the order
of the queue (`asked_for`, `place`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.adapters import contacts
from shared.adapters.clients import client
from shared.domain.asking import ASKED_FOR, Asked, asked_key
from shared.domain.events import SECOND, Event, Instant, Type, iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

KIND = "ASKED#"
PAGE = 100
"""Read at a time."""


class Asker(NamedTuple):
    """A contact in a queue; their `place` is greater than those of all who asked before."""

    place: str
    contact: str


def kinds_of(event: Event) -> list[str]:
    """The kinds of the items that an event is about: the queue that it asks to join, or those that it answers."""
    if event.type == Type.BACK_IN_STOCK_REQUESTED:
        key = asked_key(event.properties)
        return [] if key is None else [f"{KIND}{key}"]
    answered = event.properties.get("asked_for", ()) if event.type == Type.BACK_IN_STOCK else ()
    return [f"{KIND}{queue}" for queue in answered]


def writes(contact: str, recorded: Iterable[Event]) -> list[TransactWriteItemTypeDef]:
    """What these events change of what the contact has asked for, whichever of them is heard of first. It is part of
    the transaction that stores the profile as its next version, so nobody writes it between."""
    held: dict[str, Asked] = {}
    for event in recorded:
        for kind in kinds_of(event):
            before = held[kind] if kind in held else _read(contact, kind)
            held[kind] = before.after(event)
    return [_put(contact, kind, asked) for kind, asked in held.items()]


def _read(contact: str, kind: str) -> Asked:
    item = contacts.read_item(contact, kind) or {}
    return Asked(*(int(item[name]["N"]) if name in item else -1 for name in Asked._fields))


def _put(contact: str, kind: str, asked: Asked) -> TransactWriteItemTypeDef:
    item = {
        **contacts.key(contact, kind),
        **{name: {"N": str(value)} for name, value in asked._asdict().items()},
        "expires": {"N": str((max(asked) + ASKED_FOR) // SECOND)},
    }
    if asked.waits:
        item |= {"asked_for": {"S": kind.removeprefix(KIND)}, "place": {"S": f"{iso(asked.asked)}#{contact}"}}
    return {"Put": {"TableName": contacts.table(), "Item": item}}


def queue(asked_for: str, now: Instant, after: str = "", upto: str | None = None) -> Iterator[Asker]:
    """Those in a queue, the oldest first, behind a place and (unless None) up to another; read as far as is asked."""
    since = max(after, iso(max(now - ASKED_FOR, 0)))
    values: dict[str, Any] = {":queue": {"S": asked_for}, ":since": {"S": since}}
    condition = "asked_for = :queue AND place > :since"
    if upto is not None:
        condition = "asked_for = :queue AND place BETWEEN :since AND :upto"
        values[":upto"] = {"S": upto}
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=contacts.table(),
            IndexName="asked",
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            PaginationConfig={"PageSize": PAGE},
        )
    )
    for page in pages:
        for item in page["Items"]:
            if item["place"]["S"] != since:
                yield Asker(item["place"]["S"], item["contact"]["S"])

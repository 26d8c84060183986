"""Who has asked to be told that something is back in stock: `ASKED#<queue>` items of a contact's partition.

An item is written in the transaction that records the event which asks or which answers, so exports and erasures have
it with all else that is known of the contact. `asked` is when we heard the oldest request that is unanswered, `told`
when the newest answer was made; while the former is the later one, the item is in the index `asked`, in the queue's
order (`asked_for`, `place`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.adapters import contacts
from shared.adapters.clients import client
from shared.domain.events import SECOND, Event, Instant, Type, iso
from shared.domain.releases import ASKED_FOR, asked_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

KIND = "ASKED#"
PAGE = 100
"""Read at a time."""


class Asker(NamedTuple):
    """A contact in a queue; their `place` is greater than those of all who asked before."""

    place: str
    contact: str


def kind_of(event: Event) -> str | None:
    """The kind of the item that an event is about; None when it neither asks nor answers."""
    if event.type == Type.BACK_IN_STOCK_REQUESTED:
        queue = asked_key(event.properties)
    else:
        queue = event.properties.get("asked_for") if event.type == Type.BACK_IN_STOCK else None
    return None if queue is None else f"{KIND}{queue}"


def writes(contact: str, recorded: Iterable[Event]) -> list[TransactWriteItemTypeDef]:
    """What these events change of what the contact has asked for, whichever of them is heard of first. It is part of
    the transaction that stores the profile as its next version, so nobody writes it between."""
    held: dict[str, tuple[Instant, Instant]] = {}
    for event in recorded:
        if (kind := kind_of(event)) is None:
            continue
        asked, told = held[kind] if kind in held else _read(contact, kind)
        if event.type == Type.BACK_IN_STOCK:
            told = max(told, event.received)
        elif event.received > told:
            asked = min(asked, event.received) if asked > told else event.received
        held[kind] = asked, told
    return [_put(contact, kind, asked, told) for kind, (asked, told) in held.items()]


def _read(contact: str, kind: str) -> tuple[Instant, Instant]:
    item = contacts.read_item(contact, kind) or {}
    return tuple(int(item[name]["N"]) if name in item else -1 for name in ("asked", "told"))  # type: ignore[return-value]


def _put(contact: str, kind: str, asked: Instant, told: Instant) -> TransactWriteItemTypeDef:
    item = {
        **contacts.key(contact, kind),
        "asked": {"N": str(asked)},
        "told": {"N": str(told)},
        "expires": {"N": str((max(asked, told) + ASKED_FOR) // SECOND)},
    }
    if asked > told:
        item |= {"asked_for": {"S": kind.removeprefix(KIND)}, "place": {"S": f"{iso(asked)}#{contact}"}}
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

"""Contacts that may be one person: pairs that an event has named together, and which nobody has made one yet.

An item `conflict` of the Definitions table, version = a number made of the pair, so that a pair that is named again is
one. It holds ids only, and goes when one of the two ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from shared.adapters.clients import client
from shared.adapters.definitions_table import items, table
from shared.domain.events import Instant, event_id

ID = "conflict"
MAX_READ = 1_000


class Conflict(NamedTuple):
    """Two contacts, in the order of their ids, and when an event first named both."""

    contacts: tuple[str, str]
    at: Instant


def record(contact: str, other: str, now: Instant) -> None:
    """Keeps that an event has named both; a pair that is kept already stays as it is."""
    first, second = sorted((contact, other))
    try:
        client("dynamodb").put_item(
            TableName=table(),
            Item={
                "id": {"S": ID},
                "version": {"N": str(int(event_id(ID, first, second)[:12], 16))},
                "contacts": {"L": [{"S": first}, {"S": second}]},
                "at": {"N": str(now)},
            },
            ConditionExpression="attribute_not_exists(id)",
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        pass


def end(contact: str, joined: str | None = None) -> None:
    """Forgets the pairs of a contact who ends. Whom it was named with may be the one that it has `joined`, then."""
    for item, conflict in list(_stored()):
        if contact in conflict.contacts:
            first, second = conflict.contacts
            other = second if first == contact else first
            if joined is not None and other != joined:
                record(joined, other, conflict.at)
            client("dynamodb").delete_item(TableName=table(), Key={name: item[name] for name in ("id", "version")})


def stored() -> list[Conflict]:
    """The pairs there were, the newest first: of at most MAX_READ."""
    read = (conflict for _, conflict in islice(_stored(), MAX_READ))
    return sorted(read, key=lambda conflict: (-conflict.at, conflict.contacts))


def _stored() -> Iterator[tuple[dict[str, Any], Conflict]]:
    for item in items(ID):
        first, second = (each["S"] for each in item["contacts"]["L"])
        yield item, Conflict((first, second), int(item["at"]["N"]))

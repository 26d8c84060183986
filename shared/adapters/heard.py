"""When each source of events was last heard of, for the operators: in the Definitions table.

An item `heard` each, its version made of the source's name. Once an hour and Lambda is enough.
"""

from __future__ import annotations

from contextlib import suppress

from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters.clients import client
from shared.adapters.definitions_table import items, table
from shared.domain.events import HOUR, Instant

ID = "heard"
TEST = "test email"
"""Not of a source: that an operator has sent themselves a test email."""

_kept: dict[str, Instant] = {}


def record(source: str, at: Instant) -> None:
    """Keeps that a source was heard of. Where that cannot be stored, what it said is taken in all the same."""
    if at - _kept.get(source, -HOUR) < HOUR:
        return
    _kept[source] = at
    with suppress(ClientError, BotoCoreError):
        client("dynamodb").update_item(
            TableName=table(),
            Key={"id": {"S": ID}, "version": {"N": str(int.from_bytes(source.encode()[:12]))}},
            UpdateExpression="SET #source = :source, #at = :at",
            ExpressionAttributeNames={"#source": "source", "#at": "at"},
            ExpressionAttributeValues={":source": {"S": source}, ":at": {"N": str(at)}},
        )


def last() -> dict[str, Instant]:
    """When each source was last heard of."""
    return {item["source"]["S"]: int(item["at"]["N"]) for item in items(ID)}


def forget() -> None:
    """As a new Lambda begins."""
    _kept.clear()

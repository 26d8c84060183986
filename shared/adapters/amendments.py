"""Amendments of the lake: whose rows are no longer right, and in which partitions, until a night has written them anew.

An item `amendment` of the Definitions table, version = the contact's number: contacts who were erased or have joined
another, whose rows go, and those of whom something became known that their rows may not repeat.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from shared.adapters.clients import client
from shared.adapters.definitions_table import items, table
from shared.domain.events import Instant
from shared.domain.lake_rows import contact_number

ID = "amendment"


class Amendment(NamedTuple):
    """The contact's rows in these partitions (`month=2026-11/type=order_completed`) are to be made anew, since `at`."""

    contact: str
    partitions: frozenset[str]
    at: Instant


def record(contact: str, partitions: Iterable[str], now: Instant) -> None:
    """Has the contact's rows in these partitions made again, beside those that are to be already."""
    added = sorted(set(partitions))
    if not added:
        return
    client("dynamodb").update_item(
        TableName=table(),
        Key=_key(contact),
        UpdateExpression="SET contact = :contact, #at = :now ADD #partitions :partitions",
        ExpressionAttributeNames={"#at": "at", "#partitions": "partitions"},
        ExpressionAttributeValues={":contact": {"S": contact}, ":now": {"N": str(now)}, ":partitions": {"SS": added}},
    )


def recorded() -> Iterator[Amendment]:
    """All that are to be done."""
    for item in items(ID):
        yield Amendment(item["contact"]["S"], frozenset(item["partitions"]["SS"]), int(item["at"]["N"]))


def done(amendment: Amendment) -> None:
    """Forgets an amendment that was made, unless more of it has come meanwhile."""
    try:
        client("dynamodb").delete_item(
            TableName=table(),
            Key=_key(amendment.contact),
            ConditionExpression="#at = :at",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":at": {"N": str(amendment.at)}},
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        pass


def _key(contact: str) -> dict[str, dict[str, str]]:
    return {"id": {"S": ID}, "version": {"N": str(contact_number(contact))}}

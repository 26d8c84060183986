"""Lists that were brought over, in the Definitions table: of each file what was said of it, and what became of it.

An item `imports` a file, under a number made of its hash. Nothing of anybody on the list stands there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.adapters.clients import client
from shared.adapters.definitions_table import items, table
from shared.domain.events import Instant, Json
from shared.domain.imports import Import

ID = "imports"


@dataclass(frozen=True, slots=True)
class Kept:
    """`parts`: by the line of its first row, what became of each."""

    made: Import
    at: Instant
    by: str
    parts: Mapping[int, Mapping[str, Json]]


class OtherwiseError(Exception):
    """The file is being brought over already, and something else was said of it."""


def begin(made: Import, at: Instant, by: str) -> None:
    """Writes down that a file is brought over; again, it is the same. OtherwiseError."""
    written = made.model_dump_json()
    names = {"#made": "made", "#at": "at", "#by": "by", "#parts": "parts"}
    try:
        client("dynamodb").update_item(
            TableName=table(),
            Key=_key(made.file),
            UpdateExpression="SET #made = :made, #at = if_not_exists(#at, :at), #by = if_not_exists(#by, :by), "
            "#parts = if_not_exists(#parts, :none)",
            ConditionExpression="attribute_not_exists(id) OR #made = :made",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={
                ":made": {"S": written},
                ":at": {"N": str(at)},
                ":by": {"S": by},
                ":none": {"M": {}},
            },
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        raise OtherwiseError from None


def record(file: str, first: int, counts: Mapping[str, Json]) -> None:
    """What became of a part."""
    client("dynamodb").update_item(
        TableName=table(),
        Key=_key(file),
        UpdateExpression="SET #parts.#first = :counts",
        ConditionExpression="attribute_exists(id)",
        ExpressionAttributeNames={"#parts": "parts", "#first": str(first)},
        ExpressionAttributeValues={":counts": {"S": json.dumps(counts)}},
    )


def kept(file: str) -> Kept | None:
    """Of a file by its hash."""
    item = client("dynamodb").get_item(TableName=table(), Key=_key(file), ConsistentRead=True).get("Item")
    found = _of(item) if item is not None else None
    return found if found is not None and found.made.file == file else None


def all_kept() -> list[Kept]:
    """Of all files, the newest first."""
    return sorted((_of(item) for item in items(ID)), key=lambda kept: (-kept.at, kept.made.file))


def _of(item: Mapping[str, Any]) -> Kept:
    parts = {int(first): json.loads(counts["S"]) for first, counts in item["parts"]["M"].items()}
    return Kept(Import.model_validate_json(item["made"]["S"]), int(item["at"]["N"]), item["by"]["S"], parts)


def _key(file: str) -> dict[str, Any]:
    return {"id": {"S": ID}, "version": {"N": str(int(file[:13], 16))}}

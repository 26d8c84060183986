"""What is recommended, as it was last counted: one item `recommended` (version 0) of the Definitions table.

As one, it is there as a whole or not at all; of a thousand products it has some 30 KB.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

from shared.adapters.clients import client
from shared.adapters.definitions_table import table
from shared.domain.events import HOUR, Instant
from shared.domain.recommendations import NOTHING, Recommendations

MAX_KEPT = 300_000
"""Bytes, compressed: an item may have 400 KB."""
CACHE_TTL = HOUR
"""It is counted once a night."""

_read: tuple[Recommendations, Instant] | None = None


class TooManyError(Exception):
    """The lists do not fit an item."""


def record(found: Recommendations) -> None:
    """In the place of what there was. TooManyError."""
    told = {"by_category": dict(found.by_category), "by_product": dict(found.by_product)}
    body = zlib.compress(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode())
    if len(body) > MAX_KEPT:
        raise TooManyError(f"{len(body)} bytes")
    item: Any = {
        "id": {"S": "recommended"},
        "version": {"N": "0"},
        "at": {"N": str(found.at)},
        "body": {"B": body},
    }
    client("dynamodb").put_item(TableName=table(), Item=item)


def known(now: Instant) -> Recommendations:
    """What was counted last, as it was read within the hour."""
    global _read  # noqa: PLW0603 - what a Lambda keeps while it lives
    if _read is None or not 0 <= now - _read[1] < CACHE_TTL:
        _read = _stored(), now
    return _read[0]


def _stored() -> Recommendations:
    found = client("dynamodb").query(
        TableName=table(),
        KeyConditionExpression="id = :id AND version = :version",
        ExpressionAttributeValues={":id": {"S": "recommended"}, ":version": {"N": "0"}},
    )["Items"]
    if not found:
        return NOTHING
    told = json.loads(zlib.decompress(found[0]["body"]["B"]))
    return Recommendations(int(found[0]["at"]["N"]), told["by_category"], told["by_product"])


def forget() -> None:
    """As a new process begins."""
    global _read  # noqa: PLW0603
    _read = None

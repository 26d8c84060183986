"""What the nights have worked out: the stored results as one item, which night is the newest, and the files of a night.

The item `insight` (version 0) of the Definitions table holds the results of the newest night, by name: of each score
(`shared.domain.insight.Result`), the RFM grid, the proposals, and `at`, the instant they are of. The item `night`
(version 0) says which execution of the workflow works at the newest night (`nights`).

In the lake's bucket: `scores/<number>.json.gz`, the table `scores` of the newest night; `insight/told.npz`, what of
each score was told last of whom; `insight/nights/<name>/…`, what one night has to tell yet.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

from shared.adapters.clients import client
from shared.adapters.definitions_table import MAX_BYTES, items, table
from shared.domain.events import MINUTE, Instant, Json

ID, NIGHT = "insight", "night"
SCORES, TOLD, NIGHTS = "scores/", "insight/told.npz", "insight/nights/"
CACHE_TTL = MINUTE

_read: tuple[dict[str, Json] | None, Instant] | None = None


class TooManyError(Exception):
    """The results do not fit an item."""


def record(results: Mapping[str, Json]) -> None:
    """In the place of what there was. TooManyError."""
    body = zlib.compress(json.dumps(results, ensure_ascii=False, separators=(",", ":")).encode())
    if len(body) > MAX_BYTES:
        raise TooManyError(f"{len(body)} bytes")
    item: Any = {"id": {"S": ID}, "version": {"N": "0"}, "at": {"N": str(results["at"])}, "body": {"B": body}}
    client("dynamodb").put_item(TableName=table(), Item=item)


def known(now: Instant) -> dict[str, Json] | None:
    """The results of the newest night, as they were read within the minute; None where no night has been."""
    global _read  # noqa: PLW0603 - what a Lambda keeps while it lives
    if _read is None or not 0 <= now - _read[1] < CACHE_TTL:
        _read = stored(), now
    return _read[0]


def stored() -> dict[str, Json] | None:
    """The same, as they are now."""
    item = next(items(ID), None)
    return None if item is None else json.loads(zlib.decompress(item["body"]["B"]))


def forget() -> None:
    """As a new process begins."""
    global _read  # noqa: PLW0603
    _read = None

"""What the newest night has learnt of how texts sound in this shop: item `tones` (version 0) of the Definitions
table."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import partial
from typing import Any

from shared.adapters import vader
from shared.adapters.clients import client
from shared.adapters.clock import now
from shared.adapters.definitions_table import compressed, items, table
from shared.domain.events import HOUR, Instant
from shared.domain.insight.texts import Reader, by_words
from shared.domain.insight.tones import Learnt, tone_by

ID = "tones"
CACHE_TTL = HOUR
"""It is learnt once a night."""

_read: tuple[Learnt | None, Instant] | None = None


def record(found: Learnt | None) -> None:
    """In the place of what there was; None: nothing holds. TooLargeError."""
    body = b"" if found is None else compressed("words", found.model_dump_json().encode())
    item: Any = {"id": {"S": ID}, "version": {"N": "0"}, "body": {"B": body}}
    client("dynamodb").put_item(TableName=table(), Item=item)


def learnt() -> Learnt | None:
    """As it was read within the hour; None where nothing has been learnt that holds."""
    global _read  # noqa: PLW0603 - what a Lambda keeps while it lives
    if _read is None or not 0 <= now() - _read[1] < CACHE_TTL:
        body = next((bytes(item["body"]["B"]) for item in items(ID)), b"")
        _read = (Learnt.model_validate_json(zlib.decompress(body)) if body else None), now()
    return _read[0]


def readers() -> Mapping[str, Reader]:
    """Who tells here how a text sounds, by the codes of `texts.HEARD`, in the order in which they are believed."""
    known, by_list = learnt(), {"words": by_words(vader.tone)}
    return by_list if known is None else {"reviews": partial(tone_by, known), **by_list}


def forget() -> None:
    """As a new process begins."""
    global _read  # noqa: PLW0603
    _read = None

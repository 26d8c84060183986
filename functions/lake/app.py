"""Lake: writes the events that were recorded, without what is personal in them, for Athena to read.

Five minutes' events at a time, from the Contacts table's stream. A batch that comes again overwrites its own files; one
that comes again in halves is in the lake twice, as is history that has joined another contact: queries count ids.
"""

from __future__ import annotations

import base64
from typing import Any

from shared.adapters import lake
from shared.adapters.contacts import event_of
from shared.domain.lake_rows import Row, row


def handler(event: dict[str, Any], context: object) -> None:
    """Takes a batch of the stream (only new `EVENT#` items come, see the filter in template.yaml)."""
    changes = [record["dynamodb"] for record in event["Records"]]
    name = f"{changes[0]['SequenceNumber']}-{changes[-1]['SequenceNumber']}"
    lake.write((_row(change["NewImage"]) for change in changes), name)


def _row(item: dict[str, Any]) -> Row:
    # A stream's record is JSON, so what is binary in the table is base64 in it.
    body = {"B": base64.b64decode(item["body"]["B"])}
    return row(item["contact"]["S"], event_of({**item, "body": body}))

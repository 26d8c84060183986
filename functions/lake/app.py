"""Lake: writes the events that were recorded, without what is personal in them, for Athena to read.

Five minutes' events at a time, from the Contacts table's stream. A batch that fails comes again as it was (it is never
bisected, see template.yaml), and overwrites its own files. Where Lambda delivers part of the stream again in other
batches, an event is in the lake twice until the night's merge; and history that has joined another contact is in it as
each one's. So queries count ids.

A batch that has failed for PATIENCE (S3 is away, say) is not left to Lambda to give up on: the night writes its rows
from the contacts' events (functions/amend).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from typing import Any

from aws_lambda_powertools import Logger

from shared.adapters import amendments, contacts, lake
from shared.adapters.clock import now
from shared.adapters.contacts import event_of
from shared.adapters.environment import Settings, environment
from shared.adapters.events_queue import put_aside
from shared.domain.events import HOUR, SECOND
from shared.domain.lake_rows import Row, places, row
from shared.domain.profiles.traits import own_words_of

PATIENCE = HOUR
"""For how long a batch is tried before it is left to the night."""

logger = Logger()


class LakeSettings(Settings):
    lake_dlq_url: str


def handler(event: dict[str, Any], context: object) -> None:
    """Takes a batch of the stream (only new `EVENT#` items come, see the filter in template.yaml)."""
    changes = [record["dynamodb"] for record in event["Records"]]
    name = f"{changes[0]['SequenceNumber']}-{changes[-1]['SequenceNumber']}"
    try:
        rows = list(_rows([change["NewImage"] for change in changes]))
        lake.write([row for _, row in rows], name, lambda _, at: _put_aside(rows[at][0], "DuckDBError"))
    except Exception:
        if int(changes[0]["ApproximateCreationDateTime"]) * SECOND > now() - PATIENCE:
            raise
        logger.exception("batch left to the night", events=len(changes))
        _leave_to_the_night([change["NewImage"] for change in changes])


def _leave_to_the_night(items: Sequence[dict[str, Any]]) -> None:
    partitions: dict[str, frozenset[str]] = {}
    for item in items:
        contact, placed = item["contact"]["S"], places(item["type"]["S"], int(item["time"]["N"]))
        partitions[contact] = partitions.get(contact, frozenset()) | placed
    for contact, several in partitions.items():
        amendments.record(contact, several, now())


def _rows(items: Sequence[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], Row]]:
    """The items with their rows, but for those of contacts who have ended since: an erased contact has none, and one
    who has joined another has them there.

    An item that no row can be made of is put aside, by its key, and does not hold up the others; so are those of a
    contact whose profile cannot be read, since it alone tells what their rows may not repeat.
    """
    several = dict.fromkeys(item["contact"]["S"] for item in items)
    unreadable: dict[str, Exception] = {}
    read = contacts.read_all(several, unreadable.__setitem__, ended=True)
    profiles = {stored.profile.contact: stored.profile for stored in read}
    for item in items:
        profile = profiles.get(item["contact"]["S"])
        if profile is not None and profile.has_ended:
            continue
        try:
            if (error := unreadable.get(item["contact"]["S"])) is not None:
                raise error
            made = _row(item, frozenset() if profile is None else own_words_of(profile))
        except Exception as error:
            _put_aside(item, type(error).__name__)
        else:
            yield item, made


def _put_aside(item: dict[str, Any], reason: str) -> None:
    key = {name: item[name]["S"] for name in ("contact", "kind")}
    logger.error("event not in the lake", kind=key["kind"], reason=reason)
    put_aside(environment(LakeSettings).lake_dlq_url, json.dumps(key), reason)


def _row(item: dict[str, Any], known: frozenset[str]) -> Row:
    # A stream's record is JSON, so what is binary in the table is base64 in it.
    body = {"B": base64.b64decode(item["body"]["B"])}
    return row(item["contact"]["S"], event_of({**item, "body": body}), known)

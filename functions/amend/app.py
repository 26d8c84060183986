"""Amend: the lake, at night, before the merge: what may no longer be in it goes, and what was wrong in it is made anew.

An erased contact's rows go, and those of one who has joined another; of somebody of whom something has become known
that rows may not repeat, the rows are made anew from their events. It may break off anywhere and begin again. What
cannot be read, of a contact or of a file, holds up nobody else; it stays to be done, and the run fails in the end.

It also does the steps by which a pass makes the whole lake anew (`rebuilding`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Protocol

from aws_lambda_powertools import Logger

from functions.amend import rebuilding
from functions.amend.rows import rows_of
from shared.adapters import amendments, lake, lake_merge
from shared.adapters.clock import now
from shared.domain.events import MINUTE

MERGE_TIME_MS = 60_000
"""Milliseconds within which the largest is done: with less time left, none is begun."""
RIPE = 15 * MINUTE
"""After an amendment was asked for: by then every batch of the stream that was read before it has been written."""

logger = Logger()


class Invocation(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


class NotAmendedError(Exception):
    """Some of it could not be done; what, is in the log. It is tried again the next night."""


def handler(event: dict[str, Any], context: Invocation) -> dict[str, Any]:
    """From the schedule in template.yaml; gives of how many contacts the rows were amended. Or, with a `task`, a step
    of the refresh workflow, and what it gives."""
    if "task" in event:
        return rebuilding.step(event, now(), context.get_remaining_time_in_millis)
    asked = [each for each in amendments.recorded() if each.at <= now() - RIPE]
    if not asked or not lake_merge.finish(now()):
        return {"amended": 0}
    waiting = {each.contact: set(each.partitions) for each in asked}
    by_place: dict[str, list[str]] = defaultdict(list)
    for each in asked:
        for partition in each.partitions:
            by_place[partition].append(each.contact)
    failed = False
    for partition, several in sorted(by_place.items()):
        try:
            amended = _amend(partition, several, context)
        except lake_merge.UnreadableError:
            logger.exception("partition not amended", partition=partition)
            failed = True
            continue
        if amended is None:
            logger.info("the rest is for the next night")
            break
        failed = failed or len(amended) < len(several)
        for contact in amended:
            waiting[contact].discard(partition)
    finished = [each for each in asked if not waiting[each.contact]]
    for each in finished:
        amendments.done(each)
    if failed:
        raise NotAmendedError
    return {"amended": len(finished)}


def _amend(partition: str, several: list[str], context: Invocation) -> list[str] | None:
    """Makes the rows of these contacts in a partition anew; gives of which: of one who cannot be read they stay as they
    are. None: there was no time, or another run is at work."""
    rows, amended = [], []
    for contact in several:
        try:
            rows += rows_of(contact, partition)
            amended.append(contact)
        except Exception as error:
            logger.error("contact not amended", contact=contact, reason=type(error).__name__)
    rows = lake.readable(rows, rebuilding.refused)
    for keys in lake_merge.of_partition(partition) if amended else ():
        left = context.get_remaining_time_in_millis()
        if left < MERGE_TIME_MS or not lake_merge.merge(keys, until=now() + left, without=amended, instead=rows):
            return None
        rows = []
    if rows:  # there was no file
        lake.write(rows, f"amended-{amended[0]}")
    return amended

"""Amend: the lake, at night, before the merge: what may no longer be in it goes, and what was wrong in it is made anew.

An erased contact's rows go, and those of one who has joined another; of somebody of whom something has become known
that rows may not repeat, the rows are made anew from their events. It may break off anywhere and begin again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Protocol

from aws_lambda_powertools import Logger

from shared.adapters import amendments, contacts, lake, lake_merge
from shared.adapters.clock import now
from shared.domain.events import MINUTE
from shared.domain.lake_rows import Row, place_of, row
from shared.domain.profiles.traits import own_words_of

A_MERGE = 60_000
"""Milliseconds within which the largest is done: with less time left, none is begun."""
RIPE = 15 * MINUTE
"""After an amendment was asked for: by then every batch of the stream that was read before it has been written."""

logger = Logger()


class Invocation(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


def handler(event: dict[str, Any], context: Invocation) -> dict[str, int]:
    """From the schedule in template.yaml; gives of how many contacts the rows were amended."""
    asked = [each for each in amendments.recorded() if each.at <= now() - RIPE]
    if not asked or not lake_merge.finish(now()):
        return {"amended": 0}
    waiting = {each.contact: set(each.partitions) for each in asked}
    by_place: dict[str, list[str]] = defaultdict(list)
    for each in asked:
        for partition in each.partitions:
            by_place[partition].append(each.contact)
    for partition, several in sorted(by_place.items()):
        if not _amend(partition, several, context):
            logger.info("the rest is for the next night")
            break
        for contact in several:
            waiting[contact].discard(partition)
    finished = [each for each in asked if not waiting[each.contact]]
    for each in finished:
        amendments.done(each)
    return {"amended": len(finished)}


def _amend(partition: str, several: list[str], context: Invocation) -> bool:
    """Makes the rows of these contacts in a partition anew. False: there was no time, or another run is at work."""
    rows = [row for contact in several for row in rows_of(contact, partition)]
    for keys in lake_merge.of_partition(partition):
        left = context.get_remaining_time_in_millis()
        if left < A_MERGE or not lake_merge.merge(keys, until=now() + left, without=several, instead=rows):
            return False
        rows = []
    if rows:  # there was no file
        lake.write(rows, f"amended-{several[0]}")
    return True


def rows_of(contact: str, partition: str) -> Iterable[Row]:
    """The rows that a contact's events make in a partition: none, when the contact has ended."""
    stored = contacts.read(contact)
    if stored is None or stored.profile.erased or stored.profile.merged_into is not None:
        return []
    known = own_words_of(stored.profile)
    made = (_row(contact, item, known) for item in contacts.items(contact, "EVENT#"))
    return [each for each in made if each is not None and place_of(each) == partition]


def _row(contact: str, item: dict[str, Any], known: frozenset[str]) -> Row | None:
    """The item's row; None where none can be made of it, which holds up no other (functions/lake puts it aside)."""
    try:
        return row(contact, contacts.event_of(item), known)
    except Exception as error:
        logger.error("event not in the lake", kind=item["kind"]["S"], reason=type(error).__name__)
        return None

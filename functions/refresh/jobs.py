"""Jobs on the runs of a journey (`shared/domain/journeys/jobs`), a page of people at a time: each contact is told on
their queue."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from shared.adapters import events_queue, members, run_counts
from shared.domain.events import Event, Instant, evaluation_due
from shared.domain.journeys.jobs import Act, Continue, Job, Move, Start, Wake
from shared.domain.journeys.runs import Begin, Moved
from shared.domain.journeys.telling import tell

MAX_PEOPLE = 1_000
"""Told in one step."""
MAX_LOOKED_AT = 10_000
"""Runs that are looked at in one step."""


class Told(NamedTuple):
    """How many people one step told, and behind whom the next goes on (None: there is nobody else)."""

    people: int
    after: str | None


def tell_some(name: str, job: Job, act: Act, after: str, t: Instant) -> Told:
    """Tells the next people of an act, those behind `after`. Told twice, it is the same."""
    events: list[Event] = []
    last: str | None = None
    looked_at = 0
    for place, event in islice(_of(name, job, act, after, t), MAX_LOOKED_AT):
        looked_at, last = looked_at + 1, place
        if event is not None:
            events.append(event)
            if len(events) == MAX_PEOPLE:
                break
    events_queue.put_events(events)
    return Told(len(events), last if len(events) == MAX_PEOPLE or looked_at == MAX_LOOKED_AT else None)


Placed = Iterator[tuple[str, Event | None]]
"""Who is looked at, by their place in the order, and what they are told (None: nothing)."""


def _of(name: str, job: Job, act: Act, after: str, t: Instant) -> Placed:
    match act:
        case Start():
            return _starting(name, job, act, after, t)
        case Continue():
            return _continuing(name, job, act, after, t)
        case Wake() | Move():
            return _under_way(job, act, after, t)


def _under_way(job: Job, act: Wake | Move, after: str, t: Instant) -> Placed:
    for row in run_counts.rows(job.journey, after):
        told: Event | None = None
        if row.outcome is not None:
            pass
        elif isinstance(act, Wake):
            if row.version < act.below:
                told = evaluation_due(row.contact, t, journeys=job.publication)
        elif (act.step is None or row.step == act.step) and (row.held or not act.release):
            told = tell(
                row.contact, Moved(job.at, row.run, row.step if act.release else act.to, job.by, act.release), t
            )
        yield row.run, told


def _starting(name: str, job: Job, act: Start, after: str, t: Instant) -> Placed:
    shard, _, contact = after.partition(":")
    for member in members.members(act.segment, (int(shard or 0), contact)):
        at = job.at + _spread(member.contact, act.over)
        begin = Begin(job.at, job.journey, name, at=at, present=act.placed)
        yield f"{member.shard}:{member.contact}", tell(member.contact, begin, t)


def _continuing(name: str, job: Job, act: Continue, after: str, t: Instant) -> Placed:
    for row in run_counts.rows(job.journey, after):
        told = None
        if row.outcome == "completed" and row.ended >= act.since:
            at = job.at + _spread(row.contact, act.over)
            begin = Begin(job.at, job.journey, f"{name} {row.number}", at=at, step=act.step, continues=row.number)
            told = tell(row.contact, begin, t)
        yield row.run, told


def _spread(contact: str, over: int) -> int:
    """When in so many milliseconds this contact's turn is: as evenly as lots fall, and the same each time."""
    return over * zlib.crc32(contact.encode()) >> 32

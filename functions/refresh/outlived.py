"""Looks for runs that have outlived their plan, and has them asked for again: each night, and over all that are open.

Nothing of ours should leave one behind: what a run asks for is asked for again after a day, and a contact's wake-up
after an hour. This finds what did so all the same (a stream's record that was dismissed, a state machine that failed),
and what the Runs table has not heard of.
"""

from __future__ import annotations

from collections import Counter

from aws_lambda_powertools import Logger

from shared.adapters import contact_runs, contacts, events_queue, journey_definitions, outlived, run_counts
from shared.adapters.run_counts import Row
from shared.domain.events import DAY, HOUR, NEVER, Instant, evaluation_due
from shared.domain.journeys.definition import Published, Wait

LATE = 3 * HOUR
"""More than queues, streams and their retries take."""

logger = Logger()


def mend(t: Instant) -> int:
    """Has the stream bring each of them again, with what it asks for, and its contact looked at; gives how many there
    are."""
    number = journey_definitions.newest().number
    found: Counter[str] = Counter()
    for id_, published in journey_definitions.journeys().items():
        for row in run_counts.rows(id_):
            if is_outlived(row, published, t):
                found[id_] += 1
                contacts.bring_again(row.contact, contact_runs.kind_of(id_, row.number), t)
                events_queue.put_events([evaluation_due(row.contact, t, journeys=number)])
    if found:
        logger.warning("runs have outlived their plan", runs=dict(found))
    outlived.record(found, t)
    return found.total()


def is_outlived(row: Row, published: Published, t: Instant) -> bool:
    """Whether the run should have moved by now. One that is paused or held waits for a person."""
    if row.outcome is not None or row.held or published.state == "paused" or row.step in published.steps:
        return False
    if row.wake_at != NEVER:
        return row.wake_at < t - LATE
    if published.journey.runs_on == "wake_ups":
        return row.since < t - DAY  # nothing wakes it, though all is live
    waits = [step for step in published.journey.steps if isinstance(step, Wait)]
    if any(wait.for_ is None for wait in waits):
        return False  # until a date that only its state machine knows
    longest = max((wait.for_ or 0 for wait in waits), default=0)
    return row.since < t - longest - 8 * DAY  # an email waits for SES for a week

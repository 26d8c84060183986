"""Looks for runs that have outlived their plan, and has them asked for again: each night, and over all that are open.

Nothing of ours should leave one behind: what a run asks for is asked for again after a day, and a contact's wake-up
after an hour. This finds what did so all the same (a stream's record that was dismissed), and what the Runs table has
not heard of. And a run whose state machine has failed goes on at the step where it stands, by another execution: what
that step had done is not done twice, since it has the same key.
"""

from __future__ import annotations

from collections.abc import Iterator

from aws_lambda_powertools import Logger

from shared.adapters import contact_runs, contacts, events_queue, executions, journey_definitions, outlived, run_counts
from shared.adapters.outlived import Stuck
from shared.adapters.run_counts import Row
from shared.domain.events import DAY, HOUR, NEVER, Instant, evaluation_due
from shared.domain.journeys.definition import Published, Wait
from shared.domain.journeys.runs import BY_US, Moved
from shared.domain.journeys.telling import tell

LATE = 3 * HOUR
"""More than queues, streams and their retries take."""

logger = Logger()


def mend(t: Instant) -> int:
    """Has the stream bring each of them again, with what it asks for, and its contact looked at; gives how many there
    are."""
    found = outlived.record(_asked_again(t), t)
    if found:
        logger.warning("runs have outlived their plan", runs=dict(found))
    return found.total()


def _asked_again(t: Instant) -> Iterator[Stuck]:
    number = journey_definitions.newest().number
    for id_, published in journey_definitions.journeys().items():
        for row in run_counts.rows(id_):
            if is_outlived(row, published, t):
                contacts.bring_again(row.contact, contact_runs.kind_of(id_, row.number), t)
                events_queue.put_events([evaluation_due(row.contact, t, journeys=number)])
                yield Stuck(id_, row.step, row.contact, row.number, "late")
    yield from go_on(t)


def go_on(t: Instant) -> Iterator[Stuck]:
    """Has the runs go on whose executions failed; gives each."""
    for execution in executions.failed(t):
        kept = contact_runs.read(execution.contact, execution.journey, execution.number)
        if kept is not None and executions.is_of(execution, kept.run):
            again = Moved(t, kept.run.id, kept.run.step, BY_US)
            events_queue.put_events([tell(execution.contact, again, t)])
            yield Stuck(execution.journey, kept.run.step, execution.contact, execution.number, "failed")


def is_outlived(row: Row, published: Published, t: Instant) -> bool:
    """Whether the run should have moved by now. One that is paused or held waits for a person."""
    if row.outcome is not None or row.held or published.state == "paused" or row.step in published.steps:
        return False
    if row.wake_at != NEVER:
        return row.wake_at < t - LATE
    if published.journey.runs_on == "wake_ups":
        return row.since < t - DAY  # nothing wakes it, though all is live
    waits = {step.id for step in published.journey.steps if isinstance(step, Wait)}
    if row.step in waits:
        return row.since < t - DAY  # it has an end, at which its contact is looked at
    return row.since < t - 8 * DAY  # an email waits for SES for a week

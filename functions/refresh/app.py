"""Refresh: what has to happen although nothing happens.

Every minute it puts the contacts whose wake-up is due on the queue, and tells of changes of products (see `releasing`):
the only clockwork there is, and it reads only what is due. Every night it looks for runs that were left behind (see
`outlived`). And it does the steps of the workflow that passes over all
contacts (see `passes`).
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from shared.adapters import contacts, events_queue, looks, releases
from shared.adapters.clock import now
from shared.domain.events import HOUR, MINUTE, Event, Instant, wake_up

LOOK_AHEAD = MINUTE
"""Until the next look. So what time alone changes is acted on as soon as all is heard that was received by its instant
(HEARD_AFTER), and not up to a minute later."""
MAX_WAKE_UPS = 6_000
"""Of a shard in one look: of all shards a minute of SendMessageBatch. What is left is due still at the next."""

MAX_WAITING = 1_000
"""Events on the queue with which none is put there again."""

metrics = Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`{"task": "wake"}`, `{"task": "runs"}` and `{"task": "sending"}` from the schedules in template.yaml; the other
    tasks are the workflow's, and give its state."""
    if event.get("task") == "wake":
        return {"woken": wake(now()), "told": tell(now())}
    if event.get("task") == "runs":
        from functions.refresh import outlived

        return {"outlived": outlived.mend(now())}
    if event.get("task") == "sending":
        from functions.refresh import sending

        sending.look(now())
        return {}
    from functions.refresh import passes  # what the look of every minute need not wait for

    return passes.step(event, now())


def wake(instant: Instant) -> int:
    """Puts an evaluation on the queue for each contact whose wake-up is due before the next look, to be taken off as
    soon as all is heard that was received by its instant; gives how many.

    Each wake-up is put there once, however long the profile function takes: a queue that stands still is not to grow by
    itself. What waits for longer than its tries take (it was set aside, say) is put there again once an hour.
    """
    last = looks.last(contacts.SHARDS)
    due: list[Event] = []
    reached = []
    for shard, since in enumerate(last.reached):
        found = list(islice(contacts.due(shard, instant + LOOK_AHEAD, since), MAX_WAKE_UPS))
        due += [wake_up(wake.contact, wake.wake_at, instant) for wake in found]
        reached.append(found[-1].wake_at if len(found) == MAX_WAKE_UPS else instant + LOOK_AHEAD + 1)
    due += _overdue(last, instant)
    events_queue.put_events(due)
    looks.record(looks.Look(instant, tuple(reached)))
    metrics.add_metric("ContactsWoken", MetricUnit.Count, len(due))
    return len(due)


def tell(instant: Instant) -> int:
    """Tells of changes of products that are on their way; gives to how many contacts."""
    if not releases.are_pending():
        return 0
    from functions.refresh import releasing  # what a minute in which nothing has changed need not wait for

    told = releasing.step(instant)
    metrics.add_metric("ProductChangesTold", MetricUnit.Count, told)
    return told


def _overdue(last: looks.Look, instant: Instant) -> list[Event]:
    """Evaluations of the wake-ups behind the last look that have become another hour late since, while no more than a
    few events wait: else they are among those."""
    late = [
        wake
        for shard, since in enumerate(last.reached)
        for wake in islice(contacts.due(shard, min(since - 1, instant - HOUR)), MAX_WAKE_UPS)
        if (instant - wake.wake_at) // HOUR > (last.at - wake.wake_at) // HOUR
    ]
    if late and events_queue.waiting() > MAX_WAITING:
        return []
    return [wake_up(wake.contact, wake.wake_at, instant) for wake in late]

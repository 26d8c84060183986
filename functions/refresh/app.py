"""Refresh: what has to happen although nothing happens.

Every minute it puts the contacts whose wake-up is due on the queue: the only clockwork there is, and it reads only
what is due. And it does the steps of the workflow that passes over all contacts (see `passes`).
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from shared.adapters import contacts, events_queue
from shared.adapters.clock import now
from shared.domain.events import MINUTE, Instant, evaluation_due

LOOK_AHEAD = MINUTE
"""Until the next look. So what time alone changes is acted on at its instant, and not up to a minute later."""
MOST_WAKE_UPS = 6_000
"""Of a shard in one look: of all shards a minute of SendMessageBatch. What is left is due still at the next."""

metrics = Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`{"task": "wake"}` from the schedule in template.yaml; the other tasks are the workflow's, and give its state."""
    if event.get("task") == "wake":
        return {"woken": wake(now())}
    from functions.refresh import passes  # what the look of every minute need not wait for

    return passes.step(event, now())


def wake(instant: Instant) -> int:
    """Puts an evaluation on the queue for each contact whose wake-up is due before the next look, to be taken off at
    its instant; gives how many."""
    due = [
        evaluation_due(wake.contact, max(wake.wake_at, instant))
        for shard in range(contacts.SHARDS)
        for wake in islice(contacts.due(shard, instant + LOOK_AHEAD), MOST_WAKE_UPS)
    ]
    events_queue.put_events(due)
    metrics.add_metric("ContactsWoken", MetricUnit.Count, len(due))
    return len(due)

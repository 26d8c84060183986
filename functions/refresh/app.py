"""Refresh: what has to happen although nothing happens.

Every minute it puts the contacts whose wake-up is due on the queue: the only clockwork there is, and it reads only
what is due. Every night it compares all stored memberships with a full evaluation, and has what differs repaired.
"""

from __future__ import annotations

from itertools import islice
from typing import Any, Literal

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel

from shared.adapters import contacts, definitions, events_queue, identities
from shared.adapters.clock import now
from shared.domain.events import Event, Identity, IdentityKind, Instant, Type, event_id
from shared.domain.segments import drift

MOST_WAKE_UPS = 2_000
"""Of a shard in one minute; what is left is due still in the next."""

logger = Logger()
metrics = Metrics()


class Task(BaseModel):
    task: Literal["wake", "reconcile"]


@metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """`{"task": "wake"}` or `{"task": "reconcile"}`, from the schedules in template.yaml."""
    instant = now()
    match Task.model_validate(event).task:
        case "wake":
            return {"woken": wake(instant)}
        case "reconcile":
            return reconcile(instant)


def wake(instant: Instant) -> int:
    """Puts an evaluation on the queue for each contact whose wake-up is due; gives how many."""
    due = [
        evaluation_due(contact, instant)
        for shard in range(contacts.SHARDS)
        for contact in islice(contacts.due(shard, instant), MOST_WAKE_UPS)
    ]
    events_queue.put_events(due)
    metrics.add_metric("ContactsWoken", MetricUnit.Count, len(due))
    return len(due)


def reconcile(instant: Instant) -> dict[str, int]:
    """Compares every contact's memberships with a full evaluation; contacts that differ are evaluated anew."""
    compared = drifted = 0
    for stored in contacts.read_all(identities.contacts()):
        compared += 1
        segments = drift(definitions.segments(), stored.profile, instant)
        if segments:
            drifted += 1
            logger.warning("memberships drifted", contact=stored.profile.contact, segments=segments)
            events_queue.put_events([evaluation_due(stored.profile.contact, instant, all=True)])
    metrics.add_metric("ContactsCompared", MetricUnit.Count, compared)
    metrics.add_metric("ContactsDrifted", MetricUnit.Count, drifted)
    return {"compared": compared, "drifted": drifted}


def evaluation_due(contact: str, instant: Instant, **properties: int) -> Event:
    return Event(
        id=event_id("refresh", contact, str(instant)),
        type=Type.EVALUATION_DUE,
        time=instant,
        received=instant,
        source="refresh",
        identities=(Identity(kind=IdentityKind.CONTACT, value=contact),),
        properties=properties,
    )

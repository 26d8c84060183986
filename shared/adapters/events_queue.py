"""The one queue on which everything that is learnt about contacts travels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from shared.adapters.clients import client
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.domain.events import SECOND, Event, Instant, is_awaited

MAX_MESSAGES = 10  # of one SendMessageBatch
MAX_DELAY = 900  # seconds
MAX_BYTES = 1_000_000  # of one SendMessageBatch: SQS takes 1 MiB, the rest is for its own framing


class QueueSettings(Settings):
    events_queue_url: str
    prompt_queue_url: str


class NotQueuedError(Exception):
    """Some events could not be put on the queue; the whole request is to be tried again (repeats do no harm)."""


def put_events(events: Iterable[Event]) -> None:
    """Puts each event on the queue of its lane. When it returns, all are stored; else NotQueuedError or botocore's.

    What is to be received later (at most 15 minutes, which is SQS's limit) can be taken off then, and no earlier.
    """
    queues, instant = environment(QueueSettings), now()
    lanes: dict[str, list[dict[str, Any]]] = {queues.prompt_queue_url: [], queues.events_queue_url: []}
    for event in events:
        url = queues.prompt_queue_url if is_awaited(event, instant) else queues.events_queue_url
        lanes[url].append(_entry(event, instant))
    for url, entries in lanes.items():
        _put(url, entries)


def _put(url: str, of_lane: Iterable[dict[str, Any]]) -> None:
    for entries in _batches(of_lane):
        answer = client("sqs").send_message_batch(
            QueueUrl=url,
            Entries=[{"Id": str(number), **entry} for number, entry in enumerate(entries)],  # type: ignore[typeddict-item]
        )
        if failed := answer.get("Failed"):
            raise NotQueuedError(f"{len(failed)} of {len(entries)} events not queued: {failed[0]['Code']}")


def _entry(event: Event, instant: Instant) -> dict[str, Any]:
    body = event.model_dump_json(exclude_defaults=True)
    delay = -(-(event.received - instant) // SECOND)
    return {"MessageBody": body} if delay <= 0 else {"MessageBody": body, "DelaySeconds": delay}


def waiting() -> int:
    """About how many events that nobody waits for are on their queue."""
    answer = client("sqs").get_queue_attributes(
        QueueUrl=environment(QueueSettings).events_queue_url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def _batches(entries: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for entry in entries:
        length = len(entry["MessageBody"].encode())
        if batch and (len(batch) == MAX_MESSAGES or size + length > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += length
    if batch:
        yield batch


def put_back(body: str) -> None:
    """Puts an event on the queue once more, for 15 minutes from now, with no tries behind it."""
    client("sqs").send_message(
        QueueUrl=environment(QueueSettings).events_queue_url, MessageBody=body, DelaySeconds=MAX_DELAY
    )


def put_later(queue_url: str, body: str, seconds: int) -> None:
    """Puts a message on its queue once more, to be taken off after so many seconds."""
    client("sqs").send_message(QueueUrl=queue_url, MessageBody=body, DelaySeconds=seconds)


def put_aside(queue_url: str, body: str, reason: str) -> None:
    """Puts a message that cannot be processed on a dead-letter queue, with the reason (no personal data in it)."""
    client("sqs").send_message(
        QueueUrl=queue_url,
        MessageBody=body,
        MessageAttributes={"reason": {"DataType": "String", "StringValue": reason[:1000] or "unknown"}},
    )

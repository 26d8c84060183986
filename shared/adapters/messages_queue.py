"""The queue of emails that runs ask for, each until its outcome is known."""

from __future__ import annotations

import json
from collections.abc import Mapping

from shared.adapters.clients import client
from shared.adapters.environment import Settings, environment
from shared.domain.events import Instant, Json


class MessagesQueueSettings(Settings):
    messages_queue_url: str


def put(message: Mapping[str, Json], asked: Instant) -> None:
    """Puts a message (`messages.Message`) on the queue, which its run has asked for at an instant. Put there again, it
    is the same one."""
    client("sqs").send_message(
        QueueUrl=environment(MessagesQueueSettings).messages_queue_url,
        MessageBody=json.dumps({"message": message, "asked": asked}, separators=(",", ":")),
    )


def put_later(body: str, seconds: int) -> None:
    """Puts what was taken off the queue on it once more, to be taken off after so many seconds (900 at most)."""
    client("sqs").send_message(
        QueueUrl=environment(MessagesQueueSettings).messages_queue_url, MessageBody=body, DelaySeconds=seconds
    )

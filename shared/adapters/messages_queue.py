"""The queues of emails that runs ask for, and of those that people wait for; each until its outcome is known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.adapters.clients import client
from shared.adapters.environment import Settings, environment
from shared.domain.events import Instant, Json

if TYPE_CHECKING:
    from shared.domain.messages.asked import SystemMessage


class MessagesQueueSettings(Settings):
    messages_queue_url: str


class ConfirmationsQueueSettings(Settings):
    confirmations_queue_url: str


def put(message: Mapping[str, Json], asked: Instant) -> None:
    """Puts a message (`messages.Message`) on the queue, which its run has asked for at an instant. Put there again, it
    is the same one."""
    client("sqs").send_message(
        QueueUrl=environment(MessagesQueueSettings).messages_queue_url,
        MessageBody=json.dumps({"message": message, "asked": asked}, separators=(",", ":")),
    )


def put_prompt(message: SystemMessage, asked: Instant) -> None:
    """Puts a message that a person waits for on the queue of those. Put there again, it is the same one."""
    told = {"message": message.model_dump(mode="json", exclude_defaults=True) | {"kind": message.kind}, "asked": asked}
    client("sqs").send_message(
        QueueUrl=environment(ConfirmationsQueueSettings).confirmations_queue_url,
        MessageBody=json.dumps(told, separators=(",", ":")),
    )


def put_later(body: str, seconds: int, *, prompt: bool = False) -> None:
    """Puts what was taken off a queue on it once more, to be taken off after so many seconds (900 at most)."""
    url = (
        environment(ConfirmationsQueueSettings).confirmations_queue_url
        if prompt
        else environment(MessagesQueueSettings).messages_queue_url
    )
    client("sqs").send_message(QueueUrl=url, MessageBody=body, DelaySeconds=seconds)

"""Dead-letter queues: what could not be processed, with its reason, and back again.

Bodies can hold addresses, so only what says which message it is comes out of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shared.adapters import amendments, contacts
from shared.adapters.clients import client
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.domain.events import Instant, Json, parse_instant
from shared.domain.lake_rows import places

_DEPTHS: tuple[Literal["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"], ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
)
MAX_SHOWN = 10  # of one ReceiveMessage
MAX_ITEMS = 500
"""Sent on their way again in one call, which is to end before API Gateway stops waiting."""
_CODE = re.compile(r"[\w .:#/-]{1,128}", re.ASCII)
_UNKNOWN_REASON = "Its function failed every time it tried; the function's log says why."


class DeadLettersSettings(Settings):
    dead_letter_queues: dict[str, str]
    """The URLs of the dead-letter queues, by name."""
    events_queue_url: str
    prompt_queue_url: str
    feedback_queue_url: str
    messages_queue_url: str
    notices_queue_url: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that could not be processed. Of what it is about, only `id`, `type`, `source` and when it came in."""

    reason: str
    receives: int
    set_aside: Instant
    id: str | None
    type: str | None
    source: str | None
    received: Instant | None


class NotReplayableError(Exception):
    """Messages of this queue cannot be sent back; says why."""


def queues() -> dict[str, str]:
    """The dead-letter queues: their URLs by name."""
    return environment(DeadLettersSettings).dead_letter_queues


def working_queues() -> dict[str, str]:
    """The queues that events, notices of SES, emails and what webhooks are told wait on: their URLs, by name. Of dead
    letters of the same name, they are what is replayed to: an event that was set aside is waited for by nobody any
    longer, so it takes the lane of company."""
    settings = environment(DeadLettersSettings)
    return {
        "events": settings.events_queue_url,
        "prompt": settings.prompt_queue_url,
        "feedback": settings.feedback_queue_url,
        "messages": settings.messages_queue_url,
        "notices": settings.notices_queue_url,
    }


def depth(url: str) -> int:
    """About how many messages are in a queue, those that are being processed included."""
    answer = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[*_DEPTHS])
    return sum(int(answer["Attributes"][name]) for name in _DEPTHS)


def peek(url: str) -> list[DeadLetter]:
    """Some of the queue's messages, which stay where they are."""
    answer = client("sqs").receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=MAX_SHOWN,
        VisibilityTimeout=0,
        WaitTimeSeconds=1,  # asks all of SQS's servers: without it those with the few messages may be missed
        MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
        MessageAttributeNames=["reason"],
    )
    return [_dead_letter(message) for message in answer.get("Messages", [])]


def replayable(name: str) -> bool:
    """Whether what is on the dead-letter queue can go back."""
    return name in _AGAIN or name in working_queues()


def replay(name: str) -> int | None:
    """Sends the queue's messages back to where they failed. NotReplayableError.

    Of items of the Contacts table, which their functions have put aside by their keys, it gives how many are under
    way again: at most MAX_ITEMS. What Lambda has given up on itself says of no item which it was, and stays.
    """
    if name in _AGAIN:
        return _replay_items(name)
    destination = working_queues().get(name)
    if destination is None or name not in queues():
        raise NotReplayableError("These tell of scheduled tasks that failed, and are no messages of a queue.")
    try:
        client("sqs").start_message_move_task(
            SourceArn=_arn(queues()[name]),
            # Named, because messages that a function has set aside itself have no queue they came from.
            DestinationArn=_arn(destination),
        )
    except client("sqs").exceptions.UnsupportedOperation as error:
        raise NotReplayableError("They are being sent back already.") from error
    return None


def _follow_again(contact: str, kind: str, instant: Instant) -> None:
    contacts.bring_again(contact, kind, instant)


def _write_again(contact: str, kind: str, instant: Instant) -> None:
    """The night writes the contact's rows of the event's partition again (functions/amend)."""
    item = contacts.read_item(contact, kind)
    if item is not None:
        amendments.record(contact, places(item["type"]["S"], int(item["time"]["N"])), instant)


_AGAIN: Mapping[str, Callable[[str, str, Instant], None]] = {"transition": _follow_again, "lake": _write_again}
"""Queues of items of the Contacts table, and how one is sent on its way again. One that is gone has nothing to do."""


def _replay_items(name: str) -> int:
    url = queues()[name]
    left, replayed = min(depth(url), MAX_ITEMS), 0
    while left > 0:
        answer = client("sqs").receive_message(
            QueueUrl=url, MaxNumberOfMessages=MAX_SHOWN, VisibilityTimeout=30, WaitTimeSeconds=1
        )
        messages = answer.get("Messages", [])
        if not messages:
            break
        left -= len(messages)
        for message in messages:
            key = _item_key(message["Body"])
            if key is not None:
                _AGAIN[name](*key, now())
                client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                replayed += 1
    return replayed


def _item_key(text: str) -> tuple[str, str] | None:
    """The key of the item that a message names: its contact and its kind."""
    try:
        body = json.loads(text)
    except ValueError:
        return None
    if isinstance(body, dict) and isinstance(body.get("contact"), str) and isinstance(body.get("kind"), str):
        return body["contact"], body["kind"]
    return None


def dismiss(name: str) -> int:
    """Deletes the queue's messages, as many as there are when it begins and can be seen; gives how many."""
    url = queues()[name]
    left, dismissed = depth(url), 0
    while dismissed < left:
        answer = client("sqs").receive_message(
            QueueUrl=url, MaxNumberOfMessages=MAX_SHOWN, VisibilityTimeout=30, WaitTimeSeconds=1
        )
        messages = answer.get("Messages", [])
        if not messages:
            break
        for message in messages:
            client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        dismissed += len(messages)
    return dismissed


def _arn(url: str) -> str:
    return client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _dead_letter(message: Mapping[str, Any]) -> DeadLetter:
    attributes = message["Attributes"]
    try:
        body = json.loads(message["Body"])
        if isinstance(body, dict) and isinstance(body.get("Message"), str):  # SNS's envelope
            body = json.loads(body["Message"])
    except (ValueError, RecursionError):
        body = None
    known = _known(body if isinstance(body, dict) else {})
    reason = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue")
    return DeadLetter(
        reason=reason or known.get("reason") or _UNKNOWN_REASON,
        receives=int(attributes["ApproximateReceiveCount"]),
        set_aside=int(attributes["SentTimestamp"]),
        id=_code(known.get("id")),
        type=_code(known.get("type")),
        source=_code(known.get("source")),
        received=_instant(known.get("received")),
    )


def _known(body: Mapping[str, Json]) -> Mapping[str, Json]:
    """An event of ours, a notice of SES, or what Lambda tells of a batch that it gave up on."""
    if isinstance(body.get("mail"), dict):
        mail = body["mail"]
        type_ = body.get("eventType", body.get("notificationType"))
        return {"id": mail.get("messageId"), "type": type_, "source": "ses", "received": mail.get("timestamp")}
    if isinstance(body.get("requestContext"), dict):
        context, payload = body["requestContext"], body.get("responsePayload")
        error = payload.get("errorType") if isinstance(payload, dict) else None
        why = " ".join(filter(None, map(_code, (context.get("condition"), error))))
        batch = body.get("DDBStreamBatchInfo")
        first = batch.get("startSequenceNumber") if isinstance(batch, dict) else context.get("requestId")
        return {
            "id": first,
            "type": "stream records" if isinstance(batch, dict) else "invocation",
            "source": str(context.get("functionArn", "")).split(":function:")[-1].split(":")[0],
            "received": body.get("timestamp"),
            "reason": f"Lambda gave up: {why}." if why else None,
        }
    if isinstance(notice := body.get("notice"), dict):
        told = {"id": notice.get("id"), "type": "Journey Notice", "source": notice.get("journey")}
        return {**told, "received": notice.get("at")}
    if isinstance(body.get("contact"), str) and isinstance(body.get("kind"), str):  # an item of the Contacts table
        return {"id": body["contact"], "type": body["kind"].partition("#")[0]}
    return body


def _code(value: Json) -> str | None:
    """A code as machines write them; nothing that could be a person's."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else None


def _instant(value: Json) -> Instant | None:
    if isinstance(value, str):
        try:
            return parse_instant(value)
        except ValueError:
            return None
    return value if isinstance(value, int) and not isinstance(value, bool) else None

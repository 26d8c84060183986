"""Message: sends the emails that runs ask for, and tells the runs what has become of them.

Runs ask by a queue, or as a task of a state machine, and are told of the outcome (`Settled`). How a message is sent
once, and when it is not, is `shared/adapters/delivering`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from aws_lambda_powertools import Logger

from shared.adapters import delivering
from shared.adapters.clock import now
from shared.adapters.delivering import (
    AddressToComeError,
    Delayed,
    NotYetError,
    OutcomePendingError,
    UnansweredError,
    deliver,
)
from shared.adapters.events_queue import put_events
from shared.adapters.mail import NotSentError, SendingStoppedError
from shared.adapters.messages import ClaimLostError
from shared.adapters.messages_queue import put_later
from shared.adapters.pace import NoSlotError
from shared.domain.events import DAY, MINUTE, SECOND, Event, Instant, Json, Strict, iso
from shared.domain.journeys.runs import ASK_AGAIN, Settled
from shared.domain.journeys.telling import tell as tell_run
from shared.domain.messages.asked import DigestMessage, Message, RunMessage, SystemMessage, message_of
from shared.domain.messages.held import Held, Status
from shared.domain.messages.refusals import Refusal

logger = Logger()


class Asked(Strict):
    """What is on the queue: a message, and when it was asked for."""

    message: dict[str, Json]
    asked: Instant


ENOUGH = 10 * SECOND
"""Before the end of the function's time it begins no more emails: what SES is asked is to be answered."""
LONGEST = 15 * MINUTE
"""A message waits on the queue for no longer: SQS's bound. What waits for days is not to be taken off a hundred times
a day, so its run is told until when, and waits itself."""
GIVES_UP = 7 * DAY
"""After so long at the step, SES takes no email of the shop's for good, and the run goes on without it."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Sends the message, or says what has become of it: `status` sent or refused, `reason`, and the `message`'s key; or
    `delayed`, and `until` when.

    The state machine tries again on OutcomePendingError (until the claim is `CLAIM_TIMEOUT` old), on NotSentError (for
    an hour), on SendingStoppedError and UnansweredError (for a week), on AddressToComeError (for an hour; then it is
    refused) and on NotYetError. Of messages of the queue, those that come again in the same manner are put on it again.
    """
    if "Records" in event:
        left = getattr(context, "get_remaining_time_in_millis", lambda: ENOUGH)  # who is no Lambda is not stopped
        return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in take(event["Records"], left)]}
    message = message_of(event)
    try:
        held = deliver(message, now())
    except NoSlotError as error:
        held = Delayed(error.until)
    if isinstance(held, Delayed):
        return {"status": "delayed", "reason": None, "message": message.key, "until": iso(held.until)}
    tell(message, held)
    return {"status": held.status, "reason": held.reason, "message": message.key, "until": None}


def take(records: Iterable[Mapping[str, Any]], left: Callable[[], int]) -> list[str]:
    """Messages of the queue; gives the ids of those that are to come again as they are."""
    failed = []
    for record in records:
        try:
            if left() < ENOUGH:
                raise OutOfTimeError
            _take(record["body"], now())
        except Exception as error:
            logger.error("message not processed", message_id=record["messageId"], reason=type(error).__name__)
            failed.append(record["messageId"])
    return failed


class OutOfTimeError(Exception):
    """The function's time is nearly over."""


def _take(body: str, instant: Instant) -> None:
    """One that cannot be sent now waits on the queue; after a day it is dropped: its run asks for it anew, and a person
    who has waited for so long for what they asked for does."""
    asked = Asked.model_validate_json(body)
    message = message_of(asked.message)
    if isinstance(message, DigestMessage):
        _take_digest(body, message, asked.asked, instant)
        return
    entered = message.entered_at if isinstance(message, RunMessage) else asked.asked
    prompt = isinstance(message, SystemMessage)
    try:
        held = deliver(message, instant)
    except NoSlotError as error:
        if instant < asked.asked + ASK_AGAIN:
            put_later(body, _seconds(error.until - instant), prompt=prompt)
        return
    except (OutcomePendingError, NotSentError, AddressToComeError, NotYetError) as error:
        if not isinstance(error, NotSentError) or instant < (entered or instant) + GIVES_UP:
            if instant < asked.asked + ASK_AGAIN:
                put_later(body, _pause(error, instant - asked.asked) // SECOND, prompt=prompt)
            return
        held = delivering.refuse(message, Refusal.NOT_TAKEN, instant)
    if not isinstance(held, Delayed):
        tell(message, held)
    elif held.until - instant > LONGEST and isinstance(message, RunMessage):
        put_events([_settled(message, "delayed", iso(held.until))])  # its run asks for it anew by then
    else:
        put_later(body, _seconds(held.until - instant), prompt=prompt)


def _take_digest(body: str, message: DigestMessage, asked: Instant, instant: Instant) -> None:
    """What cannot be said of it now waits on the queue; after a day, the contact is woken for it anew."""
    from functions.message import digests  # once a week, for some

    try:
        digests.take(message, asked + DAY, instant)
    except NoSlotError as error:
        wait = _seconds(error.until - instant)
    except (OutcomePendingError, NotSentError, ClaimLostError) as error:
        wait = _pause(error, instant - asked) // SECOND
    else:
        return
    if instant < asked + ASK_AGAIN:
        put_later(body, wait)


def _seconds(wait: Instant) -> int:
    return min(max(-(-wait // SECOND), 1), LONGEST // SECOND)


def _pause(error: Exception, age: Instant) -> int:
    """How long to wait before the next try; always longer, as it has been tried for longer."""
    if isinstance(error, AddressToComeError):
        return min(max(15 * SECOND, age // 2), 5 * MINUTE)
    if isinstance(error, SendingStoppedError | UnansweredError | NotYetError):
        return min(max(MINUTE, age // 2), 15 * MINUTE)
    if isinstance(error, OutcomePendingError):  # or somebody acted on it, or on its run, in the same moment
        return min(max(20 * SECOND, age // 2), 5 * MINUTE)
    return min(max(10 * SECOND, age // 2), 15 * MINUTE)


def tell(message: Message, held: Held) -> None:
    """Tells the run, if it is a run's, what has become of its message. Told again, it is the same."""
    if not isinstance(message, RunMessage):
        return
    if held.status is Status.SENT:
        put_events([_settled(message, "sent", None)])
    else:
        put_events([_settled(message, "skipped", held.reason)])


def _settled(message: RunMessage, outcome: Literal["sent", "skipped", "delayed"], reason: str | None) -> Event:
    settled = Settled(now(), message.run, message.step, message.occurrence, outcome, reason)
    return tell_run(message.contact, settled, now())

"""Feedback: what SES tells about our mails, as events on the one queue; suppresses, and settles messages.

A notice is done with once its event is queued and what else it asks for is stored. Each of these can be done twice
with no harm, and is, when somebody dies in between: the notice then comes again.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from functions.feedback.notices import Feedback, MalformedError, read, understand
from shared.adapters import contacts, identities, messages
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.adapters.events_queue import put_aside, put_events
from shared.domain.events import Type

logger = Logger()

Record = dict[str, Any]


class FeedbackSettings(Settings):
    feedback_dlq_url: str


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes a batch off the queue; the notices it names as failures come again, all others are done with."""
    instant = now()
    done: list[tuple[Record, Feedback]] = []
    failed: list[Record] = []
    for record in event["Records"]:
        try:
            notice = read(record["body"])
            feedback = understand(notice, instant) if notice is not None else None
            if feedback is None:
                _count("NoticesOfOthers")
                continue
            _store(feedback)
            done.append((record, feedback))
        except MalformedError as error:
            logger.error("notice put aside", message_id=record["messageId"], reason=str(error))
            put_aside(environment(FeedbackSettings).feedback_dlq_url, record["body"], str(error))
            _count("NoticesPutAside")
        except Exception as error:
            logger.error("notice not stored", message_id=record["messageId"], reason=type(error).__name__)
            failed.append(record)
    try:
        put_events(feedback.event for _, feedback in done)
    except Exception as error:
        logger.error("events not queued", reason=type(error).__name__)
        failed += [record for record, _ in done]
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def _store(feedback: Feedback) -> None:
    """What a notice asks for besides its event."""
    event = feedback.event
    if event.type == Type.EMAIL_SENT:
        messages.settle(feedback.contact, feedback.message, feedback.ses_id, event.time)
    if feedback.suppress is not None:
        hashed = identities.address_hash(feedback.address)
        # As of the notice's own time: a notice that comes again changes nothing.
        contacts.commit([identities.suppression_write(hashed, feedback.suppress, event.time)])


def _count(name: str) -> None:
    with single_metric(name=name, unit=MetricUnit.Count, value=1):
        pass

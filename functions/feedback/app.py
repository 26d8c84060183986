"""Feedback: what SES tells about our mails, as events on the one queue; suppresses, and settles messages.

A notice is done with once its event is queued and what else it asks for is stored. Each of these can be done twice
with no harm, and is, when somebody dies in between: the notice then comes again.

Whether a click is a person's shows by the clicks around it, so it waits on the queue until it is `SCAN` old.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Any

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters import addresses, answering, contacts, identities, messages, sent_counts, tokens
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.adapters.events_queue import put_aside, put_events, put_later
from shared.adapters.shop_settings import settings
from shared.domain.addresses import newest_answer
from shared.domain.events import DAY, SECOND, TRACKING, Event, Instant, Type, event_id
from shared.domain.messages.clicks import SCAN, is_scan
from shared.domain.profiles import Profile
from shared.domain.sources.ses import Feedback, MalformedError, Received, read, received, understand

logger = Logger()

Record = dict[str, Any]


class FeedbackSettings(Settings):
    feedback_dlq_url: str
    feedback_queue_url: str


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes a batch off the queue; the notices it names as failures come again, all others are done with."""
    instant = now()
    done: list[tuple[Record, Feedback]] = []
    failed: list[Record] = []
    counted: Counter[tuple[int, sent_counts.What]] = Counter()
    for record in event["Records"]:
        try:
            notice = read(record["body"])
            arrived = received(notice) if notice is not None else None
            if arrived is not None:
                _unsubscribe(arrived)
                continue
            feedback = understand(notice, instant) if notice is not None else None
            if feedback is None:
                _count("NoticesOfOthers")
                continue
            if not _may_be_known(feedback):
                _count("NoticesDropped")
                continue
            _store(feedback, instant)
            counted += _counted(feedback)
            wait = _wait(feedback, instant)
            if wait > 0:
                put_later(environment(FeedbackSettings).feedback_queue_url, record["body"], wait)
            else:
                done.append((record, feedback))
        except MalformedError as error:
            logger.error("notice put aside", message_id=record["messageId"], reason=str(error))
            put_aside(environment(FeedbackSettings).feedback_dlq_url, record["body"], str(error))
            _count("NoticesPutAside")
        except Exception as error:
            logger.error("notice not stored", message_id=record["messageId"], reason=type(error).__name__)
            failed.append(record)
    failed += _queue(done)
    _add(counted)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def _queue(done: list[tuple[Record, Feedback]]) -> list[Record]:
    """Puts the notices' events on the queue; gives the records of those that it did not take."""
    try:
        put_events([event for _, feedback in done for event in _told(feedback)])
        return []
    except (BotoCoreError, ClientError) as error:
        logger.error("events not queued", reason=type(error).__name__)
        return [record for record, _ in done]
    except Exception as error:
        logger.error("events not queued", reason=type(error).__name__)
        if len(done) < 2:
            return [record for record, _ in done]
    # One of them may be what the queue does not take: each for itself.
    return [record for each in done for record in _queue([each])]


def _unsubscribe(arrived: Received) -> None:
    """Mail programs unsubscribe by an email to an address of ours, too (`mailto:` in List-Unsubscribe), with whatever
    in it. One that leads to nobody is nobody's to answer."""
    topics = [topic.id for topic in settings().topics]
    for local_part in arrived.local_parts:
        token = tokens.read_local_part(local_part, topics)
        if token is not None:
            with suppress(answering.GoneError):
                answering.record(token, arrived.id, {token.topic: "unsubscribed"})


def _may_be_known(feedback: Feedback) -> bool:
    """Whether the shop's settings and the contact let us learn of it now: who has taken their consent back is not
    measured from that moment on, by emails either that were sent before. An answer to an email's question was given."""
    tracking = settings().tracking
    asked: dict[str, str] = {Type.EMAIL_OPENED: tracking.opens, Type.EMAIL_CLICKED: tracking.clicks}
    setting = asked.get(feedback.event.type, "always")
    if setting != "with_consent" or "answer" in feedback.event.properties:
        return setting != "never" or "answer" in feedback.event.properties
    contact = feedback.contact
    while (stored := contacts.read(contact)) is not None and stored.profile.merged_into is not None:
        contact = stored.profile.merged_into
    profile = stored.profile if stored is not None else Profile(contact)
    own = identities.address_hash(profile.email) if profile.email is not None else contact
    answer = newest_answer(profile, TRACKING, addresses.consent(own))
    return answer is not None and answer.value == "subscribed"


def _counted(feedback: Feedback) -> Counter[tuple[int, sent_counts.What]]:
    """What is counted of the notice, on the day of what it tells; each bounce and complaint of a message once."""
    event, time = feedback.event, _time(feedback.event)
    if event.type == Type.EMAIL_SENT:
        return Counter({(time // DAY, "sent"): 1})
    if feedback.suppress == "bounce" and messages.noted(feedback.contact, feedback.message, "bounced_at", time):
        return Counter({(time // DAY, "bounced"): 1})
    if feedback.suppress == "complaint" and messages.noted(feedback.contact, feedback.message, "complained_at", time):
        return Counter({(time // DAY, "complained"): 1})
    return Counter()


def _add(counted: Counter[tuple[int, sent_counts.What]]) -> None:
    """What is not counted is lost: what it is counted for can bear that, and no notice comes again for it."""
    for day in {day for day, _ in counted}:
        try:
            sent_counts.add(day, {what: count for (of, what), count in counted.items() if of == day})
        except (BotoCoreError, ClientError) as error:
            logger.warning("emails not counted", reason=type(error).__name__)


def _wait(feedback: Feedback, instant: Instant) -> int:
    """How many seconds to wait for the clicks around this one; 0 when all are known. A date far ahead is wrong."""
    event = feedback.event
    if feedback.link is None or not event.properties.get("human") or event.stated is None:
        return 0
    left = event.stated + SCAN - instant
    return -(-left // SECOND) if 0 < left <= 2 * SCAN else 0


def _told(feedback: Feedback) -> list[Event]:
    """The event; and of a person's click on an answer that becomes a trait, what the contact has said by it."""
    event = _judged(feedback)
    word = event.properties.get("answer")
    if not (isinstance(word, str) and event.properties.get("human")):
        return [event]
    trait = messages.trait_answered(feedback.contact, feedback.message, word)
    if trait is None:
        return [event]
    said = {
        **{"id": event_id("answer", event.id), "type": Type.CONTACT_UPDATED, "source": "preference"},
        **{"traits": {trait: word}, "properties": {"message": feedback.message}},
    }
    return [event, event.model_copy(update=said)]


def _judged(feedback: Feedback) -> Event:
    """The event; a click that is a gateway's says so."""
    event = feedback.event
    if feedback.link is None or not event.properties.get("human"):
        return event
    clicks, delivered = messages.clicks(feedback.contact, feedback.message)
    if not is_scan(_time(event), feedback.link, clicks, max(feedback.sent, delivered)):
        return event
    return event.model_copy(update={"properties": {**event.properties, "human": False}})


def _time(event: Event) -> Instant:
    return event.time if event.stated is None else event.stated


def _store(feedback: Feedback, instant: Instant) -> None:
    """What a notice asks for besides its event."""
    event = feedback.event
    if event.type == Type.EMAIL_SENT:
        messages.settle(feedback.contact, feedback.message, feedback.ses_id, event.time)
    if event.type == Type.EMAIL_DELIVERED:
        messages.delivered(feedback.contact, feedback.message, _time(event))
    if feedback.link is not None:
        messages.clicked(feedback.contact, feedback.message, _time(event), feedback.link)
    campaign = event.properties.get("campaign")
    if feedback.suppress == "complaint" and isinstance(campaign, str):
        from shared.adapters import campaigns  # which few notices need

        campaigns.complained(campaign, feedback.contact, instant)
    if feedback.soft:
        bounces, time = settings().soft_bounces, _time(event)
        hashed = identities.address_hash(feedback.address)
        if identities.came_back(hashed, time, time - bounces.days * DAY) >= bounces.most:
            identities.suppress_softly(hashed, time)
    if feedback.suppress is not None:
        hashed = identities.address_hash(feedback.address)
        # As of the notice's own time: a notice that comes again changes nothing.
        identities.suppress_address(hashed, feedback.suppress, event.time)


def _count(name: str) -> None:
    with single_metric(name=name, unit=MetricUnit.Count, value=1):
        pass

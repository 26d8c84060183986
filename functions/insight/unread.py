"""Has a service read what contacts have written and nothing here could judge, and tells how that sounds.

It is done at night, apart from the fold and from the stream that starts journeys, neither of which may wait for it. A
text is told of as soon as it is heard; one that the service did not answer for is asked for again the next night, for
as long as segments go by such words. What has been heard is known by the event that tells it, in the contact's own
partition, so nothing else has to be kept, and no text is paid for twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from functions.insight.reading import Reference
from shared.adapters import comprehend, contacts, events_queue, shop_settings, tones
from shared.domain.events import DAY, Event, Instant, event_key
from shared.domain.insight import texts
from shared.domain.insight.reasons import Reason
from shared.domain.insight.scored import scored_by_service, scored_text

WITHIN = 30 * DAY
"""For so long segments go by what somebody wrote (`fresh`)."""
MOST = 1_000
"""Texts of a night, the newest first: so much it costs at most."""
FAILURES = 2
"""Batches without an answer, after which the service is left alone until the next night."""
ENOUGH = 60_000
"""Milliseconds before the end of the function's time at which nothing more is asked."""

logger = Logger()


class Unread(NamedTuple):
    """`said`: what was said of it without the service."""

    contact: str
    event: Event
    said: texts.Said
    text: str
    language: str | None


def read(several: Sequence[Reference], at: Instant, left: Callable[[], int]) -> tuple[int, int]:
    """How many texts the service was asked about, and how many it has heard. `several`: the oldest first; `left`:
    milliseconds."""
    unread = _unread([each for each in reversed(several) if each.time > at - WITHIN])[:MOST]
    asked = heard = failures = 0
    for begin in range(0, len(unread), comprehend.A_BATCH):
        if failures == FAILURES or left() < ENOUGH:
            break
        some = unread[begin : begin + comprehend.A_BATCH]
        asked += len(some)
        try:
            answers = comprehend.hear([(each.text, each.language) for each in some])
        except (BotoCoreError, ClientError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            logger.error("texts not read by Amazon Comprehend; the next night asks again", reason=code)
            failures += 1
            continue
        told = [_told(one, answer, at) for one, answer in zip(some, answers, strict=True) if answer is not None]
        events_queue.put_events(told)
        heard += len(told)
    return asked, heard


def _unread(several: Sequence[Reference]) -> list[Unread]:
    """Those that nothing here can judge, and the service has not heard."""
    readers, topics = tones.readers(), shop_settings.settings().text_topics
    there = dict(contacts.events_at((each.who, key) for each in several for key in each.keys))
    found = []
    for each in several:
        event = next((there[each.who, key] for key in each.keys if (each.who, key) in there), None)
        said = None if event is None else texts.read(event, topics, readers)
        if event is not None and said is not None and said.sentiment is None:
            text, language = texts.text_of(event), texts.language_of(event)
            if language is not None or len(text) >= comprehend.LEAST_LETTERS:
                found.append(Unread(each.who, event, said, text, language))
    nothing = comprehend.Heard("", None)
    keys = [(each.contact, event_key(_told(each, nothing, each.event.received))) for each in found]
    heard = {key for key, _ in contacts.events_at(keys)}
    return [each for each, key in zip(found, keys, strict=True) if key not in heard]


def _told(one: Unread, heard: comprehend.Heard, at: Instant) -> Event:
    return scored_by_service(scored_text(one.contact, one.event, _said(one, heard)), one.event, at)


def _said(one: Unread, heard: comprehend.Heard) -> texts.Said:
    if heard.tone is None:
        reason = Reason(code="language", value=0, about=heard.language)
        return one.said._replace(reasons=[reason, *one.said.reasons])
    topics = shop_settings.settings().text_topics
    return texts.read(one.event, topics, {"service": lambda _: heard.tone}) or one.said

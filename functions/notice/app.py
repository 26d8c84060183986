"""Notice: tells the shop's own webhooks what journeys have to tell, from their queue.

A webhook that does not answer, or not well, is called again: after ten seconds, then after twice as long each time up
to a quarter of an hour, for three days. After that the notice is set aside with the reason, and a replay begins anew.
Which address it is, is asked each time, so a setting that is put right helps what waits; where the shop has taken the
address away, nobody wants to know any more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from aws_lambda_powertools import Logger

from shared.adapters import notices, shop_settings, webhooks
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.adapters.events_queue import put_aside
from shared.adapters.secrets import UnreadableSecretError
from shared.domain.events import SECOND, Instant, Json, Strict

logger = Logger()

FIRST_PAUSE, LONGEST_PAUSE = 10, 900
"""Seconds; the longest is SQS's."""
MAX_TRIES = 300
"""Three days of them."""
ENOUGH = (webhooks.DEADLINE + 10) * SECOND
"""Milliseconds before the end of the function's time at which it calls nobody more."""


class Notice(Strict):
    """What a journey tells (`notices.tell`): ids only, but for the `subject`, which is the journey's own words. `at`:
    when, as ISO 8601."""

    id: str
    at: str
    contact: str
    journey: str
    run: str
    step: str
    subject: str
    to: Literal["sales", "support", "shop"]


class Waiting(Strict):
    """What is on the queue. `tries`: how often the webhook was called in vain."""

    notice: Notice
    tries: int


class NoticeSettings(Settings):
    notices_dlq_url: str


class OutOfTimeError(Exception):
    """The function's time is nearly over."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes a batch off the queue; what it names as failures comes again."""
    left = getattr(context, "get_remaining_time_in_millis", lambda: ENOUGH)  # who is no Lambda is not stopped
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in take(event["Records"], left)]}


def take(records: Iterable[Mapping[str, Any]], left: Callable[[], int]) -> list[str]:
    failed = []
    for record in records:
        try:
            if left() < ENOUGH:
                raise OutOfTimeError
            _take(Waiting.model_validate_json(record["body"]), now())
        except Exception as error:
            logger.error("notice not told", message_id=record["messageId"], reason=type(error).__name__)
            failed.append(record["messageId"])
    return failed


def _take(waiting: Waiting, instant: Instant) -> None:
    notice = waiting.notice
    url = shop_settings.settings().webhooks.get(notice.to)
    if url is None:
        return
    data = notice.model_dump(mode="json", exclude={"at"})
    told: dict[str, Json] = {"type": "journey.notice", "timestamp": notice.at, "data": data}
    try:
        webhooks.call(url, notice.id, json.dumps(told, separators=(",", ":")).encode(), instant)
    except (webhooks.NotTakenError, UnreadableSecretError) as error:
        logger.warning("webhook has not taken a notice", to=notice.to, reason=str(error))
        if waiting.tries + 1 < MAX_TRIES:
            again = waiting.model_copy(update={"tries": waiting.tries + 1})
            notices.put_later(again.model_dump(mode="json"), min(FIRST_PAUSE * 2**waiting.tries, LONGEST_PAUSE))
        else:
            anew = waiting.model_copy(update={"tries": 0})
            url_of_dead = environment(NoticeSettings).notices_dlq_url
            put_aside(url_of_dead, anew.model_dump_json(), f"The webhook for {notice.to}: {error}.")

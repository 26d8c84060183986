"""What journeys tell others, with ids only: an event on the account's EventBridge bus, and where the shop's settings
name a webhook for whom it is for, a message on the queue of those (functions/notice calls it).

EventBridge's own API destinations were the other candidate: their addresses are a deployment's, and a shop's settings
are not to need one.
"""

from __future__ import annotations

import json

from shared.adapters import shop_settings
from shared.adapters.clients import client
from shared.adapters.environment import Settings, environment
from shared.domain.events import Instant, Json, iso
from shared.domain.journeys.runs import NotifyOthers, Run

SOURCE, DETAIL_TYPE = "beckon", "Journey Notice"


class NoticesQueueSettings(Settings):
    notices_queue_url: str


class NotToldError(Exception):
    """EventBridge has not taken the event."""


def tell(run: Run, notice: NotifyOthers, now: Instant) -> None:
    """When it returns, it is on the bus, and on the queue where there is a webhook. NotToldError, or botocore's. Told
    again it has the same `id`: EventBridge and SQS may repeat, too."""
    detail: dict[str, Json] = {
        "id": f"{run.id}-{notice.step}-{notice.occurrence}",
        "contact": run.contact,
        "journey": run.journey,
        "run": run.id,
        "step": notice.step,
        "subject": notice.subject,
        "to": notice.to,
    }
    answer = client("events").put_events(
        Entries=[{"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": json.dumps(detail)}]
    )
    if answer["FailedEntryCount"]:
        raise NotToldError(answer["Entries"][0].get("ErrorCode", "unknown"))
    if notice.to in shop_settings.settings().webhooks:
        put_later({"notice": {**detail, "at": iso(now)}, "tries": 0}, 0)


def put_later(message: dict[str, Json], seconds: int) -> None:
    """Puts a notice on the queue of webhooks, to be taken off after so many seconds (900 at most)."""
    client("sqs").send_message(
        QueueUrl=environment(NoticesQueueSettings).notices_queue_url,
        MessageBody=json.dumps(message, separators=(",", ":")),
        DelaySeconds=seconds,
    )

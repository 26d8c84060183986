"""What journeys tell others: events on the account's EventBridge bus, with ids only."""

from __future__ import annotations

import json

from shared.adapters.clients import client
from shared.domain.journeys.runs import NotifyOthers, Run

SOURCE, DETAIL_TYPE = "beckon", "Journey Notice"


class NotToldError(Exception):
    """EventBridge has not taken the event."""


def tell(run: Run, notice: NotifyOthers) -> None:
    """Puts it on the bus. NotToldError, or botocore's. Told again it has the same `id`: EventBridge may repeat, too."""
    detail = {
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

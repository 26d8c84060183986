"""What the law has the operators do within 30 days, because a storefront asked for it: in the Definitions table.

An item `request`, version = a number made of the event's id, so that a request that is told again is one. It names
contacts by their ids only, and is kept when it is dismissed: that is the proof of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from shared.adapters.clients import client
from shared.adapters.definitions_table import items, table
from shared.domain.events import DAY, Event, Instant, event_id

ID = "request"
TIME_TO_ANSWER = 30 * DAY
"""What Shopify asks for; the GDPR's month is no shorter."""


class StoredRequest(NamedTuple):
    """A request of `type` (`Data Requested`, `Shop Erasure Requested`), received at `at`, about these `contacts`.

    `number` is its own; `storefront_id` is what the storefront calls it, where it says so; `dismissed` when an operator
    said that it is done, None while it waits."""

    number: int
    type: str
    source: str
    at: Instant
    contacts: tuple[str, ...]
    storefront_id: str | None
    dismissed: Instant | None

    @property
    def due(self) -> Instant:
        return self.at + TIME_TO_ANSWER


def record(event: Event, contacts: Iterable[str]) -> None:
    """Keeps a request, and the contacts it is about. One that was told before stays as it is: it may be done."""
    item = {
        "id": {"S": ID},
        "version": {"N": str(int(event_id("request", event.id)[:12], 16))},
        "type": {"S": event.type},
        "source": {"S": event.source},
        "at": {"N": str(event.received)},
        "contacts": {"L": [{"S": contact} for contact in contacts]},
    }
    if isinstance(asked := event.properties.get("request_id"), str):
        item["storefront_id"] = {"S": asked}
    try:
        client("dynamodb").put_item(
            TableName=table(),
            Item=item,  # type: ignore[arg-type]
            ConditionExpression="attribute_not_exists(id)",
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        pass


def dismiss(number: int, now: Instant) -> bool:
    """Says that a request is done. False: there is none of this number."""
    try:
        client("dynamodb").update_item(
            TableName=table(),
            Key={"id": {"S": ID}, "version": {"N": str(number)}},
            UpdateExpression="SET dismissed = :now",
            ConditionExpression="attribute_exists(id)",
            ExpressionAttributeValues={":now": {"N": str(now)}},
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        return False
    return True


def stored() -> list[StoredRequest]:
    """All requests there were, those that wait first, then the newest first."""
    return sorted(_stored(), key=lambda request: (request.dismissed is not None, -request.at))


def _stored() -> Iterator[StoredRequest]:
    for item in items(ID):
        yield StoredRequest(
            number=int(item["version"]["N"]),
            type=item["type"]["S"],
            source=item["source"]["S"],
            at=int(item["at"]["N"]),
            contacts=tuple(each["S"] for each in item["contacts"]["L"]),
            storefront_id=item["storefront_id"]["S"] if "storefront_id" in item else None,
            dismissed=int(item["dismissed"]["N"]) if "dismissed" in item else None,
        )

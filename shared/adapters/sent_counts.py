"""How many emails went out on each day, came back and were reported as spam: an item `sent` of the Definitions table
for each day, which expires after a year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from shared.adapters.clients import client
from shared.adapters.definitions_table import table
from shared.domain.events import DAY, SECOND, Instant
from shared.domain.messages.reputation import Day

ID = "sent"
KEPT = 365 * DAY
What = Literal["sent", "bounced", "complained"]


def add(day: int, counts: Mapping[What, int]) -> None:
    """Adds to what is counted of a day (days since 1970, UTC)."""
    names = {f"#{name}": name for name in counts}
    client("dynamodb").update_item(
        TableName=table(),
        Key={"id": {"S": ID}, "version": {"N": str(day)}},
        UpdateExpression=f"SET expires = :expires ADD {', '.join(f'#{name} :{name}' for name in counts)}",
        ExpressionAttributeNames=names,
        ExpressionAttributeValues={
            ":expires": {"N": str((day * DAY + KEPT) // SECOND)},
            **{f":{name}": {"N": str(count)} for name, count in counts.items()},
        },
    )


def days(now: Instant, most: int = 90) -> list[Day]:
    """The last days, the oldest first; those without any are left out."""
    items = client("dynamodb").query(
        TableName=table(),
        KeyConditionExpression="id = :id AND version >= :first",
        ExpressionAttributeValues={":id": {"S": ID}, ":first": {"N": str(now // DAY - most)}},
    )["Items"]
    names: tuple[What, ...] = ("sent", "bounced", "complained")
    return [
        Day(int(item["version"]["N"]), *(int(item[name]["N"]) if name in item else 0 for name in names))
        for item in items
    ]

"""How many members each segment had, day by day: items `sizes` of the Definitions table, whose version is the day in
the shop's time zone (20261129). They are history: nothing that is made again could bring them back, so they are not in
the Members table.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from shared.adapters import definitions
from shared.adapters.clients import client
from shared.adapters.definitions_table import table
from shared.domain import calendars
from shared.domain.events import DAY, SECOND, Instant

ID = "sizes"
KEPT = 400 * DAY


def keep(sizes: Mapping[str, int], now: Instant) -> None:
    """Keeps the sizes as those of the day. Once more is the same."""
    client("dynamodb").put_item(
        TableName=table(),
        Item={
            "id": {"S": ID},
            "version": {"N": f"{_day(now):%Y%m%d}"},
            "sizes": {"M": {segment: {"N": str(max(number, 0))} for segment, number in sizes.items()}},
            "expires": {"N": str((now + KEPT) // SECOND)},
        },
    )


def kept(now: Instant, days: int) -> dict[str, dict[str, int]]:
    """By day (`2026-11-29`), of the last so many. A day of which nothing was kept is left out."""
    first = _day(now) - timedelta(days=days)
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=table(),
            KeyConditionExpression="id = :id AND version >= :first",
            ExpressionAttributeValues={":id": {"S": ID}, ":first": {"N": f"{first:%Y%m%d}"}},
        )
    )
    found = {}
    for page in pages:
        for item in page["Items"]:
            number = item["version"]["N"]
            day = f"{number[:4]}-{number[4:6]}-{number[6:]}"
            found[day] = {segment: int(each["N"]) for segment, each in item["sizes"]["M"].items()}
    return found


def _day(t: Instant) -> date:
    return calendars.local(t, definitions.shop_zone()).date()

"""How often a form was seen, begun and sent in: counted by form, day of the shop and version, in items of the
Definitions table that expire. Nothing of a person's stands in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters.clients import client
from shared.adapters.definitions_table import table
from shared.adapters.environment import Settings, environment
from shared.domain import calendars
from shared.domain.events import DAY, SECOND, Instant

COUNTED = "form_counts"
KEPT_FOR = 400 * DAY

What = Literal["seen", "begun", "sent"]
Way = Literal["page", "site", "email"]
"""Where somebody came upon it: on its own page, in the shop's pages, or by a link of an email."""


class Count(NamedTuple):
    form: str
    version: int
    day: str
    way: str
    what: str
    n: int


class FormCountsSettings(Settings):
    shop_time_zone: str


def count(form: str, version: int, what: What, way: Way, now: Instant) -> None:
    """Counts one. What cannot be counted is shown and taken all the same."""
    try:
        client("dynamodb").update_item(
            TableName=table(),
            Key={"id": {"S": f"{COUNTED}#{form}"}, "version": {"N": str(_number(now))}},
            UpdateExpression="SET expires = :expires ADD #count :one",
            ExpressionAttributeNames={"#count": f"{way} {what} {version}"},
            ExpressionAttributeValues={":expires": {"N": str((now + KEPT_FOR) // SECOND)}, ":one": {"N": "1"}},
        )
    except (BotoCoreError, ClientError):
        return


def counts(form: str, first: str) -> Iterator[Count]:
    """Those of a form, from a day on (`2026-11-24`), in no order."""
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=table(),
            KeyConditionExpression="id = :id AND version >= :first",
            ExpressionAttributeValues={":id": {"S": f"{COUNTED}#{form}"}, ":first": {"N": first.replace("-", "")}},
        )
    )
    for item in (item for page in pages for item in page["Items"]):
        yield from _of(form, item)


def _of(form: str, item: dict[str, Any]) -> Iterator[Count]:
    number = item["version"]["N"]
    day = f"{number[:4]}-{number[4:6]}-{number[6:]}"
    for name, value in item.items():
        if name in ("id", "version", "expires"):
            continue
        way, what, version = name.split(" ")
        yield Count(form, int(version), day, way, what, int(value["N"]))


def _number(now: Instant) -> int:
    """The shop's day, as a number: 20261124."""
    where = calendars.zone(environment(FormCountsSettings).shop_time_zone) or ZoneInfo("UTC")
    return int(f"{calendars.local(now, where):%Y%m%d}")

"""All the shop's journeys, compiled with the definitions of segments that they are asked by; and the pace of starts."""

from __future__ import annotations

from collections.abc import Mapping

from shared.adapters import journey_definitions
from shared.adapters.clients import client
from shared.adapters.definitions_table import table
from shared.domain.events import HOUR, Instant, Json
from shared.domain.journeys.compiling import Journeys
from shared.domain.journeys.definition import Published
from shared.domain.segments import Definitions

_kept: tuple[Definitions, Mapping[str, Published], Journeys] | None = None


def of(definitions: Definitions, at_least: int = 0) -> Journeys:
    """The journeys, by these segments, as they were published at most a minute ago (`journey_definitions`), or by the
    publication of a number or a later one. LookupError: there is none."""
    global _kept  # noqa: PLW0603 - what a Lambda keeps while it lives
    published = journey_definitions.journeys(at_least)
    if _kept is None or _kept[0] is not definitions or _kept[1] is not published:
        _kept = definitions, published, Journeys(definitions, published, journey_definitions.version, slot, of_shop)
    return _kept[2]


def of_shop(name: str) -> Json:
    """One of the shop's settings, as it stood at most a minute ago."""
    from shared.adapters import shop_settings  # which most events ask for nothing of

    value: Json = getattr(shop_settings.settings(), name)
    return value


def slot(journey: str, per_hour: int, t: Instant) -> Instant:
    """When, at or after `t`, the next run of a journey may start, of which so many start in an hour: takes that place
    in the order. Whoever asks again, because what they were about to store was in the way of others, takes another:
    a place in the order stays empty then, and nobody starts too early."""
    between = max(HOUR // per_hour, 1)
    dynamodb, key = client("dynamodb"), {"id": {"S": f"pace#{journey}"}, "version": {"N": "0"}}
    try:
        dynamodb.update_item(
            TableName=table(),
            Key=key,
            UpdateExpression="SET #free = :after",
            ConditionExpression="attribute_not_exists(#free) OR #free <= :now",
            ExpressionAttributeNames={"#free": "free"},
            ExpressionAttributeValues={":after": {"N": str(t + between)}, ":now": {"N": str(t)}},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        answer = dynamodb.update_item(
            TableName=table(),
            Key=key,
            UpdateExpression="ADD #free :between",
            ExpressionAttributeNames={"#free": "free"},
            ExpressionAttributeValues={":between": {"N": str(between)}},
            ReturnValues="UPDATED_OLD",
        )
        return int(answer["Attributes"]["free"]["N"])
    return t

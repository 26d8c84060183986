"""The Definitions table: numbered documents by id. Besides the shop's definitions it holds what operators have to know
or do, each kind under an id of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.adapters.clients import client
from shared.adapters.environment import Settings, environment


class DefinitionsSettings(Settings):
    definitions_table: str


def table() -> str:
    return environment(DefinitionsSettings).definitions_table


def items(id_: str) -> Iterator[dict[str, Any]]:
    """All items of an id, in the order of their versions."""
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=table(),
            KeyConditionExpression="id = :id",
            ExpressionAttributeValues={":id": {"S": id_}},
            ConsistentRead=True,
        )
    )
    for page in pages:
        yield from page["Items"]

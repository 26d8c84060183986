"""Runs that had outlived their plan when somebody last looked: one item of the Definitions table, `outlived`."""

from __future__ import annotations

from collections.abc import Mapping

from shared.adapters.clients import client
from shared.adapters.definitions_table import items, table
from shared.domain.events import Instant

ID = "outlived"


def record(runs: Mapping[str, int], at: Instant) -> None:
    """How many, by journey."""
    client("dynamodb").put_item(
        TableName=table(),
        Item={
            "id": {"S": ID},
            "version": {"N": "0"},
            "at": {"N": str(at)},
            "runs": {"M": {journey: {"N": str(number)} for journey, number in runs.items()}},
        },
    )


def last() -> dict[str, int]:
    """How many there were, by journey."""
    return {journey: int(n["N"]) for item in items(ID) for journey, n in item["runs"]["M"].items()}

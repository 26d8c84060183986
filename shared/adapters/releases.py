"""Changes of products that are on their way to those whom they concern (`shared/domain/releases`): `release` items of
the Definitions table, their version a number made of the change's id. They are few, and gone once they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from shared.adapters.clients import client
from shared.adapters.definitions_table import table
from shared.domain.catalogue import Change
from shared.domain.events import SECOND, Instant
from shared.domain.releases import GIVEN_UP, Release, first

ID = "release"


class ReleaseMovedError(Exception):
    """Somebody else has moved it on since it was read."""


@dataclass(frozen=True, slots=True)
class Held:
    """A release as it was read, and how often it has been written."""

    release: Release
    revision: int


def new_write(change: Change) -> Any:
    """Part of the transaction that records how the product is now: with it, the change is on its way."""
    return {"Put": {"TableName": table(), "Item": _item(Held(first(change), 0))}}


def are_pending() -> bool:
    """Whether there is any: what is asked every minute reads one item."""
    return bool(_page(Limit=1)["Items"])


def pending(unreadable: Callable[[str, Exception], object]) -> Iterator[Held]:
    """All that are on their way, a moment late perhaps. `unreadable` is told of one that cannot be read, which holds up
    no other, and goes when it expires."""
    start: dict[str, Any] = {}
    while True:
        page = _page(**start)
        for item in page["Items"]:
            try:
                release = Release.model_validate_json(item["body"]["S"])
            except ValidationError as error:
                unreadable(item["version"]["N"], error)
            else:
                yield Held(release, int(item["revision"]["N"]))
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _page(**more: Any) -> Any:
    return client("dynamodb").query(
        TableName=table(),
        KeyConditionExpression="id = :id",
        ExpressionAttributeValues={":id": {"S": ID}},
        **more,
    )


def move(held: Held, release: Release) -> Held:
    """Stores how far a release has come. ReleaseMovedError."""
    moved = Held(release, held.revision + 1)
    try:
        client("dynamodb").put_item(
            TableName=table(),
            Item=_item(moved),
            ConditionExpression="revision = :revision",
            ExpressionAttributeValues={":revision": {"N": str(held.revision)}},
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        raise ReleaseMovedError(release.change.id) from None
    return moved


def end(release: Release) -> None:
    """Forgets a release: all are told."""
    client("dynamodb").delete_item(TableName=table(), Key={"id": {"S": ID}, "version": _version(release)})


def _item(held: Held) -> dict[str, Any]:
    given_up: Instant = held.release.change.heard + GIVEN_UP
    return {
        "id": {"S": ID},
        "version": _version(held.release),
        "revision": {"N": str(held.revision)},
        "due": {"N": str(held.release.due)},
        "body": {"S": held.release.model_dump_json(exclude_defaults=True)},
        "expires": {"N": str(given_up // SECOND)},
    }


def _version(release: Release) -> Any:
    return {"N": str(int(release.change.id[:15], 16))}

"""The Definitions table: numbered documents by id. Besides the shop's definitions it holds what operators have to know
or do, each kind under an id of its own."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from shared.adapters.clients import client
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.domain.events import DAY, SECOND, Instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

T = TypeVar("T")

CACHE_TTL = 60 * SECOND
"""For how long a Lambda takes what is published as it has read it."""
UNFINISHED_KEPT = 7 * DAY
"""For how long what is being written can be read as it was before the newest change: whoever reads that (a dry run)
takes minutes, and editors save by themselves every second or so, which would add up to gigabytes."""
MAX_BYTES = 390_000
"""Of a version, compressed: DynamoDB takes 400 KB, and beside the body stands next to nothing. That is some seventy
lists of a thousand ids."""


class PublishedMeanwhileError(Exception):
    """Somebody else has made the version of this number: look at theirs, and make the next."""


class TooLargeError(ValueError):
    """All segments (or all journeys, or all drafts) together are larger than a version can be; says by how much."""

    def __init__(self, what: str, size: int) -> None:
        told = f"all {what} together take {-(-size // 1000)} KB when compressed, and {MAX_BYTES // 1000} KB fit"
        super().__init__(f"{told}: shorten the longest lists of values, or delete what is not used")


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


# ── documents that have versions, none of which is ever overwritten ──
class Version(NamedTuple):
    """Of the document `id`, the version `number`; its body as `compressed` gives it."""

    id: str
    number: int
    body: bytes
    before: int | None = None
    """For how many milliseconds the version before it is kept from now on; None: for good."""


def compressed(what: str, body: bytes) -> bytes:
    """A version's body, as it is stored. TooLargeError."""
    made = zlib.compress(body)
    if len(made) > MAX_BYTES:
        raise TooLargeError(what, len(made))
    return made


def put_new(*new: Version) -> None:
    """Stores versions that there are none of: all of them, or none (PublishedMeanwhileError: of one there is, or
    somebody is just storing it)."""
    writes: list[TransactWriteItemTypeDef] = [
        {
            "Put": {
                "TableName": table(),
                "Item": {"id": {"S": id_}, "version": {"N": str(number)}, "body": {"B": body}},
                "ConditionExpression": "attribute_not_exists(id)",
            }
        }
        for id_, number, body, _ in new
    ]
    writes += [_expiring(each, each.before) for each in new if each.before is not None and each.number > 1]
    try:
        client("dynamodb").transact_write_items(TransactItems=writes)
    except client("dynamodb").exceptions.TransactionCanceledException as error:
        codes = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
        if codes - {"None", "ConditionalCheckFailed", "TransactionConflict"}:
            raise
        told = " or ".join(f"a version {number} of {id_}" for id_, number, *_ in new)
        raise PublishedMeanwhileError(f"there is {told} already") from error


def _expiring(version: Version, kept: int) -> TransactWriteItemTypeDef:
    return {
        "Update": {
            "TableName": table(),
            "Key": {"id": {"S": version.id}, "version": {"N": str(version.number - 1)}},
            "UpdateExpression": "SET expires = :at",
            "ConditionExpression": "attribute_exists(id)",
            "ExpressionAttributeValues": {":at": {"N": str((now() + kept) // SECOND)}},
        }
    }


def versions(id_: str, before: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Versions, newest first, and their bodies; read one by one as far as they are asked for."""
    condition, values = "id = :id", {":id": {"S": id_}}
    while True:
        if before is not None:
            condition, values = "id = :id AND version < :before", {**values, ":before": {"N": str(before)}}
        found = client("dynamodb").query(
            TableName=table(),
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=1,
        )["Items"]
        if not found:
            return
        before = int(found[0]["version"]["N"])
        yield before, zlib.decompress(bytes(found[0]["body"]["B"]))


class Newest(Generic[T]):
    """The newest version of a document, as a Lambda keeps it while it lives: what has not changed since it was last
    read is the same object."""

    def __init__(self, id_: str, parsed: Callable[[bytes], T], nothing: Callable[[], T]) -> None:
        """`parsed` makes it of a version's body; `nothing`: what it is when there is no version."""
        self._id, self._parsed, self._nothing = id_, parsed, nothing
        self._read: tuple[int, T, Instant] | None = None

    def read(self, most: int) -> T:
        """As it was read at most so many milliseconds ago."""
        instant = now()
        if self._read is not None and 0 <= instant - self._read[2] < most:
            return self._read[1]
        number, body = next(versions(self._id), (0, b""))
        if self._read is not None and self._read[0] == number:
            found = self._read[1]
        else:
            found = self._parsed(body) if number else self._nothing()
        self._read = number, found, instant
        return found

    def forget(self) -> None:
        """So that it is read again."""
        self._read = None

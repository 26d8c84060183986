"""The Operators table: keys of scripts, requests that may be sent again, and who has changed what.

Three partitions by `kind`. `KEY` (`id`: the key's name): `body`, `hash`, `revoked`, and what using it writes: `used`
(the newest day), `window` and `n`. `ONCE` (`id`: a hash of who asked and their Idempotency-Key): `asked` (a keyed hash
of the request), `until` (while it is being answered), `answer`, and `expires`, after which DynamoDB deletes it.
`CHANGE` (`id`: its instant and the request's id): `body`; its lines are kept. A contact stands in them by id only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from shared.adapters.clients import client
from shared.adapters.environment import Settings, environment
from shared.domain.events import DAY, SECOND, Instant, Json
from shared.domain.operators import Change, Key

ANSWERED_WITHIN = 30 * SECOND
"""A request that has had no answer by then was cut off: API Gateway waits for 29 seconds."""
KEPT = DAY
"""For so long the first answer to an Idempotency-Key is given again."""
WINDOW = 10 * SECOND
MAX_IN_WINDOW = 100
"""Requests of one key: ten a second."""


class OperatorsSettings(Settings):
    operators_table: str


class TakenError(Exception):
    """There is a key of this name, or was; somebody else has it now."""


def _key(kind: str, id_: str) -> dict[str, Any]:
    return {"kind": {"S": kind}, "id": {"S": id_}}


def _table() -> str:
    return environment(OperatorsSettings).operators_table


def _refused(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


# ── keys ──


def make_key(made: Key, hash_: str) -> None:
    """TakenError: names are not used again, so that the log of changes says whose each is."""
    item = {**_key("KEY", made.name), "body": {"S": made.model_dump_json()}, "hash": {"S": hash_}}
    try:
        client("dynamodb").put_item(TableName=_table(), Item=item, ConditionExpression="attribute_not_exists(id)")
    except ClientError as error:
        if _refused(error):
            raise TakenError from None
        raise


def all_keys() -> Iterator[Key]:
    """All, by name; those that were revoked, too."""
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=_table(),
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": {"S": "KEY"}},
            ConsistentRead=True,
        )
    )
    for page in pages:
        yield from (_read(item) for item in page["Items"])


def _read(item: Any) -> Key:
    held = {name: int(item[name]["N"]) for name in ("used", "revoked") if name in item}
    return Key.model_validate_json(item["body"]["S"]).model_copy(update=held)


def revoke(name: str, t: Instant) -> bool:
    """The key opens nothing from now on; whether there was one that did."""
    try:
        client("dynamodb").update_item(
            TableName=_table(),
            Key=_key("KEY", name),
            UpdateExpression="SET revoked = :now",
            ConditionExpression="attribute_exists(id) AND attribute_not_exists(revoked)",
            ExpressionAttributeValues={":now": {"N": str(t)}},
        )
    except ClientError as error:
        if _refused(error):
            return False
        raise
    return True


def key(name: str) -> tuple[Key, str] | None:
    """The key of that name, and the hash of its secret."""
    answer = client("dynamodb").get_item(TableName=_table(), Key=_key("KEY", name), ConsistentRead=True)
    return (_read(answer["Item"]), answer["Item"]["hash"]["S"]) if "Item" in answer else None


def wait_of(name: str, t: Instant) -> int:
    """Counts a request of this key. 0, or for how long it has to wait: there were too many."""
    window = t // WINDOW
    counted = client("dynamodb").update_item(
        TableName=_table(),
        Key=_key("KEY", name),
        UpdateExpression="SET used = :used, #window = if_not_exists(#window, :window) ADD n :one",
        ExpressionAttributeNames={"#window": "window"},
        ExpressionAttributeValues={
            ":used": {"N": str(t // DAY)},
            ":window": {"N": str(window)},
            ":one": {"N": "1"},
        },
        ReturnValues="ALL_NEW",
    )["Attributes"]
    if int(counted["window"]["N"]) != window:  # the first of a new one
        client("dynamodb").update_item(
            TableName=_table(),
            Key=_key("KEY", name),
            UpdateExpression="SET #window = :window, n = :one",
            ExpressionAttributeNames={"#window": "window"},
            ExpressionAttributeValues={":window": {"N": str(window)}, ":one": {"N": "1"}},
        )
        return 0
    return (window + 1) * WINDOW - t if int(counted["n"]["N"]) > MAX_IN_WINDOW else 0


# ── the same request again ──


@dataclass(frozen=True, slots=True)
class Before:
    """An Idempotency-Key that was used already."""

    asked: str
    """What was asked with it (a keyed hash)."""
    answer: Json
    """What was answered; None: it is being answered, or its answer is not kept."""
    answered: bool


def begin(id_: str, asked: str, t: Instant) -> Before | None:
    """Claims the key for this request; or what was asked with it before."""
    item = {
        **_key("ONCE", id_),
        "asked": {"S": asked},
        "until": {"N": str(t + ANSWERED_WITHIN)},
        "expires": {"N": str((t + KEPT) // SECOND)},
    }
    try:
        client("dynamodb").put_item(
            TableName=_table(),
            Item=item,
            # DynamoDB may be days late in deleting. Cut off: the same request may begin again, and no other.
            ConditionExpression=(
                "attribute_not_exists(id) OR expires <= :seconds OR (asked = :asked AND #until <= :now)"
            ),
            ExpressionAttributeNames={"#until": "until"},
            ExpressionAttributeValues={
                ":seconds": {"N": str(t // SECOND)},
                ":asked": {"S": asked},
                ":now": {"N": str(t)},
            },
        )
        return None
    except ClientError as error:
        if not _refused(error):
            raise
    held: Any = client("dynamodb").get_item(TableName=_table(), Key=_key("ONCE", id_), ConsistentRead=True)
    if "Item" not in held:
        return Before(asked, None, False)  # let go just now: they ask again
    item = held["Item"]
    answer = json.loads(item["answer"]["S"]) if "answer" in item else None
    return Before(item["asked"]["S"], answer, "until" not in item)


def answered(id_: str, answer: Json) -> None:
    """Keeps the first answer; None: only that there was one."""
    asked: dict[str, Any] = {
        "TableName": _table(),
        "Key": _key("ONCE", id_),
        "UpdateExpression": "REMOVE #until",
        "ExpressionAttributeNames": {"#until": "until"},
    }
    if answer is not None:
        asked["UpdateExpression"] = "SET answer = :answer REMOVE #until"
        asked["ExpressionAttributeValues"] = {":answer": {"S": json.dumps(answer)}}
    client("dynamodb").update_item(**asked)


def let_go(id_: str) -> None:
    """Nothing was done: the key may be used again."""
    client("dynamodb").delete_item(TableName=_table(), Key=_key("ONCE", id_))


# ── one at a time ──


def hold(what: str, t: Instant) -> None:
    """Takes something that only one may do at a time; whoever died with it has let go of it after ANSWERED_WITHIN.
    TakenError."""
    item = {**_key("HELD", what), "until": {"N": str(t + ANSWERED_WITHIN)}}
    try:
        client("dynamodb").put_item(
            TableName=_table(),
            Item=item,
            ConditionExpression="attribute_not_exists(id) OR #until <= :now",
            ExpressionAttributeNames={"#until": "until"},
            ExpressionAttributeValues={":now": {"N": str(t)}},
        )
    except ClientError as error:
        if _refused(error):
            raise TakenError from None
        raise


def let_go_of(what: str) -> None:
    client("dynamodb").delete_item(TableName=_table(), Key=_key("HELD", what))


# ── who has changed what ──


def record(change: Change) -> None:
    """Writes the line, or writes it anew: before the change it says that it has begun, after it how it has ended."""
    client("dynamodb").put_item(
        TableName=_table(), Item={**_key("CHANGE", change.id), "body": {"S": change.model_dump_json()}}
    )


def unrecord(change: Change) -> None:
    """Takes away the line of what was refused: nothing was changed."""
    client("dynamodb").delete_item(TableName=_table(), Key=_key("CHANGE", change.id))


def changes(before: str | None = None) -> Iterator[Change]:
    """The lines, newest first; `before`: those that come after the one of this id."""
    asked: dict[str, Any] = {
        "TableName": _table(),
        "KeyConditionExpression": "kind = :kind" if before is None else "kind = :kind AND id < :before",
        "ExpressionAttributeValues": {":kind": {"S": "CHANGE"}, **({":before": {"S": before}} if before else {})},
        "ScanIndexForward": False,
        "ConsistentRead": True,
    }
    for page in client("dynamodb").get_paginator("query").paginate(**asked):
        yield from (Change.model_validate_json(item["body"]["S"]) for item in page["Items"])

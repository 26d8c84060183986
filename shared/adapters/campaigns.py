"""The Campaigns table: the shop's campaigns, and of each the ledger of its recipients.

A campaign is an item of the partition `campaigns` (`item` its id), whose `number` counts its changes: each change is
made of the one that was read. In a partition of its own (`campaign` its id) are, of each chunk of its frozen audience,
`CHUNK#…` (how it stands, small: the list of them is read often), `IDS#…` (whom it is of, never changed) and
`OUTCOMES#…` (what has become of them so far); `FEEDBACK` (who reported it as spam); and `AUDIENCE` and `TEST`, the
newest count of whom it would go to and the newest test; and `LOOK#…`, what its test was found to say at each planned
look, never changed. Ids and reasons only; all but the campaign itself goes after
`KEPT`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

from shared.adapters.clients import client
from shared.adapters.clock import pause
from shared.adapters.definitions_table import PublishedMeanwhileError
from shared.adapters.environment import Settings, environment
from shared.domain.campaigns import breaker
from shared.domain.campaigns.ledger import Chunk, Outcome
from shared.domain.campaigns.states import ACTS, Kept, after
from shared.domain.events import DAY, SECOND, Instant, Json

CAMPAIGNS = "campaigns"
"""The partition of the campaigns themselves. No campaign is called so: `create` refuses it."""
KEPT = 400 * DAY
"""How long it is known of each recipient what became of their email: a year and a month after it was frozen. The sums
stay with the campaign."""
MAX_WRITES = 25  # of one BatchWriteItem
WIDTH = 6
_STATUS = {"s": "sent", "k": "skipped", "d": "delayed"}
_LETTER = {status: letter for letter, status in _STATUS.items()}


class CampaignsSettings(Settings):
    campaigns_table: str


class LeaseLostError(Exception):
    """The chunk is not as it was read: somebody else holds it now."""


def table() -> str:
    return environment(CampaignsSettings).campaigns_table


def _key(campaign: str, item: str) -> dict[str, Any]:
    return {"campaign": {"S": campaign}, "item": {"S": item}}


# ── campaigns ──


def read(id_: str) -> Kept | None:
    """The campaign as it stands, read consistently."""
    item = client("dynamodb").get_item(TableName=table(), Key=_key(CAMPAIGNS, id_), ConsistentRead=True).get("Item")
    return None if item is None else _kept(item)


def all_kept() -> list[Kept]:
    """All campaigns, in the order of their ids."""
    return [_kept(item) for item in _items(CAMPAIGNS)]


def create(kept: Kept) -> None:
    """PublishedMeanwhileError: there is one of this id."""
    _put(kept, {"ConditionExpression": "attribute_not_exists(campaign)"})


def change(kept: Kept) -> None:
    """Stores a campaign's next change, if it was made of the newest. PublishedMeanwhileError."""
    held = {":held": {"N": str(kept.number - 1)}}
    _put(
        kept,
        {
            "ConditionExpression": "#number = :held",
            "ExpressionAttributeNames": {"#number": "number"},
            "ExpressionAttributeValues": held,
        },
    )


def delete(kept: Kept) -> None:
    """Deletes a draft, as it was read: there is nothing else of it that matters. PublishedMeanwhileError."""
    try:
        client("dynamodb").delete_item(
            TableName=table(),
            Key=_key(CAMPAIGNS, kept.id),
            ConditionExpression="#number = :held",
            ExpressionAttributeNames={"#number": "number"},
            ExpressionAttributeValues={":held": {"N": str(kept.number)}},
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException as error:
        raise PublishedMeanwhileError(f"{kept.id} has changed") from error


def _put(kept: Kept, condition: dict[str, Any]) -> None:
    body = zlib.compress(kept.model_dump_json(by_alias=True, exclude_none=True).encode())
    item = {**_key(CAMPAIGNS, kept.id), "number": {"N": str(kept.number)}, "body": {"B": body}}
    try:
        client("dynamodb").put_item(TableName=table(), Item=item, **condition)
    except client("dynamodb").exceptions.ConditionalCheckFailedException as error:
        raise PublishedMeanwhileError(f"{kept.id} has changed") from error


def _kept(item: Mapping[str, Any]) -> Kept:
    return Kept.model_validate_json(zlib.decompress(bytes(item["body"]["B"])))


# ── the ledger ──


def freeze(id_: str, chunks: Sequence[tuple[Chunk, Sequence[str]]], now: Instant) -> None:
    """Stores chunks of an attempt at freezing a part of the audience: each has keys of its own, so that of one that was
    overtaken nothing counts (see `chunks`). Done again, it is the same."""
    requests: list[Any] = []
    expires = (now + KEPT) // SECOND
    for chunk, ids in chunks:
        packed = zlib.compress("\n".join(ids).encode(), level=6)
        name = _numbered(chunk.number)
        requests += [
            {"PutRequest": {"Item": _chunk_item(id_, chunk, expires)}},
            {
                "PutRequest": {
                    "Item": {**_key(id_, f"IDS#{name}"), "ids": {"B": packed}, "expires": {"N": str(expires)}}
                }
            },
        ]
    for start in range(0, len(requests), MAX_WRITES):
        wanted: Any = {table(): requests[start : start + MAX_WRITES]}
        for tries in count():
            wanted = client("dynamodb").batch_write_item(RequestItems=wanted).get("UnprocessedItems")
            if not wanted:
                break
            pause(tries)


def chunks(id_: str, attempts: Iterable[int]) -> list[Chunk]:
    """How the chunks of these attempts stand, in order, read consistently."""
    counted = set(attempts)
    found = (_chunk(item) for item in _items(id_, "CHUNK#"))
    return [chunk for chunk in found if attempt_of(chunk.number) in counted]


def of_attempt(attempt: int, place: int) -> int:
    """The number of a chunk of an attempt."""
    return attempt * 100_000 + place


def attempt_of(number: int) -> int:
    return number // 100_000


def ids(id_: str, number: int) -> tuple[str, ...]:
    """Whom a chunk is of, in the order in which they were frozen."""
    item = client("dynamodb").get_item(TableName=table(), Key=_key(id_, f"IDS#{_numbered(number)}"))["Item"]
    return tuple(zlib.decompress(bytes(item["ids"]["B"])).decode().split("\n"))


def outcomes(id_: str, number: int) -> dict[str, Outcome]:
    """What has become of a chunk's recipients, by their ids; of those nothing is known of yet, nothing."""
    answer = client("dynamodb").get_item(
        TableName=table(), Key=_key(id_, f"OUTCOMES#{_numbered(number)}"), ConsistentRead=True
    )
    if "Item" not in answer:
        return {}
    told = json.loads(zlib.decompress(bytes(answer["Item"]["outcomes"]["B"])))
    return {contact: Outcome(_STATUS[each[0]], *each[1:]) for contact, each in told.items()}  # type: ignore[arg-type]


def take(id_: str, chunk: Chunk) -> None:
    """Stores that a chunk is leased, made of how it was read. LeaseLostError: somebody was first."""
    try:
        client("dynamodb").put_item(**_if_unchanged(id_, chunk))
    except client("dynamodb").exceptions.ConditionalCheckFailedException as error:
        raise LeaseLostError(f"{id_} {chunk.number}") from error


def tell(id_: str, chunk: Chunk, outcomes: Mapping[str, Outcome]) -> None:
    """Stores how a chunk stands and what has become of whom, in one transaction. LeaseLostError."""
    told = {contact: [_LETTER[each.status], *each[1:]] for contact, each in outcomes.items()}
    packed = zlib.compress(json.dumps(told, separators=(",", ":")).encode(), level=6)
    expires = {"N": str((chunk.at + KEPT) // SECOND)}
    item = {**_key(id_, f"OUTCOMES#{_numbered(chunk.number)}"), "outcomes": {"B": packed}, "expires": expires}
    try:
        client("dynamodb").transact_write_items(
            TransactItems=[
                {"Put": _if_unchanged(id_, chunk)},
                {"Put": {"TableName": table(), "Item": item}},
            ]
        )
    except client("dynamodb").exceptions.TransactionCanceledException as error:
        raise LeaseLostError(f"{id_} {chunk.number}") from error


def _if_unchanged(id_: str, chunk: Chunk) -> Any:
    return {
        "TableName": table(),
        "Item": _chunk_item(id_, chunk, (max(chunk.at, chunk.due) + KEPT) // SECOND),
        "ConditionExpression": "version = :read",
        "ExpressionAttributeValues": {":read": {"N": str(chunk.version - 1)}},
    }


def _chunk_item(id_: str, chunk: Chunk, expires: int) -> dict[str, Any]:
    numbers = {"size": chunk.size, "due": chunk.due, "version": chunk.version, "until": chunk.until}
    numbers |= {"sent": chunk.sent, "at": chunk.at, "expires": expires}
    item: dict[str, Any] = {
        **_key(id_, f"CHUNK#{_numbered(chunk.number)}"),
        **{name: {"N": str(value)} for name, value in numbers.items()},
        "skipped": {"M": {reason: {"N": str(n)} for reason, n in chunk.skipped.items()}},
    }
    if chunk.holder is not None:
        item["holder"] = {"S": chunk.holder}
    if chunk.began is not None:
        item["began"] = {"N": str(chunk.began)}
    return item


def _chunk(item: Mapping[str, Any]) -> Chunk:
    def number(name: str) -> int:
        return int(item[name]["N"])

    return Chunk(
        number=int(item["item"]["S"].partition("#")[2]),
        size=number("size"),
        due=number("due"),
        version=number("version"),
        holder=item["holder"]["S"] if "holder" in item else None,
        until=number("until"),
        sent=number("sent"),
        skipped={reason: int(n["N"]) for reason, n in item["skipped"]["M"].items()},
        began=number("began") if "began" in item else None,
        at=number("at"),
    )


def _numbered(number: int) -> str:
    return f"{number:0{WIDTH + 5}d}"


# ── what recipients say of it ──


MAX_COUNTED = 100
"""Complaints that are counted: where more come, the campaign has long been stopped."""


def complained(id_: str, contact: str, now: Instant) -> None:
    """Counts a recipient who has reported the campaign as spam, once however often that is told; of too many, nothing
    more is sent until somebody has looked at it."""
    with suppress(client("dynamodb").exceptions.ConditionalCheckFailedException):
        client("dynamodb").update_item(
            TableName=table(),
            Key=_key(id_, "FEEDBACK"),
            UpdateExpression="ADD complaints :contact SET expires = :expires",
            ConditionExpression="attribute_not_exists(complaints) OR size(complaints) < :most",
            ExpressionAttributeValues={
                ":contact": {"SS": [contact]},
                ":most": {"N": str(MAX_COUNTED)},
                ":expires": {"N": str((now + KEPT) // SECOND)},
            },
        )
    kept = read(id_)
    if kept is None or kept.state not in ACTS["pause"]:
        return
    why = breaker.complained(complaints(id_), kept.forgiven)
    if why is not None:
        change(after(kept, "pause", now, "breaker", why))


def complaints(id_: str) -> int:
    """How many recipients have reported the campaign as spam."""
    answer = client("dynamodb").get_item(TableName=table(), Key=_key(id_, "FEEDBACK"), ConsistentRead=True)
    return len(answer.get("Item", {}).get("complaints", {"SS": []})["SS"])


# ── what somebody has asked of it before it is sent ──

AUDIENCE, TEST, LOOK = "AUDIENCE", "TEST", "LOOK#"
"""The newest count of whom it would go to, what became of the newest test, and each look (with the instant for which it
was planned, or `end`)."""


def keep(id_: str, item: str, told: Json, now: Instant) -> None:
    """Keeps an answer in the place of the one before."""
    body = zlib.compress(json.dumps(told).encode())
    expires = {"N": str((now + KEPT) // SECOND)}
    client("dynamodb").put_item(TableName=table(), Item={**_key(id_, item), "body": {"B": body}, "expires": expires})


def kept_first(id_: str, item: str, told: Json, now: Instant) -> Json:
    """Keeps an answer for good; gives the one that was kept first, if there is one."""
    body = zlib.compress(json.dumps(told).encode())
    expires = {"N": str((now + KEPT) // SECOND)}
    try:
        client("dynamodb").put_item(
            TableName=table(),
            Item={**_key(id_, item), "body": {"B": body}, "expires": expires},
            ConditionExpression="attribute_not_exists(body)",
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        return kept(id_, item)
    return told


def kept(id_: str, item: str) -> Json | None:
    """None: nobody has asked."""
    found = client("dynamodb").get_item(TableName=table(), Key=_key(id_, item), ConsistentRead=True).get("Item")
    return None if found is None else json.loads(zlib.decompress(bytes(found["body"]["B"])))


def _items(campaign: str, prefix: str = "") -> Iterator[dict[str, Any]]:
    condition, values = "campaign = :campaign", {":campaign": {"S": campaign}}
    if prefix:
        condition, values = condition + " AND begins_with(#item, :prefix)", {**values, ":prefix": {"S": prefix}}
    names: Any = {"ExpressionAttributeNames": {"#item": "item"}} if prefix else {}
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=table(),
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
            **names,
        )
    )
    for page in pages:
        yield from page["Items"]

"""The Coupons table: pools of codes, and which of their codes are left and which are given.

A pool is an item of the partition `pools` (`item` its id, `body`; `dry_since` once an email has found no code). In a
partition of its own (`pool` its id) each code that is left is an item `FREE#place#code`, and each that was given
`GIVEN#code` (the code in small letters, as which storefronts take it, too; `code` is as it is shown), with `given_at`,
`until`, and once it is redeemed `redeemed_at`; of a code that all get, each giving is `GIVEN##hash`. Whom it was given
to is known in that contact's own partition only (Contacts, `COUPON#pool#owner`: `code`, `given_at`, `until`, `shared`;
`order` and `redeemed_at` once it is redeemed: `adapters.redeeming`), so that an erasure and an export reach it. One
transaction takes a code from the ones to the others: of those who want the same code one gets it, and who asks again
for the same owner gets the same. A table of its own, since a pool may have a million codes, and what is left of them is
found by their order, which Definitions (whose versions are numbers) does not have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from shared.adapters import contacts
from shared.adapters.clients import client
from shared.adapters.clock import pause
from shared.adapters.environment import Settings, environment
from shared.domain.calendars import local
from shared.domain.coupons import PROMISED, Coupon, Given, Pool, owner, place
from shared.domain.events import HOUR, Instant, Json, event_id
from shared.domain.messages.asked import Message, RunMessage
from shared.domain.messages.variables import HeldError
from shared.domain.profiles import Profile

POOLS = "pools"
PREFIX = "COUPON#"
"""Of items in a contact's partition."""
MAX_ATTEMPTS = 8
MAX_WRITES = 25  # of one BatchWriteItem
MAX_READS = 100  # of one BatchGetItem
MOST_COUNTED = 100_000
WAITS = HOUR
"""For so long an email waits that finds no code, before it is asked for again."""


class CouponsSettings(Settings):
    coupons_table: str


class NoCodeError(HeldError):
    """The pool has no code left, or there is no such pool: the email waits until it has, and never goes without."""


class ChangedMeanwhileError(Exception):
    """The pool is not as it has to be: somebody else has made or changed it."""


def table() -> str:
    return environment(CouponsSettings).coupons_table


def _key(pool: str, item: str) -> dict[str, Any]:
    return {"pool": {"S": pool}, "item": {"S": item}}


# ── pools ──


def pools() -> Iterator[tuple[Pool, Instant | None]]:
    """All there are, by their ids, each with since when it has been known to be empty (until codes are added)."""
    answer = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=table(),
            KeyConditionExpression="#pool = :pool",
            ExpressionAttributeNames={"#pool": "pool"},
            ExpressionAttributeValues={":pool": {"S": POOLS}},
            ConsistentRead=True,
        )
    )
    for page in answer:
        yield from map(_read, page["Items"])


def pool(id_: str) -> tuple[Pool, Instant | None] | None:
    """One of them; None: there is none."""
    answer = client("dynamodb").get_item(TableName=table(), Key=_key(POOLS, id_), ConsistentRead=True)
    return _read(answer["Item"]) if "Item" in answer else None


def _read(item: Any) -> tuple[Pool, Instant | None]:
    dry = item.get("dry_since")
    return Pool.model_validate_json(item["body"]["S"]), int(dry["N"]) if dry else None


def save(changed: Pool, instead_of: Pool | Literal["any"] | None = "any") -> None:
    """Makes the pool, or changes it; its codes stay, and that it is known to be empty, unless one code is for all.
    `instead_of`: the form that it has to have until now, None: that there is none. ChangedMeanwhileError."""
    key, body = _key(POOLS, changed.id), changed.model_dump_json(exclude_none=True)
    asked: dict[str, Any] = {
        "TableName": table(),
        "Key": key,
        "UpdateExpression": f"SET body = :body{'' if changed.code is None else ' REMOVE dry_since'}",
        "ExpressionAttributeValues": {":body": {"S": body}},
    }
    if instead_of is None:
        asked["ConditionExpression"] = "attribute_not_exists(body)"
    elif instead_of != "any":
        held: Any = client("dynamodb").get_item(TableName=table(), Key=key, ConsistentRead=True).get("Item")
        if held is None or _read(held)[0] != instead_of:
            raise ChangedMeanwhileError
        asked["ConditionExpression"] = "body = :held"
        asked["ExpressionAttributeValues"][":held"] = held["body"]
    try:
        client("dynamodb").update_item(**asked)
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        raise ChangedMeanwhileError from None


def _found_empty(id_: str, instant: Instant) -> None:
    client("dynamodb").update_item(
        TableName=table(),
        Key=_key(POOLS, id_),
        UpdateExpression="SET dry_since = if_not_exists(dry_since, :now)",
        ConditionExpression="attribute_exists(body)",
        ExpressionAttributeValues={":now": {"N": str(instant)}},
    )


def add(id_: str, codes: Sequence[str]) -> int:
    """Adds codes to the pool (each once, see `spelled`); gives how many. One that is left already, or was given, in
    whatever letters, is not added again. Of one that is given in this moment, `_take` leaves it out."""
    by_key = {_free(code): code for code in codes} | {_given(code): code for code in codes}
    held = {by_key[item].casefold() for item in _held(id_, list(by_key))}
    items = [{**_key(id_, _free(code)), "code": {"S": code}} for code in codes if code.casefold() not in held]
    for begin in range(0, len(items), MAX_WRITES):
        asked: Any = {table(): [{"PutRequest": {"Item": item}} for item in items[begin : begin + MAX_WRITES]]}
        for tries in range(MAX_ATTEMPTS):
            asked = client("dynamodb").batch_write_item(RequestItems=asked).get("UnprocessedItems")
            if not asked:
                break
            pause(tries)
        else:
            raise RuntimeError("DynamoDB takes no more codes just now")
    if items:
        client("dynamodb").update_item(TableName=table(), Key=_key(POOLS, id_), UpdateExpression="REMOVE dry_since")
    return len(items)


def _held(id_: str, several: Sequence[str]) -> Iterator[str]:
    """Those of some of a pool's items that there are."""
    for begin in range(0, len(several), MAX_READS):
        asked: Any = {
            table(): {
                "Keys": [_key(id_, item) for item in several[begin : begin + MAX_READS]],
                "ConsistentRead": True,
                "ProjectionExpression": "#item",
                "ExpressionAttributeNames": {"#item": "item"},
            }
        }
        for tries in range(MAX_ATTEMPTS):
            answer = client("dynamodb").batch_get_item(RequestItems=asked)
            yield from (item["item"]["S"] for item in answer["Responses"].get(table(), []))
            if not (asked := answer.get("UnprocessedKeys")):
                break
            pause(tries)
        else:
            raise RuntimeError("DynamoDB takes no more codes just now")


def _free(code: str) -> str:
    folded = code.casefold()
    return f"FREE#{place(folded)}#{folded}"


def _given(code: str) -> str:
    return f"GIVEN#{code.casefold()}"


def left(id_: str, most: int = MOST_COUNTED) -> int:
    """How many codes are left; `most`: or more."""
    return _count(id_, "FREE#", most)


class Counts(NamedTuple):
    """What became of a pool's codes: `given` is the sum of the others. Where as many or more were given as are counted,
    what became of them is not known."""

    given: int
    redeemed: int | None
    expired: int | None
    open: int | None


def counts(id_: str, instant: Instant, most: int = MOST_COUNTED) -> Counts:
    """Of the codes that were given, how many are redeemed, have expired without, and can be redeemed still."""
    given = redeemed = expired = 0
    for page in client("dynamodb").get_paginator("query").paginate(**_beginning(id_, "GIVEN#")):
        for item in page["Items"]:
            given += 1
            if "redeemed_at" in item:
                redeemed += 1
            elif "until" in item and int(item["until"]["N"]) <= instant:
                expired += 1
        if given >= most:
            return Counts(most, None, None, None)
    return Counts(given, redeemed, expired, given - redeemed - expired)


def _count(id_: str, prefix: str, most: int) -> int:
    found = 0
    for page in client("dynamodb").get_paginator("query").paginate(**_beginning(id_, prefix), Select="COUNT"):
        found += page["Count"]
        if found >= most:
            return most
    return found


def _beginning(pool_id: str, prefix: str) -> dict[str, Any]:
    return {
        "TableName": table(),
        "KeyConditionExpression": "#pool = :pool AND begins_with(#item, :prefix)",
        "ExpressionAttributeNames": {"#pool": "pool", "#item": "item"},
        "ExpressionAttributeValues": {":pool": {"S": pool_id}, ":prefix": {"S": prefix}},
        "ConsistentRead": True,
    }


# ── giving ──


def claim(id_: str, owner_: str, contact: str, instant: Instant) -> tuple[str, Instant | None]:
    """The owner's code of the pool, and until when it is good: the one they have, though the pool may have changed
    since, or from now on the one that all get, or one that nobody has. NoCodeError."""
    stored = pool(id_)
    if stored is None:
        raise NoCodeError(f"there is no pool {id_}")
    found, _ = stored
    kind = f"{PREFIX}{id_}#{owner_}"
    for tries in range(MAX_ATTEMPTS):
        held = contacts.read_item(contact, kind)
        if held is not None:
            return held["code"]["S"], int(held["until"]["N"]) if "until" in held else None
        item = None if found.code is not None else _next(id_, place(f"{owner_}#{tries}"))
        if found.code is None and item is None:
            _found_empty(id_, instant)
            raise NoCodeError(f"the pool {id_} is empty")
        code = found.code if item is None else item["code"]["S"]
        if code is not None and _take(found, code, item, kind, contact, instant):
            return code, found.until(instant)
        pause(tries)
    raise NoCodeError(f"many want a code of {id_} just now")


def _next(id_: str, begin: str) -> Any | None:
    """The item of a code that is left, from some place on, or else from the first; None: there is none."""
    for range_ in ((f"FREE#{begin}", "FREE$"), ("FREE#", f"FREE#{begin}")):
        answer = client("dynamodb").query(
            TableName=table(),
            KeyConditionExpression="#pool = :pool AND #item BETWEEN :begin AND :end",
            ExpressionAttributeNames={"#pool": "pool", "#item": "item"},
            ExpressionAttributeValues={":pool": {"S": id_}, ":begin": {"S": range_[0]}, ":end": {"S": range_[1]}},
            ConsistentRead=True,
            Limit=1,
        )
        if answer["Items"]:
            return answer["Items"][0]
    return None


def _take(found: Pool, code: str, item: Any | None, kind: str, contact: str, instant: Instant) -> bool:
    """Makes the code the owner's, if they have none, and it is left (`item`) or for all (None); whether that was done.
    A contact who has gone gets nothing."""
    until = found.until(instant)
    when = {"given_at": {"N": str(instant)}, **({} if until is None else {"until": {"N": str(until)}})}
    theirs = {**contacts.key(contact, kind), "code": {"S": code}, **when}
    if item is None:
        theirs["shared"] = {"BOOL": True}
    names = {"#item": "item"}
    writes: list[Any] = [
        contacts.still_there(contact),
        {
            "Put": {
                "TableName": contacts.table(),
                "Item": theirs,
                "ConditionExpression": "attribute_not_exists(contact)",
            }
        },
        {
            "Put": {
                "TableName": table(),
                "Item": {**_key(found.id, _given(code) if item is not None else _of_shared(kind)), **when},
                "ConditionExpression": "attribute_not_exists(#item)",
                "ExpressionAttributeNames": names,
            }
        },
    ]
    if item is not None:
        writes.append(
            {
                "Delete": {
                    "TableName": table(),
                    "Key": {"pool": item["pool"], "item": item["item"]},
                    "ConditionExpression": "attribute_exists(#item)",
                    "ExpressionAttributeNames": names,
                }
            }
        )
    try:
        client("dynamodb").transact_write_items(TransactItems=writes)
    except client("dynamodb").exceptions.TransactionCanceledException as canceled:
        failed = [reason.get("Code") == "ConditionalCheckFailed" for reason in canceled.response["CancellationReasons"]]
        if failed[0]:
            raise NoCodeError("the contact has gone") from canceled
        if item is not None and failed[2]:  # added in the moment in which it was given: it is nobody's to give
            client("dynamodb").delete_item(TableName=table(), Key={"pool": item["pool"], "item": item["item"]})
        return False
    return True


def held_by(contact: str) -> list[Given]:
    """The codes that the contact, or who has joined them, was given."""
    return [_held_code(item) for item in contacts.items_of_all(contact, PREFIX)]


def _held_code(item: Mapping[str, Any]) -> Given:
    return Given(
        kind=item["kind"]["S"],
        pool=pool_of(item["kind"]["S"]),
        code=item["code"]["S"],
        given_at=int(item["given_at"]["N"]),
        shared="shared" in item,
        order=item["order"]["S"] if "order" in item else None,
        contact=item["contact"]["S"],
    )


def pool_of(kind: str) -> str:
    return kind.removeprefix(PREFIX).partition("#")[0]


def given_key(given: Given) -> dict[str, Any]:
    """Of the pool's own item of a code that was given."""
    return _key(given.pool, _of_shared(given.kind) if given.shared else _given(given.code))


def _of_shared(kind: str) -> str:
    """The item of a giving of a code that all get; by its hash nobody knows whose."""
    return f"GIVEN##{event_id(kind)}"


def told(item: Mapping[str, Any]) -> dict[str, Json]:
    """A code that a contact was given, for whoever may know all of them: `pool`, `code`, `given_at`, `until`, `order`,
    `redeemed_at`."""
    said: dict[str, Json] = {"pool": pool_of(item["kind"]["S"]), "code": item["code"]["S"]}
    for name in ("given_at", "until", "redeemed_at"):
        said[name] = int(item[name]["N"]) if name in item else None
    return {**said, "order": item["order"]["S"] if "order" in item else None}


def given_to(contact: str) -> list[dict[str, Json]]:
    """All codes that the contact, or who has joined them, was given, as `told`."""
    return [told(item) for item in contacts.items_of_all(contact, PREFIX)]


# ── what a template knows ──


class Coupons(dict[str, Any]):
    """What a template knows as `coupon`: a code of the pool that it names, given when it is named. NoCodeError."""

    def __init__(self, message: Message, profile: Profile, instant: Instant, where: ZoneInfo) -> None:
        super().__init__()
        self._message, self._profile, self._instant, self._where = message, profile, instant, where

    def __missing__(self, name: str) -> Coupon | None:
        id_ = name
        if name == PROMISED:
            promised = self._profile.traits.get("promised_code")
            if promised is None or not isinstance(promised.value, str):
                return None
            id_ = promised.value
        run = self._message.run if isinstance(self._message, RunMessage) else None
        whose = owner(self._message.key, run)
        code, until = claim(id_, whose, self._message.contact, self._instant)
        last = None if until is None else local(until, self._where).date().isoformat()
        made = self[name] = Coupon(code, last)
        return made

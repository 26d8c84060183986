"""The Identities table: what a contact is known by → the contact. Addresses stand in it as keyed hashes only."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any

from shared.adapters.clients import client
from shared.adapters.clock import pause
from shared.adapters.environment import Settings, environment
from shared.adapters.secrets import secret
from shared.domain.events import Identity, IdentityKind, Instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

MAX_KEYS = 100  # of one BatchGetItem
MAX_PUTS = 25  # of one BatchWriteItem
MAX_BYTES = 64
"""Of a value that stands in its key as it is: a profile holds hundreds of keys."""


class IdentitiesSettings(Settings):
    identities_table: str


def table() -> str:
    return environment(IdentitiesSettings).identities_table


def address_hash(address: str) -> str:
    """A keyed hash of a normalised address: without the key nobody can try addresses against it."""
    return hmac.new(secret("identity_key").encode(), address.encode(), hashlib.sha256).hexdigest()[:40]


def identity_key(identity: Identity) -> str:
    """`kind#value`, with an address, what looks like one, and what is long, replaced by its hash."""
    hashed = identity.kind is IdentityKind.EMAIL or "@" in identity.value or len(identity.value.encode()) > MAX_BYTES
    return f"{identity.kind}#{address_hash(identity.value) if hashed else identity.value}"


def find(identities: Iterable[Identity]) -> dict[Identity, str]:
    """The contacts these identities lead to; those that lead nowhere are left out."""
    by_key = {identity_key(i): i for i in identities if i.kind is not IdentityKind.CONTACT}
    found: dict[Identity, str] = {i: i.value for i in identities if i.kind is IdentityKind.CONTACT}
    return found | {by_key[key]: item["contact"]["S"] for key, item in read(by_key).items()}


def read(keys: Iterable[str]) -> dict[str, Any]:
    """The items of these keys, by their keys; read consistently."""
    several = list(keys)
    found: dict[str, Any] = {}
    for start in range(0, len(several), MAX_KEYS):
        asked = [{"identity": {"S": key}} for key in several[start : start + MAX_KEYS]]
        wanted: Any = {table(): {"Keys": asked, "ConsistentRead": True}}
        for tries in count():
            answer = client("dynamodb").batch_get_item(RequestItems=wanted)
            found |= {item["identity"]["S"]: item for item in answer["Responses"].get(table(), [])}
            if not (wanted := answer.get("UnprocessedKeys")):
                break
            pause(tries)
    return found


def link_write(identity_key: str, contact: str, instead_of: Iterable[str] = ()) -> TransactWriteItemTypeDef:
    """Has the identity lead to the contact, unless it leads to another one that is not in `instead_of`."""
    allowed = {f":c{number}": {"S": other} for number, other in enumerate((contact, *instead_of))}
    return {
        "Put": {
            "TableName": table(),
            "Item": {"identity": {"S": identity_key}, "contact": {"S": contact}},
            "ConditionExpression": f"attribute_not_exists(#identity) OR contact IN ({', '.join(allowed)})",
            "ExpressionAttributeNames": {"#identity": "identity"},
            "ExpressionAttributeValues": allowed,
        }
    }


def unlink_write(identity_key: str) -> TransactWriteItemTypeDef:
    return {"Delete": {"TableName": table(), "Key": {"identity": {"S": identity_key}}}}


# ── suppression: kept by address, so that it outlives the contact and follows no one to a new address ──


def suppression_write(hashed_address: str, reason: str, now: Instant) -> TransactWriteItemTypeDef:
    """Suppresses an address for good. `reason`: bounce, soft_bounce, complaint, erasure or operator."""
    return {
        "Put": {
            "TableName": table(),
            "Item": {
                "identity": {"S": f"suppression#{hashed_address}"},
                "reason": {"S": reason},
                "time": {"N": str(now)},
            },
        }
    }


def suppress_address(hashed_address: str, reason: str, time: Instant) -> None:
    """Suppresses an address for a bounce or a complaint that was told at an instant. A bounce takes the place of no
    complaint, which nobody may lift; and one that somebody has lifted meanwhile, told again, changes nothing."""
    put: Any = suppression_write(hashed_address, reason, time)["Put"]
    if reason != "complaint":
        if time <= _lifted(_bounces(hashed_address)):
            return
        put |= {"ConditionExpression": "attribute_not_exists(reason) OR reason <> :complaint"}
        put |= {"ExpressionAttributeValues": {":complaint": {"S": "complaint"}}}
    with suppress(client("dynamodb").exceptions.ConditionalCheckFailedException):
        client("dynamodb").put_item(**put)


MAX_SOFT = 30
"""Bounces that are kept of an address: more than a shop can ask for."""


def came_back(hashed_address: str, time: Instant, since: Instant) -> int:
    """Notes that a mail to the address came back for the moment; gives how many have since an instant, and since a
    person has let the address in again. Told again, it is the same; of several told at once each counts."""
    item = client("dynamodb").update_item(
        TableName=table(),
        Key=_bounces_key(hashed_address),
        UpdateExpression="ADD times :time",
        ExpressionAttributeValues={":time": {"NS": [str(time)]}},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    times = sorted(map(int, item["times"]["NS"]))
    if old := times[:-MAX_SOFT]:
        client("dynamodb").update_item(
            TableName=table(),
            Key=_bounces_key(hashed_address),
            UpdateExpression="DELETE times :old",
            ExpressionAttributeValues={":old": {"NS": [str(each) for each in old]}},
        )
    return sum(each > max(since, _lifted(item)) for each in times[-MAX_SOFT:])


def _bounces(hashed_address: str) -> Any:
    answer = client("dynamodb").get_item(TableName=table(), Key=_bounces_key(hashed_address), ConsistentRead=True)
    return answer.get("Item", {})


def _bounces_key(hashed_address: str) -> Any:
    return {"identity": {"S": f"bounces#{hashed_address}"}}


def _lifted(bounces: Any) -> Instant:
    return int(bounces["lifted"]["N"]) if "lifted" in bounces else -1


def forget_bounces_write(hashed_address: str) -> TransactWriteItemTypeDef:
    """Deletes what came back of an address's, with who is erased."""
    return {"Delete": {"TableName": table(), "Key": _bounces_key(hashed_address)}}


def suppress_softly(hashed_address: str, now: Instant, reason: str = "soft_bounce") -> None:
    """Suppresses an address whose mail came back again and again, or which an operator has stopped, unless something
    is known of it already."""
    put: Any = suppression_write(hashed_address, reason, now)["Put"]
    with suppress(client("dynamodb").exceptions.ConditionalCheckFailedException):
        client("dynamodb").put_item(
            **put,
            ConditionExpression="attribute_not_exists(#identity)",
            ExpressionAttributeNames={"#identity": "identity"},
        )


LIFTABLE = ("bounce", "soft_bounce", "operator")
"""What a person may lift. A complaint and an erasure are what the address's owner has said."""


def unsuppress(hashed_address: str, by: str, now: Instant) -> bool:
    """Lifts an address's suppression, if it is a LIFTABLE one, and forgets its bounces; whether it was. Who did it, and
    when, stays: what is told of before it is over."""
    try:
        client("dynamodb").delete_item(
            TableName=table(),
            Key={"identity": {"S": f"suppression#{hashed_address}"}},
            ConditionExpression=" OR ".join(f"reason = :r{number}" for number, _ in enumerate(LIFTABLE)),
            ExpressionAttributeValues={f":r{number}": {"S": reason} for number, reason in enumerate(LIFTABLE)},
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        return False
    lifted = {"lifted": {"N": str(now)}, "by": {"S": by}}
    client("dynamodb").put_item(TableName=table(), Item={**_bounces_key(hashed_address), **lifted})
    return True


def suppression(address: str) -> tuple[str, Instant] | None:
    """Why and since when an address is suppressed; None when it is not."""
    return suppression_of_hash(address_hash(address))


def suppression_of_hash(hashed_address: str) -> tuple[str, Instant] | None:
    answer = client("dynamodb").get_item(
        TableName=table(), Key={"identity": {"S": f"suppression#{hashed_address}"}}, ConsistentRead=True
    )
    item = answer.get("Item")
    return (item["reason"]["S"], int(item["time"]["N"])) if item else None


# ── erasures: kept for good by keyed hashes of what the contact was known by, so that what was told before brings
#    nobody back, in whatever order it comes ──

NEWEST_ERASURE = "erased#newest"


def newest_erasure() -> Instant:
    """The instant of the shop's newest erasure (-1: there was none). What was told after it needs no asking."""
    answer = client("dynamodb").get_item(
        TableName=table(), Key={"identity": {"S": NEWEST_ERASURE}}, ConsistentRead=True
    )
    return int(answer["Item"]["time"]["N"]) if "Item" in answer else -1


def erasures(identity_keys: Iterable[str]) -> dict[str, Instant]:
    """When whoever was known by these was erased, for those of the keys of whom anybody was."""
    by_key = {_erasure_key(key): key for key in identity_keys}
    return {by_key[key]: int(item["time"]["N"]) for key, item in read(by_key).items()}


def record_erasure(identity_keys: Iterable[str], time: Instant) -> None:
    """Keeps that whoever was known by these was erased at an instant: nothing that was told up to then is of anybody.
    An erasure that is repeated, or comes late, does not take back a newer one."""
    keys = set(identity_keys)
    known = erasures(keys)
    if newest_erasure() < time:
        _put_erasures([NEWEST_ERASURE], time)
    _put_erasures([_erasure_key(key) for key in sorted(keys) if known.get(key, -1) < time], time)


def _put_erasures(names: Sequence[str], time: Instant) -> None:
    requests: list[Any] = [
        {"PutRequest": {"Item": {"identity": {"S": name}, "time": {"N": str(time)}}}} for name in names
    ]
    for start in range(0, len(requests), MAX_PUTS):
        wanted: Any = {table(): requests[start : start + MAX_PUTS]}
        for tries in count():
            wanted = client("dynamodb").batch_write_item(RequestItems=wanted).get("UnprocessedItems")
            if not wanted:
                break
            pause(tries)


def _erasure_key(identity_key: str) -> str:
    return f"erased#{address_hash(identity_key)}"

"""What holds for an address, whoever has it: whose it is, its suppression, and what was last said at it about consent.

Kept in the Identities table beside what leads to contacts: `email#hash` → contact, `suppression#hash` → reason and
time, `consent#hash` → the newest answer to each topic: `topic:marketing` → `state`, `time`, `source`. An answer is
written by who hears it (functions/preference, at once) and by who folds it (functions/profile), and only a newer one
replaces it. So what a person said last holds before its event is folded, and for every contact that has the address.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from shared.adapters import identities
from shared.adapters.clients import client
from shared.adapters.identities import table
from shared.domain.addresses import Address
from shared.domain.events import Instant
from shared.domain.profiles import Stamped

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, UpdateTypeDef

_TOPIC = "topic:"
_KINDS = ("email", "suppression", "consent")
"""What there is of an address, each an item `kind#hash`."""


def read(hashed: str) -> Address:
    """What holds for the address with this hash (see `identities.address_hash`), read consistently.

    A contact without an address has its own id in the place of the hash: then it is only what was said.
    """
    return read_all([hashed])[hashed]


def read_all(hashes: Iterable[str]) -> dict[str, Address]:
    """As `read`, of many."""
    several = list(dict.fromkeys(hashes))
    found = identities.read(f"{kind}#{hashed}" for hashed in several for kind in _KINDS)
    return {hashed: _address(*(found.get(f"{kind}#{hashed}") for kind in _KINDS)) for hashed in several}


def _address(
    link: Mapping[str, Any] | None, suppression: Mapping[str, Any] | None, consent: Mapping[str, Any] | None
) -> Address:
    return Address(
        contact=link["contact"]["S"] if link else None,
        suppression=(suppression["reason"]["S"], int(suppression["time"]["N"])) if suppression else None,
        consent=_answers(consent or {}),
    )


def consent(hashed: str) -> dict[str, Stamped]:
    """The newest answer to each topic that was given at the address, read consistently."""
    answer = client("dynamodb").get_item(TableName=table(), Key=_key(hashed), ConsistentRead=True)
    return _answers(answer.get("Item", {}))


def _answers(item: Mapping[str, Any]) -> dict[str, Stamped]:
    return {
        name.removeprefix(_TOPIC): Stamped(value["M"]["state"]["S"], int(value["M"]["time"]["N"]))
        for name, value in item.items()
        if name.startswith(_TOPIC)
    }


def answer(hashed: str, answers: Mapping[str, str], time: Instant, source: str) -> bool:
    """Stores these answers (topic → state) at once; gives whether each of them is the newest, else none is stored. Of
    two that differ at the same instant the first holds."""
    update = _update(hashed, {topic: Stamped(state, time) for topic, state in answers.items()}, source)
    try:
        client("dynamodb").update_item(**update)
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        return False
    return True


def answer_write(hashed: str, answers: Mapping[str, Stamped], source: str) -> TransactWriteItemTypeDef:
    """The same as a part of a transaction, on the condition that each of them is newer than what is stored."""
    return {"Update": _update(hashed, answers, source)}


def _update(hashed: str, answers: Mapping[str, Stamped], source: str) -> UpdateTypeDef:
    names: dict[str, str] = {"#time": "time", "#state": "state"}
    values: dict[str, Any] = {}
    sets, conditions = [], []
    for number, (topic, stamped) in enumerate(answers.items()):
        names[f"#t{number}"] = f"{_TOPIC}{topic}"
        values[f":at{number}"] = {"N": str(stamped.time)}
        values[f":a{number}"] = {
            "M": {"state": {"S": stamped.value}, "time": {"N": str(stamped.time)}, "source": {"S": source}}
        }
        sets.append(f"#t{number} = :a{number}")
        values[f":s{number}"] = {"S": stamped.value}
        conditions.append(
            f"(attribute_not_exists(#t{number}) OR #t{number}.#time < :at{number}"
            f" OR (#t{number}.#time = :at{number} AND #t{number}.#state = :s{number}))"
        )
    return {
        "TableName": table(),
        "Key": _key(hashed),
        "UpdateExpression": f"SET {', '.join(sets)}",
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


def forget_write(hashed: str) -> TransactWriteItemTypeDef:
    """Deletes what was said at the address: with who is erased goes their consent; a suppression stays."""
    return {"Delete": {"TableName": table(), "Key": _key(hashed)}}


def newer(answers: Mapping[str, Stamped], held: Mapping[str, Stamped], topics: Collection[str]) -> dict[str, Stamped]:
    """Those of `answers` to `topics` that are newer than what is held."""
    return {
        topic: answers[topic]
        for topic in topics
        if topic in answers and (topic not in held or held[topic].time < answers[topic].time)
    }


def _key(hashed: str) -> dict[str, Any]:
    return {"identity": {"S": f"consent#{hashed}"}}

"""The pace of sending: the item `pace` of the Definitions table (version 0), of which each send takes its slot.

`interval` and `tat` in microseconds, `left`, `kept`, `warm`, `warm_kept`, `stopped_until` and `stopped`, `paused` (see
`shared.domain.messages.pace`), `warned` while too many complain, and what SES has told, for people: `rate`, `quota`,
`sent`, `production`, `enforcement`, `at`. A schedule writes what SES tells (functions/refresh); the sender only takes
slots. As long as there is no item, nobody knows the rate, and SES itself refuses what is too much.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.adapters import clock
from shared.adapters.clients import client
from shared.adapters.definitions_table import table
from shared.adapters.mail import NotSentError
from shared.domain.events import MINUTE, SECOND, Instant
from shared.domain.messages import pace as pacing
from shared.domain.messages.pace import MICROSECONDS, Lane, Pace, Wait

ID = "pace"
STOP = 5 * MINUTE
"""For how long nothing is sent after SES has said that the account must not, unless it is told to be well before."""
TRIES = 6
"""Others take slots at the same time."""


class NoSlotError(NotSentError):
    """There is no slot for the message now: again at `until`. `why` as `pacing.Wait` says."""

    def __init__(self, wait: Wait) -> None:
        super().__init__(wait.why)
        self.until, self.why = wait.until, wait.why


def slot(lane: Lane, now: Instant, *, marketing: bool) -> Instant | None:
    """Takes the next slot; None: the pace is not known yet. NoSlotError."""
    for tries in range(TRIES):
        found = _take(lane, now, marketing=marketing)
        if isinstance(found, int):
            return found
        if found is None:
            return None
        wait = pacing.take(found, lane, now, marketing=marketing)
        if isinstance(wait, Wait):
            raise NoSlotError(wait)
        clock.pause(tries)
    raise NoSlotError(Wait(now + SECOND, "rate"))


def _take(lane: Lane, now: Instant, *, marketing: bool) -> Instant | Pace | None:
    """The slot that was taken; or the pace as it is, where none was; None: there is no pace.

    One write, mostly: where the next slot lies ahead, it is the item's; where it is past, it is the earliest there is.
    """
    earliest, horizon = pacing.earliest(now), pacing.horizon(lane, now)
    quota = "#left > kept AND warm > warm_kept" if lane == "campaigns" else "#left > :zero"
    warm = " AND warm > :zero" if lane == "journeys" else ""
    paused = " AND attribute_not_exists(paused)" if marketing else ""
    allowed = f"{quota}{warm}{paused} AND stopped_until <= :now"
    values = {":one": 1, ":now": now, ":earliest": earliest, ":horizon": horizon, ":zero": 0}
    ahead = ("SET tat = tat + #interval", f"tat >= :earliest AND tat <= :horizon AND {allowed}")
    past = ("SET tat = :earliest + #interval", f"tat < :earliest AND {allowed}")
    held: dict[str, Any] | None = None
    for step, condition in (ahead, past):
        if held is not None and int(held["tat"]["N"]) >= earliest:
            break
        text = f"{step}, #left = #left - :one, warm = warm - :one {condition}"
        try:
            before = client("dynamodb").update_item(
                TableName=table(),
                Key=_key(),
                UpdateExpression=f"{step}, #left = #left - :one, warm = warm - :one",
                ConditionExpression=condition,
                ExpressionAttributeNames={"#left": "left", "#interval": "interval"},
                ExpressionAttributeValues={name: {"N": str(value)} for name, value in values.items() if name in text},
                ReturnValues="UPDATED_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )["Attributes"]
        except client("dynamodb").exceptions.ConditionalCheckFailedException as failed:
            held = failed.response.get("Item")  # type: ignore[assignment]
            if held is None:
                return None
            continue
        taken = max(int(before["tat"]["N"]), earliest)
        return -(-taken // MICROSECONDS)
    return _pace(held) if held is not None else None


def read() -> dict[str, Any] | None:
    """The item as it is, in Python's values; None: SES has told nothing yet."""
    item = client("dynamodb").get_item(TableName=table(), Key=_key(), ConsistentRead=True).get("Item")
    if item is None:
        return None
    return {
        name: int(value["N"]) if "N" in value else value.get("S", value.get("BOOL")) for name, value in item.items()
    }


def pace() -> Pace | None:
    """How sending stands."""
    item = client("dynamodb").get_item(TableName=table(), Key=_key(), ConsistentRead=True).get("Item")
    return None if item is None else _pace(item)


def _pace(item: Any) -> Pace:
    numbers = ("interval", "tat", "left", "kept", "warm", "warm_kept", "stopped_until")
    told = {name: int(item[name]["N"]) for name in numbers if name in item}
    words: dict[str, str] = {name: item[name]["S"] for name in ("stopped", "paused") if name in item}
    return Pace(**told, **words)  # type: ignore[arg-type]  # which of them are numbers, mypy cannot tell


def told(values: Mapping[str, int | str | bool], now: Instant) -> None:
    """Stores what SES has told of the account, and what follows from it for the pace."""
    stored = {"at": now, **values}
    sets = [f"#{name} = :{name}" for name in stored]
    begun = [f"{name} = if_not_exists({name}, :zero)" for name in ("tat", "stopped_until") if name not in stored]
    client("dynamodb").update_item(
        TableName=table(),
        Key=_key(),
        UpdateExpression=f"SET {', '.join([*sets, *begun])}",
        ExpressionAttributeNames={f"#{name}": name for name in stored},
        ExpressionAttributeValues={
            **{f":{name}": _stored(value) for name, value in stored.items()},
            **({":zero": {"N": "0"}} if begun else {}),
        },
    )


def _stored(value: int | str | bool) -> Any:
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def slow_down(now: Instant) -> None:
    """SES says that too many come at once (others send from the account, too): a second without any."""
    _set("tat = :tat", {":tat": {"N": str((now + SECOND) * MICROSECONDS)}}, "tat < :tat")


def stop(reason: str, now: Instant) -> None:
    """SES takes no email of the account's: nobody tries for a while."""
    values = {":until": {"N": str(now + STOP)}, ":reason": {"S": reason}}
    _set("stopped_until = :until, stopped = :reason", values, "attribute_exists(id)")


def pause(reason: str) -> bool:
    """No marketing goes out until a person lifts it; whether that is new."""
    return _set("paused = :reason", {":reason": {"S": reason}}, "attribute_exists(id) AND attribute_not_exists(paused)")


def warn(reason: str) -> bool:
    """Too many emails are reported as spam for it to stay unsaid; whether that is new."""
    return _set("warned = :reason", {":reason": {"S": reason}}, "attribute_exists(id) AND attribute_not_exists(warned)")


def clear() -> bool:
    """It is well again; whether that is new."""
    return _change(UpdateExpression="REMOVE warned", ConditionExpression="attribute_exists(warned)")


def lift(now: Instant) -> None:
    """A person lifts the pause: what was counted before does not pause sending again."""
    client("dynamodb").update_item(
        TableName=table(),
        Key=_key(),
        UpdateExpression="SET lifted = :now REMOVE paused",
        ConditionExpression="attribute_exists(id)",
        ExpressionAttributeValues={":now": {"N": str(now)}},
    )


def _set(sets: str, values: dict[str, Any], condition: str) -> bool:
    return _change(UpdateExpression=f"SET {sets}", ConditionExpression=condition, ExpressionAttributeValues=values)


def _change(**what: Any) -> bool:
    try:
        client("dynamodb").update_item(TableName=table(), Key=_key(), **what)
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        return False
    return True


def _key() -> dict[str, Any]:
    return {"id": {"S": ID}, "version": {"N": "0"}}

"""What a contact got of an adaptive experiment, so that no later shares give them another.

Items of the contact's partition: `contact`, `kind` (`ARM#experiment`), `variant` and `shares` (the version that drew
it). Of an email it is written in the transaction that claims it, before it is sent; of a split, in the one that moves
the run, or before its machine goes on. It goes with the contact's erasure, and to whom they join.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from shared.adapters.contacts import commit, key, read_item, still_there, table
from shared.domain.journeys.arms import HOLDOUT, Shares, SharesOf
from shared.domain.journeys.runs import TakePart

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from shared.domain.messages.asked import RunMessage

PREFIX = "ARM#"


def shares_of(contact: str) -> SharesOf:
    """For one contact: by the variant that is kept with them, or else by the newest shares; of an experiment the same
    for as long as this is used."""
    known: dict[str, Shares] = {}

    def of(experiment: str) -> Shares:
        if experiment not in known:
            known[experiment] = _kept(contact, experiment) or _newest(experiment)
        return known[experiment]

    return of


def _kept(contact: str, experiment: str) -> Shares | None:
    item = read_item(contact, f"{PREFIX}{experiment}")
    return None if item is None else Shares(int(item["shares"]["N"]), {item["variant"]["S"]: 1})


def _newest(experiment: str) -> Shares:
    from shared.adapters import shares  # few runs come to an adaptive experiment

    return shares.of(experiment)


def of_message(message: RunMessage) -> list[TransactWriteItemTypeDef]:
    """That this is what the contact gets, on the condition that nothing else is kept: to be written with the claim."""
    if message.shares is None or message.held_out:
        return []
    return [_write(message.contact, message.experiment, message.variant, message.shares)]


def of_parts(contact: str, parts: Iterable[TakePart]) -> list[TransactWriteItemTypeDef]:
    """That these are the ways that the contact goes, as `of_message`: to be written with the runs."""
    taken = {
        each.experiment: (each.variant, each.shares)
        for each in parts
        if each.shares is not None and each.variant != HOLDOUT
    }
    return [_write(contact, experiment, *way) for experiment, way in taken.items()]


def keep(contact: str, part: TakePart) -> None:
    """Writes that alone, before the run goes that way. VersionConflictError: another is kept by now, or others write of
    the contact: choose again."""
    if writes := of_parts(contact, [part]):
        commit([*writes, still_there(contact)])


def _write(contact: str, experiment: str, variant: str, shares: int) -> TransactWriteItemTypeDef:
    item = {"variant": {"S": variant}, "shares": {"N": str(shares)}}
    return {
        "Put": {
            "TableName": table(),
            "Item": {**key(contact, f"{PREFIX}{experiment}"), **item},
            "ConditionExpression": "attribute_not_exists(contact) OR (variant = :variant AND shares = :shares)",
            "ExpressionAttributeValues": {":variant": item["variant"], ":shares": item["shares"]},
        }
    }

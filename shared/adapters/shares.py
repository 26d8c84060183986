"""By which shares adaptive experiments allot their people beyond the fixed slice (the domain's `adapting`).

The item `experiment_shares` of the Definitions table, of which no version is overwritten: a night that moves any makes
the next, and its number is the shares' version. And what somebody got, an item of the contact's partition: `contact`,
`kind` (`ARM#experiment`), `variant` and `shares`. It is written in the transaction that claims the email, before that
is sent, and goes with the contact's erasure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.adapters.contacts import key, read_item, table
from shared.adapters.definitions_table import CACHE_TTL, Newest, Version, compressed, put_new
from shared.domain.experiments.moves import Moved, Moves
from shared.domain.journeys.arms import Shares, SharesOf, at_first

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from shared.domain.messages.asked import RunMessage

ID = "experiment_shares"
PREFIX = "ARM#"

_newest = Newest(ID, Moves.model_validate_json, Moves)


def newest() -> Moves:
    return _newest.read(CACHE_TTL)


def of(contact: str) -> SharesOf:
    """For one contact: by the variant that is kept with them, or else by the newest shares."""

    def shares(experiment: str) -> Shares:
        kept = read_item(contact, f"{PREFIX}{experiment}")
        if kept is not None:
            return Shares(int(kept["shares"]["N"]), {kept["variant"]["S"]: 1})
        moved = newest().of(experiment)
        return moved[-1].shares if moved else at_first(experiment)

    return shares


def kept(message: RunMessage) -> list[TransactWriteItemTypeDef]:
    """That this is what the contact gets, on the condition that nothing else is kept: to be written with the claim."""
    if message.shares is None or message.held_out:
        return []
    item = {"variant": {"S": message.variant}, "shares": {"N": str(message.shares)}}
    return [
        {
            "Put": {
                "TableName": table(),
                "Item": {**key(message.contact, f"{PREFIX}{message.experiment}"), **item},
                "ConditionExpression": "attribute_not_exists(contact) OR (variant = :variant AND shares = :shares)",
                "ExpressionAttributeValues": {":variant": item["variant"], ":shares": item["shares"]},
            }
        }
    ]


def move(moved: dict[str, Moved]) -> None:
    """Makes the next version of them, of the experiments that are named. PublishedMeanwhileError, TooLargeError."""
    held = _newest.read(0)
    made = held.with_(moved)
    put_new(Version(ID, made.version, compressed("shares", made.model_dump_json().encode())))
    _newest.forget()


def forget() -> None:
    _newest.forget()

"""Currencies other than the shop's that amounts were told in, for the operators: in the Definitions table.

An item `other_currency` each, its version made of the currency's three letters, with the newest instant it was told at.
"""

from __future__ import annotations

from shared.adapters.clients import client
from shared.adapters.definitions_table import items, table
from shared.domain.events import HOUR, Instant
from shared.domain.shop import CODE

ID = "other_currency"
UNKNOWN = "no ISO 4217 currency"
"""For whatever else some sender wrote, which may be anything, also a name."""

_kept: dict[str, Instant] = {}


def record(currency: str, at: Instant) -> None:
    """Keeps that an amount was in this currency; once an hour is enough."""
    written = currency if CODE.fullmatch(currency) else UNKNOWN
    if at - _kept.get(written, -HOUR) < HOUR:
        return
    client("dynamodb").put_item(
        TableName=table(),
        Item={
            "id": {"S": ID},
            "version": {"N": str(int.from_bytes(written.encode()[:3]))},
            "currency": {"S": written},
            "at": {"N": str(at)},
        },
    )
    _kept[written] = at


def told() -> dict[str, Instant]:
    """When an amount was last told in each."""
    return {item["currency"]["S"]: int(item["at"]["N"]) for item in items(ID)}


def forget() -> None:
    """For tests, and for who may meet another shop."""
    _kept.clear()

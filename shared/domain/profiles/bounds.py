"""The bounds of a profile, in number and in bytes.

What a bound cuts off is still in the contact's event items, and the profile knows that it was cut (`History.total`,
`Profile.older_orders`), so that nobody takes a bounded history for a whole one.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

T = TypeVar("T")

MAX_HISTORY = 40
"""Occurrences kept of one event type: the newest."""
MAX_TYPES = 60
"""Event types a profile has a history of: those the product knows, then the first in alphabetical order. A sane shop
has about twenty."""
MAX_TRAITS = 100
MAX_WORDS = 200
"""Words of traits that have changed since."""
MAX_TAGS = 100
"""Tags that were put on or taken off and are remembered: the newest."""
MAX_ORDERS = 60
LEAST_ROOM = 64
"""Older orders whose names are remembered, at first. Whenever that is too few, it is made twice what is needed."""
ROOM_OF_ONE = 24
"""Bits in which an older order's two names (id and number) are remembered: of 1,000 other names 3 are taken for one of
them when the room is full, and each costs a `rebuild`."""
MAX_NAMES = 48_000
"""Bytes of these names. Of more than 16,000 orders more and more others are taken for one of them."""
MAX_REFUNDS = 50
"""Refunds of one order that are taken off it (the first by their ids)."""
MAX_STORED = 350_000
"""Bytes of a stored profile. DynamoDB takes 400 KB, and beside it stands next to nothing."""
MAX_HALVINGS = 6  # of 60: by then one is left of each
MAX_ANSWERS = 20
"""Answers kept of one topic: the newest, and the first of those that say the same as the oldest of these."""


def beyond(
    values: dict[str, T], bound: int, known: Collection[str] = (), weak: Collection[str] = (), prefix: str = ""
) -> list[tuple[str, T]]:
    """Takes away all but the names that come first, `known` ones before others and `weak` ones (with their prefix)
    last: a choice of `bound` names that no order of arrival changes. Gives what it took."""
    if len(values) <= bound:
        return []

    def place(name: str) -> tuple[int, str]:
        return 0 if name in known else 1 + (f"{prefix}{name}" in weak), name

    return [(name, values.pop(name)) for name in sorted(values, key=place)[bound:]]

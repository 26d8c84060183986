"""Drawing lots that fall the same way whenever they are drawn: of a text, by its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def drawn(text: str, weights: Sequence[int]) -> int:
    """The place in `weights` (whole, at least one of them above zero) that the text falls into, in proportion.

    What is drawn of a contact's id and something of the draw's own (a salt) falls the same way for that contact for
    good, and independently of every other draw. Nothing is stored to know it, so weights that are in use stay.
    """
    left = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % sum(weights)
    for place, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return place
    raise AssertionError("the weights add up")


def in_sample(salt: str, percent: float, contact: str) -> bool:
    """Whether the contact is among so many in a hundred: drawn by what SQL can do, too, so that the condition `sample`
    is the same for one contact and for all."""
    return sample_hash(salt, contact) < sample_bound(percent)


def sample_hash(salt: str, contact: str) -> str:
    """Eight hexadecimal digits, evenly spread (MD5, which SQL has too; it keeps no secret here)."""
    return hashlib.md5(f"{salt}:{contact}".encode(), usedforsecurity=False).hexdigest()[:8]


def sample_bound(percent: float) -> str:
    return f"{min(round(percent / 100 * 2**32), 2**32 - 1):08x}"

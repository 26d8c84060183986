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

"""Which arm of an experiment a contact falls into: drawn of the contact's id and the experiment's salt.

The same contact falls the same way for good, in every step that the experiment touches, and two experiments draw
independently of each other, since each has a salt of its own. Nothing is stored to know it, so it can be asked at any
time and by anybody; what *is* written down is that somebody was exposed, before the email goes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def arm_of(salt: str, contact: str, weights: Sequence[int]) -> int:
    """The place in `weights` (whole, at least one of them above zero) that the contact falls into, in proportion.

    An arm keeps those it has when a later one is made heavier or another is put behind it only if the sum of the
    weights stays: an experiment that has begun keeps its weights.
    """
    drawn = int.from_bytes(hashlib.sha256(f"{salt}\x1f{contact}".encode()).digest()[:8]) % sum(weights)
    for arm, weight in enumerate(weights):
        drawn -= weight
        if drawn < 0:
            return arm
    raise AssertionError("the weights add up")


def cell_of(salt: str, contact: str, factors: Sequence[int]) -> tuple[int, ...]:
    """The level of each factor, of a test in which every combination is tried (`factors`: how many levels each has).
    Each factor is drawn by itself, so that its effect is asked over everybody, whatever the others do."""
    return tuple(arm_of(f"{salt}\x1e{at}", contact, (1,) * levels) for at, levels in enumerate(factors))

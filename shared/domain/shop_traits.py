"""Traits of the shop's own, which its questions fill: what they may be called, and what has a place already."""

from __future__ import annotations

from shared.domain.personal import may_be_told_by_anybody

TRAIT = r"^[a-z][a-z0-9_]{0,39}$"
ASKED = ("first_name", "interests", "birthday")
"""What every shop may ask beside the address, each with a place of its own in the profile."""
PROMISED = "promised_code"
"""The trait that says from which pool the code is that a form has promised."""
_OWN = frozenset({*ASKED, "email", "interest", "last_name", "phone", "locale", "timezone", PROMISED})


def trait_of_the_shops(name: str) -> str:
    if name in _OWN or not may_be_told_by_anybody(name):
        raise ValueError("is a trait that the product has a place for: choose another name")
    return name

"""What is in a cart, an order or the catalogue, for the templates that name it (see `shared.domain.contents`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from shared.adapters import catalogue, contacts
from shared.domain.contents import Front, Products, contents, stretches
from shared.domain.events import Instant, Json
from shared.domain.profiles import Profile


def goods(
    names: Collection[str], profile: Profile, trigger: Mapping[str, Json], front: Front, t: Instant
) -> dict[str, Json]:
    """The variables of `contents.NAMES` that a template names, and `products`."""
    told = [
        event for begin, end in stretches(names, profile, t) for event in contacts.told(profile.contact, begin, end)
    ]
    found = contents(names, profile, told, trigger, catalogue.about, front, catalogue.on_sale)
    return {**found, "products": Products(catalogue.on_sale, front)}

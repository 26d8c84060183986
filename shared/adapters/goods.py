"""What is in a cart, an order or the catalogue, for the templates that name it (see `shared.domain.contents`), and what
is recommended (`shared.domain.recommendations`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

from shared.adapters import catalogue, contacts, recommendations
from shared.domain.contents import About, Front, Products, contents, offered, stretches
from shared.domain.events import MINUTE, Instant, Json
from shared.domain.profiles import Profile
from shared.domain.recommendations import Recommendations, goes_with, recommended

RECOMMENDED: Mapping[str, Callable[[Profile, Recommendations, Instant], list[str]]] = {
    "recommended": recommended,
    "goes_with": goes_with,
}
CACHE_TTL = MINUTE
"""How long a product that is recommended is taken as it was read: the same few are in every email of a campaign."""
MAX_HELD = 5_000

_read: dict[tuple[str, str, str], tuple[About | None, Instant]] = {}


def goods(
    names: Collection[str], profile: Profile, trigger: Mapping[str, Json], front: Front, t: Instant
) -> dict[str, Json]:
    """The variables of `contents.NAMES` that a template names, and `products`."""
    told = [
        event for begin, end in stretches(names, profile, t) for event in contacts.told(profile.contact, begin, end)
    ]
    found = contents(names, profile, told, trigger, catalogue.about, front, catalogue.on_sale)
    for name in RECOMMENDED.keys() & set(names):
        ids = RECOMMENDED[name](profile, recommendations.known(t), t)
        found[name] = {"products": offered(ids, partial(_on_sale, t), front)}
    return {**found, "products": Products(catalogue.on_sale, front)}


def _on_sale(t: Instant, source: str, product: str, variant: str) -> About | None:
    name = source, product, variant
    about, at = _read.get(name, (None, -CACHE_TTL))
    if not 0 <= t - at < CACHE_TTL:
        if len(_read) >= MAX_HELD:
            _read.clear()
        about = catalogue.on_sale(source, product, variant)
        _read[name] = about, t
    return about


def forget() -> None:
    """As a new process begins."""
    _read.clear()

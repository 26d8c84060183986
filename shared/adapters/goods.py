"""What is in a cart, an order or the catalogue, for the templates that name it (see `shared.domain.contents`), and what
is recommended (`shared.domain.recommendations`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from shared.adapters import catalogue, contacts, recommendations, shop_settings
from shared.domain.contents import MAX_OFFERED, STOREFRONTS, About, Front, Products, contents, ids_of, offer, stretches
from shared.domain.events import MINUTE, Instant, Json
from shared.domain.profiles import Profile
from shared.domain.recommendations import (
    Chosen,
    Offered,
    Reason,
    asked_for,
    choose,
    goes_with,
    left_out,
    recommended,
)

RECOMMENDED = ("goes_with", "recommended")
"""The lists of what is recommended. An email that has several shows a product in the first of them only."""
CACHE_TTL = MINUTE
"""How long a product that is recommended is taken as it was read: the same few are in every email of a campaign."""
MAX_HELD = 5_000

_read: dict[tuple[Callable[[str, str, str], About | None], str, str, str], tuple[About | None, Instant]] = {}


def goods(
    names: Collection[str], profile: Profile, trigger: Mapping[str, Json], front: Front, t: Instant
) -> dict[str, Json]:
    """The variables of `contents.NAMES` that a template names, and `products`."""
    told = [
        event for begin, end in stretches(names, profile, t) for event in contacts.told(profile.contact, begin, end)
    ]
    found = contents(names, profile, told, trigger, catalogue.about, front, catalogue.on_sale)
    chosen = suggestions([name for name in RECOMMENDED if name in names], profile, set(ids_of(found)), front, t)
    for each in chosen:
        found[each.name] = {"products": [{**one.item, **_reason(one, t)} for one in each.chosen.shown]}
    return {**found, "products": Products(catalogue.on_sale, front)}


class Suggested(NamedTuple):
    """One of RECOMMENDED, and what was chosen for it."""

    name: str
    chosen: Chosen


def suggestions(
    names: Collection[str], profile: Profile, shown: set[str], front: Front, t: Instant
) -> Iterator[Suggested]:
    """What an email shows of each of these lists. `shown`: the products that it shows besides."""
    if not names:
        return
    known = recommendations.known(asked_for(profile, t), t)
    for name in names:
        if name == "goes_with":
            candidates, out = goes_with(profile, known, t), left_out(profile, known, t, viewed=False)
        else:
            picked = shop_settings.settings().picked_products
            candidates, out = recommended(profile, known, t, picked), left_out(profile, known, t)
        chosen = choose(candidates, out, shown, partial(_offer, front, t), MAX_OFFERED)
        shown = shown | {each.candidate.product for each in chosen.shown}
        yield Suggested(name, chosen)


def _offer(front: Front, t: Instant, product: str) -> Mapping[str, Json] | None:
    return offer(product, partial(_lately, catalogue.on_sale, t), front)


def _reason(offered: Offered, t: Instant) -> dict[str, Json]:
    """As templates have it: `reason`, and `because`, the name of what they bought, where it is that."""
    candidate = offered.candidate
    of_a_product = candidate.reason == Reason.WITH
    return {"reason": candidate.reason, "because": title(candidate.of, t) if of_a_product else None}


def title(product: str, t: Instant) -> str | None:
    """What a product is called, at whichever storefront knows it."""
    several = (_lately(catalogue.about, t, source, product, "") for source in STOREFRONTS)
    return next((str(about["title"]) for about in several if about is not None and about.get("title")), None)


def _lately(
    look_up: Callable[[str, str, str], About | None], t: Instant, source: str, product: str, variant: str
) -> About | None:
    name = look_up, source, product, variant
    about, at = _read.get(name, (None, -CACHE_TTL))
    if not 0 <= t - at < CACHE_TTL:
        if len(_read) >= MAX_HELD:
            _read.clear()
        about = look_up(source, product, variant)
        _read[name] = about, t
    return about


def forget() -> None:
    """As a new process begins."""
    _read.clear()

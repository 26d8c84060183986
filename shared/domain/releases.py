"""Of a change of a product: whom it is told to, when, and by which event.

Those who asked to be told that it is back come first, the oldest first, in waves no larger than the stock, which is
asked again at each; then those who put it in a cart or looked at it, as the lake knows them. What is no longer so when
its time comes is told to nobody more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.catalogue import Change, Changed, Product, Variant, is_drop, is_low
from shared.domain.events import DAY, HOUR, MINUTE, Event, Identity, IdentityKind, Instant, Json, Type, event_id
from shared.domain.profiles import Profile

WAVE_EVERY = HOUR
"""Between two waves: time for who was told first to buy, before the stock is asked again."""
MAX_WAVE = 500
"""Told in one wave, however large the stock."""
LAKE_IS_LATE = 6 * MINUTE
"""By then the lake has what was recorded before a change was heard of, and a slip of the pen may have been mended."""
GIVEN_UP = 14 * DAY
"""After a change, what is left of it is told to nobody."""
MAX_FAILURES = 5
"""Of the query for those who looked at it."""
RETRY_AFTER = 15 * MINUTE
"""Times how often it has failed."""


class Release(BaseModel):
    """How far a change has been told. `stage`: to whom, next; `due`: not before.

    Of each queue of those who asked (`asking`): `reached`, the place of the last who was told; and, once a wave is
    decided, `upto`, that of its last, so that a wave that dies halfway goes on with the same people. `query`: Athena's,
    for those who looked at it; and of its answer, the page that is next.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    change: Change
    due: Instant
    stage: Literal["asked", "interested"]
    reached: Mapping[str, str] = Field(default_factory=dict)
    upto: Mapping[str, str] = Field(default_factory=dict)
    all_asked: bool = False
    query: str | None = None
    page: str | None = None
    failures: int = 0

    def then(self, **parts: object) -> Release:
        return self.model_copy(update=parts)

    def to_interested(self, t: Instant) -> Release:
        return self.then(stage="interested", upto={}, due=max(t, self.change.heard + LAKE_IS_LATE))


def first(change: Change) -> Release:
    """Where a change begins: nobody has asked for a price, or for little stock."""
    asked = change.type == Type.BACK_IN_STOCK
    release = Release(change=change, due=change.heard, stage="asked" if asked else "interested")
    return release if asked else release.to_interested(change.heard)


def still_true(change: Change, product: Product | None) -> Change | None:
    """The change with those of its variants of which it is still so, and their stock now; None when it is of none."""
    if product is None or not product.is_sold:
        return None
    held = []
    for each in change.variants:
        now = product.variants.get(each.variant)
        if now is not None and _holds(change.type, each, now):
            stock = None if now.backorder else now.stock
            held.append(replace(each, price=now.price, stock=stock))
    return replace(change, variants=tuple(held)) if held else None


def _holds(type_: Type, told: Changed, now: Variant) -> bool:
    if type_ == Type.BACK_IN_STOCK:
        return now.available is True
    if type_ == Type.LOW_STOCK:
        return is_low(now.stock) and not now.backorder
    if now.price is None or told.price is None or now.available is False:
        return False
    return now.price <= told.price and not is_drop(told.price, now.price)  # a further drop is a change of its own


# ── those who asked ──


def queues(change: Change) -> list[tuple[str, Changed | None]]:
    """The queues of those who asked for what is back: of its variants (WooCommerce's are products, too, to who asks),
    and last of the product, whatever variant (None)."""
    of_variants = [
        (f"{kind}#{each.variant}", each)
        for each in change.variants
        if each.variant
        for kind in ("variant", *(["product"] if change.source == "woocommerce" else []))
    ]
    return [*of_variants, (f"product#{change.product}", None)]


def answered(change: Change, changed: Changed) -> tuple[str, ...]:
    """The queues of which it answers all requests that a variant is back."""
    return tuple(queue for queue, of in queues(change) if of is None or of.variant == changed.variant)


def room(changed: Changed) -> int:
    """How many may be told in a wave that a variant is back; where its stock is not counted, MAX_WAVE."""
    return MAX_WAVE if changed.stock is None else changed.stock


# ── whom it concerns ──


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom a change concerns, and why (`asked`, `cart`, `wishlist`, `viewed`); `changed`, the variant it is told of;
    `asked_for`, the queues in which they waited for it, perhaps."""

    contact: str
    changed: Changed
    reason: str
    asked_for: tuple[str, ...] = ()


# ── the event ──


def may_be_told(profile: Profile) -> bool:
    """Whether an event about a product is any use to them: nobody can write to who has no address."""
    return profile.email is not None and not profile.has_ended


def event_of(change: Change, product: Product, who: Concerned, shop_url: str, t: Instant) -> Event:
    """The contact's event: one for each change and contact, whenever it is told and for whatever reason."""
    variant, told = product.variants.get(who.changed.variant), who.changed
    price, old = told.price, told.old_price
    about = product.about
    properties: dict[str, Json] = {
        "product_id": change.product,
        "variant_id": told.variant or change.product,  # a product that is its only one: journeys go by it
        "name": about.get("title") or (variant.title if variant else None),
        "variant": variant.title if variant and about.get("title") else None,
        "category": about.get("category"),
        "categories": about.get("categories"),
        "price": None if price is None else price / 100,
        "old_price": None if old is None else old / 100,
        "drop_percent": round((old - price) * 100 / old) if old and price is not None else None,
        "stock": told.stock,
        "image_url": (variant.image if variant else None) or about.get("image"),
        "url": (variant.url if variant else None) or _address(about, told.variant, shop_url),
        "reason": who.reason,
        "asked_for": list(dict.fromkeys(who.asked_for)) or None,
        "change": change.id,
    }
    return Event(
        id=event_id("catalogue", change.id, who.contact),
        type=change.type,
        time=t,
        received=t,
        source="refresh",
        identities=(Identity(kind=IdentityKind.CONTACT, value=who.contact),),
        properties={name: value for name, value in properties.items() if value is not None},
    )


def _address(about: Mapping[str, Json], variant: str, shop_url: str) -> str | None:
    """The product's page: as told (WooCommerce), or as Shopify has it."""
    if about.get("url") or not about.get("handle"):
        return about.get("url")
    return f"{shop_url}/products/{about['handle']}" + (f"?variant={variant}" if variant else "")

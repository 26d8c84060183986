"""The shop's products as its storefront tells them, and which change of one is an act: it is back in stock, its price
has dropped, little of it is left.

A telling is a state: the newest holds, in whatever order they come. What is first heard of (an import, a new product)
is no change, and neither is what is told again. What is not told is not known: no stock is not a stock of none.

A WooCommerce product with variations has each of them told by itself, so every variant has the stamp of what told it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from shared.domain.events import DAY, Event, Instant, Json, Stamp, Type, amount, event_id

LOW_STOCK = 5
"""A stock that falls to this, or below it, is low."""
LEAST_DROP = 5
"""Percent of a price by which it has to fall: what is less is rounding, or a change of tax."""
PRICE_MEMORY = 30 * DAY
"""A price has dropped when it is lower than all of this time (as the EU's Omnibus directive has it): one that goes up
for a day and down again has not."""
MAX_PRICES = 12
"""Of a variant, remembered for that."""
MAX_VARIANTS = 250
"""Of a product, those told last: with the bounds on what is kept of each, they fit an item (400 KB)."""
MAX_TEXT = 300
"""Characters of a variant's title, and of the addresses of its picture and page; a longer one is not kept."""
MAX_CHANGED = 100
"""Variants that one change names."""

SELLABLE = frozenset({None, "active", "publish"})
"""A product's status: Shopify's, WooCommerce's, or none told."""

ABOUT = ("title", "category", "categories", "image", "url", "handle", "status")
"""What is kept of a product beside its variants."""


@dataclass(frozen=True, slots=True)
class Variant:
    """What can be bought of a product. `id` is empty where the product is its only one (WooCommerce).

    `price` in hundredths of the shop's currency; `stock` None: not told, or not counted; `available`, whether it can be
    ordered, None: not told; `backorder`: it can be whatever the stock. `sold_out`: its stock ran out, and it could not
    be bought since. `prices`: the instants from which it had each price, the present one last.
    """

    id: str
    stamp: Stamp
    price: int | None = None
    stock: int | None = None
    available: bool | None = None
    backorder: bool = False
    title: str | None = None
    image: str | None = None
    url: str | None = None
    sold_out: bool = False
    prices: tuple[tuple[Instant, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Product:
    """A product as the newest tellings have it: `about` what ABOUT names, as of `stamp`."""

    about: Mapping[str, Json] = field(default_factory=dict)
    stamp: Stamp | None = None
    variants: Mapping[str, Variant] = field(default_factory=dict)

    @property
    def is_sold(self) -> bool:
        return self.about.get("status") in SELLABLE


@dataclass(frozen=True, slots=True)
class Changed:
    """A variant in a change: prices in hundredths, `old_price` the lowest of PRICE_MEMORY before."""

    variant: str
    price: int | None = None
    old_price: int | None = None
    stock: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """An act of the shop's: `type` is the event that it is to each contact whom it concerns. `id` is the same however
    often it is told; `at` when it was, `heard` when we were told. `whole`: of the product as a whole, so that it
    concerns those who looked at no variant of it."""

    id: str
    type: Type
    source: Literal["shopify", "woocommerce"]
    product: str
    at: Instant
    heard: Instant
    whole: bool
    variants: tuple[Changed, ...]


def heard(product: Product | None, event: Event) -> tuple[Product | None, list[Change]]:
    """The product once a `Product Updated` is heard, and what has changed by it. The same product: nothing is new."""
    before = product or Product()
    told, stamp = event.properties, event.stamp
    partial = bool(told.get("partial"))
    about, about_stamp = before.about, before.stamp
    if not partial:
        if before.stamp is not None and stamp <= before.stamp:
            return product, []
        about, about_stamp = {name: told[name] for name in ABOUT if told.get(name) is not None}, stamp
    now = Product(about, about_stamp)
    variants = {} if _tells_all(told) else dict(before.variants)
    for each in _told_variants(told):
        id_ = str(each.get("variant_id") or "")
        held = before.variants.get(id_)
        variants[id_] = held if held is not None and stamp <= held.stamp else _variant(held, id_, each, stamp, now)
    of_product = told.get("variations")
    if isinstance(of_product, list):  # those that there are: each is told by itself
        variants = {id_: variant for id_, variant in variants.items() if id_ in of_product}
    newest = sorted(variants.values(), key=lambda variant: variant.stamp)[-MAX_VARIANTS:]
    now = replace(now, variants={variant.id: variant for variant in newest})
    if partial and now == before:
        return product, []
    if told.get("status") == "deleted":
        return replace(now, variants={}), []
    return now, list(_changes(before, now, event))


def _tells_all(told: Mapping[str, Json]) -> bool:
    """Whether a variant that is not told is gone."""
    return "variants" in told and not told.get("partial") and not told.get("variants_left_out")


def _told_variants(told: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    several = told.get("variants")
    return [each for each in several if isinstance(each, dict)] if isinstance(several, list) else []


def _variant(before: Variant | None, id_: str, told: Mapping[str, Json], stamp: Stamp, product: Product) -> Variant:
    available = told.get("available") if isinstance(told.get("available"), bool) else None
    price, stock = amount(told.get("price")), told.get("stock")
    prices = () if before is None else before.prices
    if price is not None and (not prices or prices[-1][1] != price):
        prices = (*prices, (_at(stamp), price))
    sold_out = before is not None and before.sold_out
    if available is False:
        sold_out = True
    elif available and product.is_sold:
        sold_out = False
    return Variant(
        id=id_,
        stamp=stamp,
        price=price,
        stock=stock if isinstance(stock, int) and not isinstance(stock, bool) else None,
        available=available,
        backorder=told.get("backorder") is True,
        title=_short(told.get("title")),
        image=_short(told.get("image")),
        url=_short(told.get("url")),
        sold_out=sold_out,
        prices=_remembered(prices, _at(stamp)),
    )


def _short(text: Json) -> str | None:
    return text if isinstance(text, str) and len(text) <= MAX_TEXT else None


def _at(stamp: Stamp) -> Instant:
    """When a state was so at the latest: when it was sent off, or received. WooCommerce dates a product by its last
    edit, which a sale is none of."""
    return stamp.time + stamp.after


def _remembered(prices: tuple[tuple[Instant, int], ...], t: Instant) -> tuple[tuple[Instant, int], ...]:
    """Without those that another had followed before PRICE_MEMORY; of too many, without the highest."""
    ends = [*(since for since, _ in prices[1:]), None]
    kept = [price for price, end in zip(prices, ends, strict=False) if end is None or end > t - PRICE_MEMORY]
    while len(kept) > MAX_PRICES:
        kept.remove(max(kept[:-1], key=lambda price: price[1]))
    return tuple(kept)


def _changes(before: Product, now: Product, event: Event) -> Iterator[Change]:
    if not now.is_sold:
        return
    pairs = [
        (held, variant)
        for id_, variant in now.variants.items()
        if (held := before.variants.get(id_)) is not None and held.stamp < variant.stamp
    ]
    back = [_changed(v) for held, v in pairs if held.sold_out and not v.sold_out]
    if back:
        others = [v for id_, v in before.variants.items() if id_ not in {each.variant for each in back}]
        yield _change(Type.BACK_IN_STOCK, event, back, whole=all(v.sold_out or v.available is False for v in others))
    dropped = [
        _changed(v, lowest)
        for held, v in pairs
        if v.available is not False and (lowest := lowest_before(held, v)) is not None and is_drop(lowest, v.price)
    ]
    if dropped:
        dropped.sort(key=lambda each: (each.price or 0) / (each.old_price or 1))  # the greatest drop first
        yield _change(Type.PRICE_DROPPED, event, dropped, whole=True)
    low = [_changed(v) for held, v in pairs if _is_counted(held, v) and is_low(v.stock) and not is_low(held.stock)]
    if low:
        left, was = total_stock(now), total_stock(before)
        yield _change(Type.LOW_STOCK, event, low, whole=is_low(left) and was is not None and was > LOW_STOCK)


def lowest_before(held: Variant, now: Variant) -> int | None:
    """The lowest price of PRICE_MEMORY before the present one; None: no other is known."""
    return min((price for _, price in _remembered(held.prices, _at(now.stamp))), default=None)


def is_drop(old: int, price: int | None) -> bool:
    """Whether a price is enough below another. A price of nothing is mostly a slip, or a gift with something else."""
    return price is not None and price > 0 and (old - price) * 100 >= old * LEAST_DROP


def is_low(stock: int | None) -> bool:
    """Whether there is little left, and not nothing."""
    return stock is not None and 0 < stock <= LOW_STOCK


def is_gone(product: Product, variant: str) -> bool:
    """Whether a variant, or of none in particular every one, is known not to be on sale any more."""
    if not product.is_sold:
        return True
    held = product.variants.get(variant)
    several = list(product.variants.values()) if held is None else [held]
    return bool(several) and all(each.available is False for each in several)


def total_stock(product: Product) -> int | None:
    """Of all its variants; None where one can be bought without being counted."""
    total = 0
    for each in product.variants.values():
        if each.available is not False:
            if each.stock is None or each.backorder:
                return None
            total += each.stock
    return total


def _is_counted(held: Variant, now: Variant) -> bool:
    """Whether what is left of it fell: of both states the stock is told, and it is what can be sold."""
    return held.stock is not None and now.stock is not None and held.stock > now.stock and not now.backorder


def _changed(variant: Variant, old_price: int | None = None) -> Changed:
    return Changed(variant=variant.id, price=variant.price, old_price=old_price, stock=variant.stock)


def _change(type_: Type, event: Event, variants: list[Changed], *, whole: bool) -> Change:
    product, stamp = str(event.properties["product_id"]), event.stamp
    ids = (each.variant for each in variants)
    id_ = event_id("catalogue", type_, event.source, product, str(stamp.time), str(stamp.after), *ids)
    return Change(
        id=id_,
        type=type_,
        source=event.source,  # type: ignore[arg-type]  # no other tells of products
        product=product,
        at=_at(stamp),
        heard=event.received,
        whole=whole,
        variants=tuple(variants[:MAX_CHANGED]),
    )


# ── as stored ──


def as_json(product: Product) -> dict[str, Any]:
    """What `product_of` reads: what is not told is left out."""
    return {
        "about": dict(product.about),
        **({} if product.stamp is None else {"stamp": list(product.stamp)}),
        "variants": [_variant_as_json(each) for each in product.variants.values()],
    }


def _variant_as_json(variant: Variant) -> dict[str, Any]:
    told = {
        "id": variant.id,
        "stamp": list(variant.stamp),
        "price": variant.price,
        "stock": variant.stock,
        "available": variant.available,
        "backorder": variant.backorder or None,
        "title": variant.title,
        "image": variant.image,
        "url": variant.url,
        "sold_out": variant.sold_out or None,
        "prices": [list(each) for each in variant.prices] or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def product_of(stored: Mapping[str, Any]) -> Product:
    """The product in what was stored."""
    stamp = stored.get("stamp")
    return Product(
        about=stored.get("about", {}),
        stamp=None if stamp is None else Stamp(*stamp),
        variants={each["id"]: _variant_of(each) for each in stored.get("variants", [])},
    )


def _variant_of(stored: Mapping[str, Any]) -> Variant:
    prices = tuple((since, price) for since, price in stored.get("prices", []))
    return Variant(**{**stored, "stamp": Stamp(*stored["stamp"]), "prices": prices})

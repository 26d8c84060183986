"""What an email can say beside who it is to: what is in a cart or an order, what was looked at, what has changed.

Only what the shop's own storefront tells is shown: with the public write key anybody can name a product, a price or an
address on the web, and send them to a stranger. Which product it is may come from there; what it is called, looks like
and costs is the catalogue's. The button to a cart opens the cart that the run is about, by the address that the
storefront gave for just that one; there is no other that would be sure to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.events import DAY, Event, Instant, Json, Type, amount
from shared.domain.messages.variables import MAX_TEXT, one_line
from shared.domain.profiles import Profile
from shared.domain.properties import WHOLE_CARTS, categories_of, products_of, quantity_of

NAMES = ("cart", "order", "viewed", "product", "recommended", "goes_with")
"""What a template names of it; each is looked up only for a template that does."""
MAX_ITEMS = 10
MAX_LOOKED_UP = 20
MAX_OFFERED = 8
CARTS_FOR = 30 * DAY
"""A cart that was changed longer ago is not looked for."""

About = Mapping[str, Json]
"""What the catalogue has of a product: `title`, `image`, `url`, `handle`, `price` (hundredths of the shop's currency),
and `stock`."""
Lookup = Callable[[str, str, str], About | None]
"""A storefront's product and variant ("": none)."""
STOREFRONTS = ("shopify", "woocommerce")
Item = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Front:
    """The shop as its customers see it: its address on the web, and its currency (ISO 4217)."""

    url: str
    currency: str = ""


class Products(dict[str, Any]):
    """What templates know as `products`: what can be bought of the catalogue, by its id (`products["8123"]`), as it is
    today; None of what is gone. Looked up when it is named, and at most MAX_LOOKED_UP of them."""

    def __init__(self, lookup: Lookup, front: Front) -> None:
        super().__init__()
        self._shown = _Shown(lookup, front)

    def __missing__(self, id_: Any) -> Json:
        if len(self) >= MAX_LOOKED_UP:
            raise ValueError(f"more than {MAX_LOOKED_UP} products by their id")
        found = self._shown.known([str(id_)])
        self[id_] = found[0] if found else None
        return self[id_]


def stretches(names: Collection[str], profile: Profile, t: Instant) -> Iterator[tuple[Instant, Instant]]:
    """From when until when the contact's events are to be read for what a template names."""
    if "cart" in names:
        yield t - CARTS_FOR, t
    order = _newest_order(profile)
    if "order" in names and order is not None:
        yield order[1] - DAY, order[1] + DAY


def contents(
    names: Collection[str],
    profile: Profile,
    events: Iterable[Event],
    trigger: Mapping[str, Json],
    lookup: Lookup,
    front: Front,
    on_sale: Lookup | None = None,
) -> dict[str, Json]:
    """The variables of the names, each always there: what is not known is nothing.

    `events`: those of `stretches`, in any order; `trigger`: what the run's own event said (`Run.trigger`); `on_sale`
    looks up what is offered, rather than what is had already: it knows only what can be bought now.
    """
    told = sorted((event for event in events if not event.public), key=lambda event: event.stamp, reverse=True)
    shown = _Shown(lookup, front)
    found: dict[str, Json] = {}
    if "cart" in names:
        found["cart"] = _cart(profile, told, trigger, shown)
    if "order" in names:
        found["order"] = {"products": _ordered(profile, told, shown)}
    if "viewed" in names:
        found["viewed"] = {"products": _viewed(profile, _Shown(on_sale or lookup, front))}
    if "product" in names:
        found["product"] = _product(trigger, shown)
    return found


def offer(id_: str, lookup: Lookup, front: Front) -> Item | None:
    """A product as an email can offer it: what `lookup` knows, with a picture, a page of its own and a price. None of
    any other."""

    def whole(source: str, product: str, variant: str) -> About | None:
        about = lookup(source, product, variant)
        if about is None or _web(about.get("image")) is None or not about.get("price"):
            return None
        return about if _page(about, front) is not None else None

    return next(iter(_Shown(whole, front).known([id_])), None)


def ids_of(found: Json) -> Iterator[str]:
    """Of the products in what `contents` gives."""
    if isinstance(found, dict):
        if isinstance(found.get("id"), str):
            yield found["id"]
        for each in found.values():
            yield from ids_of(each)
    elif isinstance(found, list):
        for each in found:
            yield from ids_of(each)


# ── carts ──


def _cart(profile: Profile, told: list[Event], trigger: Mapping[str, Json], shown: _Shown) -> Json:
    of_it = [event for event in told if event.type in WHOLE_CARTS and _is_of(event, trigger)]
    newest = next((event for event in of_it if isinstance(event.properties.get("products"), list)), None)
    if newest is not None:
        items = shown.all(newest.source, products_of(newest.properties))
        total = None if newest.other_currency else _total(newest)
        categories = [each for product in products_of(newest.properties) for each in categories_of(product)]
    else:
        items, total, categories = _told_piecemeal(profile, shown)
    address = next((url for event in of_it if (url := _web(event.properties.get("checkout_url")))), None)
    return {
        "products": items,
        "total": shown.money(total),
        "categories": _texts(categories),
        "url": address or shown.front.url,
    }


def _is_of(event: Event, trigger: Mapping[str, Json]) -> bool:
    """Whether it tells of the cart that the run is about; of a run that names none, any."""
    cart = trigger.get("cart_id")
    return cart is None or event.properties.get("cart_id") == cart


def _total(cart: Event) -> int | None:
    told = amount(cart.properties.get("total"))
    if told is not None:
        return told
    worth = [
        (amount(product.get("price")), quantity_of(product.get("quantity", 1)))
        for product in products_of(cart.properties)
    ]
    if not worth or any(price is None or quantity is None for price, quantity in worth):
        return None
    return sum(round((price or 0) * (quantity or 0)) for price, quantity in worth)


def _told_piecemeal(profile: Profile, shown: _Shown) -> tuple[list[Json], int | None, list[Json]]:
    """A cart of which the site tells what is put in and taken out."""
    # Imported here: half of a cold start of the message function, which mostly asks for no such cart.
    from shared.domain.evaluation.carts import HistoryNeededError, cart_of

    try:
        cart = cart_of(profile)
    except HistoryNeededError:
        cart = None
    if cart is None:
        return [], None, []
    total = cart.properties.get("total")
    return (
        shown.known(_list(cart.properties.get("product_id"))),
        total if isinstance(total, int) else None,
        _list(cart.properties.get("category")),
    )


# ── orders, and what was looked at ──


def _newest_order(profile: Profile) -> tuple[str, Instant] | None:
    """By its id, and when it was placed."""
    placed = [(order.placed, id_) for id_, order in profile.orders.items() if order.counts]
    return (max(placed)[1], max(placed)[0]) if placed else None


def _ordered(profile: Profile, told: list[Event], shown: _Shown) -> list[Json]:
    newest = _newest_order(profile)
    if newest is None:
        return []
    for event in told:
        if event.type == Type.ORDER_COMPLETED and str(event.properties.get("order_id")) == newest[0]:
            return shown.all(event.source, products_of(event.properties))
    order = profile.orders[newest[0]]
    return shown.known(_list(order.properties.get("product_id")))


def _viewed(profile: Profile, shown: _Shown) -> list[Json]:
    """The products looked at last, the newest first; without those ordered since."""
    history = profile.histories.get(Type.PRODUCT_VIEWED)
    viewed: dict[Json, Instant] = {}
    for occurrence in reversed(history.newest if history is not None else []):
        for product in _list(occurrence.properties.get("product_id")):
            viewed.setdefault(product, occurrence.time)
    ordered = {
        product: order.placed
        for order in profile.counting_orders()
        for product in _list(order.properties.get("product_id"))
    }
    return shown.known([product for product, at in viewed.items() if ordered.get(product, -1) < at])


# ── one product ──


def _product(trigger: Mapping[str, Json], shown: _Shown) -> Json:
    """The product that what started the run is about: as it is now, and what it cost before."""
    ids = _list(trigger.get("product_id"))
    variant = next(iter(_list(trigger.get("variant_id"))), "")
    items = shown.known(ids[:1], str(variant or ""))
    each = items[0] if items else {}
    old, stock = trigger.get("old_price"), trigger.get("stock")
    return {
        "each": items,
        "title": _said(each, "title"),
        "image": _said(each, "image"),
        "price": _said(each, "price"),
        "url": _said(each, "url") or shown.front.url,
        "old_price": shown.money(amount(old)),
        "stock": stock if isinstance(stock, int) and not isinstance(stock, bool) and stock > 0 else None,
    }


def _said(item: Json, name: str) -> Json:
    return item.get(name) if isinstance(item, dict) else None


# ── how it is shown ──


@dataclass(frozen=True, slots=True)
class _Shown:
    lookup: Lookup
    front: Front

    def all(self, source: str, products: Iterable[Mapping[str, Json]]) -> list[Json]:
        """Products as a storefront's event tells them, once each, with what the catalogue has of them."""
        items: dict[tuple[Any, Any], Item] = {}
        for product in products:
            item = self._item(source, product)
            if item is not None:
                items.setdefault((product.get("product_id"), product.get("variant_id")), item)
        return list(items.values())[:MAX_ITEMS]

    def known(self, ids: Iterable[Json], variant: str = "") -> list[Item]:
        """Products of which only the ids are known, as far as a catalogue has them."""
        items = []
        for id_ in ids:
            for source in STOREFRONTS:
                about = self.lookup(source, str(id_), variant)
                if about is not None and (item := self._made(about, {"product_id": id_})) is not None:
                    items.append(item)
                    break
            if len(items) == MAX_ITEMS:
                break
        return items

    def _item(self, source: str, product: Mapping[str, Json]) -> Item | None:
        about = self.lookup(source, str(product.get("product_id")), str(product.get("variant_id") or ""))
        return self._made(about or {}, product)

    def _made(self, about: About, told: Mapping[str, Json]) -> Item | None:
        title = _text(about.get("title")) or _text(told.get("name"))
        if title is None:
            return None
        price = amount(told.get("price"))
        quantity = quantity_of(told.get("quantity", 1)) or 1
        known = about.get("price")
        id_ = told.get("product_id")
        return {
            "id": None if id_ is None else str(id_),
            "title": title,
            "url": _page(about, self.front) or self.front.url,
            "image": _web(about.get("image")),
            "price": self.money(price if price is not None else known if isinstance(known, int) else None),
            "quantity": int(quantity) if quantity == int(quantity) else quantity,
        }

    def money(self, hundredths: int | None) -> str | None:
        """`£24.50`; of a currency without a sign that everybody knows, `24.50 CHF`."""
        if hundredths is None or hundredths <= 0:
            return None
        whole = f"{hundredths // 100:,}" + ("" if self.front.currency in _WHOLE else f".{hundredths % 100:02d}")
        sign = _SIGNS.get(self.front.currency)
        return f"{sign}{whole}" if sign else f"{whole} {self.front.currency}".strip()


_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥", "INR": "₹", "CAD": "CA$", "AUD": "A$", "NZD": "NZ$"}
_WHOLE = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "HUF"})
"""Currencies that nobody writes hundredths of."""
_HANDLE = re.compile(r"[\w-]{1,255}")
_WEB = re.compile(r"https?://[^\s\"'<>\\^`{|}\x00-\x1f]{3,2000}")


def _page(about: About, front: Front) -> str | None:
    handle = about.get("handle")
    page = f"{front.url}/products/{handle}" if isinstance(handle, str) and _HANDLE.fullmatch(handle) else None
    return _web(about.get("url")) or page


def _web(value: Json) -> str | None:
    return value if isinstance(value, str) and _WEB.fullmatch(value) else None


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _texts(values: Iterable[Json]) -> list[Json]:
    return list(dict.fromkeys(text for value in values if (text := _text(value)) is not None))


def _text(value: Json) -> str | None:
    return one_line(value, MAX_TEXT) or None if isinstance(value, str) else None

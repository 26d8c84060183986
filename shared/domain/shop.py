"""How this shop counts what is told: in its own currency, and by whom it lets itself be told of its orders.

Decided once, where an event comes off the queue; the marks stay on the stored event, and whoever folds, adds up or
writes rows goes by them. The amounts stay on the event as they were told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.domain.events import ORDER_TYPES, Event

CODE = re.compile(r"[A-Z]{3}")
"""A currency's, by ISO 4217."""


@dataclass(frozen=True, slots=True)
class Shop:
    """`currency` is its own, as ISO 4217 ("": it has not said, and every amount is taken for its own).

    `website_tells_orders`: its website is the teller of its orders, or one of them, though what comes with the public
    key anybody can send."""

    currency: str = ""
    website_tells_orders: bool = False


def currency_of(event: Event) -> str | None:
    """The currency of the event's amounts, as far as it says one: what it does not say is the shop's."""
    stated = event.properties.get("currency")
    if stated is None and event.order is not None:
        stated = event.order.currency
    return stated.strip().upper() or None if isinstance(stated, str) else None


def as_counted(event: Event, shop: Shop) -> Event:
    """The event as this shop counts it."""
    currency = currency_of(event)
    elsewhere = bool(shop.currency) and currency is not None and currency != shop.currency
    counts = event.type not in ORDER_TYPES or not event.public or shop.website_tells_orders
    if (elsewhere, counts) == (event.other_currency, event.counts):
        return event
    return event.model_copy(update={"other_currency": elsewhere, "counts": counts})

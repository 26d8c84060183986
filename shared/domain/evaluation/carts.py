"""The contact's cart as it is now, read off the history.

Storefronts and `Cart Viewed`, `Checkout Started` tell all that is in it; `Product Added` and `Product Removed` of the
Segment spec tell what has changed since. A completed order ends it.
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.domain.events import NEVER, Instant, Json, Type
from shared.domain.profiles import Profile
from shared.domain.profiles.bounds import MAX_HISTORY
from shared.domain.profiles.histories import Occurrence
from shared.domain.properties import CARTS, WHOLE_CARTS


class HistoryNeededError(Exception):
    """The profile's bounded history cannot answer this; evaluate on `profiles.rebuild` of all the contact's events."""


def cart_of(profile: Profile) -> Occurrence | None:
    """The cart that is left: when it was changed last, and the properties of that change, with the `total`,
    `product_id` and `category` of all that is in it. None when it is empty, was ordered, or never was.

    Of each type the newest MAX_HISTORY events are looked at. HistoryNeededError when the profile lacks some of them.
    """
    ordered = last_ordered(profile)
    told = [(type_, each) for type_ in sorted(CARTS) for each in reversed([*_since(profile, type_, ordered)])]
    cart = _Cart()
    # At one instant the changes come first: what tells the whole has them in it.
    for type_, occurrence in sorted(told, key=lambda each: (each[1].time, each[0] in WHOLE_CARTS)):
        cart.tell(type_, occurrence)
    return cart.left()


def _since(profile: Profile, type_: str, ordered: Instant) -> Iterator[Occurrence]:
    """What was told since the newest order, and since all of the cart was told; the newest first."""
    history = profile.histories.get(type_)
    if history is None:
        return
    for occurrence in history.newest[: -MAX_HISTORY - 1 : -1]:
        if occurrence.time <= ordered:
            return
        yield occurrence
        if type_ in WHOLE_CARTS and _tells(occurrence):
            return
    if len(history.newest) < min(history.total, MAX_HISTORY):
        raise HistoryNeededError(type_)


def _tells(occurrence: Occurrence) -> bool:
    """Whether it says what is in the cart, be it nothing."""
    return not occurrence.properties.keys().isdisjoint(("total", "product_id", "filled"))


def last_ordered(profile: Profile) -> Instant:
    """When the newest order was placed, whatever has become of it: who has cancelled it has left no cart."""
    placed = [order.placed for order in profile.orders.values() if order.placed != NEVER]
    if not placed and profile.older_orders:
        raise HistoryNeededError(Type.ORDER_COMPLETED)
    return max(placed, default=-1)


class _Cart:
    def __init__(self) -> None:
        self.newest = Occurrence(-1, {})
        self.total: int | None = None
        self.inside: dict[str, dict[str, None]] = {"product_id": {}, "category": {}}
        self.filled = False

    def tell(self, type_: str, occurrence: Occurrence) -> None:
        self.newest = occurrence
        worth = occurrence.properties.get("total")
        values = {name: dict.fromkeys(occurrence.properties.get(name) or ()) for name in self.inside}
        if type_ == Type.PRODUCT_ADDED:
            self.inside = {name: held | values[name] for name, held in self.inside.items()}
            self.total = self.total if worth is None else (self.total or 0) + worth
            self.filled = True
        elif type_ == Type.PRODUCT_REMOVED:
            left = {value: None for value in self.inside["product_id"] if value not in values["product_id"]}
            self.inside["product_id"] = left
            self.total = self.total if worth is None or self.total is None else max(self.total - worth, 0)
            self.filled = bool(left)
            if not left and worth is None:
                self.total = 0
        elif _tells(occurrence):
            self.inside, self.total = values, worth
            self.filled = bool(occurrence.properties.get("filled"))

    def left(self) -> Occurrence | None:
        if not (self.filled or self.inside["product_id"] or (self.total or 0) > 0):
            return None
        told: dict[str, Json] = {name: sorted(values) for name, values in self.inside.items() if values}
        if self.total is not None:
            told["total"] = self.total
        rest = {name: value for name, value in self.newest.properties.items() if name not in _OF_ALL}
        return Occurrence(self.newest.time, {**rest, **told})


_OF_ALL = frozenset({"product_id", "category", "total", "filled"})

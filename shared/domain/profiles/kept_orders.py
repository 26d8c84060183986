"""The orders that a profile keeps: the newest, and what older ones were called."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping

from shared.domain.events import NEVER, ORDER_TYPES, Event, Instant, Json, Type
from shared.domain.profiles import Profile
from shared.domain.profiles.bounds import LEAST_ROOM, MAX_NAMES, MAX_ORDERS, ROOM_OF_ONE
from shared.domain.profiles.histories import History, Occurrence, sort_key, touches
from shared.domain.profiles.lines import bounded, returned_fit
from shared.domain.profiles.orders import Order, order_id, order_number, tell_order, tell_refund

PUBLIC = "public:"
"""Before the id of an order that a public write key told of: anybody can, so it is kept apart from the storefront's."""


def fold_order(profile: Profile, event: Event, kept: Mapping[str, Json], own: frozenset[str]) -> set[str]:
    """What an event tells of an order; gives what it touched.

    An order is one however many tell of it: the storefront by its id; a website by that too, or by the order's number.
    What the storefront says prevails, whoever is first, and what a website said of it is forgotten.
    """
    id_ = order_id(event)
    if id_ is None:
        return set()
    if event.public:
        called = id_.removeprefix("#")
        if called in profile.orders or called in profile.numbers:
            return set()
        id_ = PUBLIC + called
    touched: set[str] = set()
    order = profile.orders.setdefault(id_, Order())
    before = order.completed
    if event.type == Type.ORDER_REFUNDED:
        tell_refund(order, event, own)
    else:
        tell_order(order, event, kept, own)
    touched |= _complete(profile, before, order.completed)
    if not event.public:
        profile.numbers |= {order.number} - {""}
        for called in (id_, order.number):
            seen = profile.orders.pop(PUBLIC + called, None)
            if seen is not None:
                touched |= _complete(profile, seen.completed, None)
    return touched | {"orders"}


def _complete(profile: Profile, before: Occurrence | None, after: Occurrence | None) -> set[str]:
    """Puts an order's place in the history of `Order Completed` where it is now; gives what that touched."""
    if before == after:
        return set()
    history = profile.histories.setdefault(Type.ORDER_COMPLETED, History())
    newest, touched = history.newest, set()
    if before is not None:
        del newest[bisect_left(newest, sort_key(before), key=sort_key)]
        history.total -= 1
        touched |= set(touches(Type.ORDER_COMPLETED, before.properties))
    if after is not None:
        newest.insert(bisect_left(newest, sort_key(after), key=sort_key), after)
        history.total += 1
        history.first = min(history.first, after.time)
        touched |= set(touches(Type.ORDER_COMPLETED, after.properties))
    if history.total == len(newest):
        history.first = newest[0].time if newest else NEVER
    if not history.total:
        del profile.histories[Type.ORDER_COMPLETED]
    return touched


def trim_orders(profile: Profile, *, lines: bool = True) -> None:
    """As `trim`, of orders only."""
    most = _most_orders(profile)
    for order in profile.orders.values():
        if order.lines and not lines:
            order.lines, order.lines_cut = [], order.size
        if not order.lines_cut and len(kept := bounded(order.lines)) < len(order.lines):
            order.lines, order.lines_cut = kept, len(order.lines) - len(kept)
        if order.returned and not (lines and returned_fit(order.returned)):
            order.returned = None
    excess = len(profile.orders) - most
    if excess > 0:
        newest_first = sorted(profile.orders.items(), key=_age, reverse=True)
        cut = newest_first[most:]
        profile.orders = dict(newest_first[:most])
        profile.cut_until = max(profile.cut_until, _age(cut[0]))
        if not profile.older_orders:
            room = max(2 * excess, LEAST_ROOM) * ROOM_OF_ONE // 8
            profile.cut_names = bytes(min(room, MAX_NAMES))
        called = {called for name, order in cut for called in (name.removeprefix(PUBLIC), order.number)}
        profile.cut_names = _with_names(profile.cut_names, called - {""})
        profile.older_orders += excess
        set_completed(profile)


def _most_orders(profile: Profile) -> int:
    return max(MAX_ORDERS >> profile.halved, 1)


def _with_names(filter_: bytes, names: Iterable[str]) -> bytes:
    bits = bytearray(filter_)
    for name in names:
        for place in _places(name, len(bits)):
            bits[place >> 3] |= 1 << (place & 7)
    return bytes(bits)


def _has_name(filter_: bytes, name: str) -> bool:
    return all(filter_[place >> 3] & 1 << (place & 7) for place in _places(name, len(filter_)))


def _places(name: str, size: int) -> Iterator[int]:
    """The eight bits of a filter of so many bytes that stand for a name."""
    drawn = hashlib.blake2b(name.encode(errors="surrogatepass"), digest_size=16).digest()
    first, step = int.from_bytes(drawn[:8]), int.from_bytes(drawn[8:])
    return ((first + n * step) % (8 * size) for n in range(8 if size else 0))


def _age(named: tuple[str, Order]) -> tuple[Instant, str]:
    name, order = named
    return (order.newest.time if order.placed == NEVER else order.placed), name


def set_completed(profile: Profile) -> None:
    """The newest of the history of `Order Completed`, which are the orders that are kept."""
    history = profile.histories.get(Type.ORDER_COMPLETED)
    if history is not None:
        completed = [order.completed for order in profile.orders.values()]
        history.newest = sorted((each for each in completed if each is not None), key=sort_key)


def needs_rebuild(profile: Profile, event: Event) -> bool:
    """Whether the event may be about an order that the bounds have cut off, so that only `rebuild` is exact.

    When an order was placed does not tell: tellers differ, and a shop may change it. What it is called does, and of
    orders that are cut off all names are known.
    """
    if not (profile.older_orders and event.counts and (event.type in ORDER_TYPES or event.order is not None)):
        return False
    id_ = order_id(event)
    if id_ is None:
        return False
    known, names = profile.orders, profile.cut_names
    if event.public:
        called = id_.removeprefix("#")
        unsure = set() if {called, PUBLIC + called} & known.keys() or called in profile.numbers else {called}
    else:
        number = order_number(event)
        held = known.get(id_)
        unsure = {id_ if held is None else "", "" if number is None or (held and held.number == number) else number}
    has_room = profile.older_orders * ROOM_OF_ONE <= 8 * len(names) or len(names) >= MAX_NAMES
    return not has_room or any(_has_name(names, name) for name in unsure - {""})


def misses_orders(profile: Profile) -> bool:
    """Whether an order that the bounds have cut off belongs to the newest by now, because one of those was placed
    earlier than was known, or was another's: only `rebuild` has it. Ask after `trim_orders`."""
    if not profile.older_orders:
        return False
    return len(profile.orders) < _most_orders(profile) or min(map(_age, profile.orders.items())) < profile.cut_until

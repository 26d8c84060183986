"""The properties of events that conditions can ask for, in the one form in which profiles and the lake hold them.

Because both hold the same values, a condition means the same for one contact and in SQL. Text that people could have
written about themselves does not pass: nothing with an @ in it, and nothing that repeats one of the contact's own
traits. Money is whole hundredths of the shop's currency.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from shared.domain.events import MOST_AMOUNT, Event, Json, Type, amount

TEXT_LISTS = ("product_id", "category")
"""Of an event about several products (an order, a cart): the distinct values of all, in order."""
TEXTS = ("path", "campaign", "query")
CODES = ("journey", "template", "topic", "device")
AMOUNTS = ("price", "total")
FLAGS = ("human", "permanent")
KEPT_PROPERTIES = (*TEXT_LISTS, *AMOUNTS, *TEXTS, *CODES, *FLAGS)
"""What of an event's properties conditions can ask for. Fixed, so that a changed segment needs no backfill."""

KNOWN_TYPES = frozenset(Type)
MOST_TEXT = 200
VALUES_BOUND = 30
"""Distinct values kept of a property that an event has once a product."""
MOST_LIST_BYTES = 600
"""Of those values."""
MOST_BYTES = 1_500
"""Of all that is kept of one event, and of one trait with its name: as JSON."""
MOST_ID = 100
"""Characters of an order's or a refund's id."""
_as_stored = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_FIRST_KEPT = (*AMOUNTS, *FLAGS, *TEXT_LISTS, *CODES, *TEXTS)
_CODE = re.compile(r"[\w.:/#=|+-]{1,200}", re.ASCII)
"""A code, as machines write them: no spaces, no @."""
_PERSONAL_TRAITS = re.compile(
    r"e?mail|name|phone|street|address|birthday|age$|gender|avatar|website|url|id$", re.IGNORECASE
)
_OURS = re.compile(r"(tags|lists|signup_source|dormant|propensity|scores?|predicted_[^.]*)(\..*)?", re.IGNORECASE)
"""Traits that a storefront's tags, the refresh and the journeys set, and the product acts by, with all their parts."""
_WITHIN_A_CITY = frozenset({"postal_code", "zip", "latitude", "longitude"})


def kept_properties(event: Event) -> dict[str, Json]:
    """Those of KEPT_PROPERTIES that the event has and that may be kept: texts, lists of them, whole numbers, flags."""
    properties, own = event.properties, own_words(event.traits)
    found: dict[str, Json] = {}
    products = products_of(properties)
    for product in products:
        if product.get("product_id") is not None or product.get("category") is not None:
            found["product_id"] = listed(code(product.get("product_id"), own) for product in products)
            found["category"] = listed(text(product.get("category"), own) for product in products)
            break
    if not event.other_currency:
        found["price"] = amount(properties.get("price"))
        found["total"] = _total(properties, products)
    if properties.get("path") is not None:
        found["path"] = path(properties["path"], own)
    for name in ("campaign", "query"):
        if properties.get(name) is not None:
            found[name] = text(properties[name], own)
    for name in CODES:
        if properties.get(name) is not None:
            found[name] = code(properties[name], own)
    for name in FLAGS:
        if isinstance(properties.get(name), bool):
            found[name] = properties[name]
    return _fitting({name: value for name, value in found.items() if value is not None})


def _fitting(found: dict[str, Json]) -> dict[str, Json]:
    """As many of the properties as fit MOST_BYTES, in the order of _FIRST_KEPT: mostly all."""
    if is_small(found):
        return found
    kept: dict[str, Json] = {}
    for name in _FIRST_KEPT:
        if name in found and is_small({**kept, name: found[name]}):
            kept[name] = found[name]
    return kept


def is_small(values: Mapping[str, Json]) -> bool:
    """Whether these, as they are stored, fit MOST_BYTES."""
    return len(_as_stored(values).encode()) <= MOST_BYTES


def short_id(value: Json) -> str | None:
    """An order's or a refund's id as text; None when it is none, or too long to be one."""
    if not isinstance(value, str | int):
        return None
    found = str(value)
    return found if len(found) <= MOST_ID else None


def refunded(properties: Mapping[str, Json]) -> int | None:
    """What an `Order Refunded` says was returned: as we call it, or as the Segment spec does."""
    return next((found for name in ("amount", "total") if (found := amount(properties.get(name))) is not None), None)


def event_name(event: Event) -> str | None:
    """The name the event is counted under; None when it counts nowhere: it repeats what the contact is called, or is of
    an order that a public key tells of."""
    if not event.counts:
        return None
    return event.type if event.type in KNOWN_TYPES else text(event.type, own_words(event.traits))


def _total(properties: Mapping[str, Json], products: Sequence[Mapping[str, Json]]) -> int | None:
    """As stated; of a cart, which states none, what its products come to (nothing, when it was emptied)."""
    stated = properties.get("total", properties.get("revenue"))
    if stated is not None or not isinstance(properties.get("products"), list):
        return amount(stated)
    total = 0
    for product in products:
        price, quantity = amount(product.get("price")), product.get("quantity", 1)
        if price is None or not isinstance(quantity, int) or not 0 <= quantity <= 10**6:
            return None
        total += price * quantity
    return total if abs(total) <= MOST_AMOUNT else None


@lru_cache(maxsize=4096)
def fold_case(value: str) -> str:
    """Lower case letter by letter, as SQL has it: texts are compared in this form."""
    if value.isascii():
        return value.lower()
    return "".join(letter.lower()[0] for letter in value)


def products_of(properties: Mapping[str, Json]) -> Sequence[Mapping[str, Json]]:
    """The event's products, or the event itself where it is about one product."""
    products = properties.get("products")
    if not isinstance(products, list):
        return [properties]
    return [product for product in products if isinstance(product, dict)]


def own_words(traits: Mapping[str, Json]) -> frozenset[str]:
    """The values of the traits that say who somebody is, in lower case."""
    return frozenset(_own_words(traits)) if traits else frozenset()


def is_personal(trait: str) -> bool:
    """Whether a trait of this name says who somebody is."""
    return _PERSONAL_TRAITS.search(trait) is not None


def may_be_told_by_anybody(trait: str) -> bool:
    """Whether a sender with a public write key may set a trait of this name: who somebody is and where (`email` only as
    `identities` allows), and any name of the shop's own; never one that the product itself sets or acts by."""
    return _OURS.fullmatch(trait.strip()) is None


def in_lake(trait: str) -> bool:
    """Whether a trait of this name may go into the lake: none that says who somebody is, or where within their city."""
    return not is_personal(trait) and _WITHIN_A_CITY.isdisjoint(trait.lower().split("."))


def _own_words(traits: Mapping[str, Json]) -> Iterator[str]:
    for name, value in traits.items():
        if isinstance(value, dict):
            yield from (str(part).casefold() for part in value.values())
        elif is_personal(name) and isinstance(value, str):
            yield from (value.casefold(), *value.casefold().split())


def text(value: Json, own: frozenset[str]) -> str | None:
    if not isinstance(value, str) or not 0 < len(value) <= MOST_TEXT or "@" in value or "%40" in value:
        return None
    if not own:
        return value
    folded = value.casefold()
    return None if any(len(word) > 2 and word in folded for word in own) else value


def code(value: Json, own: frozenset[str]) -> str | None:
    found = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return text(found, own) if isinstance(found, str) and _CODE.fullmatch(found) else None


def path(value: Json, own: frozenset[str]) -> str | None:
    """A page's path, without the query and the fragment, which are full of tokens and addresses."""
    return text(re.split("[?#]", value)[0], own) if isinstance(value, str) else None


def listed(values: Iterator[str | None]) -> list[str] | None:
    """The distinct ones, in order: as many as the bounds take."""
    kept: list[str] = []
    room = MOST_LIST_BYTES
    for value in sorted({value for value in values if value is not None})[:VALUES_BOUND]:
        room -= len(value.encode())
        if room < 0:
            break
        kept.append(value)
    return kept or None

"""Rows of the lake: an event without what is personal in it, for Athena.

What may go in is listed here, column by column; everything else stays in the contact's partition. Text that people
could have written about themselves does not pass either: nothing with an @ in it, and nothing that repeats one of the
contact's own traits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite

from shared.domain.events import DAY, Event, Json, Type, amount, iso

COLUMNS: Mapping[str, str] = {
    "contact": "string",
    "id": "string",
    "name": "string",
    "time": "bigint",
    "source": "string",
    "public": "boolean",
    "order_id": "string",
    "total": "bigint",
    "amount": "bigint",
    "price": "bigint",
    "currency": "string",
    "quantity": "double",
    "product_id": "array<string>",
    "category": "array<string>",
    "path": "string",
    "campaign": "string",
    "device": "string",
    "journey": "string",
    "outcome": "string",
    "step": "string",
    "template": "string",
    "message": "string",
    "topic": "string",
    "human": "boolean",
    "permanent": "boolean",
}
"""Columns and their types in Athena. `time` is in milliseconds; money (`total` of an order, `amount` of a refund,
`price` of a product) in hundredths of the shop's currency; `product_id` and `category` list those of all the products
in an event. A value that an event does not have, or that may not go in, is null."""

PARTITIONS = ("day", "type")
"""The day (UTC) the event counts at, and its type: `order_completed`; `other` for names the product does not know."""

OTHER = "other"
TYPES = (*sorted(type_.lower().replace(" ", "_") for type_ in Type if type_ is not Type.EVALUATION_DUE), OTHER)
"""All values `type` can have."""

Row = dict[str, Json]

MOST_TEXT = 200
MOST_PRODUCTS = 50
_KNOWN = frozenset(Type)
_CODES = ("order_id", "currency", "device", "journey", "outcome", "step", "template", "message", "topic")
_CODE = re.compile(r"[\w.:/#=|+-]{1,200}", re.ASCII)
"""A code, as machines write them: no spaces, no @."""
_PERSONAL_TRAITS = re.compile(
    r"e?mail|name|phone|street|address|birthday|age$|gender|avatar|website|url|id$", re.IGNORECASE
)


def row(contact: str, event: Event) -> Row:
    """The event's row: every one of COLUMNS, and the partition it belongs to."""
    properties, products = event.properties, _products(event.properties)
    own = frozenset(_own_words(event.traits))
    found: Row = {
        "contact": contact,
        "id": event.id if _CODE.fullmatch(event.id) else None,
        "name": event.type if event.type in _KNOWN else _text(event.type, own),
        "time": event.time,
        "source": event.source,
        "public": event.public,
        "total": amount(properties.get("total", properties.get("revenue"))),
        "amount": amount(properties.get("amount")),
        "price": amount(properties.get("price")),
        "quantity": _number(properties.get("quantity")),
        "product_id": _listed(_code(product.get("product_id"), own) for product in products),
        "category": _listed(_text(product.get("category"), own) for product in products),
        "path": _path(properties.get("path"), own),
        "campaign": _text(properties.get("campaign"), own),
        "human": _truth(properties.get("human")),
        "permanent": _truth(properties.get("permanent")),
    }
    found |= {name: _code(properties.get(name), own) for name in _CODES}
    return {
        **{name: found[name] for name in COLUMNS},
        "day": iso(event.time // DAY * DAY)[:10],
        "type": event.type.lower().replace(" ", "_") if event.type in _KNOWN else OTHER,
    }


def _products(properties: Mapping[str, Json]) -> Sequence[Mapping[str, Json]]:
    """The event's products, or the event itself where it is about one product."""
    products = properties.get("products")
    if not isinstance(products, list):
        return [properties]
    return [product for product in products if isinstance(product, dict)][:MOST_PRODUCTS]


def _own_words(traits: Json) -> Iterator[str]:
    """The values of the traits that say who somebody is, in lower case."""
    for name, value in traits.items():
        if isinstance(value, dict):
            yield from (str(part).casefold() for part in value.values())
        elif _PERSONAL_TRAITS.search(name) and isinstance(value, str):
            yield from (value.casefold(), *value.casefold().split())


def _text(value: Json, own: frozenset[str]) -> str | None:
    if not isinstance(value, str) or not 0 < len(value) <= MOST_TEXT or "@" in value or "%40" in value:
        return None
    folded = value.casefold()
    return None if any(len(word) > 2 and word in folded for word in own) else value


def _code(value: Json, own: frozenset[str]) -> str | None:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return _text(text, own) if isinstance(text, str) and _CODE.fullmatch(text) else None


def _path(value: Json, own: frozenset[str]) -> str | None:
    """A page's path, without the query and the fragment, which are full of tokens and addresses."""
    return _text(re.split("[?#]", value)[0], own) if isinstance(value, str) else None


def _listed(values: Iterator[str | None]) -> list[str] | None:
    return sorted({value for value in values if value is not None}) or None


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 10**12:
        return None
    return float(value) if isfinite(value) else None


def _truth(value: Json) -> bool | None:
    return value if isinstance(value, bool) else None

"""What is in an order, line by line, and what of the order itself conditions ask for beside its total."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.domain.events import Event, Json
from shared.domain.personal import category_name, code, identifier, text
from shared.domain.properties import COUPON_POOL, categories_of, listed, product_words, products_of, quantity_of, worth

Line = list[Any]
"""A product of an order, as short as it can be stored: the values of FIELDS, without the missing ones at the end."""

FIELDS = ("product_id", "category", "quantity", "price", "vendor", "variant_id", "gift_card")
"""`category` lists all the product's categories; `quantity` is in thousandths, `price` (of one) in hundredths of the
shop's currency."""
MAX_LINES = 1_000
"""Bytes of one order's lines: some twenty. An order with more asks for the contact's events."""
A_PIECE = 1_000


def lines_of(event: Event, own: frozenset[str]) -> list[Line] | None:
    """The lines that an event of an order tells; None where it tells nothing of what is in it."""
    properties = event.properties
    if not isinstance(properties.get("products"), list) and properties.get("product_id") is None:
        return None
    products = products_of(properties)
    words = product_words(event.public, (product.get("product_id") for product in products), own)
    return [line for product in products if (line := _line(product, event, own, words))]


def _line(product: Mapping[str, Json], event: Event, own: frozenset[str], of_products: frozenset[str]) -> Line:
    def called(name: str) -> str | None:
        return identifier(product.get(name), own, event.public)

    categories = listed(category_name(each, of_products, event.public) for each in categories_of(product))
    told = [
        identifier(product.get("product_id"), of_products, event.public),
        categories,
        _thousandths(product.get("quantity", 1)),
        None if event.other_currency else worth(product.get("price")),
        called("vendor") or called("brand"),
        called("variant_id") or called("variant"),
        True if product.get("gift_card") is True else None,
    ]
    return _short(told) if told[0] is not None or categories else []


def _thousandths(value: Json) -> int | None:
    quantity = quantity_of(value)
    return None if quantity is None else round(quantity * A_PIECE)


def _short(line: Line) -> Line:
    while line and line[-1] is None:
        line.pop()
    return line


def as_properties(line: Line) -> dict[str, Json]:
    return {"gift_card": False, **{name: value for name, value in zip(FIELDS, line, strict=False) if value is not None}}


def worth_of(line: Line) -> int:
    """What a line comes to, in hundredths: before discounts and refunds."""
    price = line[3] if len(line) > 3 else None
    worth: int = 0 if price is None else max(round(pieces_of(line) * price / A_PIECE), 0)
    return worth


def pieces_of(line: Line) -> int:
    """How many, in thousandths."""
    pieces: int = (line[2] if len(line) > 2 else None) or 0
    return pieces


def bounded(lines: list[Line]) -> list[Line]:
    """As many of the first as MAX_LINES takes."""
    room = MAX_LINES
    for place, line in enumerate(lines):
        room -= len(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()) + 1
        if room < 0:
            return lines[:place]
    return lines


def returned_fit(returned: Mapping[str, list[Returned]]) -> bool:
    """Whether what the lines of an order got back is kept: in as many bytes as they."""
    return len(json.dumps(returned, ensure_ascii=False, separators=(",", ":")).encode()) <= MAX_LINES


def without_words(line: Line, own: frozenset[str], of_products: frozenset[str]) -> Line:
    """The line without what says one of these words; in a product's id and categories, of those (`product_words`)."""
    told: dict[str, Json] = dict(zip(FIELDS, line, strict=False))
    said: dict[str, Json] = {
        "product_id": category_name(told.get("product_id"), of_products),
        "category": listed(category_name(each, of_products) for each in told.get("category") or ()),
        "vendor": category_name(told.get("vendor"), own),
        "variant_id": category_name(told.get("variant_id"), own),
    }
    return _short([(told | said).get(name) for name in FIELDS])


Returned = list[Any]
"""What a line of an order got back: its product, its variant (None: not told), and hundredths."""


def returned_lines(products: Iterable[Mapping[str, Json]], event: Event, own: frozenset[str]) -> list[Returned]:
    """What a refund says that each line got back: an amount, or else so many at a price."""
    several = list(products)
    words = product_words(event.public, (product.get("product_id") for product in several), own)
    found = []
    for product in several:
        id_ = identifier(product.get("product_id"), words, event.public)
        money, price, pieces = worth(product.get("amount")), worth(product.get("price")), product.get("quantity", 1)
        if money is None and price is not None and (told := quantity_of(pieces)) is not None:
            money = round(price * told)
        if id_ is not None and money:
            variant = product.get("variant_id", product.get("variant"))
            found.append([id_, identifier(variant, own, event.public), money])
    return found


def spread(lines: Sequence[Line], amount: int, returned: Sequence[Returned], of_each: list[int]) -> None:
    """Adds to `of_each` line what it got back of a refund: as the refund says; where it names no line, or more money
    than it is, in proportion to what the lines cost. To the hundredth, the last hundredths to the later lines."""
    if not returned or sum(money for _, _, money in returned) > amount:
        _share(range(len(lines)), lines, amount, of_each)
        return
    for product, variant, money in returned:
        of_product = [place for place, line in enumerate(lines) if line[:1] == [product]]
        of_variant = [place for place in of_product if variant in (None, *lines[place][5:6])]
        _share(of_variant or of_product, lines, money, of_each)


def _share(places: Sequence[int], lines: Sequence[Line], amount: int, of_each: list[int]) -> None:
    worths = [worth_of(lines[place]) for place in places]
    if not any(worths):
        worths = [1] * len(places)
    upto, total = 0, sum(worths)
    for place, of_line in zip(places, worths, strict=True):
        of_each[place] += amount * (upto + of_line) // total - amount * upto // total
        upto += of_line


def said_of_order(event: Event, own: frozenset[str]) -> dict[str, Json]:
    """What an order is asked by, beside its total: its discount codes, the pools of ours that
    they are of, the channel it came by (`source_name`), and the country it goes to."""
    properties = event.properties
    codes = properties.get("discount_codes")
    several = [*(codes if isinstance(codes, list) else [codes]), properties.get("coupon")]
    told = {
        "discount_codes": listed(text(each, own, event.public) for each in several),
        COUPON_POOL: None if event.public else listed(iter(strings(properties.get(COUPON_POOL)))),
        "source_name": text(properties.get("source_name"), own, event.public),
        "shipping_country": code(properties.get("shipping_country"), own),
    }
    return {name: value for name, value in told.items() if value is not None}


def strings(value: Json) -> list[str]:
    """The texts of a list, or the one text."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]

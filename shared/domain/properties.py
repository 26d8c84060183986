"""The properties of events that conditions can ask for, in the one form in which profiles and the lake hold them.

Because both hold the same values, a condition means the same for one contact and in SQL. What says who somebody is
does not pass (see `personal`), whichever event has told it (`profiles.own_words_of`). What is ours to tell, nobody
tells with a public key. Money is whole hundredths of the shop's currency.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TypeGuard

from shared.domain.events import MAX_AMOUNT, ORDER_TYPES, Event, Json, Type, amount
from shared.domain.personal import (
    CODE_WORDS,
    category_name,
    code,
    identifier,
    in_lake,
    link,
    own_words,
    path,
    says,
    text,
)

TEXT_LISTS = ("product_id", "category")
"""Of an event about several products (an order, a cart): the distinct values of all, in order."""
TEXTS = ("path", "link", "campaign", "query")
CODES = ("journey", "template", "message", "topic", "device")
AMOUNTS = ("price", "total")
FLAGS = ("human", "permanent")
DEVICES = ("mobile", "tablet", "desktop", "bot")
COUPON_POOL = "coupon_pool"
"""Of an order: the pools whose codes, given to this contact, it was placed with. We tell it, whoever tells of the order
(`adapters.redeeming`); a pool's id is the shop's word, and none of the contact's."""
OF_EXPERIMENTS = frozenset({"experiment", "variant", "shares", "segments"})
"""Of who takes part in an experiment: in which, with which of its arms, drawn by which version of its shares, and in
which of the segments it is read by."""
OF_EMAILS = frozenset({"version", "language", "place"}) | OF_EXPERIMENTS
"""Of what happens to an email of ours, which one it is, and the place in it that was clicked (`templates.places`)."""
OURS_TO_TELL = frozenset(
    {*("journey", "template", "topic", "human", "permanent", "outcome", "step", "message", "link"), COUPON_POOL}
)
"""Properties of what happens to our mails and runs."""
KEPT_PROPERTIES = (*TEXT_LISTS, *AMOUNTS, *TEXTS, *CODES, *FLAGS)
"""What is kept of every event. Of all its other properties (`other_properties`) profiles keep those that the published
segments ask for, and the lake all."""
Asked = Mapping[str, frozenset[str]]
"""By event type, the other properties that conditions ask for."""
WRITTEN = frozenset(
    {
        *("Product Reviewed", "Review Submitted", "Survey Answered", "Survey Completed", "Email Replied"),
        *("Support Ticket Created", "Support Ticket Opened", "Ticket Opened", "Complaint Received"),
    }
)
"""Events with something that the contact has written in their own words (`insight.texts`)."""
_FREE_TEXT = frozenset(
    {
        *("text", "body", "comment", "comments", "review", "reviewbody", "reviewtext", "content", "message"),
        *("description", "subject", "title", "feedback", "reply", "answer", "answers", "response", "responses"),
    }
)
_QUESTION = frozenset({"question", "questions", "id", "kind", "type"})
MAX_DEPTH = 4
"""Objects within each other that are looked into."""
_NAME = re.compile(r"[^=\x00-\x1f\x7f]{1,100}")
"""Of an other property: in the lake, `=` stands between a name and its value."""

KNOWN_TYPES = frozenset(Type)
WHOLE_CARTS = (Type.CART_UPDATED, Type.CART_VIEWED, Type.CHECKOUT_STARTED, Type.CHECKOUT_UPDATED)
"""Events that tell all that is in a cart, or nothing of it."""
CART_CHANGES = (Type.PRODUCT_ADDED, Type.PRODUCT_REMOVED)
"""Events that tell of one product in it."""
CARTS = (*WHOLE_CARTS, *CART_CHANGES)
MAX_VALUES = 30
"""Distinct values kept of a property that an event has once a product."""
MAX_LIST_BYTES = 600
"""Of those values."""
MAX_BYTES = 1_500
"""Of all that is kept of one event, and of one trait with its name: as JSON."""
MAX_ID = 100
"""Characters of an order's or a refund's id."""
_as_stored = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_FIRST_KEPT = (*AMOUNTS, *FLAGS, *TEXT_LISTS, *CODES, *TEXTS)


def kept_properties(event: Event, known: frozenset[str] = frozenset()) -> dict[str, Json]:
    """Those of KEPT_PROPERTIES that the event has and that may be kept: texts, lists of them, whole numbers, flags.

    `known`: the contact's own words, as far as other events have told them."""
    properties, own = event.properties, own_words(event.traits) | known
    found: dict[str, Json] = {}
    products = products_of(properties)
    for product in products:
        if product.get("product_id") is not None or categories_of(product):
            said = product_words(event.public, (each.get("product_id") for each in products), own)
            found["product_id"] = listed(identifier(each.get("product_id"), said, event.public) for each in products)
            categories = (category for each in products for category in categories_of(each))
            found["category"] = listed(category_name(each, said, event.public) for each in categories)
            break
    if not event.other_currency:
        found["price"] = worth(properties.get("price"))
        found["total"] = _total(event.type, properties, products)
    elif properties.get("products") == []:
        found["total"] = 0
    if properties.get("path") is not None:
        found["path"] = path(properties["path"], own, event.public)
    if properties.get("link") is not None and may_tell(event, "link"):
        found["link"] = link(properties["link"], own)
    # The ids that our emails are tagged with are the shop's words, and none of the contact's: a campaign `may_sale` is
    # kept of whoever is called May, too.
    words = frozenset[str]() if event.source == "ses" else own
    for name in ("campaign", "query"):
        if properties.get(name) is not None:
            found[name] = text(properties[name], words, event.public)
    for name in CODES:
        if properties.get(name) is not None and may_tell(event, name) and not _is_theirs(event, name, properties[name]):
            found[name] = code(properties[name], words)
    for name in FLAGS:
        if isinstance(properties.get(name), bool) and may_tell(event, name):
            found[name] = properties[name]
    if event.type in CARTS and not found.get("product_id") and not found.get("total") and "products" in properties:
        found["filled"] = any(products) or None  # what it is or costs is not told, but something is in it
    return _fitting({name: value for name, value in found.items() if value is not None})


def may_be_asked(name: str) -> bool:
    """Whether an other property of this name is kept of events: none that says who somebody is, or where."""
    return _NAME.fullmatch(name) is not None and in_lake(name)


def other_properties(event: Event, known: frozenset[str] = frozenset()) -> dict[str, Json]:
    """The event's properties that are none of KEPT_PROPERTIES: texts, numbers, flags, and lists of them.

    A dot leads into an object, and through a list into each of its objects: `answers.points`. What says something of
    the contact is left out, as of all texts; of senders with a public write key, and of events in which people write
    (WRITTEN), codes alone pass, and nothing of what they wrote. Of a list each text and flag is kept once, and each
    number as often as it was told, since they are added up. It is as many as fit MAX_BYTES, in the order of their
    names, so that profiles and the lake know the same of an event whatever is asked.
    """
    own = own_words(event.traits) | known
    told: dict[str, list[tuple[str, Json]]] = {}
    for name, value in leaves(event.properties):
        if _is_theirs(event, name, value):
            continue
        fixed = name in KEPT_PROPERTIES or (event.public and name in OURS_TO_TELL)
        if not fixed and may_be_asked(name) and text(name, own, event.public) is not None:
            said = _said(value, event, frozenset() if _is_shops_word(event, name) else own)
            if said is not None:
                several, stored = told.setdefault(name, []), (_as_stored(said), said)
                if is_number(said) or stored not in several:
                    several.append(stored)
    kept: dict[str, Json] = {}
    room = MAX_BYTES
    for name in sorted(told):
        values = [said for _, said in sorted(told[name], key=lambda each: each[0])[:MAX_VALUES]]
        room -= len(_as_stored({name: values}).encode())
        if room < 0:
            break
        kept[name] = values[0] if len(values) == 1 else values
    return kept


def _is_shops_word(event: Event, name: str) -> bool:
    """Whether a property is the shop's word, or ours, whatever the contact is called."""
    if event.source == "ses":
        return name in OF_EMAILS
    if event.type in (Type.EMAIL_HELD_OUT, Type.EXPERIMENT_ENTERED) and not event.public:
        return name in OF_EXPERIMENTS
    return name == COUPON_POOL and tells_of_order(event)


def tells_of_order(event: Event) -> bool:
    return event.order is not None or event.type in ORDER_TYPES


def is_free_text(name: str) -> bool:
    """Whether this property of an event in which people write (WRITTEN) is what they wrote: `review_body`,
    `answers.2.answer`, and no `answers.2.question`."""
    parts = [re.sub(r"[\W_]+", "", part).lower() for part in name.split(".")]
    return not _FREE_TEXT.isdisjoint(parts) and parts[-1] not in _QUESTION


def _is_theirs(event: Event, name: str, value: Json) -> bool:
    """Whether a text is, or may be, the contact's own words, which stay in their partition. What a form of ours has
    asked is in its event only as far as it was chosen from the shop's words; one word of an answer may have been."""
    if event.type not in WRITTEN or event.source == "form" or not isinstance(value, str):
        return False
    if is_free_text(name):
        return _ONE_WORD.fullmatch(value) is None or not name.lower().startswith(("answer", "response"))
    return len(value.split()) > CODE_WORDS or text(value, frozenset(), public=True) is None


_ONE_WORD = re.compile(r"[\w.+-]{1,40}", re.ASCII)


def leaves(properties: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Each value with the names that lead to it, through objects and lists."""
    return _leaves("", properties, 0)


def _leaves(name: str, value: Json, depth: int) -> Iterator[tuple[str, Json]]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for part, each in value.items():
            yield from _leaves(f"{name}.{part}" if name else part, each, depth + 1)
    elif isinstance(value, list):
        for each in value[:MAX_ITEMS]:
            yield from _leaves(name, each, depth)
    else:
        yield name, value


MAX_ITEMS = 250
"""Of a list that is looked into."""


def _said(value: Json, event: Event, own: frozenset[str]) -> Json:
    """A value of an other property, as it is kept; None when it is not."""
    match value:
        case bool():
            return value
        case int() | float():
            return value if abs(value) <= MAX_NUMBER else None  # nor what is no number (NaN)
        case str():
            return text(value, own, event.public)
    return None


MAX_NUMBER = 10**15
"""Up to here whole numbers are exact, whatever works with them."""
MILLIONTHS = 10**6


def is_number(value: Json) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def millionths(value: float) -> int:
    """A number as it is added up: to its sixth decimal, halves away from zero. So sums are exact, and the same here and
    in SQL, which reads the same digits as a DECIMAL."""
    if isinstance(value, int):
        return value * MILLIONTHS
    return int(Decimal(repr(value)).scaleb(6).to_integral_value(ROUND_HALF_UP))


def numbers_of(kept: Mapping[str, Json], name: str) -> list[int]:
    """The numbers in a property of an event, in millionths; of money, of the shop's currency."""
    value = kept.get(name)
    if name in AMOUNTS:
        return [] if value is None else [value * (MILLIONTHS // 100)]
    return [millionths(each) for each in (value if isinstance(value, list) else [value]) if is_number(each)]


def in_lake_form(kept: Mapping[str, Json]) -> dict[str, Json]:
    """What is kept of an event, in the lake's columns: the other properties as `name=tvalue` (a text), `name=n5` (a
    number), `name=btrue`, one for each of their values."""
    columns = {name: value for name, value in kept.items() if name in _IN_COLUMNS}
    others = [
        f"{name}={_KINDS[type(each)]}{each if isinstance(each, str) else _as_stored(each)}"
        for name, value in kept.items()
        if name not in _IN_COLUMNS
        for each in (value if isinstance(value, list) else [value])
    ]
    return {**columns, **({"properties": others} if others else {})}


_KINDS: Mapping[type, str] = {str: "t", int: "n", float: "n", bool: "b"}
_IN_COLUMNS = frozenset({*KEPT_PROPERTIES, "filled"})


def _fitting(found: dict[str, Json]) -> dict[str, Json]:
    """As many of the properties as fit MAX_BYTES, in the order of _FIRST_KEPT: mostly all."""
    if is_small(found):
        return found
    kept: dict[str, Json] = {}
    for name in _FIRST_KEPT:
        if name in found and is_small({**kept, name: found[name]}):
            kept[name] = found[name]
    return kept


def is_small(values: Mapping[str, Json]) -> bool:
    """Whether these, as they are stored, fit MAX_BYTES."""
    return len(_as_stored(values).encode()) <= MAX_BYTES


def short_id(value: Json) -> str | None:
    """An order's or a refund's id as text; None when it is none, or too long to be one."""
    if not isinstance(value, str | int):
        return None
    found = str(value)
    return found if len(found) <= MAX_ID else None


def refunded(properties: Mapping[str, Json]) -> int | None:
    """What an `Order Refunded` says was returned: as we call it, or as the Segment spec does."""
    return next((found for name in ("amount", "total") if (found := amount(properties.get(name))) is not None), None)


def may_tell(event: Event, name: str) -> bool:
    """Whether this property is the sender's to tell: of our own mails and runs, nobody tells with a public key."""
    if not event.public:
        return True
    return event.properties.get(name) in DEVICES if name == "device" else name not in OURS_TO_TELL


def product_words(public: bool, ids: Iterable[Json], own: frozenset[str]) -> frozenset[str]:
    """The words that are looked for in what products and their categories are called: none, where a storefront tells of
    its own, which it knows by number."""
    numbers = [str(id_) for id_ in ids if isinstance(id_, str | int)]
    if public or not numbers or any(not number.isdigit() and says(number, own) for number in numbers):
        return own
    return frozenset()


def without(kept: Mapping[str, Json], own: frozenset[str], of_products: frozenset[str]) -> dict[str, Json]:
    """What was kept of an event, without what says one of these words; of products, one of those (`product_words`)."""
    left: dict[str, Json] = {}
    for name, value in kept.items():
        words = of_products if name in TEXT_LISTS else own
        if isinstance(value, list):
            if said := [each for each in value if not (isinstance(each, str) and says(each, words))]:
                left[name] = said
        elif not (isinstance(value, str) and says(value, words)):
            left[name] = value
    return left


def event_name(event: Event, known: frozenset[str] = frozenset()) -> str | None:
    """The name the event is counted under; None when it counts nowhere: it repeats what the contact is called, is of an
    order that a public key tells of, or tells a score, which is told again and again and was done by nobody."""
    if not event.counts or event.type == Type.SCORED:
        return None
    if event.type in KNOWN_TYPES:
        return event.type
    return text(event.type, own_words(event.traits) | known, event.public)


def stated_total(properties: Mapping[str, Json]) -> int | None:
    """What an order or a checkout says it comes to, by any of the Segment spec's names."""
    names = ("total", "value", "revenue")
    return worth(next((properties[name] for name in names if properties.get(name) is not None), None))


def worth(value: Json) -> int | None:
    """What something costs or comes to; an amount below zero counts nothing."""
    found = amount(value)
    return None if found is None or found < 0 else found


def _total(type_: str, properties: Mapping[str, Json], products: Sequence[Mapping[str, Json]]) -> int | None:
    """As stated; of a cart, which states none, what its products come to (nothing, when it was emptied); of a product
    that is put in or taken out, what that comes to."""
    if type_ in WHOLE_CARTS and properties.get("products") == []:
        return 0
    stated = stated_total(properties)
    if stated is not None or not (isinstance(properties.get("products"), list) or type_ in CART_CHANGES):
        return stated
    total = 0
    for product in products:
        price, quantity = amount(product.get("price")), quantity_of(product.get("quantity", 1))
        if price is None or quantity is None:
            return None
        total += round(max(price, 0) * quantity)
    return total if abs(total) <= MAX_AMOUNT else None


def quantity_of(value: Json) -> float | None:
    """As senders write it: a number, perhaps a fraction, or a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found <= 10**6 else None


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


def categories_of(product: Mapping[str, Json]) -> Sequence[Json]:
    """A product's categories: `categories` where it has several."""
    several = product.get("categories")
    told = several if isinstance(several, list) and several else [product.get("category")]
    return [each for each in told if each is not None]


def listed(values: Iterator[str | None]) -> list[str] | None:
    """The distinct ones, in order: as many as the bounds take."""
    kept: list[str] = []
    room = MAX_LIST_BYTES
    for value in sorted({value for value in values if value is not None})[:MAX_VALUES]:
        room -= len(value.encode())
        if room < 0:
            break
        kept.append(value)
    return kept or None

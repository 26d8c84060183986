"""The properties of events that conditions can ask for, in the one form in which profiles and the lake hold them.

Because both hold the same values, a condition means the same for one contact and in SQL. Text that people could have
written about themselves does not pass: nothing that has an address or a phone number in it, and nothing that repeats
what the contact is called or where they live, encoded or not, whichever event has told it (`profiles.own_words_of`).
What is ours to tell, nobody tells with a public key. Money is whole hundredths of the shop's currency.
"""

from __future__ import annotations

import base64
import html
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from urllib.parse import unquote

from shared.domain.events import MOST_AMOUNT, Event, Json, Type, amount

TEXT_LISTS = ("product_id", "category")
"""Of an event about several products (an order, a cart): the distinct values of all, in order."""
TEXTS = ("path", "link", "campaign", "query")
CODES = ("journey", "template", "message", "topic", "device")
AMOUNTS = ("price", "total")
FLAGS = ("human", "permanent")
DEVICES = ("mobile", "tablet", "desktop", "bot")
OURS_TO_TELL = frozenset({"journey", "template", "topic", "human", "permanent", "outcome", "step", "message", "link"})
"""Properties of what happens to our mails and runs."""
KEPT_PROPERTIES = (*TEXT_LISTS, *AMOUNTS, *TEXTS, *CODES, *FLAGS)
"""What is kept of every event. Of all its other properties (`other_properties`) profiles keep those that the published
segments ask for, and the lake all."""
Asked = Mapping[str, frozenset[str]]
"""By event type, the other properties that conditions ask for."""
MOST_DEPTH = 4
"""Objects within each other that are looked into."""
_NAME = re.compile(r"[^=\x00-\x1f\x7f]{1,100}")
"""Of an other property: in the lake, `=` stands between a name and its value."""
_PERSONAL_PROPERTIES = re.compile(
    r"e?mail|phone|mobile_?number|street|address|birth|gender|avatar|postal|postcode|zip|latitude|longitude|password|"
    r"secret|token|(^|[._ ])name$|(first|last|full|middle|sur|given|family|nick|user|customer|contact|person)[_ ]?name",
    re.IGNORECASE,
)

KNOWN_TYPES = frozenset(Type)
WHOLE_CARTS = (Type.CART_UPDATED, Type.CART_VIEWED, Type.CHECKOUT_STARTED, Type.CHECKOUT_UPDATED)
"""Events that tell all that is in a cart, or nothing of it."""
CART_CHANGES = (Type.PRODUCT_ADDED, Type.PRODUCT_REMOVED)
"""Events that tell of one product in it."""
CARTS = (*WHOLE_CARTS, *CART_CHANGES)
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


def kept_properties(event: Event, known: frozenset[str] = frozenset()) -> dict[str, Json]:
    """Those of KEPT_PROPERTIES that the event has and that may be kept: texts, lists of them, whole numbers, flags.

    `known`: the contact's own words, as far as other events have told them."""
    properties, own = event.properties, own_words(event.traits) | known
    found: dict[str, Json] = {}
    products = products_of(properties)
    for product in products:
        if product.get("product_id") is not None or categories_of(product):
            found["product_id"] = listed(identifier(product.get("product_id"), own) for product in products)
            found["category"] = listed(text(each, own) for product in products for each in categories_of(product))
            break
    if not event.other_currency:
        found["price"] = worth(properties.get("price"))
        found["total"] = _total(event.type, properties, products)
    elif properties.get("products") == []:
        found["total"] = 0
    if properties.get("path") is not None:
        found["path"] = path(properties["path"], own)
    if properties.get("link") is not None and may_tell(event, "link"):
        found["link"] = link(properties["link"], own)
    for name in ("campaign", "query"):
        if properties.get(name) is not None:
            found[name] = text(properties[name], own)
    for name in CODES:
        if properties.get(name) is not None and may_tell(event, name):
            found[name] = code(properties[name], own)
    for name in FLAGS:
        if isinstance(properties.get(name), bool) and may_tell(event, name):
            found[name] = properties[name]
    if event.type in CARTS and not found.get("product_id") and not found.get("total") and "products" in properties:
        found["filled"] = any(products) or None  # what it is or costs is not told, but something is in it
    return _fitting({name: value for name, value in found.items() if value is not None})


def may_be_asked(name: str) -> bool:
    """Whether an other property of this name is kept of events: none that says who somebody is, or where."""
    return _NAME.fullmatch(name) is not None and _PERSONAL_PROPERTIES.search(name) is None


def other_properties(event: Event, known: frozenset[str] = frozenset()) -> dict[str, Json]:
    """The event's properties that are none of KEPT_PROPERTIES: texts, numbers, flags, and lists of them.

    A dot leads into an object, and through a list into each of its objects: `answers.points`. What says something of
    the contact is left out, as of all texts; of senders with a public write key, codes alone pass. It is as many as fit
    MOST_BYTES, in the order of their names, so that profiles and the lake know the same of an event whatever is asked.
    """
    own = own_words(event.traits) | known
    told: dict[str, dict[str, Json]] = {}
    for name, value in _leaves("", event.properties, 0):
        fixed = name in KEPT_PROPERTIES or (event.public and name in OURS_TO_TELL)
        if not fixed and may_be_asked(name) and text(name, own) is not None:
            said = _said(value, event, own)
            if said is not None:
                told.setdefault(name, {})[_as_stored(said)] = said
    kept: dict[str, Json] = {}
    room = MOST_BYTES
    for name in sorted(told):
        values = [told[name][key] for key in sorted(told[name])[:VALUES_BOUND]]
        room -= len(_as_stored({name: values}).encode())
        if room < 0:
            break
        kept[name] = values[0] if len(values) == 1 else values
    return kept


def _leaves(name: str, value: Json, depth: int) -> Iterator[tuple[str, Json]]:
    if depth > MOST_DEPTH:
        return
    if isinstance(value, Mapping):
        for part, each in value.items():
            yield from _leaves(f"{name}.{part}" if name else part, each, depth + 1)
    elif isinstance(value, list):
        for each in value[:MOST_ITEMS]:
            yield from _leaves(name, each, depth)
    else:
        yield name, value


MOST_ITEMS = 250
"""Of a list that is looked into."""


def _said(value: Json, event: Event, own: frozenset[str]) -> Json:
    """A value of an other property, as it is kept; None when it is not."""
    match value:
        case bool():
            return value
        case int() | float():
            return value if abs(value) <= MOST_NUMBER else None  # nor what is no number (NaN)
        case str():
            return code(value, own) if event.public else text(value, own)
    return None


MOST_NUMBER = 10**15
"""Up to here whole numbers are exact, whatever works with them."""


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


def may_tell(event: Event, name: str) -> bool:
    """Whether this property is the sender's to tell: of our own mails and runs, nobody tells with a public key."""
    if not event.public:
        return True
    return event.properties.get(name) in DEVICES if name == "device" else name not in OURS_TO_TELL


def without(kept: Mapping[str, Json], own: frozenset[str]) -> dict[str, Json]:
    """What was kept of an event, without what says one of these words."""
    left: dict[str, Json] = {}
    for name, value in kept.items():
        several = value if isinstance(value, list) else [value]
        said: Json = [each for each in several if not isinstance(each, str) or text(each, own) is not None]
        if said:
            left[name] = said if isinstance(value, list) else value
    return left


def event_name(event: Event, known: frozenset[str] = frozenset()) -> str | None:
    """The name the event is counted under; None when it counts nowhere: it repeats what the contact is called, or is of
    an order that a public key tells of."""
    if not event.counts:
        return None
    return event.type if event.type in KNOWN_TYPES else text(event.type, own_words(event.traits) | known)


def stated_total(properties: Mapping[str, Json]) -> int | None:
    """What an order or a checkout says it comes to, by any of the Segment spec's names."""
    names = ("total", "value", "revenue")
    return worth(next((properties[name] for name in names if properties.get(name) is not None), None))


def worth(value: Json) -> int | None:
    """What something costs or comes to; an amount below nought counts nothing."""
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
    return total if abs(total) <= MOST_AMOUNT else None


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


def own_words(traits: Mapping[str, Json]) -> frozenset[str]:
    """The words by which the values of the traits that say who somebody is are found again in a text."""
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
            parts = value if is_personal(name) else {part: each for part, each in value.items() if is_personal(part)}
            yield from (word for each in parts.values() for word in _words_of(str(each)))
        elif is_personal(name) and isinstance(value, str):
            yield from (word for each in (value, *value.split()) for word in _words_of(each))


@lru_cache(maxsize=4096)
def _words_of(value: str) -> tuple[str, ...]:
    """The forms in which a text is found again: its words, and, of what is a phone number, the digits that everybody
    dials. What is shorter than three letters says nothing."""
    plain = _plain(value) if len(value) <= MOST_TEXT else ""
    digits = plain.replace(" ", "")
    if len(plain) <= 2:
        return ()
    return (plain, digits[-LEAST_PHONE:]) if digits.isdigit() and len(digits) >= LEAST_PHONE else (plain,)


def text(value: Json, own: frozenset[str]) -> str | None:
    """A text that says nothing of anybody, as it is; else None."""
    if not isinstance(value, str) or not 0 < len(value) <= MOST_TEXT:
        return None
    readings, phrases, digits = _readings(value)
    if any("@" in reading or _PHONE.search(reading) for reading in readings):
        return None
    return None if any(_says(phrases, digits, word) for word in own) else value


def _says(phrases: Sequence[str], digits: str, word: str) -> bool:
    if word.isdigit() and len(word) >= LEAST_PHONE:
        return word in digits
    if len(word) >= LEAST_WITHIN:
        return any(word in phrase or word.replace(" ", "") in phrase.replace(" ", "") for phrase in phrases)
    return any(f" {word} " in f" {phrase} " for phrase in phrases)


LEAST_WITHIN = 5
"""Letters of a word that is found within others, too; a shorter one (`Ann`, `Rose`) has to stand by itself."""
LEAST_PHONE = 8
"""Digits that make a number somebody's, and of a longer one those that stay whatever is dialled before them."""
_PHONE = re.compile(r"(?:^|[^\w])\+[1-9](?:[\s().-]?\d){7,14}(?!\d)")
_ENCODED = (re.compile(r"[\w+-]{12,}={0,2}", re.ASCII), re.compile(r"[\w+/-]{12,}={0,2}", re.ASCII))
"""What may be base64: between slashes, and with slashes in it."""
_PUNYCODE = re.compile(r"xn--([a-z0-9-]+)", re.IGNORECASE)
_APART = re.compile(r"[\W_]+|(?<=\d)(?=[^\W\d])|(?<=[^\W\d])(?=\d)")
MOST_DECODED = 4
"""Times that a text is decoded: who hides an address deeper does it on purpose."""


@lru_cache(maxsize=4096)
def _readings(value: str) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """All that a text may be read as, encoded parts decoded; the same as plain words; and all its digits."""
    found = [unicodedata.normalize("NFKC", value)]
    for _ in range(MOST_DECODED):
        decoded = html.unescape(unquote(found[-1]))
        if decoded == found[-1]:
            break
        found.append(unicodedata.normalize("NFKC", decoded))
    last = found[-1]
    for part in dict.fromkeys(part for pattern in _ENCODED for part in pattern.findall(last)):
        for altchars in (b"+/", b"-_"):
            with suppress(ValueError):
                whole = part.rstrip("=")
                bytes_ = base64.b64decode(whole + "=" * (-len(whole) % 4), altchars, validate=True)
                found.append(bytes_.decode())
    for label in _PUNYCODE.findall(last):
        with suppress(UnicodeError):
            found.append(label.encode().decode("punycode"))
    phrases = tuple(_plain(reading) for reading in found)
    return tuple(found), phrases, " ".join("".join(filter(str.isdigit, phrase)) for phrase in phrases)


def _plain(value: str) -> str:
    """The words of a text: no case, no accents, nothing between them but one space."""
    if not value.isascii():
        decomposed = unicodedata.normalize("NFKD", value)
        value = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(filter(None, _APART.split(value.casefold())))


def code(value: Json, own: frozenset[str]) -> str | None:
    found = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return text(found, own) if isinstance(found, str) and _CODE.fullmatch(found) else None


def identifier(value: Json, own: frozenset[str]) -> str | None:
    """What a shop calls a product: a code, a number, or a name such as `Blue Mug`."""
    found = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return text(found, own) if isinstance(found, str) and found.strip() else None


def path(value: Json, own: frozenset[str]) -> str | None:
    """A page's path, without the query and the fragment, which are full of tokens and addresses."""
    return text(re.split("[?#]", value)[0], own) if isinstance(value, str) else None


def link(value: Json, own: frozenset[str]) -> str | None:
    """Where a link in an email led, without its host: the shop's own, mostly."""
    return path(re.sub(r"^https?://[^/?#]*/?", "/", value), own) if isinstance(value, str) else None


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

"""Reading what a sender wrote, whatever its shape: a value of the right kind, or None, but never an exception.

Only `read` and `required` refuse, with RefusedError. Everything that comes out is bounded, so that an event always
fits a queue message (1 MiB) and a table item (400 KB) with room to spare.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any

from shared.domain.countries import country_code
from shared.domain.events import FIRST_DATE, Instant, Json, amount, normal_email, parse_instant
from shared.domain.refusals import RefusedError

Payload = dict[str, Any]

MAX_TEXT = 1_000  # bytes of a trait or property
MAX_DEPTH = 30  # pydantic and DynamoDB stop somewhat deeper
MAX_PRODUCTS = 500
MAX_VARIANTS = 250  # of a product
MAX_PRODUCT_BYTES = 100_000
"""Of an event's products or a product's variants; the rest of a webhook's event is below 100 KB by construction."""
MAX_LABELS = 50
MAX_LABEL = 100
MAX_LABELS_BYTES = 1_000

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_INTO_ASCII = re.compile("([\u037e\u1fef\u212a])")
_NO_CHARACTER = re.compile("[\ud800-\udfff\ufffe\uffff]")
"""Half characters, and the two that XML 1.0 forbids besides control characters: no queue takes a message with one."""
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
"""Of no width, or turning the direction of writing. The two joiners are not among them: Persian and emoji need them."""


def read(body: bytes) -> Payload:
    """The JSON object in `body`, cleaned. RefusedError when it is none, or is nested too deeply.

    Numbers that no double holds are kept as text. Control characters (line breaks, NUL, …) become spaces, so that no
    trait can break out of a mail header or a log line, and what is not to be seen is taken away (`_clean_text`); all
    other text is kept as it is, and never interpreted.
    """
    try:
        parsed = json.loads(body, parse_float=_float, parse_int=_int, parse_constant=_not_json)
        cleaned = clean(parsed)
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise RefusedError("invalid_json", "the body is not valid JSON in UTF-8") from None
    if not isinstance(cleaned, dict):
        raise RefusedError("invalid_json", "the body is JSON, but not an object: { … }")
    return cleaned


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits[:MAX_TEXT]


def _int(digits: str) -> int | str:
    return int(digits) if len(digits) <= 19 else digits[:MAX_TEXT]


def _not_json(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _too_deep() -> RefusedError:
    return RefusedError("too_deep", f"the body is nested deeper than {MAX_DEPTH} levels")


def clean(value: Json, depth: int = MAX_DEPTH, *, lines: bool = False) -> Json:
    """JSON with every text in it in its one form. RefusedError when it is nested too deeply. `lines`: line breaks stay,
    in what an operator writes (the words of an email); of what comes from outside they never do."""
    if isinstance(value, str):
        if lines:
            return "\n".join(map(_clean_text, value.replace("\r\n", "\n").replace("\r", "\n").split("\n")))
        return _clean_text(value)
    if isinstance(value, dict | list) and depth == 0:
        raise _too_deep()
    if isinstance(value, dict):
        return {_clean_text(name): clean(inner, depth - 1, lines=lines) for name, inner in value.items()}
    if isinstance(value, list):
        return [clean(inner, depth - 1, lines=lines) for inner in value]
    return value


def _clean_text(value: str) -> str:
    """The one form of a text, which every check is made on: no character that breaks out, hides or counts for none, and
    of letters that are written in several ways (é as one or as two) the composed one (NFC). What that would make ASCII
    stays: the Kelvin sign in an address would become k, and the address another person's."""
    if value.isascii() and value.isprintable():  # as nearly all are
        return value
    value = _CONTROL.sub(" ", value)
    if value.isascii():
        return value
    parts = _INTO_ASCII.split(_INVISIBLE.sub("", _NO_CHARACTER.sub("\ufffd", value)))
    return "".join(part if _INTO_ASCII.fullmatch(part) else unicodedata.normalize("NFC", part) for part in parts)


def topic_of(headers: Mapping[str, str], header: str, known: Iterable[str]) -> str:
    """The topic a webhook's header names. RefusedError when it is none of those that are known."""
    topic = headers.get(header.lower(), "").strip().lower()
    if topic not in known:
        raise RefusedError("unknown_topic", f"unsupported topic; supported topics: {', '.join(known)}", header)
    return topic


def required(payload: Mapping[str, Json], name: str) -> str:
    """The id under `name` (Shopify's payloads have theirs twice). RefusedError names the field when there is none."""
    found = identifier(payload.get(name))
    if found is None and name == "id":
        found = identifier(payload.get("admin_graphql_api_id"))
    if found is None:
        raise RefusedError("missing_field", f"{name} is required, as a number or a text", name)
    return found


_GID = re.compile(r"gid://shopify/\w+/([^?]+)(\?.*)?")


def identifier(value: Json) -> str | None:
    """An id as text: senders write the same id as a number here and as a text there, and Shopify's newer topics as
    `gid://shopify/Customer/123`, which is `123`."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:  # some languages have no other numbers
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    found = str(value).strip()
    global_id = _GID.fullmatch(found)
    if global_id is not None:
        found = global_id[1]
    return found if 0 < len(found) <= 256 else None


def text(value: Json) -> str | None:
    """Trimmed, cut at MAX_TEXT bytes; None when empty or no text."""
    return (cut(value.strip()) or None) if isinstance(value, str) else None


def cut(value: str) -> str:
    """At most MAX_TEXT bytes of it, and no half characters."""
    return value.encode()[:MAX_TEXT].decode(errors="ignore")


def number(value: Json) -> float | None:
    """An amount of money as a number, to the hundredth."""
    hundredths = amount(value)
    return None if hundredths is None else hundredths / 100


def quantity(value: Json) -> int | float | None:
    """How many, or how much: a metre and a half is 1.5. Senders write it as a number or as a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = round(float(value), 3)
    except (ValueError, OverflowError):
        return None
    if not abs(found) <= 10**9:
        return None
    return int(found) if found == int(found) else found


def instant(value: Json) -> Instant | None:
    """The instant of an ISO 8601 text; None when it is none, or not in the years 2005 to 9999 (see FIRST_DATE)."""
    if not isinstance(value, str):
        return None
    try:
        found = parse_instant(value.strip())
    except (ValueError, OverflowError):
        return None
    return found if found >= FIRST_DATE else None


def first(*instants: Instant | None) -> Instant | None:
    """The first of those that are known (the instant 0 is one)."""
    return next((known for known in instants if known is not None), None)


def earliest(*instants: Instant | None) -> Instant | None:
    """The earliest of those that are known."""
    return min((known for known in instants if known is not None), default=None)


def latest(*instants: Instant | None) -> Instant | None:
    """The latest of those that are known."""
    return max((known for known in instants if known is not None), default=None)


def email(value: Json) -> str | None:
    """The address as we compare it; None when no mail could go to it."""
    if not isinstance(value, str):
        return None
    try:
        return normal_email(value)
    except ValueError:
        return None


def country(value: Json) -> str | None:
    """An ISO 3166 code in capitals, of a code of two or three letters or an English name."""
    written = text(value)
    return None if written is None else country_code(written)


def labels(value: Json) -> list[str]:
    """Tags or codes, sent as a list or as one text with commas."""
    parts = value.split(",") if isinstance(value, str) else items(value)
    found = [part.strip()[:MAX_LABEL] for part in parts if isinstance(part, str) and part.strip()]
    sizes = accumulate(len(label.encode()) for label in found[:MAX_LABELS])
    return [label for label, size in zip(found, sizes, strict=False) if size <= MAX_LABELS_BYTES]


def mapping(value: Json) -> Payload:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Json) -> list[Any]:
    """The list, or an empty one."""
    return value if isinstance(value, list) else []


def objects(value: Json) -> list[Payload]:
    """The objects in the list, if it is one."""
    return [item for item in items(value) if isinstance(item, dict)]


def present(values: Mapping[str, Json]) -> Payload:
    """Without what is not known."""
    return {name: value for name, value in values.items() if value is not None and value != "" and value != []}


def with_products(properties: Mapping[str, Json], products: Iterable[Mapping[str, Json]]) -> Payload:
    """The properties with as many products as an event has room for; `products_left_out` counts the others."""
    return _with_some(properties, "products", products, MAX_PRODUCTS)


def with_variants(properties: Mapping[str, Json], variants: Iterable[Mapping[str, Json]]) -> Payload:
    """A product's properties with as many variants as an event has room for; `variants_left_out` counts the others."""
    return _with_some(properties, "variants", variants, MAX_VARIANTS)


def _with_some(properties: Mapping[str, Json], name: str, several: Iterable[Mapping[str, Json]], most: int) -> Payload:
    known = [found for found in map(present, several) if found]
    kept: list[Payload] = []
    room = MAX_PRODUCT_BYTES
    for each in known[:most]:
        room -= len(json.dumps(each, ensure_ascii=False).encode())
        if room < 0:
            break
        kept.append(each)
    left_out = len(known) - len(kept)
    return {**properties, name: kept, **({f"{name}_left_out": left_out} if left_out else {})}


def stock(value: Json) -> int | None:
    """How many whole pieces there are: what is owed (a stock below zero) is none."""
    found = quantity(value)
    return None if found is None else max(int(found // 1), 0)


def fingerprint(payload: Json) -> str:
    """The same for the same content, whatever the order of its names: identifies what carries no id of its own."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()

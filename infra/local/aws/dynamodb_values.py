"""DynamoDB's attribute values (`{"S": "…"}`): which are valid, their one spelling, their size, their order.

Sizes are in bytes by the rule of the developer guide ("DynamoDB item sizes and formats").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Context, Decimal, DecimalException
from functools import lru_cache
from typing import Any

from infra.local.aws.calls import AwsError

Value = dict[str, Any]
Item = dict[str, Value]

ITEM_LIMIT = 400 * 1024
_DEEPEST = 32
_PRECISION = 38
_LARGEST, _SMALLEST = 125, -130  # decimal exponents
EXACT = Context(prec=300)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SETS = {"SS": "string", "NS": "number", "BS": "binary"}


class OtherSpellingError(Exception):
    """The value is valid, but DynamoDB would give it back spelt differently (`1.0` as `1`, a set sorted)."""


def invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


# ── numbers ──


@lru_cache(maxsize=1 << 16)
def decimal_of(text: str) -> Decimal:
    """The number that `text` spells. ValidationException where DynamoDB refuses it."""
    if not _NUMBER.fullmatch(text):
        raise invalid(f"The parameter cannot be converted to a numeric value: {text}")
    try:
        number = Decimal(text).normalize(EXACT)
    except DecimalException:
        raise invalid("Number overflow. Attempting to store a number out of the supported range") from None
    if number and number.adjusted() > _LARGEST:
        raise invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
    if number and number.adjusted() < _SMALLEST:
        raise invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
    if len(number.as_tuple().digits) > _PRECISION:
        raise invalid("Attempting to store more than 38 significant digits in a Number")
    return number


@lru_cache(maxsize=1 << 16)
def number(text: str | Decimal) -> str:
    """The one spelling DynamoDB gives a number back in: plain digits, no exponent, no needless zeros."""
    value = decimal_of(str(text))
    return format(value, "f") if value else "0"


@lru_cache(maxsize=1 << 17)  # a profile's instants come by again with every write of it
def _number_size(text: str) -> int:
    if number(text) != text:
        raise OtherSpellingError
    significant = len(text.strip("-0.").replace(".", ""))
    return (significant + 1) // 2 + 1


# ── one spelling and its size ──


def utf8_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _size(value: Value, depth: int = 0) -> int:
    """The size of a value in its one spelling; OtherSpellingError when it is in another; refuses what is invalid."""
    if len(value) != 1:
        raise invalid(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
            "supported datatypes"
            if value
            else "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
        )
    ((kind, content),) = value.items()
    if kind == "S":
        if type(content) is not str:  # a StrEnum's member
            raise OtherSpellingError
        return utf8_size(content)
    if kind == "N":
        return _number_size(content)
    if kind in ("M", "L"):
        if depth >= _DEEPEST:
            raise invalid("Nesting Levels have exceeded supported limits: Attributes have nested levels > 32")
        if kind == "L":
            return 3 + sum([1 + _size(element, depth + 1) for element in content])
        return 3 + sum([1 + utf8_size(name) + _size(member, depth + 1) for name, member in content.items()])
    if kind == "BOOL":
        return 1
    if kind == "NULL":
        if content is not True:
            raise invalid(
                "One or more parameter values were invalid: Null attribute value types must have the value of true"
            )
        return 1
    if kind == "B":
        if type(content) is not bytes:
            raise OtherSpellingError
        return len(content)
    if content != _sorted_set(kind, content):
        raise OtherSpellingError
    return sum(_size({kind[0]: member}) for member in content)


def _sorted_set(kind: str, members: list[Any]) -> list[Any]:
    if not members:
        raise invalid(f"One or more parameter values were invalid: An {_SETS[kind]} set  may not be empty")
    spelt = [_respell({kind[0]: member})[kind[0]] for member in members]
    if len(set(spelt)) < len(spelt):
        raise invalid(
            f"One or more parameter values were invalid: Input collection of type {kind} contains duplicates."
        )
    return sorted(spelt, key=decimal_of) if kind == "NS" else sorted(spelt)


def _respell(value: Value) -> Value:
    ((kind, content),) = value.items()
    if kind == "S":
        return {kind: str(content)}
    if kind == "N":
        return {kind: number(content)}
    if kind == "B":
        return {kind: content.encode() if isinstance(content, str) else bytes(content)}
    if kind == "M":
        return {kind: {name: _respell(member) for name, member in content.items()}}
    if kind == "L":
        return {kind: [_respell(element) for element in content]}
    if kind in _SETS:
        return {kind: _sorted_set(kind, content)}
    return value


def spell(value: Value) -> Value:
    """`value` in the one spelling, so that equal values are `==`. ValidationException where it is invalid."""
    try:
        _size(value)
    except OtherSpellingError:
        return _respell(value)
    return value


def spell_item(item: Item) -> tuple[Item, int]:
    """`item` in the one spelling and its size. ValidationException where it is invalid; any size is given."""
    try:
        return item, item_size(item)
    except OtherSpellingError:
        spelt = {name: _respell(value) for name, value in item.items()}
        return spelt, item_size(spelt)


def item_size(item: Mapping[str, Value]) -> int:
    """The size of an item in its one spelling: UTF-8 names and values."""
    return sum([utf8_size(name) + _size(value) for name, value in item.items()])


# ── order ──


def sortable(value: Value) -> str | bytes:
    """A key's value such that SQLite's order (by UTF-8 or byte) is DynamoDB's. Kinds never mix in one key."""
    ((kind, content),) = value.items()
    if kind == "N":
        return _sortable_number(decimal_of(content))
    return content  # type: ignore[no-any-return]


def _sortable_number(number: Decimal) -> bytes:
    """Sign, exponent, digits: compared byte by byte as the numbers are. A negative one has all of it turned."""
    if not number:
        return b"\x01"
    digits = bytes(number.as_tuple().digits)
    exponent = number.adjusted() - _SMALLEST
    if number > 0:
        return b"\x02" + exponent.to_bytes(2, "big") + digits
    turned = bytes(9 - digit for digit in digits)
    return b"\x00" + (0xFFFF - exponent).to_bytes(2, "big") + turned + b"\xff"


def after_prefix(prefix: str | bytes) -> str | bytes | None:
    """The least key greater than all that begin with `prefix`; None when there is none."""
    if isinstance(prefix, bytes):
        whole = prefix.rstrip(b"\xff")
        return whole[:-1] + bytes([whole[-1] + 1]) if whole else None
    text = prefix.rstrip("\U0010ffff")
    if not text:
        return None
    following = ord(text[-1]) + 1
    return text[:-1] + chr(0xE000 if following == 0xD800 else following)  # surrogates are no characters

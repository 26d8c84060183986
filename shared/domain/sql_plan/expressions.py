"""Expressions in Athena's dialect; what a definition says is in them only as literals (`literal`)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared.domain.conditions.comparing import OF_TEXTS, Bounds, Comparison, Where
from shared.domain.evaluation import compared_value
from shared.domain.events import Json
from shared.domain.properties import AMOUNTS, COUPON_POOL, FLAGS, KEPT_PROPERTIES, TEXT_LISTS, fold_case


def literal(value: str) -> str:
    """A text as Athena's dialect writes it: only the quote means something in it."""
    return "'{}'".format(value.replace("'", "''"))


def number(value: float) -> str:
    """A whole number as such, any other as a DOUBLE (a point alone would make it a DECIMAL)."""
    return str(int(value)) if value == int(value) else double(value)


def double(value: float) -> str:
    written = repr(float(value))
    return written if "e" in written else f"{written}e0"


def filtered(aggregate: str, tests: Sequence[str]) -> str:
    return f"{aggregate} FILTER (WHERE {' AND '.join(tests)})" if tests else aggregate


def nth_newest(filters: Sequence[str], nth: int) -> str:
    """When the n-th newest happened of what passes one of the filters."""
    tests = "" if "TRUE" in filters else f" FILTER (WHERE {' OR '.join(f'({each})' for each in filters)})"
    return f"max(time){tests}" if nth == 1 else f"element_at(max(time, {nth}){tests}, {nth})"


def within(value: str, parts: str, bounds: Bounds) -> list[str]:
    """That a total by so many parts is within bounds."""
    return [
        f"{value} {sign} {number(bound)}{'' if parts == '1' else f' * {parts}'}"
        for sign, bound in zip((">=", "<=", ">", "<"), bounds, strict=True)
        if bound is not None
    ]


def compared(is_: Comparison, wanted: Json, text: str, numeric: str, flag: str) -> str | None:
    """A comparison of a value that is in one of three columns, by its type ("": it cannot be of that type). It is true
    when the value passes, and otherwise false or null; None when nothing passes."""
    if is_ == "in":
        parts = [_in(text, [literal(fold_case(each)) for each in wanted if isinstance(each, str)])]
        numbers = [each for each in wanted if isinstance(each, int | float) and not isinstance(each, bool)]
        parts.append(_in(numeric, [number(each) for each in numbers]))
        parts += [compared("equal", each, text, numeric, flag) for each in (True, False) if _has(wanted, each)]
        found = list(dict.fromkeys(part for part in parts if part))
        return f"({' OR '.join(found)})" if len(found) > 1 else next(iter(found), None)
    if is_ in OF_TEXTS and not isinstance(wanted, str):
        tests = list(dict.fromkeys(compared(is_, each, text, numeric, flag) for each in wanted))
        return f"({' OR '.join(test or '' for test in tests)})" if text else None
    if isinstance(wanted, bool):
        return (flag if wanted else f"NOT {flag}") if flag and is_ == "equal" else None
    if isinstance(wanted, str):
        value = literal(fold_case(wanted))
        if is_ == "contains":
            return f"strpos({text}, {value}) > 0" if text else None
        if is_ == "prefix":
            return f"starts_with({text}, {value})" if text else None
        if is_ == "suffix":
            ends = literal(re.escape(fold_case(wanted)) + r"\z")  # neither dialect has a function of the same meaning
            return f"regexp_like({text}, {ends})" if text else None
        return f"{text} {_SIGNS[is_]} {value}" if text else None
    return f"{numeric} {_SIGNS[is_]} {number(wanted)}" if numeric else None


_SIGNS: Mapping[str, str] = {"equal": "=", "less": "<", "at_most": "<=", "more": ">", "at_least": ">="}


def _in(column: str, values: list[str]) -> str | None:
    if not column or not values:
        return None
    several = list(dict.fromkeys(values))
    return f"{column} = {several[0]}" if len(several) == 1 else f"{column} IN ({', '.join(several)})"


def _has(values: Sequence[Any], flag: bool) -> bool:
    return any(each is flag for each in values)


def passes_filter(where: Where) -> str:
    """A filter on a property, as the lake holds it: true when the event passes, and otherwise false or null."""
    name = where.property
    return passes_column(where.is_, compared_value(where), name) if name in KEPT_PROPERTIES else _of_others(where)


def passes_column(is_: Comparison, wanted: Json, name: str) -> str:
    """A comparison of what a column of events or orders holds, as `passes_filter`."""
    if is_ == "exists":
        return f"{name} IS NOT NULL"
    if is_ == "not_equal":
        return f"NOT COALESCE({passes_column('equal', wanted, name)}, FALSE)"
    if name in _LISTS:
        return of_list(name, is_, wanted) or "FALSE"
    if name in _NUMBERS:
        return compared(is_, wanted, "", name, "") or "FALSE"
    if name in _FLAGS:
        return compared(is_, wanted, "", "", name) or "FALSE"
    return compared(is_, wanted, f"lower({name})", "", "") or "FALSE"


_LISTS = (*TEXT_LISTS, "discount_codes", COUPON_POOL)
_NUMBERS = (*AMOUNTS, "quantity")
_FLAGS = (*FLAGS, "gift_card")


def _of_others(where: Where) -> str:
    """A filter on a property that is one of the `properties` (`in_lake_form`)."""
    name, wanted = where.property, where.value

    def of_kind(kind: str, value: str) -> str:
        return f"CASE WHEN starts_with(x, {literal(f'{name}={kind}')}) THEN {value} END"

    if where.is_ == "exists":
        return f"cardinality(filter(properties, x -> starts_with(x, {literal(f'{name}=')}))) > 0"
    rest = f"substr(x, {len(name) + 3})"
    test = compared(
        "equal" if where.is_ == "not_equal" else where.is_,
        wanted,
        of_kind("t", f"lower({rest})"),
        of_kind("n", f"TRY_CAST({rest} AS DOUBLE)"),
        of_kind("b", f"{rest} = 'true'"),
    )
    there = f"cardinality(filter(properties, x -> {test})) > 0" if test else "FALSE"
    return f"NOT COALESCE({there}, FALSE)" if where.is_ == "not_equal" else there


def of_list(name: str, is_: Comparison, wanted: Json) -> str | None:
    """That one of a list's texts passes."""
    if is_ in ("equal", "in"):
        several = wanted if is_ == "in" else [wanted]
        texts = dict.fromkeys(literal(fold_case(each)) for each in several if isinstance(each, str))
        tests = [f"contains(transform({name}, x -> lower(x)), {text})" for text in texts]
        return f"({' OR '.join(tests)})" if len(tests) > 1 else next(iter(tests), None)
    one = compared(is_, wanted, "lower(x)", "", "")
    return f"cardinality(filter({name}, x -> {one})) > 0" if one else None

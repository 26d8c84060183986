"""Comparing: a test of a value, made once of what a definition compares it with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from shared.domain.conditions.comparing import OF_TEXTS, Comparison, Where
from shared.domain.events import Json
from shared.domain.properties import AMOUNTS, fold_case, is_number

Passes = Callable[[Mapping[str, Json]], bool]


def comparison(name: Comparison, wanted: Json) -> Callable[[Json], bool]:
    """A test of one value. Of a list, one of its values must pass. Text compares without regard to case."""
    if name == "exists":
        return lambda value: value is not None
    if name == "not_equal":
        equal = comparison("equal", wanted)
        return lambda value: not equal(value)
    one = compare_one(name, wanted)

    def compare(value: Json) -> bool:
        if isinstance(value, list | tuple):
            return any(map(one, value))
        return one(value)

    return compare


def compare_one(name: Comparison, wanted: Json) -> Callable[[Json], bool]:
    if name == "in" or (name == "equal" and isinstance(wanted, list | tuple)):
        texts = frozenset(fold_case(each) for each in wanted if isinstance(each, str))
        others = [compare_one("equal", each) for each in wanted if not isinstance(each, str)]

        def one_of(value: Json) -> bool:
            return fold_case(value) in texts if isinstance(value, str) else any(test(value) for test in others)

        return one_of
    if name in OF_TEXTS and not isinstance(wanted, str):
        parts = [compare_one(name, each) for each in wanted]
        return lambda value: any(passes(value) for passes in parts)
    if isinstance(wanted, str):
        return _compare_text(name, fold_case(wanted))
    if isinstance(wanted, bool):
        return lambda value: value is wanted
    return compare_number(name, wanted)


def _compare_text(name: Comparison, wanted: str) -> Callable[[Json], bool]:
    match name:
        case "contains":
            return lambda value: isinstance(value, str) and wanted in fold_case(value)
        case "prefix":
            return lambda value: isinstance(value, str) and fold_case(value).startswith(wanted)
        case "suffix":
            return lambda value: isinstance(value, str) and fold_case(value).endswith(wanted)
        case "less":
            return lambda value: isinstance(value, str) and fold_case(value) < wanted
        case "at_most":
            return lambda value: isinstance(value, str) and fold_case(value) <= wanted
        case "more":
            return lambda value: isinstance(value, str) and fold_case(value) > wanted
        case "at_least":
            return lambda value: isinstance(value, str) and fold_case(value) >= wanted
        case _:
            return lambda value: isinstance(value, str) and fold_case(value) == wanted


def compare_number(name: Comparison, wanted: float) -> Callable[[Json], bool]:
    match name:
        case "less":
            return lambda value: is_number(value) and value < wanted
        case "at_most":
            return lambda value: is_number(value) and value <= wanted
        case "more":
            return lambda value: is_number(value) and value > wanted
        case "at_least":
            return lambda value: is_number(value) and value >= wanted
        case _:
            return lambda value: is_number(value) and value == wanted


# ── of an event's properties ──


def filter_(where: Sequence[Where]) -> Passes:
    """Whether an occurrence's properties pass all of these."""
    tests = [(each.property, comparison(each.is_, compared_value(each))) for each in where]
    if len(tests) == 1:
        ((name, test),) = tests
        return lambda properties: test(properties.get(name))
    return lambda properties: all(test(properties.get(name)) for name, test in tests)


def compared_value(where: Where) -> Json:
    """What a property is compared with, as the property is held: money in hundredths."""
    if where.property not in AMOUNTS or where.is_ == "exists":
        return where.value
    if isinstance(where.value, list | tuple):
        return [round(each * 100, 4) for each in where.value]
    return round(where.value * 100, 4)

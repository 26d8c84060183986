"""EventBridge's two little languages: when a schedule comes next, and whether an event matches a pattern. Pure.

Sources: the EventBridge user guide ("Cron and rate expressions", "Comparison operators in event patterns"), the
EventBridge Scheduler user guide for time zones, and the Lambda developer guide ("Event filtering": the same patterns).
"""

from __future__ import annotations

import calendar
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

MINUTE = 60_000
UNITS = {"minute": MINUTE, "hour": 60 * MINUTE, "day": 24 * 60 * MINUTE}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# ── schedules ──


@dataclass(frozen=True)
class Cron:
    """What a cron expression allows, each field as the values it takes; `days` says which days of a month."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: Callable[[int, int], frozenset[int]]
    months: tuple[int, ...]
    years: tuple[int, ...]


@lru_cache(maxsize=64)  # the local run asks at every step, mostly the same
def next_after(expression: str, instant: int, timezone: str = "UTC") -> int | None:
    """The first instant after `instant` at which a schedule fires, None when there is none. In milliseconds.

    `rate(…)` fires at the multiples of its period since 1970, so that the answer depends on nothing but `instant` (on
    AWS it counts from the schedule's creation). `cron(…)` fires by the clock of `timezone`: a time that daylight saving
    leaves out is left out, one that it repeats is taken once. Raises ValueError for what is no such expression.
    """
    rate = re.fullmatch(r"rate\(([1-9]\d*) (minute|hour|day)(s?)\)", expression)
    if rate is not None and (rate[1] == "1") == (rate[3] == ""):
        period = int(rate[1]) * UNITS[rate[2]]
        return (instant // period + 1) * period
    fields = re.fullmatch(r"cron\(([^()]*)\)", expression)
    if fields is None:
        raise ValueError(f"{expression!r} is neither rate(value unit) nor cron(six fields)")
    zone = ZoneInfo(timezone)
    start = (EPOCH + timedelta(milliseconds=instant)).astimezone(zone)
    for local in _times(cron(fields[1]), start):
        at = local.replace(tzinfo=zone).astimezone(UTC)
        exists = at.astimezone(zone).replace(tzinfo=None) == local
        milliseconds = (at - EPOCH) // timedelta(milliseconds=1)
        if exists and milliseconds > instant:
            return milliseconds
    return None


def _times(allowed: Cron, start: datetime) -> Iterator[datetime]:
    """The local times that are allowed, in order, from the hour of `start` on."""
    for year in (year for year in allowed.years if year >= start.year):
        for month in (month for month in allowed.months if (year, month) >= (start.year, start.month)):
            for day in sorted(allowed.days(year, month)):
                for hour in allowed.hours:
                    if (year, month, day, hour) >= (start.year, start.month, start.day, start.hour):
                        for minute in allowed.minutes:
                            yield datetime(year, month, day, hour, minute)  # noqa: DTZ001 - the zone comes later


MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
WEEKDAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), start=1)}


@cache
def cron(fields: str) -> Cron:
    """Reads the six fields: minutes, hours, day of month, month, day of week, year. Raises ValueError."""
    parts = fields.split()
    if len(parts) != 6:
        raise ValueError(f"a cron expression has six fields, not {len(parts)}: {fields!r}")
    minutes, hours, day_of_month, months, day_of_week, years = parts
    if (day_of_month == "?") == (day_of_week == "?"):
        raise ValueError(f"exactly one of day-of-month and day-of-week is ?: {fields!r}")
    return Cron(
        minutes=_values(minutes, 0, 59),
        hours=_values(hours, 0, 23),
        days=_month_days(day_of_month) if day_of_week == "?" else _week_days(day_of_week),
        months=_values(months, 1, 12, MONTHS),
        years=_values(years, 1970, 2199),
    )


def _values(field: str, least: int, most: int, names: Mapping[str, int] | None = None) -> tuple[int, ...]:
    """The values a field of lists, ranges and steps takes."""

    def number(written: str) -> int:
        value = (names or {}).get(written.upper())
        if value is None and written.isascii() and written.isdigit():
            value = int(written)
        if value is None or not least <= value <= most:
            raise ValueError(f"{written!r} in {field!r} is not between {least} and {most}")
        return value

    values: set[int] = set()
    for part in field.split(","):
        base, slash, step = part.partition("/")
        first, dash, last = base.partition("-")
        low = least if base == "*" else number(first)
        high = number(last) if dash else most if slash or base == "*" else low
        if high < low or (slash and not (step.isdigit() and int(step) > 0)):
            raise ValueError(f"{part!r} in {field!r} is not a range or step")
        values.update(range(low, high + 1, int(step or 1)))
    return tuple(sorted(values))


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _weekday(year: int, month: int, day: int) -> int:
    """1 is Sunday, 7 is Saturday."""
    return date(year, month, day).isoweekday() % 7 + 1


def _month_days(field: str) -> Callable[[int, int], frozenset[int]]:
    if field == "L":
        return lambda year, month: frozenset({_length(year, month)})
    if field == "LW":
        return lambda year, month: _nearest_weekday(year, month, _length(year, month))
    if field.upper().endswith("W"):
        (wanted,) = _values(field[:-1], 1, 31)
        return lambda year, month: _nearest_weekday(year, month, wanted)
    days = _values(field, 1, 31)
    return lambda year, month: frozenset(day for day in days if day <= _length(year, month))


def _nearest_weekday(year: int, month: int, wanted: int) -> frozenset[int]:
    """The working day nearest to a day, in the same month."""
    length = _length(year, month)
    if wanted > length:
        return frozenset()
    near = (wanted, wanted - 1, wanted + 1, wanted - 2, wanted + 2)
    return frozenset({next(day for day in near if 1 <= day <= length and 2 <= _weekday(year, month, day) <= 6)})


def _week_days(field: str) -> Callable[[int, int], frozenset[int]]:
    nth = re.fullmatch(r"(\w+)#([1-5])", field)
    if nth is not None:
        (wanted,) = _values(nth[1], 1, 7, WEEKDAYS)
        return lambda year, month: frozenset(_of_weekday(year, month, wanted)[int(nth[2]) - 1 :][:1])
    last = re.fullmatch(r"(\w+)L", field)
    if last is not None:
        (wanted,) = _values(last[1], 1, 7, WEEKDAYS)
        return lambda year, month: frozenset(_of_weekday(year, month, wanted)[-1:])
    days = (7,) if field == "L" else _values(field, 1, 7, WEEKDAYS)
    return lambda year, month: frozenset(day for wanted in days for day in _of_weekday(year, month, wanted))


def _of_weekday(year: int, month: int, wanted: int) -> list[int]:
    return [day for day in range(1, _length(year, month) + 1) if _weekday(year, month, day) == wanted]


# ── patterns ──

ABSENT: Any = object()
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether an event has what a pattern asks for. Raises ValueError for what is no pattern.

    Every field of the pattern has to match: an object its fields, a list any of its values or comparisons. Where the
    event has a list, any of its elements may match. Of the comparisons, `cidr` is left out.
    """
    return all(
        any(matches(each, event) for each in wanted) if name == "$or" else _matches(wanted, event.get(name, ABSENT))
        for name, wanted in pattern.items()
    )


def _matches(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, dict) and isinstance(value, dict):  # most are: no list to look through
        return matches(wanted, value)
    elements = value if isinstance(value, list) else [value]
    if isinstance(wanted, dict):
        # What is missing on the way is missing at its end, too: that is what `exists: false` asks.
        return any(matches(wanted, each if isinstance(each, dict) else {}) for each in elements)
    if not isinstance(wanted, list) or not wanted:
        raise ValueError(f"a field of a pattern is an object or a list with something in it, not {wanted!r}")
    leaves = [each for each in elements if not isinstance(each, dict)] or [ABSENT]
    return any(_fits(each, leaf) for each in wanted for leaf in leaves)


def _fits(wanted: Any, leaf: Any) -> bool:
    """Whether one value has one of a list's values, or fits its comparison."""
    if not isinstance(wanted, dict):
        return _same(wanted, leaf)
    ((name, operand),) = wanted.items()
    if name == "exists":
        return (leaf is not ABSENT) is operand
    if name not in COMPARISONS:
        raise ValueError(f"{name!r} is not a comparison of event patterns that is known here")
    return leaf is not ABSENT and COMPARISONS[name](operand, leaf)


def _same(wanted: Any, value: Any) -> bool:
    """Equal, and of the same type: 1, 1.0, true and "1" are four values."""
    return type(wanted) is type(value) and bool(wanted == value)


def _text_test(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    """A comparison of texts; `{"equals-ignore-case": …}` as its operand leaves case aside."""

    def compare(operand: Any, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        if isinstance(operand, dict):
            return test(operand["equals-ignore-case"].lower(), value.lower())
        return test(operand, value)

    return compare


def _wildcard(pattern: str, value: str) -> bool:
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    return (
        re.fullmatch("".join(".*" if part == "*" else re.escape(part[-1]) for part in parts), value, re.S) is not None
    )


def _numeric(operand: list[Any], value: Any) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return all(ORDERS[order](value, bound) for order, bound in zip(operand[::2], operand[1::2], strict=True))


def _anything_but(operand: Any, value: Any) -> bool:
    if isinstance(operand, dict):
        ((name, inner),) = operand.items()
        return not any(COMPARISONS[name](each, value) for each in (inner if isinstance(inner, list) else [inner]))
    return not any(_same(each, value) for each in (operand if isinstance(operand, list) else [operand]))


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "prefix": _text_test(lambda operand, value: value.startswith(operand)),
    "suffix": _text_test(lambda operand, value: value.endswith(operand)),
    "equals-ignore-case": _text_test(lambda operand, value: value.lower() == operand.lower()),
    "wildcard": _text_test(_wildcard),
    "numeric": _numeric,
    "anything-but": _anything_but,
}

"""Windows: the stretch of time in which a condition looks for what happened.

Everywhere `within` is, it is one of these, as JSON:

- `"60d"`, a duration: the last 60 days;
- `{"from": "-60d", "to": "-30d"}`, signed durations from now: 30 to 60 days ago. Either may be left out:
  `{"to": "-30d"}` is 30 days ago or earlier;
- `{"from": "2026-11-27", "to": "2026-12-01"}`, days in the shop's time zone, `to` not included; either may be left
  out;
- `"this_month"`, `"last_month"`, `"this_year"`, `"last_year"`, or `"last_6_months"` (2 to 36 whole months before this
  one), in the shop's time zone.

In a journey, `"this_run"` is the time since what started the run happened, with that instant in it.

All are half-open. A duration is `(t - W, t]`: an event leaves it exactly W after it happened, and enters one that ends
30 days ago exactly 30 days after it happened. A day or a month has its first instant in it, and its end not.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, ValidationInfo, WithJsonSchema

from shared.domain.conditions.fields import LONGEST, format_duration, parse_duration, read_duration
from shared.domain.events import DAY, HOUR


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one edge to another: milliseconds from now (0 or less), or days in the shop's time zone."""

    begin: int | date | None
    end: int | date | None

    def __post_init__(self) -> None:
        begin, end = self.begin, self.end
        for edge in (begin, end):
            if isinstance(edge, int) and not -LONGEST <= edge <= 0:
                raise ValueError("`from` and `to` are before now, and 100 years at most: write -60d for 60 days ago")
            if isinstance(edge, date) and not 1971 <= edge.year <= 9000:
                raise ValueError("a day is one of the years from 1971 to 9000")
        match begin, end:
            case (None, None) | (None, 0):
                raise ValueError("a window needs `from` or `to`; leave it out for all the time there was")
            case (date(), int()) | (int(), date()):
                raise ValueError("`from` and `to` are both durations or both days")
            case (int(), int()) | (date(), date()) if begin >= end:  # type: ignore[operator]
                raise ValueError("`to` has to be later than `from`")
            case (0, None):
                raise ValueError("`from` is before now: write -60d for 60 days ago")


@dataclass(frozen=True, slots=True)
class Since:
    """From an instant on, with it: what `this_run` is, once it is known which run."""

    instant: int


THIS_RUN = "this_run"
_MONTHS = re.compile(r"(this|last)_(month|year)|last_([2-9]|[12]\d|3[0-6])_months")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MEANT = (
    'a window is a duration ("60d"), `from` and `to` (durations such as "-60d", or days such as "2026-11-27"), '
    "this_month, last_month, this_year, last_year, or last_6_months (2 to 36)"
)


def months_of(name: str) -> tuple[int, int, int]:
    """How many months are counted as one, and from which of these on up to which, counted from the present one."""
    match = _MONTHS.fullmatch(name)
    if match is None:
        raise ValueError(_MEANT)
    if match[3]:
        return 1, -int(match[3]), 0
    size = 1 if match[2] == "month" else 12
    return (size, 0, 1) if match[1] == "this" else (size, -1, 0)


def in_calendar(window: int | str | Stretch | Since | None) -> bool:
    """Whether it begins or ends with a day of the shop's."""
    match window:
        case Stretch(begin=begin, end=end):
            return isinstance(begin, date) or isinstance(end, date)
    return isinstance(window, str) and window != THIS_RUN


def longest_of(window: int | str | Stretch | Since | None) -> int | None:
    """How long ago at most what is in it happened; None where it may be any time ago."""
    match window:
        case Stretch(begin=begin):
            return -begin if isinstance(begin, int) else None
        case str() if window != THIS_RUN:
            size, begin, _ = months_of(window)
            return _days_of_months(size * (1 - begin)) * DAY + HOUR  # with a clock that was put back
    return window if isinstance(window, int) else None


def most_parts(window: int | str | Stretch | Since | None, part: str) -> int | None:
    """How many `days`, `weeks` or `months` of the calendar there are in it at most; None: there is no end to them."""
    days = _most_days(window)
    if days is None or part == "days":
        return days
    if part == "weeks":
        return (days + 5) // 7 + 1
    if isinstance(window, str):
        size, begin, end = months_of(window)
        return size * (end - begin)
    return min(days, days // 30 + 2)  # between two others, so many whole months have 30 days each, less February's two


def _most_days(window: int | str | Stretch | Since | None) -> int | None:
    match window:
        case Stretch(begin=date() as begin, end=date() as end):
            return (end - begin).days
        case Stretch(begin=int() as begin, end=end):
            return _most_days(-begin - (-end if isinstance(end, int) else 0))
        case int():
            shifted = -(-window // (30 * DAY)) * HOUR  # a clock is put forward once in a month, at the most
            return (window + shifted - 1) // DAY + 2
        case str() if window != THIS_RUN:
            size, first, last = months_of(window)
            return _days_of_months(size * (last - first))
    return None


def _days_of_months(number: int) -> int:
    """Of so many months in a row, at most."""
    lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] * (number // 12 + 2)
    return max(sum(lengths[at : at + number]) for at in range(12))


def _read(value: Any, info: ValidationInfo) -> int | str | Stretch | Since:
    if isinstance(value, Stretch | Since) or value == THIS_RUN:
        return value  # type: ignore[no-any-return]
    if isinstance(value, dict):
        if not value.keys() <= {"from", "to"}:
            raise ValueError(_MEANT)
        stretch = Stretch(_edge(value.get("from")), _edge(value.get("to")))
        return -stretch.begin if isinstance(stretch.begin, int) and not stretch.end else stretch
    if isinstance(value, str) and not re.match(r"\s*[-\d]", value):
        months_of(value)
        return value
    found = read_duration(value, info)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 < found <= LONGEST:
        raise ValueError(_MEANT)
    return found


def _edge(value: Any) -> int | date | None:
    if value is None:
        return value
    if not isinstance(value, str):
        raise ValueError(_MEANT)
    return date.fromisoformat(value) if _DAY.fullmatch(value) else parse_duration(value)


def _written(window: int | str | Stretch | Since) -> str | dict[str, str]:
    if isinstance(window, int):
        return format_duration(window)
    if isinstance(window, Since):
        return THIS_RUN
    if isinstance(window, str):
        return window
    edges = {"from": window.begin, "to": window.end}
    return {
        name: edge.isoformat() if isinstance(edge, date) else format_duration(edge)
        for name, edge in edges.items()
        if edge is not None
    }


_SCHEMA = {
    "format": "window",
    "anyOf": [
        {"type": "string", "pattern": r"^\d{1,6}\s*(s|min|h|d|w)$"},
        {"type": "string", "pattern": f"^({_MONTHS.pattern})$"},
        {
            "type": "object",
            "properties": {name: {"type": "string"} for name in ("from", "to")},
            "additionalProperties": False,
            "minProperties": 1,
        },
    ],
}
Window = Annotated[
    int | str | Stretch | Since, PlainValidator(_read), PlainSerializer(_written), WithJsonSchema(_SCHEMA)
]

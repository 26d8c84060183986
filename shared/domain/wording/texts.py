"""Texts: values, comparisons, numbers and durations as they are read.

What is different reads differently: nothing is rounded, and no text can be taken for something else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from shared.domain.conditions import Segment
from shared.domain.conditions.comparing import Compared, Where, is_filled_in
from shared.domain.conditions.windows import Since, Stretch, Window, months_of
from shared.domain.events import DAY, HOUR, MINUTE, SECOND, Json
from shared.domain.properties import AMOUNTS


class CompoundPhrase(str):
    """A phrase with an "and" or "or" of its own, so that it stands in brackets inside another."""


def is_(holds: bool) -> str:
    return "is" if holds else "is not"


def has(holds: bool) -> str:
    return "has" if holds else "does not have"


_OF_NUMBERS = {"less": "is less than", "at_most": "is at most", "more": "is more than", "at_least": "is at least"}
_OF_TEXTS = {"less": "is before", "at_most": "is not after", "more": "is after", "at_least": "is not before"}
_PLAIN = {"equal": "is", "not_equal": "is not", "in": "is one of"}
_OF_PARTS = {"contains": "contains", "prefix": "begins with", "suffix": "ends with"}


def compared(condition: Compared, said: Callable[[Json], str] | None = None, *, unknown_passes: bool = False) -> str:
    """`is at least 5`; `said` gives the value in words. `unknown_passes`: what is missing is something else, too."""
    say = said or word
    if condition.is_ == "not_equal" and unknown_passes:
        return f"is not known to be {say(condition.value)}"
    if condition.is_ == "exists":
        return "is known"
    if condition.is_ in _OF_PARTS:
        several = [condition.value] if isinstance(condition.value, str) else condition.value
        return f"{_OF_PARTS[condition.is_]} {'' if len(several) == 1 else 'one of '}{', '.join(map(say, several))}"
    is_text = isinstance(condition.value, str) and not is_filled_in(condition.value)
    words = _PLAIN | (_OF_TEXTS if is_text else _OF_NUMBERS)
    values = condition.value if condition.is_ == "in" else [condition.value]
    return f"{words[condition.is_]} {', '.join(map(say, values))}"


def of_where(where: Where) -> Callable[[Json], str]:
    """How a property's value is said: money with two decimals."""
    return (lambda value: money(value) if _is_number(value) else word(value)) if where.property in AMOUNTS else word


def between(
    least: float | None, most: float | None, said: Callable[[float], str], holds: bool = True, fewer: str = "fewer than"
) -> str:
    """`at least 3`, `2 to 5`, `exactly 1`; of what is denied, `fewer than 3`."""
    if least is not None and most is not None:
        if least == most:
            return f"{'exactly' if holds else 'not exactly'} {said(least)}"
        if not holds and least == 1 and fewer == "fewer than":
            return f"0 or more than {said(most)}"
        return f"{said(least)} to {said(most)}" if holds else f"{fewer} {said(least)} or more than {said(most)}"
    if least is not None:
        return f"{'at least' if holds else fewer} {said(least)}"
    return f"{'at most' if holds else 'more than'} {said(most or 0)}"


_WORD = re.compile(r"[A-Za-z][A-Za-z-]*")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TAKEN = {"and", "or", "not", "yes", "no", "is", "in", "on", "of", "to"}


def quoted(text: str) -> str:
    """In quotation marks that it cannot end itself."""
    return "“" + text.replace("\\", "\\\\").replace("”", "\\”") + "”"


def word(value: Json) -> str:
    """A value as it is read: a single word as it is, any other text in quotation marks."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            return value if _WORD.fullmatch(value) and value not in _TAKEN else quoted(value)
        case int() | float():
            return number(value)
        case _:
            return json.dumps(value, sort_keys=True, ensure_ascii=False)


def label(trait: str) -> str:
    """A trait's name: `predicted value`; of a part of a trait, `propensity (tea)`."""
    whole, _, part = trait.partition(".")
    if not all(_NAME.fullmatch(each) for each in (whole, part or "x")) or trait.endswith("."):
        return quoted(trait)
    return whole.replace("_", " ") + (f" ({part.replace('_', ' ')})" if part else "")


def number(value: float) -> str:
    """`1,000`, `2.5`."""
    return f"{int(value):,}" if value == value // 1 and abs(value) < 10**15 else repr(value)


def money(value: float) -> str:
    """`1,000.00`: two decimals, and more only where there are more."""
    return f"{value:,.2f}" if round(value, 2) == value else repr(value)


def degrees(value: float, sides: str) -> str:
    return f"{number(abs(value))}° {sides[0] if value >= 0 else sides[1]}"


def plural(count: float, thing: str) -> str:
    """`1 order`, `3 orders`."""
    return f"{number(count)} {thing}{'' if count == 1 else 's'}"


UNITS = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second"), (1, "millisecond"))


def duration(milliseconds: int) -> str:
    """`60 days`: in the largest unit that it is whole in."""
    size, unit = next((size, unit) for size, unit in UNITS if milliseconds % size == 0)
    return plural(milliseconds // size, unit)


def within(window: Window | None) -> str:
    """` in the last 60 days`, ` in the last hour`, ` 30 days to 60 days ago`, ` this month`; nothing when there is no
    window."""
    match window:
        case None:
            return ""
        case int():
            return f" in the last {duration(window).removeprefix('1 ')}"
        case Stretch(begin=int() as begin, end=int() as end):
            return f" {duration(-end)} to {duration(-begin)} ago"
        case Stretch(begin=None, end=int() as end):
            return f" {duration(-end)} ago or earlier"
        case Stretch(begin=date() as begin, end=None):
            return f" since {begin}"
        case Stretch(begin=None, end=date() as end):
            return f" before {end}"
        case Stretch(begin=date() as begin, end=date() as end):
            last = end - timedelta(days=1)
            return f" on {begin}" if begin == last else f" from {begin} through {last}"
        case Since() | "this_run":
            return " since the run began"
        case str():
            _, begin, _ = months_of(window)
            return f" in the {-begin} months before this one" if begin < -1 else f" {window.replace('_', ' ')}"
    raise TypeError(f"{window!r} is no window")


def listed(texts: list[str], joint: str) -> str:
    """`a and b`; `a, b, and c`."""
    if len(texts) < 3:
        return f" {joint} ".join(texts)
    return f"{', '.join(texts[:-1])}, {joint} {texts[-1]}"


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def named(segments: Mapping[str, Segment], segment: str) -> str:
    """Another segment, by its name."""
    return quoted(segments[segment].name if segment in segments else segment)

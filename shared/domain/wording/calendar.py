"""The moment, in words: the time of day, the season, dates."""

from __future__ import annotations

from shared.domain.conditions.calendar import Age, Anniversary, DateTrait, LocalTime, Season
from shared.domain.wording.texts import between, duration, has, is_, label, number, plural, within

DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}


def local_time(condition: LocalTime, holds: bool) -> str:
    return f"{has(holds)} a local time {_clocks(condition)}"


def _clocks(condition: LocalTime) -> str:
    days = " or ".join(name for day, name in DAYS.items() if day in condition.weekdays)
    if days and condition.from_ == condition.to == "00:00":
        return f"on {days}"
    return f"between {condition.from_} and {condition.to}{f' on {days}' if days else ''}"


def season(condition: Season, holds: bool) -> str:
    return f"is where it is {'' if holds else 'not '}{condition.is_}"


def anniversary(condition: Anniversary, holds: bool) -> str:
    return f"{has(holds)} {_anniversary(condition)}"


def _anniversary(condition: Anniversary) -> str:
    what = "a birthday" if condition.trait == "birthday" else f"the anniversary of {label(condition.trait)}"
    if condition.within is not None:
        return f"{what}{within(condition.within)}"
    days = condition.next if condition.next is not None else condition.last
    if days == 0:
        return f"{what} today"
    return f"{what} within the {'next' if condition.next is not None else 'last'} {plural(days or 0, 'day')}"


def age(condition: Age, holds: bool) -> str:
    years = between(condition.at_least, condition.at_most, number)
    past = "old" if condition.trait == "birthday" else f"past the date in {label(condition.trait)}"
    return f"{'is' if holds else 'is not known to be'} {years} years {past}"


def date(condition: DateTrait, holds: bool) -> str:
    return f"{is_(holds)} {_stretch(condition)}"


def _stretch(condition: DateTrait) -> str:
    date, begin, end = f"the date in {label(condition.trait)}", condition.from_, condition.to
    if end == 0:
        return f"in the {duration(-begin)} before {date}"
    if begin == 0:
        return f"in the {duration(end)} after {date}"
    from_, to = (f"{duration(abs(each))} {'before' if each < 0 else 'after'}" for each in (begin, end))
    return f"between {from_} and {to} {date}"

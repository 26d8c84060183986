"""Calendars: which day and hour it is somewhere, and when that changes. Instants in and out; zones are IANA names."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.domain.events import DAY, EPOCH, HOUR, NEVER, Instant, Json, parse_instant

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SEASONS = {
    month: season
    for season, months in {
        "winter": (12, 1, 2),
        "spring": (3, 4, 5),
        "summer": (6, 7, 8),
        "autumn": (9, 10, 11),
    }.items()
    for month in months
}
OPPOSITE = {"winter": "summer", "summer": "winter", "spring": "autumn", "autumn": "spring"}
_SOUTHERN = "AR AU BO BW BR CL FJ LS MG MU MW MZ NA NC NZ PE PG PY RE SZ TL UY WS ZA ZM ZW"
SOUTHERN = frozenset(_SOUTHERN.split())
"""Countries most of whose people live south of the equator, and have seasons."""
_DATE = re.compile(r"^(\d{4}|-)-(\d\d)-(\d\d)")
_SEARCHED = 8 * DAY


@lru_cache(maxsize=600)
def zone(name: str) -> ZoneInfo | None:
    """The zone of that name; None when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def local(instant: Instant, where: ZoneInfo) -> datetime:
    return (EPOCH + timedelta(milliseconds=instant)).astimezone(where)


def _day(instant: Instant, where: ZoneInfo) -> date:
    return local(instant, where).date()


def _week(instant: Instant, where: ZoneInfo) -> date:
    """Its Monday."""
    day = _day(instant, where)
    return day - timedelta(days=day.weekday())


def _month(instant: Instant, where: ZoneInfo) -> date:
    return _day(instant, where).replace(day=1)


PARTS: Mapping[str, Callable[[Instant, ZoneInfo], date]] = {"days": _day, "weeks": _week, "months": _month}
"""What of the calendar can be counted, and which of it an instant is in: by its first day."""


def instant_of(moment: datetime) -> Instant:
    return (moment.astimezone(UTC) - EPOCH) // timedelta(milliseconds=1)


@lru_cache(maxsize=4096)
def day_start(day: date, where: ZoneInfo) -> Instant:
    """The first instant of a day; where midnight is left out by a change of the clocks, the first that there is."""
    begin = instant_of(datetime.combine(day, time(0), where))
    if local(begin - 1, where).date() < day <= local(begin, where).date():
        return begin
    return _first(lambda t: local(t, where).date() >= day, begin - DAY, begin + DAY)


@lru_cache(maxsize=4096)
def at_clock(day: date, minute: int, where: ZoneInfo) -> Instant:
    """When it is that minute of a day (`09:30` is 570). Where a change of the clocks leaves it out, the first instant
    after the gap; where it comes twice, the first of both."""
    wanted = datetime.combine(day, time(minute // 60, minute % 60))
    found = instant_of(wanted.replace(tzinfo=where))

    def reached(t: Instant) -> bool:
        return local(t, where).replace(tzinfo=None) >= wanted

    if local(found, where).replace(tzinfo=None) == wanted:
        return found
    return _first(reached, found - 25 * HOUR, found)


def next_at_clock(t: Instant, minute: int, weekdays: Collection[str], where: ZoneInfo) -> Instant:
    """The next time, `t` included, that it is that minute of a day that is one of these weekdays."""
    today = local(t, where).date()
    days = (today + timedelta(days=n) for n in range(16))
    wanted = (day for day in days if WEEKDAYS[day.weekday()] in weekdays and _is_there(day, where))
    return next(moment for day in wanted if (moment := at_clock(day, minute, where)) >= t)


def _is_there(day: date, where: ZoneInfo) -> bool:
    """Samoa, for one, had no 30 December in 2011."""
    return local(day_start(day, where), where).date() == day


def next_weekday(t: Instant, weekdays: Collection[str], where: ZoneInfo) -> Instant:
    """`t`, or the begin of the next day that is one of these weekdays."""
    today = local(t, where).date()
    days = (today + timedelta(days=n) for n in range(16))
    day = next(day for day in days if WEEKDAYS[day.weekday()] in weekdays and _is_there(day, where))
    return t if day == today else day_start(day, where)


def minutes(clock: str) -> int:
    """`09:30` → 570."""
    return int(clock[:2]) * 60 + int(clock[3:])


def ahead_of_utc(since: Instant, until: Instant, where: ZoneInfo) -> list[tuple[Instant, int]]:
    """By how many milliseconds the clocks there are ahead of UTC: from `since` on, and from each instant up to `until`
    at which that changes."""
    found = [(since, _ahead(since, where))]
    for day in range(since, until, DAY):
        after = _ahead(day + DAY, where)
        if after != found[-1][1]:
            found.append((_first(partial(_is_ahead, after, where), day, day + DAY), after))
    return found


def _ahead(t: Instant, where: ZoneInfo) -> int:
    return (local(t, where).utcoffset() or timedelta()) // timedelta(milliseconds=1)


def _is_ahead(by: int, where: ZoneInfo, t: Instant) -> bool:
    return _ahead(t, where) == by


def add_years(day: date, years: int) -> date:
    """29 February becomes the 28th in a year that has none."""
    year = day.year + years
    leap = day.month == 2 and day.day == 29 and not _is_leap(year)
    return date(year, day.month, 28 if leap else day.day)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def date_in(value: Json) -> date | None:
    """The date a trait's text begins with, `1990-05-17`; of a day without a year, `--05-17`, that of the year 2000."""
    match = _DATE.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        return date(2000 if match[1] == "-" else int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def has_year(value: str) -> bool:
    return value[0] != "-"


def moment_in(value: Json, where: ZoneInfo) -> Instant | None:
    """The instant a trait's text names: a date alone is its first instant."""
    if not isinstance(value, str):
        return None
    try:
        if len(value) == 10:
            return day_start(date.fromisoformat(value), where)
        return parse_instant(value)
    except (ValueError, OverflowError):
        return None


# ── conditions of the calendar: signed instants ──


def anniversary(day: date, t: Instant, where: ZoneInfo, before: int, after: int) -> int:
    """Signed: whether the day's anniversary is at most `before` days ahead or `after` days past, and until when."""
    today = local(t, where).date()
    following = NEVER
    for year in range(today.year - 1, today.year + 3):
        if not 1 < year < 9999:
            continue
        begin = add_years(day, year - day.year) - timedelta(days=before)
        end = begin + timedelta(days=before + after + 1)
        if begin <= today < end:
            return day_start(end, where)
        if begin > today:
            following = min(following, day_start(begin, where))
    return -following


def month_of_year(day: date, t: Instant, where: ZoneInfo, ago: int) -> int:
    """Signed: whether the day's month is the present one, or the one so many months `ago`, and until when."""
    today = local(t, where).date()
    month = today.year * 12 + today.month - 1
    ahead = (day.month - 1 + ago - month) % 12
    holds = ahead == 0
    year, index = divmod(month + (1 if holds else ahead), 12)
    until = day_start(date(year, index + 1, 1), where) if year < 9999 else NEVER
    return until if holds else -until


def age(day: date, t: Instant, where: ZoneInfo, least: int | None, most: int | None) -> int:
    """Signed: whether so many whole years have passed since the day, and until when."""
    signed = NEVER
    if least is not None:
        signed = min(signed, _reached(day, least, t, where))
    if most is not None:
        signed = min(signed, -_reached(day, most + 1, t, where))
    return signed


def _reached(day: date, years: int, t: Instant, where: ZoneInfo) -> int:
    if day.year + years > 9998:
        return -NEVER
    reached = day_start(add_years(day, years), where)
    return NEVER if t >= reached else -reached


def season(wanted: str, southern: bool, t: Instant, where: ZoneInfo) -> int:
    """Signed: whether it is that season, and until when."""
    wanted = OPPOSITE[wanted] if southern else wanted
    today = local(t, where).date()
    holds = SEASONS[today.month] == wanted
    year, month = today.year, today.month
    while (SEASONS[month] == wanted) == holds:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    until = day_start(date(year, month, 1), where)
    return until if holds else -until


def local_time(begin: int, end: int, weekdays: frozenset[str], t: Instant, where: ZoneInfo) -> int:
    """Signed: whether it is between `begin` and `end`, in minutes of the local day, on one of the days; and until when.

    Past midnight when `end` is not after `begin`; a stretch past midnight belongs to the day it began on.
    """

    def holds(instant: Instant) -> bool:
        moment = local(instant, where)
        minute = moment.hour * 60 + moment.minute
        if begin < end:
            inside, day = begin <= minute < end, moment
        elif minute >= begin:
            inside, day = True, moment
        else:
            inside, day = minute < end, moment - timedelta(days=1)
        return inside and (not weekdays or WEEKDAYS[day.weekday()] in weekdays)

    now = holds(t)
    today = local(t, where).date()
    days = (today + timedelta(days=days) for days in range(-1, _SEARCHED // DAY))
    for edge in sorted({edge for day in days for edge in _edges(day, begin % 1440, end % 1440, where)}):
        if edge > t and holds(edge) != now:
            return edge if now else -edge
    until = t + _SEARCHED - DAY
    return until if now else -until


@lru_cache(maxsize=4096)
def _edges(day: date, begin: int, end: int, where: ZoneInfo) -> tuple[Instant, ...]:
    """Every instant of a day at which the local minute becomes `begin` or `end`, or the clocks change."""
    edges = [
        instant_of(datetime.combine(day, time(minute // 60, minute % 60, fold=fold), where))
        for minute in (begin, end)
        for fold in (0, 1)
    ]
    start, following = day_start(day, where), day_start(day + timedelta(days=1), where)
    offset = local(start, where).utcoffset()
    if local(following, where).utcoffset() != offset:
        edges.append(_first(partial(_has_left, offset, where), start, following))
    return tuple(edges)


def _has_left(offset: timedelta | None, where: ZoneInfo, instant: Instant) -> bool:
    return local(instant, where).utcoffset() != offset


def _first(holds: Callable[[Instant], bool], low: Instant, high: Instant) -> Instant:
    """The first instant at which it holds, between one where it does not and one where it does."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high

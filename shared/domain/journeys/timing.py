"""Timing: until when a step waits, when emails may go out, when a date comes; by the contact's clock.

A wait is its rule and the instant that it counts from; until when that is, is worked out anew whenever it is asked, so
that it is right by the definition, the traits and the time zone of the moment.
"""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from shared.domain import calendars
from shared.domain.evaluation.calendar import zone_of
from shared.domain.evaluation.traits import trait_of
from shared.domain.events import DAY, LAST_INSTANT, NEVER, Instant
from shared.domain.journeys.definition import EVERY_DAY, DateComes, Hours, Wait
from shared.domain.profiles import Profile

BEST_HOUR = "best_hour"
"""The trait: the hour of the contact's day (0 to 23) at which they mostly read their email."""


def waits_until(wait: Wait, profile: Profile, since: Instant, shop: ZoneInfo, *, again: bool = False) -> Instant:
    """Until when a run waits that came to the step at `since`. Where it has come `again`, just at the time of day that
    it waits for, that is tomorrow's."""
    where = zone_of(profile, shop)
    t = since + (wait.for_ or 0)
    if wait.trait is not None:
        stamped = trait_of(profile, wait.trait)
        moment = calendars.moment_in(stamped.value, where) if stamped is not None else None
        t = max(since, min(moment + wait.offset, LAST_INSTANT)) if moment is not None else since
    minute = calendars.minutes(wait.at) if wait.at is not None else _best_minute(profile) if wait.best_hour else None
    if minute is not None:
        return calendars.next_at_clock(t + (again and t == since), minute, wait.weekdays, where)
    return t if wait.weekdays == EVERY_DAY else calendars.next_weekday(t, wait.weekdays, where)


def _best_minute(profile: Profile) -> int | None:
    stamped = trait_of(profile, BEST_HOUR)
    hour = stamped.value if stamped is not None else None
    is_hour = isinstance(hour, int) and not isinstance(hour, bool) and 0 <= hour <= 23
    return hour * 60 if is_hour else None  # type: ignore[operator]


MAX_CLOSED = 400
"""How often it is looked for an hour that is open: a shop that is closed for longer than a year sends nothing."""


def opens_at(hours: Hours | None, profile: Profile, t: Instant, shop: ZoneInfo) -> Instant:
    """The first instant from `t` on at which emails may go out (NEVER: none in a year)."""
    if hours is None:
        return t
    where, begin, end = zone_of(profile, shop), calendars.minutes(hours.begin), calendars.minutes(hours.to)
    weekdays = frozenset(hours.weekdays)
    for _ in range(MAX_CLOSED):
        day = calendars.local(t, shop).date()
        if day.isoformat() in hours.closed or f"--{day:%m-%d}" in hours.closed:
            t = calendars.day_start(day + timedelta(days=1), shop)
        elif (begin == end and len(weekdays) == len(EVERY_DAY)) or (
            signed := calendars.local_time(begin, end, weekdays, t, where)
        ) > 0:
            return t
        else:
            t = -signed
    return NEVER


def next_date(trigger: DateComes, profile: Profile, after: Instant, shop: ZoneInfo) -> Instant:
    """When the date in the trait, or its next anniversary, comes: later than `after` (NEVER: there is none)."""
    stamped = trait_of(profile, trigger.trait)
    day = calendars.date_in(stamped.value) if stamped is not None else None
    if stamped is None or day is None:
        return NEVER
    where, minute, offset = zone_of(profile, shop), calendars.minutes(trigger.at), timedelta(days=trigger.offset)
    if len(stamped.value) > len("2026-05-17") and (moment := calendars.moment_in(stamped.value, where)) is not None:
        day = calendars.local(moment, where).date()
    if not trigger.yearly:
        comes = calendars.at_clock(day + offset, minute, where) if calendars.has_year(stamped.value) else NEVER
        return comes if comes > after else NEVER
    this_year = calendars.local(after, where).year
    for year in range(this_year - 1, this_year + 3):
        if 1 < year < 9999 and (year > day.year or not calendars.has_year(stamped.value)):
            comes = calendars.at_clock(calendars.add_years(day, year - day.year) + offset, minute, where)
            if comes > after:
                return comes
    return NEVER


def comes_on(instant: Instant, profile: Profile, shop: ZoneInfo) -> str:
    """The contact's local date: which of its days a date has begun a run for."""
    return calendars.local(instant, zone_of(profile, shop)).date().isoformat()


SAME_OCCASION = 2 * DAY
"""A date that moves by less, since the contact has moved or was asked again, is the same date."""

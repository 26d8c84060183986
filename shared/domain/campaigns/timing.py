"""When a campaign begins, when each contact's turn is, and when the next round is."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from shared.domain import calendars
from shared.domain.campaigns.definition import At, BestHour, Campaign, LocalTime, Now, Schedule
from shared.domain.evaluation.calendar import zone_of
from shared.domain.evaluation.traits import trait_of
from shared.domain.events import DAY, Instant
from shared.domain.journeys.timing import BEST_HOUR
from shared.domain.profiles import Profile

FIRST_ZONE = ZoneInfo("Pacific/Kiritimati")
"""Where a day begins first (UTC+14)."""
MAX_AHEAD = 330 * DAY
"""An execution of Step Functions, which waits for the day and then sends, ends after a year."""


def begins_at(schedule: Schedule, t: Instant, shop: ZoneInfo) -> Instant:
    """When the audience is frozen: `t` is now. What was scheduled for a time that is past begins now."""
    match schedule:
        case Now():
            return t
        case At(day=day, at=at):
            return max(t, calendars.at_clock(date.fromisoformat(day), calendars.minutes(at), shop))
        case LocalTime(day=day, at=at):
            return max(t, calendars.at_clock(date.fromisoformat(day), calendars.minutes(at), FIRST_ZONE))
        case BestHour(day=day):
            return max(t, calendars.day_start(date.fromisoformat(day), FIRST_ZONE))


def is_past(schedule: Schedule, t: Instant) -> bool:
    """Whether no clock on earth shows the scheduled time any more."""
    if isinstance(schedule, Now):
        return False
    minute = calendars.minutes(schedule.otherwise if isinstance(schedule, BestHour) else schedule.at)
    return calendars.at_clock(date.fromisoformat(schedule.day), minute, ZoneInfo("Etc/GMT+12")) + DAY < t


def turn_of(schedule: Schedule, profile: Profile, began: Instant, shop: ZoneInfo) -> Instant:
    """When it is the contact's turn, in a campaign whose audience was frozen when it `began`: never before that."""
    if not isinstance(schedule, LocalTime | BestHour):
        return began
    where, day = zone_of(profile, shop), date.fromisoformat(schedule.day)
    if isinstance(schedule, LocalTime):
        minute = calendars.minutes(schedule.at)
    else:
        hour = _best_hour(profile)
        minute = calendars.minutes(schedule.otherwise) if hour is None else hour * 60
    turn = calendars.at_clock(day, minute, where)
    if turn >= began:
        return turn
    if isinstance(schedule, LocalTime) and schedule.past == "now":
        return began
    while turn < began:  # a day later, or as many as the campaign itself is late
        day += timedelta(days=1)
        turn = calendars.at_clock(day, minute, where)
    return turn


def _best_hour(profile: Profile) -> int | None:
    stamped = trait_of(profile, BEST_HOUR)
    hour = stamped.value if stamped is not None else None
    return hour if isinstance(hour, int) and not isinstance(hour, bool) and 0 <= hour <= 23 else None


def has_own_hours(campaign: Campaign) -> bool:
    """Whether contacts have turns of their own."""
    return isinstance(campaign.schedule, LocalTime | BestHour)


def next_round(campaign: Campaign, began: Instant, day_of_month: int, shop: ZoneInfo) -> Schedule | None:
    """The schedule of the round after the one that began then; None: there is none. It is at the same time of day,
    whatever the clocks do meanwhile. `day_of_month` is the first round's: the 31st is the last day in a month without
    one, and the 31st again in the next."""
    if campaign.repeat is None:
        return None
    schedule = campaign.schedule
    moment = calendars.local(began, shop)
    day = moment.date() if isinstance(schedule, Now) else date.fromisoformat(schedule.day)
    later = day + timedelta(days=7) if campaign.repeat == "weekly" else _month_later(day, day_of_month)
    if isinstance(schedule, Now):
        return At(day=later.isoformat(), at=f"{moment:%H:%M}")
    return schedule.model_copy(update={"day": later.isoformat()})


def first_day(schedule: Schedule, began: Instant, shop: ZoneInfo) -> int:
    """The day of the month on which a campaign begins."""
    return calendars.local(began, shop).day if isinstance(schedule, Now) else date.fromisoformat(schedule.day).day


def _month_later(day: date, day_of_month: int) -> date:
    first = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    last = ((first + timedelta(days=32)).replace(day=1) - timedelta(days=1)).day
    return first.replace(day=min(day_of_month, last))


def due_of(chunk: int, chunks: int, began: Instant, spread: int | None) -> Instant:
    """When a chunk is due: at once, or its part of the way through what the campaign is spread over."""
    return began if not spread else began + spread * chunk // max(chunks, 1)

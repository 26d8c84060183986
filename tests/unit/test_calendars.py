"""Calendars against brute force: every answer, and each change at its own instant, also when the clocks change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import calendars
from shared.domain.events import DAY, HOUR, MINUTE, NEVER, Instant, parse_instant

_ZONES = "UTC Europe/London America/Sao_Paulo Asia/Beirut Australia/Lord_Howe Asia/Kolkata Pacific/Apia"
YEARS = st.integers(parse_instant("2009-01-01"), parse_instant("2031-01-01"))
zones = st.sampled_from(_ZONES.split()).map(ZoneInfo)


def flip(signed: Callable[[Instant], int], t: Instant) -> Instant:
    """The instant at which the answer changes, asked again at each bound."""
    holds, until = signed(t) > 0, abs(signed(t))
    while until < NEVER and (signed(until) > 0) == holds:
        assert abs(signed(until)) > until
        until = abs(signed(until))
    return until


def brute_flip(holds: Callable[[Instant], bool], t: Instant, step: int, until: Instant) -> Instant:
    """As `flip`, by trying every `step`, and then every half of it."""
    low = t
    while low < until and holds(low + step) == holds(t):
        low += step
    if low >= until:
        return NEVER
    high = low + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) == holds(t) else (low, middle)
    return high


@given(YEARS, zones)
def test_a_day_starts_at_its_first_instant(t: Instant, zone: ZoneInfo) -> None:
    day = calendars.local(t, zone).date()
    begin = calendars.day_start(day, zone)
    assert begin <= t
    assert calendars.local(begin, zone).date() == day
    assert calendars.local(begin - 1, zone).date() < day


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00:00Z"),  # there was no midnight
        ("Asia/Beirut", date(2022, 3, 27), "2022-03-26T22:00:00Z"),
        ("Europe/London", date(2026, 7, 1), "2026-06-30T23:00:00Z"),
    ],
)
def test_days_without_a_midnight(zone: str, day: date, begins: str) -> None:
    assert calendars.day_start(day, ZoneInfo(zone)) == parse_instant(begins)


@given(
    YEARS,
    zones,
    st.sampled_from([0, 90, 150, 540, 1020, 1410]),
    st.sampled_from([0, 105, 390, 1020, 1425]),
    st.sets(st.sampled_from(calendars.WEEKDAYS), max_size=4).map(frozenset),
)
def test_local_times_change_at_their_minute(
    t: Instant, zone: ZoneInfo, begin: int, end: int, days: frozenset[str]
) -> None:
    def holds(instant: Instant) -> bool:
        moment = calendars.local(instant, zone)
        minute = moment.hour * 60 + moment.minute
        inside = begin <= minute < end if begin < end else minute >= begin or minute < end
        of = moment - timedelta(days=1) if begin >= end and minute < begin else moment
        return inside and (not days or f"{of:%a}".lower() in days)

    signed = calendars.local_time(begin, end, days, t, zone)
    assert (signed > 0) == holds(t)
    changes = flip(lambda at: calendars.local_time(begin, end, days, at, zone), t) if begin != end or days else NEVER
    assert changes == brute_flip(holds, t // MINUTE * MINUTE, 15 * MINUTE, t + 9 * DAY)


@pytest.mark.parametrize("night", ["2026-03-28T20:00Z", "2026-10-24T20:00Z", "2026-04-04T06:00Z", "2026-10-03T06:00Z"])
@pytest.mark.parametrize("zone", ["Europe/London", "Australia/Lord_Howe"])
@pytest.mark.parametrize(("begin", "end"), [(90, 105), (60, 150), (120, 90), (45, 61)])
def test_nights_in_which_the_clocks_change(night: str, zone: str, begin: int, end: int) -> None:
    t, where = parse_instant(night), ZoneInfo(zone)

    def holds(instant: Instant) -> bool:
        moment = calendars.local(instant, where)
        minute = moment.hour * 60 + moment.minute
        return begin <= minute < end if begin < end else minute >= begin or minute < end

    for at in range(t, t + 12 * HOUR, 13 * MINUTE):
        changes = flip(lambda at: calendars.local_time(begin, end, frozenset(), at, where), at)
        assert changes == brute_flip(holds, at, MINUTE, at + 3 * DAY)


@given(YEARS, zones, st.dates(date(1920, 1, 1), date(2008, 12, 31)), st.integers(0, 40), st.booleans())
def test_anniversaries_are_days_of_the_year(t: Instant, zone: ZoneInfo, born: date, days: int, ahead: bool) -> None:
    before, after = (days, 0) if ahead else (0, days)

    def holds(instant: Instant) -> bool:
        today = calendars.local(instant, zone).date()
        span = (today + timedelta(days=each) for each in range(-after, before + 1))
        return any(same_day(each, born) for each in span)

    def same_day(day: date, other: date) -> bool:
        wanted = (2, 28) if (other.month, other.day) == (2, 29) and not is_leap(day.year) else (other.month, other.day)
        return (day.month, day.day) == wanted

    def is_leap(year: int) -> bool:
        return (date(year, 3, 1) - timedelta(days=1)).day == 29

    signed = calendars.anniversary(born, t, zone, before, after)
    assert (signed > 0) == holds(t)
    changes = flip(lambda at: calendars.anniversary(born, at, zone, before, after), t)
    assert holds(changes) != holds(t)
    assert holds(changes - 1) == holds(t)
    assert all(holds(at) == holds(t) for at in range(t, changes, DAY))


@given(YEARS, zones, st.dates(date(1920, 1, 1), date(2008, 12, 31)), st.integers(0, 90))
def test_an_age_is_reached_on_the_birthday(t: Instant, zone: ZoneInfo, born: date, years: int) -> None:
    today = calendars.local(t, zone).date()
    birthday = calendars.add_years(born, today.year - born.year)
    age = today.year - born.year - (today < birthday)
    assert (calendars.age(born, t, zone, years, None) > 0) == (age >= years)
    assert (calendars.age(born, t, zone, None, years) > 0) == (age <= years)
    signed = calendars.age(born, t, zone, age + 1, None)
    turns = calendars.local(-signed, zone).date()
    assert turns == calendars.add_years(born, age + 1) or signed == NEVER


@given(YEARS, zones, st.sampled_from(["spring", "summer", "autumn", "winter"]), st.booleans())
def test_there_is_one_season_at_a_time(t: Instant, zone: ZoneInfo, season: str, southern: bool) -> None:
    signed = [calendars.season(name, southern, t, zone) for name in ("spring", "summer", "autumn", "winter")]
    assert sum(each > 0 for each in signed) == 1
    now = calendars.season(season, southern, t, zone)
    assert (calendars.season(season, southern, abs(now), zone) > 0) != (now > 0)
    assert (calendars.season(season, southern, abs(now) - 1, zone) > 0) == (now > 0)
    assert (calendars.season(season, not southern, t, zone) > 0) == (
        calendars.season(calendars.OPPOSITE[season], southern, t, zone) > 0
    )


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1990-05-17", date(1990, 5, 17)),
        ("1990-05-17T10:00:00Z", date(1990, 5, 17)),
        ("--02-29", date(2000, 2, 29)),
        ("1990-02-30", None),
        ("17.5.1990", None),
        (19900517, None),
        (None, None),
    ],
)
def test_dates_are_read_and_what_is_none_is_none(text: object, day: date | None) -> None:
    assert calendars.date_in(text) == day

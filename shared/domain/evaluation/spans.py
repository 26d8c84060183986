"""Spans: windows, worked out: what is inside at an instant, and when what happened enters and leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.domain import calendars
from shared.domain.conditions.windows import Since, Stretch, Window, months_of
from shared.domain.events import NEVER, Instant


@dataclass(frozen=True, slots=True)
class Span:
    """None of the three ever goes back in time, as its argument goes on.

    What happened at an instant is inside from when it `enters` on until it `leaves` (NEVER, NEVER: it never is).
    `bounds` at an instant: inside is what happened after the first, up to and with the second.
    """

    bounds: Callable[[Instant], tuple[Instant, Instant]]
    enters: Callable[[Instant], Instant]
    leaves: Callable[[Instant], Instant]

    def opens(self, t: Instant) -> Instant:
        """From when on, not before `t`, what happens is inside at some time (NEVER: no longer)."""
        if self.enters(t) != NEVER:
            return t
        after, _ = self.bounds(t)
        return after + 1 if after >= t else NEVER


@lru_cache(maxsize=1024)
def span(window: Window | None, zone: ZoneInfo) -> Span:
    """`zone`: the shop's."""
    match window:
        case None:
            return Span(lambda t: (-1, t), lambda time: time, lambda time: NEVER)
        case int():
            return _of_durations(window, 0)
        case Stretch(begin=None | int() as begin, end=None | int() as end):
            return _of_durations(None if begin is None else -begin, -(end or 0))
        case Stretch(begin=begin, end=end):
            after = calendars.day_start(begin, zone) - 1 if isinstance(begin, date) else -1
            return _of_days(after, calendars.day_start(end, zone) - 1 if isinstance(end, date) else NEVER - 1)
        case Since(begin):
            return _of_days(begin - 1, NEVER - 1)
        case str():
            return _of_months(*months_of(window), zone)


def _of_durations(longest: int | None, least: int) -> Span:
    if longest is None:
        return Span(lambda t: (-1, t - least), lambda time: time + least, lambda time: NEVER)
    return Span(lambda t: (t - longest, t - least), lambda time: time + least, lambda time: time + longest)


def _of_days(after: Instant, end: Instant) -> Span:
    return Span(
        lambda t: (after, min(t, end)),
        lambda time: time if after < time <= end else NEVER,
        lambda time: NEVER,
    )


def _of_months(size: int, begin: int, end: int, zone: ZoneInfo) -> Span:
    def place(t: Instant) -> int:
        day = calendars.local(t, zone)
        return (day.year * 12 + day.month - 1) // size

    def start(place: int) -> Instant:
        year, month = divmod(place * size, 12)
        return calendars.day_start(date(year, month + 1, 1), zone)

    def bounds(t: Instant) -> tuple[Instant, Instant]:
        now = place(t)
        return start(now + begin) - 1, min(start(now + end) - 1, t)

    def enters(time: Instant) -> Instant:
        return max(start(place(time) - end + 1), time)

    return Span(bounds, enters, lambda time: start(place(time) - begin + 1))


def when_inside(window: Window | None, zone: ZoneInfo) -> Callable[[Instant, Instant], int]:
    """Signed, by when something happened and an instant: whether it is inside the window then."""
    enters, leaves = (each := span(window, zone)).enters, each.leaves

    def signed(happened: Instant, t: Instant) -> int:
        begin = enters(happened)
        if t < begin:
            return -begin
        end = leaves(happened)
        return end if t < end else -NEVER

    return signed

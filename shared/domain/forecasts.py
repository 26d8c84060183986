"""Forecasts: how many contacts enter and leave each segment on each of the coming days, if nothing happens.

What comes is played forward on the profiles: a membership that time alone changes changes at an instant that is known
already. What is not foreseen is what contacts do, and what the shop does to them: a mail that a journey sends is an
event as well, and moves segments that ask about mails; and a cut-off that the nightly refresh works out again moves
those that ask for a rank.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.domain import calendars
from shared.domain.events import Instant
from shared.domain.profiles import Profile
from shared.domain.segments import Definitions, adopt, catch_up

DAYS = 30


class Days(NamedTuple):
    """Local days: their dates, and the instants between which they lie, one more than there are days."""

    dates: tuple[str, ...]
    edges: tuple[Instant, ...]


class Flip(NamedTuple):
    """A contact enters a segment, or leaves it, on the day of this number (the first is 0)."""

    segment: str
    day: int
    entered: bool


@dataclass(slots=True)
class Forecast:
    """Numbers of contacts by segment, a day each: `entering`, `leaving`. `contacts`: how many were played forward."""

    entering: dict[str, list[int]] = field(default_factory=dict)
    leaving: dict[str, list[int]] = field(default_factory=dict)
    contacts: int = 0


def coming_days(now: Instant, where: ZoneInfo, number: int = DAYS) -> Days:
    """What is left of today, and so many days after it."""
    today = calendars.local(now, where).date()
    dates = [today + timedelta(days=n) for n in range(number + 2)]
    edges = (now, *(calendars.day_start(day, where) for day in dates[1:]))
    return Days(tuple(day.isoformat() for day in dates[:-1]), edges)


def add(forecast: Forecast, flips: Iterable[Flip], days: Days) -> None:
    """Counts one more contact, and what is foreseen of them."""
    forecast.contacts += 1
    for flip in flips:
        counts = forecast.entering if flip.entered else forecast.leaving
        counts.setdefault(flip.segment, [0] * len(days.dates))[flip.day] += 1


def foresee(definitions: Definitions, profile: Profile, days: Days) -> list[Flip]:
    """What time alone does to the contact from the first edge on to the last, which is not in it any more. The profile
    stays as it is.

    What has happened by the first edge but is not decided yet, because a wake-up or the filling is still to come, is no
    forecast. HistoryNeededError: ask with `profiles.rebuild`. OldDefinitionsError: ask with newer definitions.
    """
    begin, end = days.edges[0], days.edges[-1]
    ahead = replace(profile, memberships=dict(profile.memberships))
    begin = max(begin, ahead.decided)
    adopt(definitions, ahead, begin)
    catch_up(definitions, ahead, begin)
    return [
        Flip(transition.segment, bisect_right(days.edges, transition.time) - 1, transition.entered)
        for transition in catch_up(definitions, ahead, end - 1)
    ]

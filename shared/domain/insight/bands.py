"""Bands that do not flap, and which scores go to a profile: a score is a state, so it is told when it is another one,
and told again before it grows stale."""

from __future__ import annotations

from datetime import date
from typing import Literal

from shared.domain.events import DAY, Instant, Json
from shared.domain.insight.values import Value

MOVED_POINTS = 5.0
"""Points of a hundred: of a chance, or of the rank among all who have the score."""
MOVED_DAYS = 2
"""A date that is told moves by more than this."""
MOVED_HOURS = 1
TOLD_AGAIN_FROM, TOLD_AGAIN_BEFORE = 18 * DAY, 25 * DAY
"""Segments ask for scores that are `fresh: 30d`. Each contact has a night of its own between these two, so that a
month's work is spread; a failed night or five are no gap."""
MIXED = 0x9E3779B97F4A7C15
"""2^64 by the golden ratio: numbers that follow each other land far apart (Knuth, The Art of Computer Programming,
volume 3, 6.4)."""


class Bands(Value):
    """`names`, the lowest first. A value is in the next band up `from` so much on (one edge fewer than names), and
    falls back only `below` a lower edge: what moves between the two stays where it was."""

    names: tuple[str, ...]
    enter: tuple[float, ...]
    leave: tuple[float, ...]
    by: Literal["value", "rank"] = "value"


class Place(Value):
    """Where a contact stands tonight. `value`: as the trait has it (a chance from 0 to 1, money in the shop's currency,
    a date as `2026-12-05`, a list, an hour, a word). `points`: what `moved` compares, from 0 to 100: a chance, or for
    money the rank. `rank`: from 1 to 100, the best: so many percent of all with the score have at most as much."""

    value: Json
    band: str = ""
    points: float = 0.0
    rank: int = 0


class Told(Value):
    """What was told last of a score, and when."""

    place: Place
    time: Instant


def band_of(bands: Bands, value: float, before: str = "") -> str:
    """The band of a value, for one who was in the band `before` ("": in none)."""
    if before not in bands.names:
        return bands.names[sum(value >= edge for edge in bands.enter)]
    at = bands.names.index(before)
    while at < len(bands.enter) and value >= bands.enter[at]:
        at += 1
    while at > 0 and value < bands.leave[at - 1]:
        at -= 1
    return bands.names[at]


def moved(before: Place, now: Place) -> bool:
    """Another band, more than 5 points, or another answer: a date that is more than two days off, other things in a
    list, another hour by more than one."""
    if before.band != now.band or abs(before.points - now.points) > MOVED_POINTS:
        return True
    return _differs(before.value, now.value)


def _differs(before: Json, now: Json) -> bool:
    if isinstance(before, float) and isinstance(now, int | float):
        return False  # chances and money: their points have said it
    if isinstance(before, bool) or isinstance(now, bool) or type(before) is not type(now):
        return bool(before != now)
    if isinstance(before, int) and isinstance(now, int):
        return min((before - now) % 24, (now - before) % 24) > MOVED_HOURS
    if isinstance(before, str) and isinstance(now, str):
        days = _days(before), _days(now)
        return abs(days[0] - days[1]) > MOVED_DAYS if days[0] is not None and days[1] is not None else before != now
    if isinstance(before, list) and isinstance(now, list):
        return len(before) != len(now) or any(map(_differs, before, now))
    if isinstance(before, dict) and isinstance(now, dict):
        return before.keys() != now.keys() or any(_differs(before[key], now[key]) for key in before)
    return bool(before != now)


def _days(text: str) -> int | None:
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        return None


def told_again_after(contact_number: int) -> int:
    """Milliseconds after which a score that has not moved is told again, the contact's own."""
    nights = (TOLD_AGAIN_BEFORE - TOLD_AGAIN_FROM) // DAY
    return TOLD_AGAIN_FROM + ((contact_number * MIXED) % 2**64 >> 32) % nights * DAY


def to_tell(
    contact_number: int, told: Told | None, now: Place | None, t: Instant
) -> Literal["tell", "take back", "nothing"]:
    """What tonight's score asks for: `now` is None where it can no longer be told."""
    if now is None:
        return "nothing" if told is None else "take back"
    if told is None or moved(told.place, now) or t - told.time >= told_again_after(contact_number):
        return "tell"
    return "nothing"

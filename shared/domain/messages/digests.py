"""Digests: one email a week, or a month, in the place of all that a contact would have had about a topic.

How often is what they have said last (`addresses.said_frequency`). Where they have said nothing, the shop may send less
often to whom it has not seen for long: the trait `email_frequency`, which the journey `sunset` sets, holds while they
are dormant, and so ends with their next sign of life.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from shared.domain import calendars
from shared.domain.addresses import said_frequency
from shared.domain.events import Frequency, Instant, Json
from shared.domain.messages.variables import MONTHS, WEEKDAYS
from shared.domain.profiles import Profile, Stamped

if TYPE_CHECKING:  # a cold start pays for each import
    from shared.domain.settings import DigestTime

DORMANT = "dormant"
"""The segment of contacts who are not written to as often."""
LOWERED = "email_frequency"
"""The trait by which the shop sends less often to a dormant contact."""
_KEPT: dict[object, Frequency] = {"weekly": "weekly", "monthly": "monthly"}


def frequency(profile: Profile, topic: str, said: Mapping[str, Stamped]) -> Frequency:
    """How often the contact gets emails about the topic, if they get any. `said`: the newest answers that were given at
    their address."""
    own = said_frequency(profile, topic, said)
    return _KEPT.get(own, "all") if own is not None else _lowered(profile)


def _lowered(profile: Profile) -> Frequency:
    dormant, told = profile.memberships.get(DORMANT), profile.traits.get(LOWERED)
    if dormant is None or not dormant.member or told is None or f"trait:{LOWERED}" in profile.weak:
        return "all"  # or who told it may be anybody
    return _KEPT.get(told.value, "all") if isinstance(told.value, str) else "all"


_KEY = re.compile(r"digest_[a-z0-9_-]{1,64}_\d{4}-\d\d-\d\d")


def is_digest(key: Json) -> bool:
    """Whether a message with this key is a digest (`asked.DigestMessage.key`)."""
    return isinstance(key, str) and _KEY.fullmatch(key) is not None


_WANTS = "the contact wants one email a week, or a month."


def kept_for(day: date) -> str:
    """Why an email was not sent by itself, while it waits for the digest of that day."""
    return f"It is kept for the digest of {_written(day)}: {_WANTS}"


def listed_in(key: str) -> str:
    """The same, once it is in the digest with this key."""
    return f"It is in the digest of {_written(date.fromisoformat(key[-10:]))}: {_WANTS}"


def _written(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def digest_day(often: Frequency, t: Instant, when: DigestTime, where: ZoneInfo, sent: date | None = None) -> date:
    """The day of the next digest, for what is kept at `t`: the first whose hour is later; and a week at least after the
    one that was `sent` last, wherever the shop has moved its day to."""
    minute = calendars.minutes(when.at)
    if sent is not None:
        t = max(t, calendars.at_clock(sent + timedelta(days=7), minute, where) - 1)
    at = calendars.next_at_clock(t + 1, minute, (when.day,), where)
    while often == "monthly" and not fits(often, calendars.local(at, where).date()):
        at = calendars.next_at_clock(at + 1, minute, (when.day,), where)
    return calendars.local(at, where).date()


DAYS_OF_A_WEEK = 7


def fits(often: Frequency, day: date) -> bool:
    """Whether a digest of that day is one that they want: what was kept for a week's is put off once they want one a
    month."""
    return often != "monthly" or day.day <= DAYS_OF_A_WEEK


def digest_at(day: date, when: DigestTime, where: ZoneInfo) -> Instant:
    """When the digest of a day is due."""
    return calendars.at_clock(day, calendars.minutes(when.at), where)

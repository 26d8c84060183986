"""Digests: how often somebody gets emails, and on which day the one comes that all others are put into."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import calendars
from shared.domain.events import DAY, Frequency, Instant, parse_instant
from shared.domain.messages.digests import digest_at, digest_day, frequency
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.transitions import Membership
from shared.domain.settings import DigestTime

BERLIN, APIA = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Apia")
FRIDAYS = DigestTime()
T = parse_instant("2026-12-01T10:00:00Z")  # a Tuesday


def contact(
    *, dormant: bool = False, lowered: str | None = None, said: str | None = None, weak: bool = False
) -> Profile:
    profile = Profile("c1")
    profile.memberships["dormant"] = Membership(dormant, T, 1, T + DAY)
    if lowered is not None:
        profile.traits["email_frequency"] = Stamped(lowered, T)
        profile.weak |= {"trait:email_frequency"} if weak else set()
    if said is not None:
        profile.consent["frequency:news"] = Stamped(said, T)
    return profile


@pytest.mark.parametrize(
    ("profile", "often"),
    [
        (contact(), "all"),
        (contact(said="weekly"), "weekly"),
        (contact(lowered="monthly"), "all"),  # not dormant, or not any more: there was a sign of life
        (contact(lowered="monthly", dormant=True), "monthly"),
        (contact(lowered="monthly", dormant=True, said="all"), "all"),  # a person's word
        (contact(lowered="monthly", dormant=True, said="weekly"), "weekly"),
        (contact(lowered="monthly", dormant=True, weak=True), "all"),  # told by anybody
        (contact(lowered="never", dormant=True), "all"),
    ],
)
def test_the_persons_own_word_comes_before_the_shops(profile: Profile, often: str) -> None:
    assert frequency(profile, "news", {}) == often
    assert frequency(profile, "offers", {}) in ("all", "monthly")  # of another topic nothing was said


def test_what_was_said_at_the_address_and_is_not_folded_yet_holds() -> None:
    said = {"frequency:news": Stamped("monthly", T + 1)}
    assert frequency(contact(said="weekly"), "news", said) == "monthly"
    assert frequency(contact(said="weekly"), "news", {"frequency:news": Stamped("all", T - 1)}) == "weekly"


@pytest.mark.parametrize(
    ("often", "at", "day"),
    [
        ("weekly", "2026-12-01T10:00:00Z", date(2026, 12, 4)),
        ("weekly", "2026-12-04T07:59:59Z", date(2026, 12, 4)),  # 8:59:59 in Berlin
        ("weekly", "2026-12-04T08:00:00Z", date(2026, 12, 11)),  # that one goes out just now
        ("monthly", "2026-12-01T10:00:00Z", date(2026, 12, 4)),
        ("monthly", "2026-12-04T08:00:00Z", date(2027, 1, 1)),
        ("monthly", "2026-12-12T08:00:00Z", date(2027, 1, 1)),
    ],
)
def test_the_day_of_the_next_digest(often: Frequency, at: str, day: date) -> None:
    assert digest_day(often, parse_instant(at), FRIDAYS, BERLIN) == day


@given(
    st.integers(T - 6000 * DAY, T + 900 * DAY),
    st.sampled_from(["weekly", "monthly"]),
    st.sampled_from(calendars.WEEKDAYS),
    st.sampled_from(["00:00", "02:30", "09:00", "23:59"]),
    st.sampled_from([BERLIN, APIA, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu")]),
)
def test_a_digest_is_later_than_what_is_in_it_and_on_its_weekday(
    t: Instant, often: Frequency, weekday: str, at: str, where: ZoneInfo
) -> None:
    when = DigestTime.model_validate({"day": weekday, "at": at})
    day = digest_day(often, t, when, where)
    due = digest_at(day, when, where)
    assert t < due <= t + (16 if often == "weekly" else 45) * DAY
    assert calendars.WEEKDAYS[day.weekday()] == weekday
    assert often == "weekly" or day.day <= 7
    # A monthly digest is on a day of a weekly one: the two are never two emails in a week.
    assert digest_day("weekly", due - 1, when, where) == day

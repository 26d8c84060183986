"""Frequency caps: never more than there may be in any window, and each waits for a slot of its own, by priority."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain import calendars
from shared.domain.events import DAY, HOUR, MINUTE, NEVER, Instant
from shared.domain.messages.caps import GRACE, WEEK, Counted, Opens, Waiting, given_back, goes, waits, when
from shared.domain.settings import Cap

NOW = 1_795_500_000_000  # 2026-11-24T06:00:00Z
ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")


def always(zone: str = "UTC") -> Opens:
    return Opens(lambda t: t, ZoneInfo(zone))


def asks(priority: int = 2, stale_after: Instant = NEVER, since: Instant = NOW) -> Waiting:
    return Waiting(priority, stale_after, since, 0)


@dataclass
class Asked:
    name: str
    at: Instant
    priority: int
    stale: Instant
    vanishes: bool


asked = st.builds(
    Asked,
    name=st.just(""),
    at=st.integers(NOW, NOW + 12 * DAY),
    priority=st.integers(1, 2),
    stale=st.one_of(st.just(NEVER), st.integers(HOUR, 10 * DAY)),
    vanishes=st.booleans(),
)
caps = st.builds(Cap, day=st.one_of(st.none(), st.integers(1, 3)), week=st.one_of(st.none(), st.integers(1, 4)))


@settings(max_examples=60, deadline=None)
@given(st.lists(asked, max_size=25), caps, st.sampled_from(ZONES), st.booleans())
def test_no_window_ever_holds_more_and_every_message_has_an_end(
    messages: list[Asked], cap: Cap, zone: str, quiet: bool
) -> None:
    """Each asks when it comes and whenever it was told to, up to a quarter of an hour late, unless it has vanished."""
    where = ZoneInfo(zone)

    def out_of_hours(t: Instant) -> Instant:
        signed = calendars.local_time(7 * 60, 22 * 60, frozenset(("mon", "tue", "wed", "thu", "fri")), t, where)
        return t if signed > 0 else -signed

    opens = Opens(out_of_hours if quiet else lambda t: t, where)
    counted, sent, skipped = Counted(), {}, set()
    due = [(each.at, number) for number, each in enumerate(messages)]
    heapq.heapify(due)
    for _ in range(5_000):
        if not due:
            break
        now, number = heapq.heappop(due)
        each, name = messages[number], str(number)
        if each.vanishes and now > each.at:
            continue
        stale = NEVER if each.stale == NEVER else each.at + each.stale
        asking = Waiting(each.priority, stale, now, 0)  # whoever asks does not know for how long it has waited
        at = when(counted, name, asking, cap, now, opens)
        if now > stale or at > stale:
            skipped.add(number)
        elif at <= now:
            counted, sent[number] = goes(counted, name, now), now
        else:
            counted = waits(counted, name, asking, at, now)
            heapq.heappush(due, (at + number % 15 * MINUTE, number))
    assert not due, "somebody waits for ever"
    times = sorted(sent.values())
    for t in times:
        if cap.week is not None:
            assert sum(t - WEEK < each <= t for each in times) <= cap.week
        if cap.day is not None:
            day = calendars.local(t, where).date()
            begin, end = calendars.day_start(day, where), calendars.day_start(day + timedelta(days=1), where)
            assert sum(begin <= each < end for each in times) <= cap.day
    for number, each in enumerate(messages):
        assert number in sent or number in skipped or each.vanishes


def test_the_higher_priority_goes_first_and_of_two_the_one_that_goes_stale_sooner() -> None:
    cap = Cap(week=1)
    counted = goes(Counted(), "first", NOW)
    opens_at = NOW + WEEK
    slots = {}
    for name, each in (("campaign", asks(2)), ("later", asks(1, NOW + 30 * DAY)), ("sooner", asks(1, NOW + 20 * DAY))):
        slots[name] = when(counted, name, each, cap, NOW + HOUR, always())
        counted = waits(counted, name, each, slots[name], NOW + HOUR)
    assert slots == {"campaign": opens_at, "later": opens_at, "sooner": opens_at}  # whoever asks first knows of nobody
    again = {
        name: when(counted, name, each, cap, opens_at, always())
        for name, each in (
            ("campaign", asks(2)),
            ("later", asks(1, NOW + 30 * DAY)),
            ("sooner", asks(1, NOW + 20 * DAY)),
        )
    }
    assert again == {"sooner": opens_at, "later": opens_at + WEEK, "campaign": opens_at + 2 * WEEK}


@pytest.mark.parametrize("stream", [3, 10])
def test_a_message_of_the_first_priority_does_not_starve(stream: int) -> None:
    """However many of a lower one ask, all the time."""
    cap, counted = Cap(day=1), goes(Counted(), "before", NOW)
    mine = asks(1, since=NOW + HOUR)
    at = when(counted, "mine", mine, cap, NOW + HOUR, always())
    counted = waits(counted, "mine", mine, at, NOW + HOUR)
    for minute in range(0, 24 * 60, 30):
        now = NOW + HOUR + minute * MINUTE
        for other in range(stream):
            slot = when(counted, f"other{other}", asks(2, since=now), cap, now, always())
            assert slot > now or now >= at + GRACE
            counted = waits(counted, f"other{other}", asks(2, since=now), slot, now)
        if now >= at:
            assert when(counted, "mine", mine, cap, now, always()) == now
            return
    raise AssertionError("its day never came")


def test_whoever_asks_again_before_their_slot_keeps_their_place() -> None:
    """A retry, or a sweep, asks at another time than the slot's; that sends nobody to the end of the line."""
    cap, counted, names = Cap(day=1), goes(Counted(), "first", NOW), [f"m{n}" for n in range(5)]
    sent: list[str] = []
    for hour in range(24 * 7):
        now = NOW + hour * HOUR + 7 * MINUTE
        for name in names:
            if name in sent:
                continue
            at = when(counted, name, asks(since=now), cap, now, always())
            if at <= now:
                counted, sent = goes(counted, name, now), [*sent, name]
            else:
                counted = waits(counted, name, asks(since=now), at, now)
    assert sent == names


def test_who_does_not_come_for_their_slot_blocks_it_for_a_while_only() -> None:
    cap, counted = Cap(week=1), goes(Counted(), "before", NOW)
    counted = waits(counted, "gone", asks(1), NOW + WEEK, NOW)
    assert when(counted, "mine", asks(2), cap, NOW + WEEK, always()) == NOW + 2 * WEEK
    late = NOW + WEEK + GRACE + 1
    assert when(counted, "mine", asks(2), cap, late, always()) == late


def test_a_message_does_not_count_against_itself_and_what_was_not_sent_is_given_back() -> None:
    cap = Cap(day=1)
    counted = goes(Counted(), "mine", NOW)
    assert when(counted, "mine", asks(), cap, NOW + HOUR, always()) == NOW + HOUR
    assert when(counted, "other", asks(), cap, NOW + HOUR, always()) > NOW + HOUR
    assert when(given_back(counted, "mine"), "other", asks(), cap, NOW + HOUR, always()) == NOW + HOUR


def test_a_day_is_the_contact_s_own() -> None:
    counted = goes(Counted(), "before", NOW)  # 19:00 in Auckland
    at = when(counted, "mine", asks(), Cap(day=1), NOW + MINUTE, always("Pacific/Auckland"))
    assert at == NOW + 5 * HOUR

"""Until when a step waits, when emails may go out, when a date comes: by the contact's clock, whatever that does."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.domain import calendars
from shared.domain.events import DAY, HOUR, MINUTE, NEVER, SECOND, Instant, iso, parse_instant
from shared.domain.journeys.definition import EVERY_DAY, DateComes, Hours, Wait
from shared.domain.journeys.runs import SendEmail
from shared.domain.journeys.timing import next_date, opens_at, waits_until
from shared.domain.profiles import Profile, Stamped
from tests.unit.journey_player import NOW, Player, event, journey, traits

UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> Instant:
    return parse_instant(text + "Z" if len(text) > 10 else text)


def profile(**told: Any) -> Profile:
    return Profile("c1", traits={name: Stamped(value, 0) for name, value in told.items()})


def wait(**given: Any) -> Wait:
    return Wait.model_validate({"id": "w", "kind": "wait", **given})


def until(since: str, zone: str | None = None, shop: ZoneInfo = UTC, /, **given: Any) -> str:
    known = {name: given.pop(name) for name in ("birthday", "best_hour_is") if name in given}
    known = {name.removesuffix("_is"): value for name, value in known.items()} | ({"timezone": zone} if zone else {})
    return iso(waits_until(wait(**given), profile(**known), at(since), shop))[:16]


def test_a_duration_is_counted_in_instants_whatever_the_clocks_do() -> None:
    assert until("2026-03-28T12:00", "Europe/Berlin", **{"for": "1d"}) == "2026-03-29T12:00"


@pytest.mark.parametrize(
    ("since", "zone", "at_", "expected"),
    [
        ("2026-06-01T06:59", "Europe/Berlin", "09:00", "2026-06-01T07:00"),
        ("2026-06-01T07:00", "Europe/Berlin", "09:00", "2026-06-01T07:00"),
        ("2026-06-01T07:01", "Europe/Berlin", "09:00", "2026-06-02T07:00"),
        ("2026-06-01T07:01", "Asia/Kolkata", "09:00", "2026-06-02T03:30"),
        ("2026-06-01T07:01", None, "09:00", "2026-06-01T09:00"),  # nobody has said where: the shop's, UTC here
        ("2026-06-01T07:01", "Mars/Olympus", "09:00", "2026-06-01T09:00"),
        # 02:30 is left out on 29 March: the first instant after the gap. On 25 October it comes twice: the first.
        ("2026-03-28T12:00", "Europe/Berlin", "02:30", "2026-03-29T01:00"),
        ("2026-10-24T12:00", "Europe/Berlin", "02:30", "2026-10-25T00:30"),
        ("2026-10-25T00:31", "Europe/Berlin", "02:30", "2026-10-26T01:30"),
        # Half an hour's change, and a day that there never was.
        ("2026-10-03T12:00", "Australia/Lord_Howe", "02:15", "2026-10-03T15:30"),
        ("2011-12-30T09:00", "Pacific/Apia", "09:00", "2011-12-30T19:00"),
    ],
)
def test_a_time_of_the_local_day(since: str, zone: str | None, at_: str, expected: str) -> None:
    assert until(since, zone, at=at_) == expected


def test_a_time_of_day_against_a_look_at_every_minute() -> None:
    random = Random(7)
    zones = [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")]
    changes = [
        at("2026-03-07"),
        at("2026-03-28"),
        at("2026-04-04"),
        at("2026-10-03"),
        at("2026-10-24"),
        at("2026-10-31"),
    ]
    for _ in range(150):
        where = random.choice(zones)
        t = random.choice(changes) + random.randrange(2 * DAY // MINUTE) * MINUTE
        minute = random.randrange(0, 1440, 5)
        weekdays = random.sample(EVERY_DAY, random.randint(1, 7))
        assert calendars.next_at_clock(t, minute, weekdays, where) == _by_looking(t, minute, weekdays, where)


def _by_looking(t: Instant, minute: int, weekdays: list[Any], where: ZoneInfo) -> Instant:
    """The first minute of the day, from t on, whose clock shows it; or jumps over it."""

    def clock(instant: Instant) -> datetime:
        return calendars.local(instant, where).replace(tzinfo=None)

    def shows(instant: Instant) -> bool:
        now, before = clock(instant), clock(instant - MINUTE)
        wanted = now.replace(hour=minute // 60, minute=minute % 60)
        fits = now == wanted or before < wanted < now
        first_time = all(clock(instant - k * 30 * MINUTE) != wanted for k in (1, 2))
        return fits and first_time and calendars.WEEKDAYS[wanted.weekday()] in weekdays

    while not shows(t):
        t += MINUTE
    return t


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"for": "1d", "at": "09:00"}, "2026-06-03T09:00"),  # a day first, and then the next nine o'clock
        ({"at": "09:00", "weekdays": ["mon"]}, "2026-06-08T09:00"),
        ({"weekdays": ["mon", "tue"]}, "2026-06-01T10:00"),
        ({"weekdays": ["sat", "sun"]}, "2026-06-06T00:00"),
        ({"best_hour": True}, "2026-06-01T10:00"),  # not known: no wait
        ({"best_hour": True, "best_hour_is": 8}, "2026-06-02T08:00"),
        ({"best_hour": True, "best_hour_is": "8"}, "2026-06-01T10:00"),
        ({"trait": "birthday", "birthday": "2026-07-01"}, "2026-07-01T00:00"),
        ({"trait": "birthday", "offset": "-7d", "birthday": "2026-07-01"}, "2026-06-24T00:00"),
        ({"trait": "birthday", "offset": "-7d", "at": "08:00", "birthday": "2026-07-01"}, "2026-06-24T08:00"),
        ({"trait": "birthday", "birthday": "2026-05-01"}, "2026-06-01T10:00"),  # past: at once
        ({"trait": "birthday", "birthday": "soon"}, "2026-06-01T10:00"),
        ({"trait": "birthday"}, "2026-06-01T10:00"),
    ],
)
def test_what_a_wait_waits_for(given: dict[str, Any], expected: str) -> None:
    assert until("2026-06-01T10:00", **given) == expected  # a Monday


@pytest.mark.parametrize(
    ("hours", "t", "opens"),
    [
        ({"from": "09:00", "to": "17:00"}, "2026-06-01T07:00", "2026-06-01T07:00"),  # nine in Berlin
        ({"from": "09:00", "to": "17:00"}, "2026-06-01T06:59", "2026-06-01T07:00"),
        ({"from": "09:00", "to": "17:00"}, "2026-06-01T15:00", "2026-06-02T07:00"),
        ({"from": "21:00", "to": "02:00"}, "2026-06-01T23:30", "2026-06-01T23:30"),  # past midnight
        ({"weekdays": ["mon"]}, "2026-06-01T22:00", "2026-06-07T22:00"),
        (
            {"from": "09:00", "to": "17:00", "weekdays": ["fri"], "closed": ["2026-06-05"]},
            "2026-06-02T08:00",
            "2026-06-12T07:00",
        ),
        ({"closed": ["--12-25", "--12-26"]}, "2026-12-25T10:00", "2026-12-26T23:00"),
        ({"from": "02:00", "to": "03:00"}, "2026-03-28T12:00", "2026-03-30T00:00"),  # an hour that the 29th leaves out
    ],
)
def test_emails_wait_for_the_hours_in_which_they_may_go_out(hours: dict[str, Any], t: str, opens: str) -> None:
    found = opens_at(Hours.model_validate(hours), profile(timezone="Europe/Berlin"), at(t), BERLIN)
    assert iso(found)[:16] == opens


def test_a_shop_that_is_closed_all_year_emails_nobody() -> None:
    every_day = tuple(f"--{m:02d}-{d:02d}" for m in range(1, 13) for d in range(1, 32))
    assert opens_at(Hours(closed=every_day[:100]), profile(), NOW, UTC) == NOW  # as many as there may be


@pytest.mark.parametrize(
    ("born", "after", "comes"),
    [
        ("1990-06-01", "2026-06-01T06:59", "2026-06-01T07:00"),
        ("1990-06-01", "2026-06-01T07:00", "2027-06-01T07:00"),
        ("1992-02-29", "2026-01-01T00:00", "2026-02-28T08:00"),
        ("1992-02-29", "2028-01-01T00:00", "2028-02-29T08:00"),
        ("--02-29", "2027-01-01T00:00", "2027-02-28T08:00"),
        ("2026-06-01", "2026-01-01T00:00", "2027-06-01T07:00"),  # the day itself is no anniversary
        ("1990-06-01T23:30:00Z", "2026-01-01T00:00", "2026-06-02T07:00"),  # a moment: its day where they are
        ("next week", "2026-01-01T00:00", ""),
    ],
)
def test_a_date_comes_each_year_at_its_time_of_day(born: str, after: str, comes: str) -> None:
    trigger = DateComes(trait="birthday")
    found = next_date(trigger, profile(birthday=born, timezone="Europe/Berlin"), at(after), UTC)
    assert ("" if found == NEVER else iso(found)[:16]) == comes


def test_a_date_that_comes_once() -> None:
    trigger = DateComes(trait="due", yearly=False, offset=-3, at="10:00")
    known = profile(due="2026-06-10")
    assert iso(next_date(trigger, known, at("2026-06-01"), UTC))[:16] == "2026-06-07T10:00"
    assert next_date(trigger, known, at("2026-06-07T10:00"), UTC) == NEVER
    assert next_date(trigger, profile(due="--06-10"), at("2026-06-01"), UTC) == NEVER


# ── as the contact's clock changes ──

SEND = {"kind": "send", "id": "hello"}
QUIZ = {"kind": "event", "events": ["Quiz Taken"]}


def asked_at(player: Player) -> list[str]:
    return [iso(t)[:16] for t, effect in player.effects if isinstance(effect, SendEmail)]


@pytest.mark.parametrize(
    ("moves_to", "when", "sent"),
    [
        (None, 0, "2023-11-15T09:00"),  # NOW is 14 November 2023, 22:13 UTC
        ("America/New_York", HOUR, "2023-11-15T14:00"),
        ("Asia/Tokyo", HOUR, "2023-11-15T00:00"),
        ("Asia/Tokyo", 5 * HOUR, "2023-11-15T03:13"),  # nine o'clock there has been and is gone: at once
    ],
)
def test_who_moves_waits_by_the_new_clock(moves_to: str | None, when: int, sent: str) -> None:
    player = Player(journey(QUIZ, {"kind": "wait", "id": "w", "at": "09:00"}, SEND))
    player.tell(event("Quiz Taken", NOW))
    if moves_to:
        player.tell(traits(NOW + when, timezone=moves_to))
    player.pass_to(NOW + 3 * DAY)
    assert asked_at(player)[0] == sent


def test_a_wait_that_ends_outside_the_hours_delays_the_email_and_says_so() -> None:
    steps = ({"kind": "wait", "id": "w", "for": "1h"}, SEND)
    player = Player(journey(QUIZ, *steps, hours={"from": "08:00", "to": "20:00"}))
    player.tell(event("Quiz Taken", NOW))
    player.pass_to(NOW + 20 * HOUR)
    assert asked_at(player) == ["2023-11-15T08:00"]
    said = [(each.what, each.why) for each in player.runs[1].records if each.step == "hello"]
    assert said == [("entered", None), ("delayed", "2023-11-15T08:00:00.000Z")]


@pytest.mark.parametrize(
    ("moves_to", "begins"),
    [
        ("Asia/Tokyo", "2023-11-20T00:00"),
        ("America/New_York", "2023-11-20T14:00"),
        ("Europe/London", "2023-11-20T09:00"),
    ],
)
def test_a_birthday_is_where_the_contact_is_by_then_and_once(moves_to: str, begins: str) -> None:
    player = Player(journey({"kind": "date", "trait": "birthday"}, SEND, entry={"again": "each"}))
    player.tell(traits(NOW, birthday="1990-11-20", timezone="Europe/London"))
    player.pass_to(at("2023-11-19T20:00"))
    player.tell(traits(at("2023-11-19T20:00"), timezone=moves_to))
    player.pass_to(NOW + 30 * DAY, settled=True)
    assert asked_at(player) == [begins]


def test_who_moves_east_on_their_birthday_is_greeted_at_once() -> None:
    player = Player(journey({"kind": "date", "trait": "birthday"}, SEND, entry={"again": "each"}))
    player.tell(traits(NOW, birthday="1990-11-20", timezone="America/New_York"))
    moved = at("2023-11-20T03:00")  # in Tokyo it is noon, in New York the evening before
    player.pass_to(moved)
    player.tell(traits(moved, timezone="Asia/Tokyo"))
    assert asked_at(player) == ["2023-11-20T03:00"]
    player.settle(player.runs[1], "sent", moved + SECOND)
    player.tell(traits(moved + HOUR, timezone="America/New_York"))
    player.pass_to(NOW + 60 * DAY, settled=True)
    assert len(player.runs) == 1

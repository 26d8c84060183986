"""Calendars: what is read of one, when what repeats is on (as dateutil has it), and what of it could do harm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.events import DAY, EPOCH, HOUR, parse_instant
from shared.domain.icalendar import AHEAD, MAX_KEPT, MAX_TIMES, happenings, is_one, upcoming

NOW = parse_instant("2026-11-28T10:00:00Z")
LONDON = ZoneInfo("Europe/London")


def calendar(*events: str, head: str = "") -> bytes:
    written = "\n".join(f"BEGIN:VEVENT\n{each.strip()}\nEND:VEVENT" for each in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}\n{written}\nEND:VCALENDAR\n".replace("\n", "\r\n").encode()


def read(*events: str, now: int = NOW, head: str = "") -> list[Any]:
    return happenings(calendar(*events, head=head), now, LONDON)


MARKET = """
UID:market@town.example
DTSTART;TZID=Europe/Berlin:20261205T100000
DTEND;TZID=Europe/Berlin:20261205T160000
SUMMARY:Winter market\\, with tea
DESCRIPTION:Mulled wine &
  <b>music</b>.\\nBring a cup.
LOCATION:Town hall\\, Leeds
GEO:53.8008;-1.5491
URL:https://town.example/market
CATEGORIES:Food,Music
IMAGE;VALUE=URI:https://town.example/market.jpg
BEGIN:VALARM
DESCRIPTION:Soon
TRIGGER:-PT15M
END:VALARM
"""


def test_an_event_is_read_as_plain_text_in_its_own_time() -> None:
    (market,) = read(MARKET)
    assert market == {
        "title": "Winter market, with tea",
        "url": "https://town.example/market",
        "summary": "Mulled wine & music . Bring a cup.",
        "picture": "https://town.example/market.jpg",
        "date": "2026-12-05T10:00:00+01:00",
        "until": "2026-12-05T16:00:00+01:00",
        "place": "Town hall, Leeds",
        "categories": ["Food", "Music"],
        "starts": parse_instant("2026-12-05T09:00:00Z"),
        "ends": parse_instant("2026-12-05T15:00:00Z"),
        "at": [53.8008, -1.5491],
    }


@pytest.mark.parametrize(
    ("told", "date", "until"),
    [
        ("DTSTART;VALUE=DATE:20261224", "2026-12-24", None),
        ("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227", "2026-12-24", "2026-12-26"),
        ("DTSTART:20261224T170000Z\nDURATION:PT1H30M", "2026-12-24T17:00:00+00:00", "2026-12-24T18:30:00+00:00"),
        ("DTSTART:20261224T170000", "2026-12-24T17:00:00+00:00", None),  # without a zone: the shop's
        ("DTSTART;TZID=/citadel.org/20210210_1/America/New_York:20261224T170000", "2026-12-24T17:00:00-05:00", None),
        ("DTSTART;TZID=W. Europe Standard Time:20261224T170000", "2026-12-24T17:00:00+00:00", None),
        ("DTSTART;VALUE=DATE:20261127\nDTEND;VALUE=DATE:20261129", "2026-11-27", "2026-11-28"),  # it goes on still
    ],
)
def test_days_instants_and_zones(told: str, date: str, until: str | None) -> None:
    (found,) = read(f"SUMMARY:x\n{told}")
    assert (found["date"], found["until"]) == (date, until)


def test_times_without_a_zone_are_in_the_calendars_where_it_names_one() -> None:
    (found,) = read("SUMMARY:x\nDTSTART:20261224T170000", head="X-WR-TIMEZONE:Asia/Tokyo")
    assert found["date"] == "2026-12-24T17:00:00+09:00"


@pytest.mark.parametrize(
    "event",
    [
        "SUMMARY:over\nDTSTART:20261127T100000Z\nDURATION:PT1H",
        "SUMMARY:yesterday\nDTSTART;VALUE=DATE:20261127",
        "SUMMARY:in two years\nDTSTART:20281127T100000Z",
        "SUMMARY:off\nSTATUS:CANCELLED\nDTSTART:20261205T100000Z",
        "DTSTART:20261205T100000Z",
        "SUMMARY:never",
        "SUMMARY:no day\nDTSTART:20261345T100000Z",
        "SUMMARY:long ago\nDTSTART:00010101T000000Z",
        "SUMMARY:the end of time\nDTSTART:99991231T235959Z",
    ],
)
def test_what_is_not_on(event: str) -> None:
    assert read(event) == []


def test_one_time_of_what_repeats_may_be_moved_left_out_or_cancelled() -> None:
    weekly = "UID:a\nSUMMARY:Tasting\nDTSTART;TZID=Europe/London:20261002T180000\nRRULE:FREQ=WEEKLY;COUNT=12"
    without = weekly + "\nEXDATE;TZID=Europe/London:20261204T180000"
    moved = "UID:a\nSUMMARY:Tasting, late\nDTSTART:20261211T200000Z\nRECURRENCE-ID;TZID=Europe/London:20261211T180000"
    cancelled = "UID:a\nSUMMARY:Tasting\nSTATUS:CANCELLED\nDTSTART:20261218T180000Z\nRECURRENCE-ID:20261218T180000Z"
    assert [(each["title"], each["date"][:16]) for each in read(without, moved, cancelled)] == [
        ("Tasting, late", "2026-12-11T20:00"),
    ]


def test_it_repeats_by_the_clock_on_the_wall() -> None:
    weekly = "SUMMARY:x\nDTSTART;TZID=Europe/London:20270315T180000\nRRULE:FREQ=WEEKLY;COUNT=3"
    assert [each["date"] for each in read(weekly)] == [
        "2027-03-15T18:00:00+00:00",
        "2027-03-22T18:00:00+00:00",
        "2027-03-29T18:00:00+01:00",
    ]


rules = st.one_of(
    st.builds(
        "FREQ=DAILY;INTERVAL={}{}".format,
        st.integers(1, 9),
        st.sampled_from(["", ";BYDAY=MO,TU,WE,TH,FR", ";BYMONTH=1,12"]),
    ),
    st.builds(
        "FREQ=WEEKLY;INTERVAL={}{}{}".format,
        st.integers(1, 4),
        st.sampled_from(["", ";BYDAY=TU,SA", ";BYDAY=SU"]),
        st.sampled_from(["", ";WKST=SU", ";WKST=MO"]),
    ),
    st.builds(
        "FREQ=MONTHLY;INTERVAL={}{}".format,
        st.integers(1, 5),
        st.sampled_from(
            [
                "",
                ";BYDAY=2SA",
                ";BYDAY=-1FR",
                ";BYDAY=1MO,3MO",
                ";BYMONTHDAY=1,15",
                ";BYMONTHDAY=-1",
                ";BYDAY=FR;BYMONTHDAY=13",
                ";BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                ";BYDAY=SA;BYMONTH=11,12",
            ]
        ),
    ),
    st.builds(
        "FREQ=YEARLY;INTERVAL={}{}".format,
        st.integers(1, 2),
        st.sampled_from(
            ["", ";BYMONTH=12;BYDAY=1SU", ";BYMONTH=1,6,12", ";BYMONTH=2;BYMONTHDAY=29", ";BYMONTH=5;BYDAY=-1MO"]
        ),
    ),
)
ON, UNTIL, LAST = (datetime(year, 6, 1) for year in (2015, 2026, 2027))  # noqa: DTZ001 - drawn, and zoned afterwards
ends = st.one_of(
    st.just(""),
    st.builds(";COUNT={}".format, st.integers(1, 400)),
    st.builds(";UNTIL={:%Y%m%dT%H%M%SZ}".format, st.datetimes(UNTIL, UNTIL + timedelta(600))),
)
begins = st.datetimes(ON, LAST).map(lambda each: each.replace(second=0, microsecond=0))


@settings(max_examples=150, deadline=None)
@given(begins, rules, ends)
def test_what_repeats_is_on_when_dateutil_says(begin: datetime, rule: str, end: str) -> None:
    event = f"SUMMARY:x\nDTSTART:{begin:%Y%m%dT%H%M%SZ}\nDURATION:PT1H\nRRULE:{rule}{end}"
    since = EPOCH + timedelta(milliseconds=NOW) - timedelta(hours=1)
    expected = []
    for each in rrulestr(f"{rule}{end}", dtstart=begin.replace(tzinfo=UTC)).xafter(since, count=MAX_TIMES):
        if (each - EPOCH) // timedelta(milliseconds=1) > NOW + AHEAD:
            break
        expected.append(each.isoformat())
    assert [each["date"] for each in read(event)] == expected


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=HOURLY;BYDAY=MO",
        "FREQ=MONTHLY;BYHOUR=3",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;BYDAY=XX",
        "no",
    ],
)
def test_of_what_repeats_in_another_way_the_first_time_is_known(rule: str) -> None:
    assert len(read(f"SUMMARY:x\nDTSTART:20261205T100000Z\nRRULE:{rule}")) == 1
    assert read(f"SUMMARY:x\nDTSTART:20251205T100000Z\nRRULE:{rule}") == []


def test_a_calendar_is_told_from_a_feed() -> None:
    assert is_one(calendar())
    assert is_one(b"\xef\xbb\xbf" + calendar())
    assert not is_one(b"<rss></rss>")
    with pytest.raises(ValueError, match="no calendar"):
        happenings(b"<rss></rss>", NOW, LONDON)
    assert happenings(b"BEGIN:VCALENDAR", NOW, LONDON) == []


def test_what_could_do_harm_is_no_link_and_no_markup() -> None:
    (found,) = read(
        "SUMMARY:<script>x</script>Win\\na prize\nDTSTART:20261205T100000Z\nURL:javascript:alert(1)\n"
        "ATTACH;FMTTYPE=image/png:http://x.example/a.png\nGEO:200;0\nLOCATION:<img src=x>Hall"
    )
    assert (found["title"], found["url"], found["picture"], found["at"]) == ("x Win a prize", None, None, None)
    assert found["place"] == "Hall"


@pytest.mark.parametrize(
    "event",
    [
        "SUMMARY:x\nDTSTART:19000101T000000Z\nRRULE:FREQ=DAILY;COUNT=100000",
        "SUMMARY:x\nDTSTART:19000101T000000Z\nRRULE:FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2",
        "SUMMARY:x\nDTSTART:20261205T100000Z\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "SUMMARY:x\nDTSTART:20261205T100000Z" + "\nEXDATE:" + ",".join(["20261205T100000Z"] * 50),
        "SUMMARY;X=" + ";Y=".join(["1"] * 200) + "\nDTSTART:20261205T100000Z",
    ],
)
def test_a_megabyte_of_whatever_it_says_is_read_in_a_moment(event: str) -> None:
    answer = calendar(*[event] * (900_000 // len(event)))
    began = process_time()
    assert len(happenings(answer, NOW, LONDON)) <= MAX_KEPT
    assert process_time() - began < 5


# ── for a contact ──

LEEDS = (53.8, -1.55)


def on(**more: Any) -> dict[str, Any]:
    told = {"title": "x", "starts": NOW + DAY, "ends": NOW + DAY + HOUR, "at": None, "place": None, "categories": []}
    return told | more


def titles(*several: dict[str, Any], now: int = NOW, **who: Any) -> list[Any]:
    asked: dict[str, Any] = {"likes": [], "place": None, "city": None} | who
    return [each["title"] for each in upcoming(several, now, **asked)]  # type: ignore[index, call-overload]


def test_what_is_near_comes_first_and_what_is_far_not_at_all() -> None:
    near, far = on(title="near", at=[53.79, -1.75]), on(title="far", at=[51.5, -0.1])
    anywhere, in_town = on(title="anywhere"), on(title="in town", place="Corn Exchange, LEEDS")
    several = (far, anywhere, near, in_town)
    assert titles(*several, place=LEEDS, city="Leeds") == ["near", "in town", "anywhere"]
    assert titles(*several) == ["far", "anywhere", "near", "in town"]
    assert titles(on(title="no", place="Leedstown"), on(title="yes", place="Leeds"), city="leeds") == ["yes", "no"]


def test_then_what_they_like_and_then_the_soonest() -> None:
    soon, liked = on(title="soon"), on(title="liked", categories=["Tea"])
    assert titles(soon, liked, likes=["tea"]) == ["liked", "soon"]


def test_what_is_over_by_the_time_the_email_is_made_is_left_out() -> None:
    assert titles(on(), now=NOW + DAY + HOUR - 1) == ["x"]
    assert titles(on(), now=NOW + DAY + HOUR) == []

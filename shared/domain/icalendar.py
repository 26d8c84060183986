"""Calendars as others publish them (iCalendar, RFC 5545): the shop's own events, or those of its town, for emails.

Read by hand and bounded: anybody may have written the file. What repeats is worked out in the calendar's own local time
for the ways that calendars' programs offer (every so many days, weeks, months or years, on weekdays, on the n-th of
them); of what repeats in another way only the first time is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import count
from typing import Any, NamedTuple

from shared.domain.calendars import zone
from shared.domain.evaluation.traits import distance_km
from shared.domain.events import DAY, EPOCH, Instant, Json
from shared.domain.messages.variables import MAX_TEXT, one_line
from shared.domain.properties import fold_case

AHEAD = 400 * DAY
"""What is further off is not read."""
NEAR_KM = 100.0
MAX_READ = 2_000
"""Events of a file, the first of them."""
MAX_KEPT = 60
MAX_TIMES = 10
"""Of what repeats, the next of them."""
MAX_PERIODS = 8_000
"""Days, weeks, months or years that are gone through for all that repeats."""
MAX_SUMMARY = 300
_WEB = re.compile(r"https://[^\s\"'<>\\^`{|}\x00-\x1f]{3,2000}")


def is_one(answer: bytes) -> bool:
    """Whether an answer is a calendar, and no feed."""
    return answer.lstrip(b"\xef\xbb\xbf \r\n")[:15].upper() == b"BEGIN:VCALENDAR"


def happenings(answer: bytes, now: Instant, where: tzinfo) -> list[Json]:
    """What is on from `now`, soonest first: each a `title`, `url`, `summary`, `picture`, `date` (ISO 8601: a day, or an
    instant with its own zone), `until`, `place` and `categories`, as plain text, and for `upcoming` also `starts`,
    `ends` (instants) and `at` (latitude and longitude, or None). `where`: of times without a zone. ValueError: it is no
    calendar."""
    if not is_one(answer):
        raise ValueError("it is no calendar")
    lines = list(_lines(answer))
    named = next((said.text for said in lines if said.name == "X-WR-TIMEZONE"), "")
    events = [_Event(parts, zone(named[:60]) or where) for parts in _events(lines)]
    moved = {(event.uid, event.instead_of) for event in events if event.instead_of is not None}
    found: list[dict[str, Any]] = []
    room = iter(range(MAX_PERIODS))
    for event in events:
        if event.is_cancelled or not event.title:
            continue
        times = event.times(now, room)
        alone = event.instead_of is not None
        found += [event.told(starts) for starts in times if alone or (event.uid, starts) not in moved]
    found.sort(key=lambda each: (each["starts"], each["title"]))
    return list[Json](found[:MAX_KEPT])


def upcoming(
    found: Iterable[Any], now: Instant, likes: Iterable[str], place: tuple[float, float] | None, city: str | None
) -> list[Json]:
    """Of `happenings`, what is not over yet: near the contact first (within NEAR_KM, or in their city by its name),
    then what is in a category that they like, then the soonest. What is known to be further away is left out."""
    wanted = {like.casefold() for like in likes}
    named = re.compile(rf"(?<!\w){re.escape(fold_case(city))}(?!\w)") if city else None
    ordered: list[tuple[tuple[bool, bool], Json]] = []
    for each in found:
        if each["ends"] <= now:
            continue
        far = None if place is None or each["at"] is None else distance_km(*place, *each["at"]) > NEAR_KM
        if far:
            continue
        near = far is False or (named is not None and named.search(fold_case(each["place"] or "")) is not None)
        liked = bool(wanted & {str(category).casefold() for category in each["categories"]})
        told = {name: value for name, value in each.items() if name not in ("starts", "ends", "at")}
        ordered.append(((not near, not liked), told))
    return [told for _, told in sorted(ordered, key=lambda each: each[0])]


# ── lines ──


class _Said(NamedTuple):
    name: str
    parameters: str
    text: str


_LINE = re.compile(r'([A-Za-z0-9-]{1,60})((?:;[^;:="]{1,60}=(?:"[^"]*"|[^";:])*)*):(.*)', re.DOTALL)


def _lines(answer: bytes) -> Iterator[_Said]:
    """Each property; a long one is told on several lines, of which all but the first begin with a space."""
    unfolded = re.sub(r"\r?\n[ \t]", "", answer.decode("utf-8-sig", "replace"))
    for line in re.split(r"\r?\n", unfolded):
        if said := _LINE.match(line):
            yield _Said(said[1].upper(), said[2], said[3])


def _events(lines: Iterable[_Said]) -> Iterator[dict[str, list[_Said]]]:
    """The properties of each event, without those of alarms in it."""
    inside: list[str] = []
    parts: dict[str, list[_Said]] = {}
    read = 0
    for said in lines:
        match said.name:
            case "BEGIN":
                inside.append(said.text.strip().upper())
                if inside[-1] == "VEVENT":
                    parts = {}
            case "END":
                ended = inside.pop() if inside else ""
                if ended == "VEVENT":
                    yield parts
                    read += 1
            case _ if inside[-1:] == ["VEVENT"]:
                parts.setdefault(said.name, []).append(said)
        if read == MAX_READ:
            return


def _parameter(said: _Said, name: str) -> str:
    found = re.search(rf';{name}=(?:"([^"]*)"|([^;:]*))', said.parameters, re.IGNORECASE)
    return "" if found is None else (found[1] or found[2] or "")


def _plain(text: str, bound: int) -> str:
    """Without markup. Whatever is left is escaped where it is written."""
    said = re.sub(r"\\(.)", lambda each: "\n" if each[1] in "nN" else each[1], text[:20_000])
    return one_line(re.sub(r"<[^>]{0,2000}>", " ", said), bound)


# ── times ──

_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?")
_DURATION = re.compile(r"P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?")


def _time(said: _Said, where: tzinfo) -> date | datetime | None:
    """A day, or an instant with its zone. A zone of the file's own (VTIMEZONE) is the one that all know by its name."""
    found = _TIME.fullmatch(said.text.strip())
    if found is None:
        return None
    with suppress(ValueError):
        day = date(int(found[1]), int(found[2]), int(found[3]))
        if found[4] is None:
            return day
        named = _parameter(said, "TZID").strip("/")
        told = zone(named[:60]) or zone("/".join(named[:120].split("/")[-2:]))
        moment = time(int(found[4]), int(found[5]), min(int(found[6]), 59))
        return datetime.combine(day, moment, tzinfo=UTC if found[7] else told or where)
    return None


def _instant(moment: date | datetime, where: tzinfo) -> Instant:
    whole = moment if isinstance(moment, datetime) else datetime.combine(moment, time(), tzinfo=where)
    return (whole.astimezone(UTC) - EPOCH) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class _Event:
    parts: Mapping[str, list[_Said]]
    where: tzinfo

    def _text(self, name: str, bound: int) -> str:
        said = self.parts.get(name)
        return _plain(said[0].text, bound) if said else ""

    @property
    def uid(self) -> str:
        return self.parts["UID"][0].text if "UID" in self.parts else ""

    @property
    def title(self) -> str:
        return self._text("SUMMARY", MAX_TEXT)

    @property
    def is_cancelled(self) -> bool:
        return self._text("STATUS", 20).upper() == "CANCELLED"

    @property
    def instead_of(self) -> Instant | None:
        """Of one time of something that repeats, told by itself: when it would have been."""
        said = self.parts.get("RECURRENCE-ID")
        moment = _time(said[0], self.where) if said else None
        return None if moment is None else _instant(moment, self.where)

    @property
    def _begin(self) -> date | datetime | None:
        return _time(self.parts["DTSTART"][0], self.where) if "DTSTART" in self.parts else None

    def _length(self, begin: date | datetime) -> timedelta:
        end = _time(self.parts["DTEND"][0], self.where) if "DTEND" in self.parts else None
        if end is not None and isinstance(end, datetime) == isinstance(begin, datetime):
            return max(end - begin, timedelta())
        if "DURATION" in self.parts and (found := _DURATION.fullmatch(self.parts["DURATION"][0].text.strip())):
            weeks, days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
            return timedelta(days=7 * weeks + days, hours=hours, minutes=minutes, seconds=seconds)
        return timedelta(hours=0) if isinstance(begin, datetime) else timedelta(days=1)

    def times(self, now: Instant, room: Iterator[int]) -> Iterator[Instant]:
        """When it begins: those times that are not over by now, the next MAX_TIMES. `room`: for as many periods."""
        begin = self._begin
        if begin is None:
            return
        without = {_instant(moment, self.where) for moment in self._without()}
        length = self._length(begin) // timedelta(milliseconds=1)
        told = 0
        for moment in self._repeated(begin, now - length, room):
            try:
                starts = _instant(moment, self.where)
            except OverflowError:
                return
            if starts > now + AHEAD or told == MAX_TIMES:
                return
            if starts + max(length, 1) > now and starts not in without:
                told += 1
                yield starts

    def _without(self) -> Iterator[date | datetime]:
        for said in self.parts.get("EXDATE", ())[:500]:
            for text in said.text.split(",")[:500]:
                if moment := _time(said._replace(text=text), self.where):
                    yield moment

    def _repeated(self, begin: date | datetime, since: Instant, room: Iterator[int]) -> Iterator[date | datetime]:
        rule = _rule(self.parts["RRULE"][0].text) if "RRULE" in self.parts else None
        if rule is None:
            yield begin
            return
        first = begin.date() if isinstance(begin, datetime) else begin
        until = rule.until(begin, self.where)
        around = (EPOCH + timedelta(milliseconds=max(since, 0))).date() - timedelta(days=2)
        for day in rule.days(first, around, room):
            moment = begin.replace(year=day.year, month=day.month, day=day.day)
            if until is not None and _instant(moment, self.where) > until:
                return
            yield moment

    def told(self, starts: Instant) -> dict[str, Any]:
        begin = self._begin
        assert begin is not None
        length = self._length(begin)
        moment: date | datetime
        ends: date | datetime
        if isinstance(begin, datetime):
            moment = (EPOCH + timedelta(milliseconds=starts)).astimezone(begin.tzinfo)
            ends = moment + length
            until = None if not length else ends.isoformat(timespec="seconds")
        else:
            moment = (EPOCH + timedelta(milliseconds=starts)).astimezone(self.where).date()
            ends = moment + length
            until = None if length <= timedelta(days=1) else (ends - timedelta(days=1)).isoformat()
        said = moment.isoformat(timespec="seconds") if isinstance(moment, datetime) else moment.isoformat()
        return {
            "title": self.title,
            "url": next((each.text for each in self.parts.get("URL", ()) if _WEB.fullmatch(each.text)), None),
            "summary": self._text("DESCRIPTION", MAX_SUMMARY) or None,
            "picture": self._picture(),
            "date": said,
            "until": until,
            "place": self._text("LOCATION", MAX_TEXT) or None,
            "categories": list(self._categories()),
            "starts": starts,
            "ends": max(_instant(ends, self.where), starts + 1),
            "at": self._at(),
        }

    def _picture(self) -> str | None:
        told: list[_Said] = [*self.parts.get("IMAGE", ()), *self.parts.get("ATTACH", ())]
        for said in told:
            is_one = said.name == "IMAGE" or _parameter(said, "FMTTYPE").lower().startswith("image/")
            if is_one and _WEB.fullmatch(said.text.strip()):
                return said.text.strip()
        return None

    def _categories(self) -> Iterator[str]:
        for said in self.parts.get("CATEGORIES", ())[:10]:
            for text in re.split(r"(?<!\\),", said.text[:2_000])[:20]:
                if word := _plain(text, 60):
                    yield word

    def _at(self) -> list[float] | None:
        said = self.parts.get("GEO")
        number = r"\s*(-?\d{1,3}(?:\.\d{1,12})?)\s*"
        found = re.fullmatch(f"{number};{number}", said[0].text) if said else None
        place = None if found is None else [float(found[1]), float(found[2])]
        return place if place is not None and abs(place[0]) <= 90 and abs(place[1]) <= 180 else None


# ── what repeats ──

_DAYS = {name: number for number, name in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))}
_ALLOWED = {
    "DAILY": {"BYDAY", "BYMONTH"},
    "WEEKLY": {"BYDAY", "BYMONTH"},
    "MONTHLY": {"BYDAY", "BYMONTHDAY", "BYSETPOS", "BYMONTH"},
    "YEARLY": {"BYMONTH", "BYDAY", "BYMONTHDAY", "BYSETPOS"},
}
_LONGEST = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}
"""At most so many days are in one."""


@dataclass(frozen=True, slots=True)
class _Rule:
    every: str
    interval: int
    times: int | None
    ends: str
    week_begins: int
    weekdays: tuple[tuple[int, int], ...]
    """Each with which of them (0: all)."""
    of_month: tuple[int, ...]
    places: tuple[int, ...]
    months: tuple[int, ...]

    def until(self, begin: date | datetime, where: tzinfo) -> Instant | None:
        moment = _time(_Said("UNTIL", "", self.ends), getattr(begin, "tzinfo", None) or where) if self.ends else None
        if moment is None:
            return None
        through = timedelta() if isinstance(moment, datetime) else timedelta(days=1)
        return _instant(moment, getattr(begin, "tzinfo", None) or where) + through // timedelta(milliseconds=1)

    def days(self, first: date, since: date, room: Iterator[int]) -> Iterator[date]:
        """The days on which it is, in order, those long before `since` left out where they need not be counted."""
        skipped = 0
        if self.times is None:
            skipped = max((since - first).days // (_LONGEST[self.every] * self.interval) - 1, 0)
        left = self.times
        for period, _ in zip(count(skipped), room, strict=False):
            try:
                found = sorted(set(self._of_period(first, period * self.interval)))
            except (ValueError, OverflowError):
                return
            for day in found:
                if day < first or (self.months and day.month not in self.months):
                    continue
                if left is not None:
                    if left == 0:
                        return
                    left -= 1
                yield day

    def _of_period(self, first: date, further: int) -> list[date]:
        match self.every:
            case "DAILY":
                day = first + timedelta(days=further)
                wanted = {weekday for weekday, _ in self.weekdays}
                return [day] if not wanted or day.weekday() in wanted else []
            case "WEEKLY":
                begins = first - timedelta(days=(first.weekday() - self.week_begins) % 7) + timedelta(weeks=further)
                wanted = {weekday for weekday, _ in self.weekdays} or {first.weekday()}
                week = (begins + timedelta(days=n) for n in range(7))
                return [day for day in week if day.weekday() in wanted]
            case "MONTHLY":
                months = first.year * 12 + first.month - 1 + further
                return self._of_month(first, months // 12, months % 12 + 1)
            case _:
                year = first.year + further
                return [day for month in self.months or (first.month,) for day in self._of_month(first, year, month)]

    def _of_month(self, first: date, year: int, month: int) -> list[date]:
        begins = date(year, month, 1)
        after = date(year + month // 12, month % 12 + 1, 1)
        days = [begins + timedelta(days=n) for n in range((after - begins).days)]
        if not self.weekdays and not self.of_month:
            return [day for day in days if day.day == first.day]
        found = days
        if self.of_month:
            found = [day for day in found if day.day in self.of_month or day.day - len(days) - 1 in self.of_month]
        if self.weekdays:
            found = [day for day in found if self._is_wanted(day, len(days))]
        if self.places:
            found = [found[at - 1 if at > 0 else at] for at in self.places if 0 < abs(at) <= len(found)]
        return found

    def _is_wanted(self, day: date, length: int) -> bool:
        nth, from_last = (day.day - 1) // 7 + 1, -((length - day.day) // 7 + 1)
        return any(day.weekday() == weekday and which in (0, nth, from_last) for weekday, which in self.weekdays)


def _rule(text: str) -> _Rule | None:
    """None: it repeats in a way that is not known here."""
    told = dict(part.split("=", 1) for part in text.strip().upper().split(";") if "=" in part)
    every = told.pop("FREQ", "")
    known = {"INTERVAL", "COUNT", "UNTIL", "WKST"}
    if every not in _ALLOWED or told.keys() - known - _ALLOWED[every]:
        return None
    weekdays = []
    for each in filter(None, told.get("BYDAY", "").split(",")):
        found = re.fullmatch(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)", each)
        if found is None or (found[1] and every in ("DAILY", "WEEKLY")):
            return None
        weekdays.append((_DAYS[found[2]], int(found[1] or 0)))
    if every == "YEARLY" and weekdays and "BYMONTH" not in told:
        return None
    try:
        of_month, places, months = (
            tuple(int(each) for each in told.get(name, "").split(",") if each)
            for name in ("BYMONTHDAY", "BYSETPOS", "BYMONTH")
        )
        interval, times = int(told.get("INTERVAL", 1)), int(told["COUNT"]) if "COUNT" in told else None
    except ValueError:
        return None
    if not 1 <= interval <= 1_000 or (times is not None and times < 1) or any(not 1 <= each <= 12 for each in months):
        return None
    week_begins = _DAYS.get(told.get("WKST", "MO"), 0)
    months = tuple(sorted(set(months)))
    ends = told.get("UNTIL", "")
    return _Rule(every, interval, times, ends, week_begins, tuple(weekdays), of_month, places, months)

"""Wording: a definition in plain words, generated from it.

Every condition reads as what somebody does or is: "somebody who …". What is denied is said where it belongs ("has not
opened a mail"), not in front of it. Nothing is left out: two conditions of one text mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import assert_never

from shared.domain.conditions import All, Any_, Condition, Member, Not, Segment
from shared.domain.conditions.calendar import Age, Anniversary, DateTrait, LocalTime, Season
from shared.domain.conditions.events import (
    Cart,
    Engagement,
    EventCount,
    FirstEvent,
    LastEvent,
    Latest,
    Sequence,
    Unanswered,
)
from shared.domain.conditions.orders import LastOrder, Orders, Rank, RankedTrait, Rfm
from shared.domain.conditions.traits import ConsentIs, FirstSeen, Near, OnList, Sample, TraitIs
from shared.domain.events import MARKETING
from shared.domain.wording import events
from shared.domain.wording.events import deed, filters
from shared.domain.wording.texts import (
    Loose,
    between,
    compared,
    degrees,
    duration,
    has,
    is_,
    label,
    listed,
    money,
    number,
    plural,
    quoted,
    within,
    word,
)


def sentence(segments: Mapping[str, Segment], condition: Condition) -> str:
    """The condition, as what somebody does or is: `ordered at least 3 times in the last 180 days and …`.

    Other segments that it asks about are called by their names in `segments`.
    """
    return str(_told(segments, condition, True))


def _told(segments: Mapping[str, Segment], condition: Condition, holds: bool) -> str:
    match condition:
        case Not():
            return _told(segments, condition.of, not holds)
        case All() | Any_():
            joint = _joint(condition, holds)
            parts = _gathered([_told(segments, part, so) for part, so in _parts(condition, holds, joint)], joint)
            if len(parts) == 1:
                return parts[0]
            return Loose(listed([f"({part})" if isinstance(part, Loose) else part for part in parts], joint))
        case _:
            return _leaf(segments, condition, holds)


def _joint(condition: All | Any_, holds: bool) -> str:
    return "and" if isinstance(condition, All) == holds else "or"


def _parts(condition: Condition, holds: bool, joint: str) -> Iterator[tuple[Condition, bool]]:
    """What is joined by one word, with whether it is to hold: "and" inside "and" needs no brackets."""
    match condition:
        case Not():
            yield from _parts(condition.of, not holds, joint)
        case All() | Any_() if len(condition.of) == 1 or _joint(condition, holds) == joint:
            for part in condition.of:
                yield from _parts(part, holds, joint)
        case _:
            yield condition, holds


_NOT_LATELY = re.compile(r"has not (?P<done>.*)(?P<lately> in the last (?:\S+ )?\w+)")


def _gathered(parts: list[str], joint: str) -> list[str]:
    """Things not done in the same time, one after the other, as one: `has not (ordered or viewed a page) in …`."""
    gathered: list[str] = []
    for lately, group in groupby(parts, key=_lately):
        several = list(group)
        if lately is None or len(several) == 1:
            gathered += several
        else:
            done = [part.removeprefix("has not ").removesuffix(lately) for part in several]
            gathered.append(f"has not ({listed(done, 'or' if joint == 'and' else 'and')}){lately}")
    return gathered


def _lately(part: str) -> str | None:
    match = None if isinstance(part, Loose) else _NOT_LATELY.fullmatch(part)
    return match["lately"] if match is not None else None


def _leaf(segments: Mapping[str, Segment], condition: Condition, holds: bool) -> str:
    match condition:
        case Member():
            return f"{is_(holds)} in {_named(segments, condition.segment)}"
        case TraitIs():
            return _trait(condition, holds)
        case OnList():
            return f"{is_(holds)} on the list {quoted(condition.list)}"
        case ConsentIs():
            return _consent(condition, holds)
        case FirstSeen():
            known = "has been known for at least" if holds else "has not been known for"
            return f"{known} {duration(condition.before)}"
        case Sample():
            return f"{is_(holds)} among the {number(condition.percent)} % drawn by lot with {quoted(condition.salt)}"
        case EventCount():
            return events.event_count(condition, holds)
        case FirstEvent():
            past, participle = deed(condition.event, condition.where)
            did = past if holds else f"has not {participle}"
            return f"{did} for the first time{within(condition.within)}"
        case LastEvent():
            past, participle = deed(condition.event, condition.where)
            return events.since(condition, holds, f"last {past}", f"has never {participle}")
        case LastOrder():
            return events.since(condition, holds, "last placed an order", "has never placed an order")
        case Latest():
            return events.latest(condition, holds)
        case Sequence():
            return events.sequence(condition, holds)
        case Unanswered():
            return events.unanswered(condition, holds)
        case Cart():
            left = f"left a cart{filters(condition.where, of_cart=True)} without ordering it for"
            return f"has {'' if holds else 'not '}{left} {duration(condition.older)} to {duration(condition.within)}"
        case Engagement():
            about = f" about {quoted(condition.topic)}" if condition.topic is not None else ""
            of = f" of the journey {quoted(condition.journey)}" if condition.journey is not None else ""
            tier = "disengaged from" if condition.tier == "disengaged" else f"{condition.tier} engaged with"
            return f"{is_(holds)} {tier} mail{about}{of}"
        case Orders():
            return _orders(condition, holds)
        case Near():
            far = (condition.km, "km") if condition.km is not None else (condition.miles or 0, "mile")
            far_words = f"{number(far[0])} km" if far[1] == "km" else plural(far[0], "mile")
            at = f"{degrees(condition.latitude, 'NS')} {degrees(condition.longitude, 'EW')}"
            return f"{'is' if holds else 'is not known to be'} within {far_words} of {at}"
        case LocalTime():
            return f"{is_(holds)} where it is {_clocks(condition)}"
        case Season():
            return f"is where it is {'' if holds else 'not '}{condition.is_}"
        case Anniversary():
            return f"{has(holds)} {_anniversary(condition)}"
        case Age():
            years = between(condition.at_least, condition.at_most, number)
            past = "old" if condition.trait == "birthday" else f"past the date in {label(condition.trait)}"
            return f"{'is' if holds else 'is not known to be'} {years} years {past}"
        case DateTrait():
            return f"{is_(holds)} in the {_stretch(condition)}"
        case Rank():
            return f"{is_(holds)} {_rank(segments, condition)}"
        case Rfm():
            least, most = condition.at_least, condition.at_most
            score = "exactly " + number(least) if least == most else f"{least} to {most}"
            among = f" among those in {_named(segments, condition.among)}" if condition.among is not None else ""
            return f"{has(holds)} an RFM score of {score} for {condition.score}{among}"
        case All() | Any_() | Not():
            raise TypeError(f"{condition.kind} is no leaf")
    assert_never(condition)


def _named(segments: Mapping[str, Segment], segment: str) -> str:
    return quoted(segments[segment].name if segment in segments else segment)


# ── traits, consent ──


def _trait(condition: TraitIs, holds: bool) -> str:
    name, value = label(condition.trait), condition.value
    told = f" told{within(condition.fresh)}" if condition.fresh is not None else ""
    a_name = name if name.endswith("s") else f"{'an' if name.strip('“')[:1].lower() in 'aeio' else 'a'} {name}"
    if condition.is_ == "exists":
        return f"{has(holds)} a known {name}{told}"
    if condition.of != "any":
        of = "every" if condition.of == "all" else "no"
        return f"{has(holds)} {name} of which {of} value {compared(condition)}{told}"
    match condition.is_:
        case "equal" if isinstance(value, bool):
            return f"{is_(holds)} marked as {'' if value else 'not '}{name}{told}"
        case "equal":
            what = f"the {name} {word(value)}"
        case "not_equal":
            what = f"{a_name} other than {word(value)}"
        case "in":
            what = f"{a_name} among {', '.join(map(word, value))}"
        case "contains" | "prefix":
            what = f"{a_name} that {compared(condition)}"
        case _:
            of = "" if isinstance(value, str) else "of "
            what = f"{a_name} {of}{compared(condition).removeprefix('is ')}"
    return f"{has(holds)} {what}{told}"


def _consent(condition: ConsentIs, holds: bool) -> str:
    again = f" for the first time in {duration(condition.first_in)}" if condition.first_in is not None else ""
    return f"{_answered(condition, holds)}{again}"


def _answered(condition: ConsentIs, holds: bool) -> str:
    topic = "marketing mail" if condition.topic == MARKETING else f"mail about {quoted(condition.topic)}"
    did = "" if holds else "has not "
    if condition.within is None:
        match condition.is_:
            case "subscribed":
                return f"{is_(holds)} subscribed to {topic}"
            case "unsubscribed":
                return f"{is_(holds)} unsubscribed from {topic}"
            case "pending":
                return f"{has(holds)} {topic} still to confirm"
            case "never_asked":
                return f"was {'never' if holds else 'already'} asked about {topic}"
    match condition.is_:
        case "subscribed":
            did += f"subscribed to {topic}"
        case "unsubscribed":
            did += f"unsubscribed from {topic}"
        case _:
            did = f"{'was' if holds else 'has not been'} asked to confirm {topic}"
    return f"{did}{within(condition.within)}"


# ── orders, ranks ──


def _orders(condition: Orders, holds: bool) -> str:
    least, most, ago = condition.at_least, condition.at_most, within(condition.within)
    past = "has " if condition.within is None else ""
    match condition.measure:
        case "count":
            if (least, most) == (None, None):
                least = 1
            if most == 0 and not least:
                least, most, holds = 1, None, not holds
            if (least, most) == (1, None):
                return f"{past}placed an order{ago}" if holds else f"has placed no order{ago}"
            text = between(least, most, number, holds)
            text = f"{past}placed {text} order{'' if text.split()[-1] == '1' else 's'}{ago}"
            return text if holds or least is None or most is None else Loose(text)
        case "sum":
            if (least, most) == (None, None):
                return f"{past}spent something{ago}" if holds else f"has spent nothing{ago}"
            text = f"{past}spent {between(least, most, money, holds, fewer='less than')}{ago}"
            return Loose(text) if " or " in text else text
        case "average" | "largest":
            bounds = "something" if (least, most) == (None, None) else between(least, most, money)
            article = "an" if condition.measure == "average" else "a"
            return f"{has(holds)} {article} {condition.measure} order worth {bounds}{ago}"
        case "days_between":
            bounds = "some time" if (least, most) == (None, None) else f"{between(least, most, number)} days"
            return f"{has(holds)} on average {bounds} between orders{ago}"


RANKED = {
    "count": "number of orders",
    "sum": "money spent",
    "average": "average order",
    "largest": "largest order",
    "last": "how recent the last order is",
}


def _rank(segments: Mapping[str, Segment], condition: Rank) -> str:
    end, percent = ("top", condition.top) if condition.top is not None else ("bottom", condition.bottom)
    if isinstance(condition.by, RankedTrait):
        told = f" told{within(condition.by.fresh)}" if condition.by.fresh is not None else ""
        by = f"{label(condition.by.trait)}{told}"
    else:
        by = f"{RANKED[condition.by.measure]}{within(condition.by.within)}"
    among = f" of those in {_named(segments, condition.among)}" if condition.among is not None else ""
    return f"among the {end} {number(percent or 0)} % by {by}{among}"


# ── place and moment ──

DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}


def _clocks(condition: LocalTime) -> str:
    days = " / ".join(name for day, name in DAYS.items() if day in condition.weekdays)
    if days and condition.from_ == condition.to == "00:00":
        return days
    return f"between {condition.from_} and {condition.to}{f' on {days}' if days else ''}"


def _anniversary(condition: Anniversary) -> str:
    what = "a birthday" if condition.trait == "birthday" else f"the anniversary of {label(condition.trait)}"
    days = condition.next if condition.next is not None else condition.last
    if days == 0:
        return f"{what} today"
    return f"{what} within the {'next' if condition.next is not None else 'last'} {plural(days or 0, 'day')}"


def _stretch(condition: DateTrait) -> str:
    date, begin, end = f"the date in {label(condition.trait)}", condition.from_, condition.to
    if end == 0:
        return f"{duration(-begin)} before {date}"
    if begin == 0:
        return f"{duration(end)} after {date}"
    from_, to = (f"{duration(abs(each))} {'before' if each < 0 else 'after'}" for each in (begin, end))
    return f"time from {from_} to {to} {date}"

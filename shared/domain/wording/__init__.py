"""Wording: a definition in plain words, generated from it.

Every condition reads as what somebody does or is: "somebody who …". What is denied is said where it belongs ("has not
opened an email"), not in front of it. Nothing is left out: two conditions of one text mean the same.
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
    InSequence,
    LastEvent,
    Latest,
    Share,
    Unanswered,
)
from shared.domain.conditions.orders import LastOrder, Orders, Rank, Rfm
from shared.domain.conditions.points import Points
from shared.domain.conditions.traits import ConsentIs, FirstSeen, Near, OnList, Sample, TraitIs
from shared.domain.wording import calendar, events, orders, points, traits
from shared.domain.wording.texts import CompoundPhrase, duration, is_, listed, named, within


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
            return CompoundPhrase(
                listed([f"({part})" if isinstance(part, CompoundPhrase) else part for part in parts], joint)
            )
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
    match = None if isinstance(part, CompoundPhrase) else _NOT_LATELY.fullmatch(part)
    return match["lately"] if match is not None else None


def _leaf(segments: Mapping[str, Segment], condition: Condition, holds: bool) -> str:
    match condition:
        case All() | Any_() | Not():
            raise TypeError(f"{condition.kind} is no leaf")
        case Member():
            return _member(condition, named(segments, condition.segment), holds)
        case TraitIs():
            return traits.trait(condition, holds)
        case OnList():
            return traits.on_list(condition, holds)
        case ConsentIs():
            return traits.consent(condition, holds)
        case FirstSeen():
            return traits.first_seen(condition, holds)
        case Sample():
            return traits.sample(condition, holds)
        case Near():
            return traits.near(condition, holds)
        case EventCount():
            return events.count(condition, holds)
        case FirstEvent():
            return events.first(condition, holds)
        case LastEvent():
            return events.last(condition, holds)
        case Latest():
            return events.latest(condition, holds)
        case Share():
            return events.share(condition, holds)
        case InSequence():
            return events.sequence(condition, holds)
        case Unanswered():
            return events.unanswered(condition, holds)
        case Cart():
            return events.cart(condition, holds)
        case Engagement():
            return events.engagement(condition, holds)
        case Orders():
            return orders.measured(condition, holds)
        case LastOrder():
            return orders.last(condition, holds)
        case Rank():
            return orders.rank(segments, condition, holds)
        case Rfm():
            return orders.rfm(segments, condition, holds)
        case Points():
            return points.points(condition, holds)
        case LocalTime():
            return calendar.local_time(condition, holds)
        case Season():
            return calendar.season(condition, holds)
        case Anniversary():
            return calendar.anniversary(condition, holds)
        case Age():
            return calendar.age(condition, holds)
        case DateTrait():
            return calendar.date(condition, holds)
    assert_never(condition)


def _member(condition: Member, segment: str, holds: bool) -> str:
    if condition.for_ is not None:
        been = "has been in" if holds else "has not been in"
        return f"{been} {segment} for {'at least ' if holds else ''}{duration(condition.for_)}"
    if condition.left is not None:
        return f"{'left' if holds else 'has not left'} {segment}{within(condition.left)}"
    return f"{is_(holds)} in {segment}"

"""What a shop's contacts are known by: the events, traits and values that have come in. A segment that asks about
something else is not wrong, since it may still come; but mostly it is a slip of the pen, so whoever writes it is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import assert_never

from shared.domain.conditions import All, Any_, Condition, Member, Not, parts_of
from shared.domain.conditions.calendar import Age, Anniversary, DateTrait, LocalTime, Season
from shared.domain.conditions.comparing import Compared, Where
from shared.domain.conditions.events import (
    Cart,
    Engagement,
    EventCount,
    Filtered,
    FirstEvent,
    InSequence,
    LastEvent,
    Latest,
    Share,
    Unanswered,
)
from shared.domain.conditions.orders import LastOrder, Orders, Rank, RankedTrait, Rfm
from shared.domain.conditions.shorthand import plain
from shared.domain.conditions.traits import ConsentIs, FirstSeen, Near, OnList, Sample, TraitIs, of_trait
from shared.domain.events import MARKETING, TRACKING, Json, Type
from shared.domain.profiles import Profile
from shared.domain.profiles.traits import KNOWN_TRAITS
from shared.domain.properties import fold_case

MAX_VALUES = 200
"""Kept of one trait or property: those that came first. A trait with more (a city, a name) has no list of values."""
MAX_SHOWN = 5


@dataclass
class Vocabulary:
    """Names and values, and how many contacts they were seen at; and the `topics` that contacts are asked about."""

    topics: Sequence[str] = (MARKETING,)
    events: Counter[str] = field(default_factory=Counter)
    traits: dict[str, Counter[str]] = field(default_factory=dict)
    properties: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, profile: Profile) -> None:
        """What one contact is known by."""
        self.events.update(profile.histories.keys())
        for name, stamped in profile.traits.items():
            _add(self.traits.setdefault(name, Counter()), stamped.value)
        for history in profile.histories.values():
            for occurrence in history.newest:
                for name, value in occurrence.properties.items():
                    _add(self.properties.setdefault(name, Counter()), value)


def _add(values: Counter[str], value: Json) -> None:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str) and (each in values or len(values) < MAX_VALUES):
            values[each] += 1


def warnings(condition: Condition, known: Vocabulary) -> list[str]:
    """A sentence for each name or value that the condition asks for and nobody has: each once, in order."""
    found: dict[str, None] = {}
    for part in parts_of(plain(condition)):
        found |= dict.fromkeys(_of(part, known))
    return list(found)


def _of(part: Condition, known: Vocabulary) -> Iterator[str]:
    match part:
        case TraitIs():
            yield from _trait(part.trait, known)
            yield from _value(part.trait, part, known.traits.get(part.trait))
        case Rank(by=RankedTrait(trait=trait)):
            yield from _trait(trait, known)
        case EventCount():
            for each in (part, part.with_, part.without):
                if each is not None:
                    yield from _event(each.event, each.where, known)
        case FirstEvent() | LastEvent():
            yield from _event(part.event, part.where, known)
        case Latest() | Share():
            for name in part.events:
                yield from _event(name, part.where, known)
        case InSequence():
            for each in (part.first, part.then, *((part.without,) if part.without else ())):
                yield from _event(each.event, each.where, known)
        case Unanswered():
            several: tuple[Filtered, ...] = (part.of, *part.answers)
            for each in several:
                yield from _event(each.event, each.where, known)
        case Cart():
            yield from _where(part.where, known)
        case All() | Any_() | Not() | Member() | OnList() | FirstSeen() | Sample() | Near():
            return  # names nothing that could be misspelt, or is made of others
        case Orders() | LastOrder() | Rank() | Rfm():
            return
        case ConsentIs() | Engagement():
            if part.topic is not None and part.topic not in (*known.topics, TRACKING):
                yield _unseen(f"There is no topic “{part.topic}”", part.topic, known.topics)
        case LocalTime() | Season():
            return
        case Anniversary() | Age() | DateTrait():
            yield from _trait(part.trait, known)
        case _:
            assert_never(part)


def _event(name: str, where: Sequence[Where], known: Vocabulary) -> Iterator[str]:
    if name not in known.events and name not in set(Type):
        yield _unseen(f"The event “{name}” was never seen", name, [*known.events, *Type])
    yield from _where(where, known)


def _where(where: Sequence[Where], known: Vocabulary) -> Iterator[str]:
    for each in where:
        yield from _value(each.property, each, known.properties.get(each.property))


def _trait(name: str, known: Vocabulary) -> Iterator[str]:
    wholes = {mark.partition(":")[2] for mark in of_trait(name)}
    if wholes.isdisjoint(known.traits) and name not in KNOWN_TRAITS:
        yield _unseen(f"Nobody has the trait “{name}”", name, [*known.traits, *KNOWN_TRAITS])


def _value(name: str, asked: Compared, seen: Counter[str] | None) -> Iterator[str]:
    """Of a name with a list of values, each text that is compared with it and is none of them."""
    if not seen or len(seen) >= MAX_VALUES or asked.is_ not in ("equal", "in"):
        return
    folded = {fold_case(value) for value in seen}
    for value in asked.value if isinstance(asked.value, list | tuple) else (asked.value,):
        if isinstance(value, str) and fold_case(value) not in folded:
            yield _unseen(f"“{value}” was never seen as {name}", value, [each for each, _ in seen.most_common()])


def _unseen(what: str, name: str, others: Sequence[str]) -> str:
    """With what is near it; or else with what there is most of."""
    near = [each for each in _near(name, others) if each != name]
    if near:
        return f"{what}: did you mean {' or '.join(near)}?"
    shown = list(dict.fromkeys(others))[:MAX_SHOWN]
    more = ", …" if len(set(others)) > MAX_SHOWN else "."
    return f"{what}. There is {', '.join(shown)}{more}" if shown else f"{what}."


SAME = {
    "order placed": Type.ORDER_COMPLETED,
    "placed order": Type.ORDER_COMPLETED,
    "purchase": Type.ORDER_COMPLETED,
    "ordered product": Type.ORDER_COMPLETED,
    "added to cart": Type.CART_UPDATED,
    "viewed product": Type.PRODUCT_VIEWED,
    "active on site": Type.PAGE_VIEWED,
    "opened email": Type.EMAIL_OPENED,
    "clicked email": Type.EMAIL_CLICKED,
    "received email": Type.EMAIL_DELIVERED,
}
"""What other products call an event of ours."""


def _near(name: str, others: Sequence[str]) -> list[str]:
    if (same := SAME.get(name.casefold())) is not None:
        return [same]
    by_folded = {each.casefold().replace("_", " "): each for each in reversed(others)}
    if (alike := by_folded.get(name.casefold().replace("_", " "))) is not None:
        return [alike]
    close = get_close_matches(name.casefold().replace("_", " "), by_folded, n=2, cutoff=0.75)
    return [by_folded[each] for each in close]

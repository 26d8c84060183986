"""What a shop's contacts are known by: the events, traits and values that have come in. A segment that asks about
something else is not wrong, since it may still come; but mostly it is a slip of the pen, so whoever writes it is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple, assert_never

from shared.domain.conditions import All, Any_, Condition, Member, Not
from shared.domain.conditions.calendar import Age, Anniversary, DateTrait, LocalTime, Season
from shared.domain.conditions.comparing import Compared, Where
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
from shared.domain.conditions.orders import LastOrder, Orders, Rank, RankedTrait, Rfm
from shared.domain.conditions.points import Points
from shared.domain.conditions.traits import ConsentIs, FirstSeen, Near, OnList, Sample, TraitIs, of_trait
from shared.domain.countries import country_code
from shared.domain.events import MARKETING, TRACKING, Event, Json, Type
from shared.domain.profiles import Profile
from shared.domain.profiles.traits import KNOWN_TRAITS
from shared.domain.properties import fold_case, other_properties

MAX_VALUES = 200
"""Kept of one trait or property: those that came first. A trait with more (a city, a name) has no list of values."""
MAX_SHOWN = 5


@dataclass
class Vocabulary:
    """Names and values, and how many contacts they were seen at; and the `topics` that contacts are asked about.

    `types` are those of a trait's or a property's values: `text`, `number`, `flag`, `list` or `object`.
    """

    topics: Sequence[str] = (MARKETING,)
    events: Counter[str] = field(default_factory=Counter)
    traits: dict[str, Counter[str]] = field(default_factory=dict)
    properties: dict[str, Counter[str]] = field(default_factory=dict)
    properties_of: dict[str, set[str]] = field(default_factory=dict)
    types: dict[str, Counter[str]] = field(default_factory=dict)
    having: Counter[str] = field(default_factory=Counter)
    having_property: Counter[str] = field(default_factory=Counter)

    def add(self, profile: Profile) -> None:
        """What one contact is known by."""
        self.events.update(profile.histories.keys())
        for name, stamped in profile.traits.items():
            self.having[name] += 1
            self._add(f"trait:{name}", self.traits.setdefault(name, Counter()), [stamped.value])
        told: dict[str, list[Json]] = {}
        for type_, history in profile.histories.items():
            for occurrence in history.newest:
                for name, value in occurrence.properties.items():
                    self.properties_of.setdefault(type_, set()).add(name)
                    told.setdefault(name, []).append(value)
        for name, values in told.items():
            self.having_property[name] += 1
            self._add(name, self.properties.setdefault(name, Counter()), values)

    def learn(self, event: Event) -> None:
        """Of an event as it was sent, the properties that no condition asks for yet: profiles keep none of them. Their
        values count for nobody."""
        for name, value in other_properties(event).items():
            self.properties_of.setdefault(event.type, set()).add(name)
            if name not in self.properties:
                self.properties[name] = Counter()
            self.types.setdefault(name, Counter())[_type(value)] += 1

    def _add(self, name: str, seen: Counter[str], values: Sequence[Json]) -> None:
        """A value counts once a contact."""
        types = self.types.setdefault(name, Counter())
        types.update({_type(value) for value in values})
        several = {
            each
            for value in values
            for each in (value if isinstance(value, list) else (value,))
            if isinstance(each, str)
        }
        for each in sorted(several):
            if each in seen or len(seen) < MAX_VALUES:
                seen[each] += 1

    def type_of(self, name: str) -> str | None:
        """Of a property, or of `trait:…`: what most have."""
        types = self.types.get(name)
        return types.most_common(1)[0][0] if types else None


def _type(value: Json) -> str:
    match value:
        case bool():
            return "flag"
        case int() | float():
            return "number"
        case list():
            return "list"
        case dict():
            return "object"
        case _:
            return "text"


Path = tuple[str | int, ...]


class Hint(NamedTuple):
    """A name or a value that a condition asks for and nobody has: where it stands, what to say of it, and what is
    probably meant instead (None: nothing is near)."""

    at: Path
    text: str
    instead: str | None


def warnings(condition: Condition, known: Vocabulary) -> list[str]:
    """A sentence for each name or value that the condition asks for and nobody has: each once, in order."""
    return list(dict.fromkeys(hint.text for hint in hints(condition, known)))


def hints(condition: Condition, known: Vocabulary, at: Path = ()) -> list[Hint]:
    """The same with their places, counted from the condition's own."""
    match condition:
        case All() | Any_():
            return [hint for n, part in enumerate(condition.of) for hint in hints(part, known, (*at, "of", n))]
        case Not():
            return hints(condition.of, known, (*at, "of"))
    return [Hint((*at, *hint.at), hint.text, hint.instead) for hint in _of(condition, known)]


def _of(part: Condition, known: Vocabulary) -> Iterator[Hint]:
    match part:
        case TraitIs():
            yield from _trait(("trait",), part.trait, known)
            yield from _value(("value",), part.trait, part, known.traits.get(part.trait))
        case OnList():
            listed = TraitIs(trait="lists", value=part.list)
            yield from _value(("list",), "list", listed, known.traits.get("lists"))
        case Rank(by=RankedTrait(trait=trait)):
            yield from _trait(("by", "trait"), trait, known)
        case EventCount():
            yield from _event((), part.event, part.where, known)
            for name, each in (("with", part.with_), ("without", part.without)):
                if each is not None:
                    yield from _event((name,), each.event, each.where, known)
        case FirstEvent() | LastEvent():
            yield from _event((), part.event, part.where, known)
        case Latest() | Share():
            for n, name in enumerate(part.events):
                yield from _name(("events", n), name, known)
            yield from _where((), part.where, known)
        case InSequence():
            for name, each in (("first", part.first), ("then", part.then), ("without", part.without)):
                if each is not None:
                    yield from _event((name,), each.event, each.where, known)
        case Unanswered():
            yield from _event(("of",), part.of.event, part.of.where, known)
            for n, each in enumerate(part.answers):
                yield from _event(("answers", n), each.event, each.where, known)
        case Cart():
            yield from _where((), part.where, known)
        case All() | Any_() | Not() | Member() | FirstSeen() | Sample() | Near():
            return  # names nothing that could be misspelt, or is made of others
        case Orders() | LastOrder() | Rank() | Rfm() | Points():
            return
        case ConsentIs() | Engagement():
            if part.topic is not None and part.topic not in (*known.topics, TRACKING):
                yield _unseen(("topic",), f"There is no topic “{part.topic}”", part.topic, known.topics)
        case LocalTime() | Season():
            return
        case Anniversary() | Age() | DateTrait():
            yield from _trait(("trait",), part.trait, known)
        case _:
            assert_never(part)


def _event(at: Path, name: str, where: Sequence[Where], known: Vocabulary) -> Iterator[Hint]:
    yield from _name((*at, "event"), name, known)
    yield from _where(at, where, known)


def _name(at: Path, name: str, known: Vocabulary) -> Iterator[Hint]:
    if name not in known.events and name not in set(Type):
        yield _unseen(at, f"The event “{name}” was never seen", name, [*known.events, *Type])


def _where(at: Path, where: Sequence[Where], known: Vocabulary) -> Iterator[Hint]:
    for n, each in enumerate(where):
        yield from _value((*at, "where", n, "value"), each.property, each, known.properties.get(each.property))


def _trait(at: Path, name: str, known: Vocabulary) -> Iterator[Hint]:
    wholes = {mark.partition(":")[2] for mark in of_trait(name)}
    if wholes.isdisjoint(known.traits) and name not in KNOWN_TRAITS:
        yield _unseen(at, f"Nobody has the trait “{name}”", name, [*known.traits, *KNOWN_TRAITS])


def _value(at: Path, name: str, asked: Compared, seen: Counter[str] | None) -> Iterator[Hint]:
    """Of a name with a list of values, each text that is compared with it and is none of them. A country is kept as its
    two letters, so one by its name is told by that."""
    if asked.is_ not in ("equal", "not_equal", "in"):
        return
    folded = {fold_case(value) for value in seen or ()}
    several = isinstance(asked.value, list | tuple)
    for n, value in enumerate(asked.value if several else (asked.value,)):
        if not isinstance(value, str) or fold_case(value) in folded:
            continue
        place = (*at, n) if several else at
        code = country_code(value) if name.rpartition(".")[2] == "country" else None
        if code is not None and code != value.upper():
            yield Hint(place, f"A country is kept as two letters, so nobody has “{value}”: did you mean {code}?", code)
        elif seen and len(seen) < MAX_VALUES:
            yield _unseen(place, f"“{value}” was never seen as {name}", value, [each for each, _ in seen.most_common()])


def _unseen(at: Path, what: str, name: str, others: Sequence[str]) -> Hint:
    """With what is near it; or else with what there is most of."""
    near = [each for each in _near(name, others) if each != name]
    if near:
        return Hint(at, f"{what}: did you mean {' or '.join(near)}?", near[0])
    shown = list(dict.fromkeys(others))[:MAX_SHOWN]
    more = ", …" if len(set(others)) > MAX_SHOWN else "."
    return Hint(at, f"{what}. There is {', '.join(shown)}{more}" if shown else f"{what}.", None)


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

"""Profiles: what a contact's events add up to.

`fold` gives the same profile for the same events in whatever order they come, because each part is merged by a rule
that does not look at the order of arrival: a trait by the newest instant, a consent by its answers, a history by
keeping the newest occurrences and counting all, an order by its own id. Repeated events are kept out before
(`event_key`).

Everything is bounded, in number and in bytes. What a bound cuts off is still in the contact's event items, and the
profile knows that it was cut (`History.total`, `Profile.older_orders`), so that nobody takes a bounded history for a
whole one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

from shared.domain.events import (
    NEVER,
    ORDER_TYPES,
    ConsentChange,
    Event,
    Instant,
    Json,
    Stamp,
    Type,
    amount,
    counted_time,
    parse_instant,
)
from shared.domain.properties import (
    KNOWN_TYPES,
    event_name,
    fold_case,
    is_small,
    kept_properties,
    own_words,
    refunded,
    short_id,
    stated_total,
    text,
    without,
)

T = TypeVar("T")

HISTORY_BOUND = 40
"""Occurrences kept of one event type: the newest."""
TYPES_BOUND = 60
"""Event types a profile has a history of: those the product knows, then the first in alphabetical order. A sane shop
has about twenty."""
TRAITS_BOUND = 100
WORDS_BOUND = 200
"""Words of traits that have changed since."""
_WHO = ("email", "first_name", "last_name", "phone", "birthday", "locale", "timezone")
_WHERE = ("country", "region", "city", "postal_code", "latitude", "longitude")
_WHAT = ("tags", "lists", "signup_source", "interest", "dormant")
KNOWN_TRAITS = frozenset((*_WHO, *_WHERE, *_WHAT))
"""Traits that storefronts tell or the product asks for: they have their place, whatever a website tells beside them."""
TAGS_BOUND = 100
"""Tags that were put on or taken off and are remembered: the newest."""
ORDERS_BOUND = 60
LEAST_ROOM = 64
"""Older orders whose names are remembered, at first. Whenever that is too few, it is made twice what is needed."""
ROOM_OF_ONE = 24
"""Bits in which an older order's two names (id and number) are remembered: of 1,000 other names 3 are taken for one of
them when the room is full, and each costs a `rebuild`."""
NAMES_BOUND = 48_000
"""Bytes of these names. Of more than 16,000 orders more and more others are taken for one of them."""
REFUNDS_BOUND = 50
"""Refunds of one order that are taken off it (the first by their ids)."""
STORED_BOUND = 350_000
"""Bytes of a stored profile. DynamoDB takes 400 KB, and beside it stands next to nothing."""
MOST_HALVINGS = 6  # of 60: by then one is left of each

PUBLIC = "public:"
"""Before the id of an order that a public write key told of: anybody can, so it is kept apart from the storefront's."""

UNDECIDED = 0
"""The `definitions` of a profile whose memberships nothing has decided yet: of a new contact."""


class Occurrence(NamedTuple):
    """One event of a type, as far as conditions ask for it."""

    time: Instant
    properties: Mapping[str, Json]


@dataclass(slots=True)
class History:
    """The newest occurrences of one event type, oldest first, and how many there were in all."""

    newest: list[Occurrence] = field(default_factory=list)
    total: int = 0
    first: Instant = NEVER


class Stamped(NamedTuple):
    """A value (None: there is none any more), the instant it was set at, and how much later it was told (`Stamp`)."""

    value: Json
    time: Instant
    after: int = 0


ANSWERS_BOUND = 20
"""Answers kept of one topic: the newest, and the first of those that say the same as the oldest of these."""


class Standing(NamedTuple):
    """What holds of a topic. An answer that is given again changes nothing: it holds `since` the first of the equal
    ones in a row. `away` is how long something else had been the answer before that; None: it never was this one."""

    value: str
    since: Instant
    away: int | None


UNTOLD = Stamp(-1)


class Refund(NamedTuple):
    """Money returned, in hundredths of the shop's currency, and the newest telling of it."""

    amount: int
    at: Stamp


@dataclass(slots=True)
class Order:
    """One order as it is now, in hundredths of the shop's currency: each part as the newest event that says it has it.

    `placed` is NEVER while nobody says that it is an order. `properties` are those of its `Order Completed` in the
    history. `refunds` are told one by one; `listed`, all of them, by a storefront: what is not in a list is no longer
    so, unless it was told later.
    """

    placed: Instant = NEVER
    value: int = 0
    value_at: Stamp = UNTOLD
    cancelled: bool = False
    cancelled_at: Stamp = UNTOLD
    properties: Mapping[str, Json] = field(default_factory=dict)
    properties_at: Stamp = UNTOLD
    number: str = ""
    """What the shop's people and its website call it, without a `#`."""
    refunds: dict[str, Refund] = field(default_factory=dict)
    listed: dict[str, int] | None = None
    listed_at: Stamp = UNTOLD

    def taken_off(self) -> list[int]:
        """The amounts of the refunds there are."""
        if self.listed is None:
            return [refund.amount for refund in self.refunds.values()]
        later = [
            refund.amount
            for id_, refund in self.refunds.items()
            if id_ not in self.listed and refund.at > self.listed_at
        ]
        return [*self.listed.values(), *later]

    @property
    def net(self) -> int:
        """What the shop kept of it."""
        return 0 if self.cancelled else max(self.value - sum(self.taken_off()), 0)

    @property
    def counts(self) -> bool:
        """Whether it is an order still: not cancelled, and not refunded altogether."""
        return self.placed != NEVER and not self.cancelled and (self.net > 0 or not self.taken_off())

    @property
    def completed(self) -> Occurrence | None:
        """Its place in the history of `Order Completed`; None when it never was an order."""
        if self.placed == NEVER:
            return None
        total = {} if self.value_at == UNTOLD else {"total": self.value}
        return Occurrence(self.placed, {**self.properties, **total})

    @property
    def newest(self) -> Stamp:
        """Of what is known of it."""
        told = (self.value_at, self.cancelled_at, self.properties_at, self.listed_at)
        return max(*told, *(refund.at for refund in self.refunds.values()), UNTOLD)


class Membership(NamedTuple):
    """Whether the contact is in a segment, by which transition (0: none yet), since and until when."""

    member: bool
    number: int
    since: Instant
    until: Instant


@dataclass(frozen=True, slots=True)
class Transition:
    """A contact entering or leaving a segment: the contact's `number`-th, at `time`, because of `cause`.

    `cause` is an event's id, or `time` (nothing happened, and that was it), or one of the other causes below. `before`
    is the number of the transition before it of the same segment, 0 if none.

    `event` is the type of the event that caused it, and `happened` when that was, which may be long before we heard of
    it (see `happened`); None where no event did.
    """

    contact: str
    number: int
    segment: str
    entered: bool
    time: Instant
    cause: str
    before: int
    event: str | None = None
    happened: Instant | None = None


BY_TIME = "time"
BY_DEFINITION = "definition"
BY_LAUNCH = "launch"
"""As BY_DEFINITION, and whoever published it asked that it start journeys."""
BY_RANK = "rank"
"""The nightly refresh has moved a cut-off."""
BY_REPAIR = "repair"
"""The nightly comparison found a stored membership wrong."""
BY_ERASURE = "erasure"
"""The contact was erased: an end is a change, too."""
BY_JOINING = "joining"
"""The contact has joined another, whose their events are from now on."""


@dataclass(slots=True)
class Profile:
    contact: str
    version: int = 0
    """How often it was stored; a write says which version it has read."""
    first_seen: Instant = NEVER
    """When we first heard of the contact. What is told of earlier times, nobody watched: silence is asserted from here
    on only."""
    traits: dict[str, Stamped] = field(default_factory=dict)
    tags: dict[str, Stamped] = field(default_factory=dict)
    """Tags that were put on (their text) or taken off (None) one by one, in lower case; under "" all tags as they were
    told last as a whole. Of a contact whose tags only ever came whole there is nothing here: the trait says it all."""
    consent: dict[str, Stamped] = field(default_factory=dict)
    """The newest answer to each topic."""
    earlier: dict[str, tuple[Stamped, ...]] = field(default_factory=dict)
    """The answers before it, oldest first (see `standing`)."""
    histories: dict[str, History] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    older_orders: int = 0
    """Orders that no longer fit; what is about one of them is folded by `rebuild` only (`needs_rebuild`)."""
    cut_until: tuple[Instant, str] = (-1, "")
    """The place (`_age`) of the newest of them."""
    cut_names: bytes = field(default=b"", compare=False, repr=False)
    """What they are called: a Bloom filter, so that no name of theirs is ever missed, and few others are taken for one.
    It has room for so many of them, and `rebuild` makes it anew with more."""
    numbers: set[str] = field(default_factory=set, compare=False, repr=False)
    """By which the storefront's orders are called: read off `orders`."""
    memberships: dict[str, Membership] = field(default_factory=dict)
    transitions: int = 0
    consents: int = 0
    identities: tuple[str, ...] = ()
    """Keys in the Identities table that lead here, so that erasure finds them."""
    definitions: int = UNDECIDED
    """The number of the publication of definitions that the memberships were decided by."""
    decided: Instant = 0
    """The instant up to which memberships have been decided."""
    halved: int = 0
    """How often the bounds of histories and orders were halved, because it would have been too large (`dump`)."""
    weak: set[str] = field(default_factory=set)
    """Of traits (`trait:…`) and event types that the product does not know (`event:…`): those of which nobody has told
    but who may not be whom they name (`Event.is_weak`). They replace nothing that others have told, nor push it out."""
    public: bool = False
    """Whether nobody but senders with a public write key has told of the contact."""
    former_words: frozenset[str] = frozenset()
    """Words that said who the contact is, of traits that have changed since (see `own_words_of`)."""
    merged_into: str | None = None
    erased: bool = False

    def counting_orders(self) -> Iterator[Order]:
        """The orders there are still."""
        return (order for order in self.orders.values() if order.counts)

    def standing(self, topic: str) -> Standing | None:
        """What holds of the topic, by all that was answered; None: nothing ever was."""
        newest = self.consent.get(topic)
        if newest is None:
            return None
        since, other = _given(newest), NEVER
        for answer in reversed(self.earlier.get(topic, ())):
            if answer.value != newest.value:
                other = min(other, _given(answer))
            elif other == NEVER:
                since = min(since, _given(answer))
            else:
                return Standing(newest.value, since, since - other)
        return Standing(newest.value, since, None)

    @property
    def email(self) -> str | None:
        stamped = self.traits.get("email")
        return stamped.value if stamped is not None else None


def fold(profile: Profile, event: Event) -> set[str]:
    """Adds one event to the profile, in place; gives the names of what it touched (see `segments.dependencies`).

    It only adds, and keeps to the bounds of names: `trim` cuts histories and orders once all events at hand are folded.
    """
    own, told = own_words_of(profile), own_words(event.traits)
    kept = kept_properties(event, own)
    counted = event_name(event, own) is not None and event.type != Type.ORDER_COMPLETED
    touched = set(_touches(event.type, kept)) if counted else set()
    if told - own:
        touched |= _unsay(profile, told - own)
    if event.received < profile.first_seen:
        profile.first_seen = event.received
        touched.add("first_seen")
    touched |= _fold_tags(profile, event)
    for name, value in event.traits.items():
        if name == TAGS or not is_small({name: value}):
            continue
        held, mark = profile.traits.get(name), f"trait:{name}"
        if event.is_weak and held is not None and mark not in profile.weak:
            continue
        if mark in profile.weak and not event.is_weak:
            del profile.traits[name]
        if _set_newest(profile.traits, name, value, event.stamp):
            profile.weak = profile.weak | {mark} if event.is_weak else profile.weak - {mark}
            touched.add(f"stamp:{name}")
            if held is None or _text(held.value) != _text(value):  # as texts, since 1 == True
                touched.add(f"trait:{name}")
    if own or told:
        profile.former_words = frozenset(sorted((own | told) - _words_of_traits(profile))[:WORDS_BOUND])
    for change in event.consent:
        if _add_answer(profile, change, event):
            touched.add(f"consent:{change.topic}")
    if counted:
        _add_occurrence(profile, event, kept)
    if event.counts and (event.type in ORDER_TYPES or event.order is not None):
        touched |= _fold_order(profile, event, kept)
    for name, _ in _beyond(profile.traits, TRAITS_BOUND, KNOWN_TRAITS, profile.weak, "trait:"):
        touched |= {f"trait:{name}", f"stamp:{name}"}
        profile.weak.discard(f"trait:{name}")
    for name, history in _beyond(profile.histories, TYPES_BOUND, KNOWN_TYPES, profile.weak, "event:"):
        touched.update(*(_touches(name, occurrence.properties) for occurrence in history.newest))
        profile.weak.discard(f"event:{name}")
    return touched


TAGS = "tags"
TOLD_BY_TAGS = {"source": "signup_source", "interest": "interest"}
"""Sign-up forms can only tag a new customer: by the tags `source:popup` and `interest:candles`, these traits."""


def _fold_tags(profile: Profile, event: Event) -> set[str]:
    """The tags that a storefront tells of: all of them (the trait `tags`), or those put on and taken off (the
    properties `tags_added` and `tags_removed`). The newest telling of each tag holds; gives what it touched.

    Of the traits that tags tell, the newest tag's is the value, and without such a tag there is none.
    """
    told_whole = TAGS in event.traits and is_small({TAGS: event.traits[TAGS]})
    changed: list[tuple[str, str | None]] = [(tag, tag) for tag in _texts(event.properties.get("tags_added"))]
    changed += [(tag, None) for tag in _texts(event.properties.get("tags_removed"))]
    if event.public or not (told_whole or changed):
        return set()
    held, before = profile.traits.get(TAGS), _told_by_tags(profile)
    if changed and not profile.tags and held is not None:
        profile.tags[""] = held
    if told_whole and (profile.tags or changed):
        _set_newest(profile.tags, "", event.traits[TAGS], event.stamp)
    elif told_whole:
        _set_newest(profile.traits, TAGS, event.traits[TAGS], event.stamp)
    for tag, value in changed:
        _set_newest(profile.tags, fold_case(tag), value, event.stamp)
    if profile.tags:
        profile.traits[TAGS] = _tags_now(profile)
    after = _told_by_tags(profile)
    for name in before.keys() - after.keys():
        profile.traits.pop(name, None)
    profile.traits |= after
    profile.weak = profile.weak - {f"trait:{name}" for name in after}
    changes = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    changes |= {TAGS} if profile.traits.get(TAGS) != held else set()
    return {f"{what}:{name}" for name in changes for what in ("stamp", "trait")}


def _tags_now(profile: Profile) -> Stamped:
    """All tags: those told as a whole, and what was put on and taken off since. Forgets what was before."""
    whole = profile.tags.get("", Stamped(None, -1))
    later = [tag for tag, each in profile.tags.items() if tag and each[1:] > whole[1:]]
    newest = {
        tag: profile.tags[tag] for tag in sorted(later, key=lambda tag: (profile.tags[tag][1:], tag))[-TAGS_BOUND:]
    }
    listed = whole.value if isinstance(whole.value, list) else []
    kept = [tag for tag in listed if not (isinstance(tag, str) and fold_case(tag) in newest)]
    for each in newest.values():
        if each.value is not None and is_small({TAGS: [*kept, each.value]}):
            kept.append(each.value)
    profile.tags = {**({"": whole} if "" in profile.tags else {}), **newest}
    return Stamped(kept, *max(each[1:] for each in (whole, *newest.values())))


def _told_by_tags(profile: Profile) -> dict[str, Stamped]:
    """The traits that the tags tell, and since when."""
    tags = profile.traits.get(TAGS)
    found: dict[str, Stamped] = {}
    if tags is None:
        return found
    for tag in _texts(tags.value):
        name, _, value = tag.partition(":")
        trait = TOLD_BY_TAGS.get(name.strip())
        if trait is not None and value.strip():
            held = profile.tags.get(fold_case(tag)) or profile.tags.get("") or tags
            told = Stamped(value.strip(), *held[1:])
            if trait not in found or found[trait][1:] <= told[1:]:
                found[trait] = told
    return found


def _texts(value: Json) -> list[str]:
    return [each for each in value if isinstance(each, str) and each] if isinstance(value, list) else []


def own_words_of(profile: Profile) -> frozenset[str]:
    """The words that say who the contact is or was: nothing that repeats one of them is kept of an event, whichever of
    the two was told first."""
    return _words_of_traits(profile) | profile.former_words


def _words_of_traits(profile: Profile) -> frozenset[str]:
    return own_words({name: stamped.value for name, stamped in profile.traits.items()})


def _unsay(profile: Profile, words: frozenset[str]) -> set[str]:
    """Takes out of histories and orders what repeats these words, in place; gives the names of what it touched."""
    touched: set[str] = set()
    for name in [name for name in profile.histories if name not in KNOWN_TYPES and text(name, words) is None]:
        touched.update(*(_touches(name, occurrence.properties) for occurrence in profile.histories.pop(name).newest))
        profile.weak = profile.weak - {f"event:{name}"}
    for name, history in profile.histories.items():
        left = [Occurrence(each.time, without(each.properties, words)) for each in history.newest]
        if left != history.newest:
            touched.update(*(_touches(name, occurrence.properties) for occurrence in history.newest))
            history.newest = sorted(left, key=_sort_key)
    for order in profile.orders.values():
        order.properties = without(order.properties, words)
    return touched


def touch(event: str, property_: str = "", value: str | bool = "") -> str:
    """Names an event type, or those of its events that have this value of a property (or in it), as touched."""
    if not property_:
        return f"event:{event}"
    return f"event:{event}:{property_}={value if isinstance(value, bool) else fold_case(value)}"


def _touches(event: str, kept: Mapping[str, Json]) -> Iterator[str]:
    yield touch(event)
    for name, value in kept.items():
        if isinstance(value, list):
            yield from (touch(event, name, each) for each in value)
        elif isinstance(value, str | bool):
            yield touch(event, name, value)


def trim(profile: Profile) -> None:
    """Cuts the profile to its bounds, in place. Trimming early or late leaves the same."""
    most = max(HISTORY_BOUND >> profile.halved, 1)
    for type_, history in profile.histories.items():
        if type_ != Type.ORDER_COMPLETED:
            del history.newest[: max(len(history.newest) - most, 0)]
    trim_orders(profile)


def trim_orders(profile: Profile) -> None:
    """As `trim`, of orders only."""
    most = _most_orders(profile)
    excess = len(profile.orders) - most
    if excess > 0:
        newest_first = sorted(profile.orders.items(), key=_age, reverse=True)
        cut = newest_first[most:]
        profile.orders = dict(newest_first[:most])
        profile.cut_until = max(profile.cut_until, _age(cut[0]))
        if not profile.older_orders:
            room = max(2 * excess, LEAST_ROOM) * ROOM_OF_ONE // 8
            profile.cut_names = bytes(min(room, NAMES_BOUND))
        called = {called for name, order in cut for called in (name.removeprefix(PUBLIC), order.number)}
        profile.cut_names = _with_names(profile.cut_names, called - {""})
        profile.older_orders += excess
        _set_completed(profile)


def _most_orders(profile: Profile) -> int:
    return max(ORDERS_BOUND >> profile.halved, 1)


def _with_names(filter_: bytes, names: Iterable[str]) -> bytes:
    bits = bytearray(filter_)
    for name in names:
        for place in _places(name, len(bits)):
            bits[place >> 3] |= 1 << (place & 7)
    return bytes(bits)


def _has_name(filter_: bytes, name: str) -> bool:
    return all(filter_[place >> 3] & 1 << (place & 7) for place in _places(name, len(filter_)))


def _places(name: str, size: int) -> Iterator[int]:
    """The eight bits of a filter of so many bytes that stand for a name."""
    drawn = hashlib.blake2b(name.encode(errors="surrogatepass"), digest_size=16).digest()
    first, step = int.from_bytes(drawn[:8]), int.from_bytes(drawn[8:])
    return ((first + n * step) % (8 * size) for n in range(8 if size else 0))


def _age(named: tuple[str, Order]) -> tuple[Instant, str]:
    name, order = named
    return (order.newest.time if order.placed == NEVER else order.placed), name


def _set_completed(profile: Profile) -> None:
    """The newest of the history of `Order Completed`, which are the orders that are kept."""
    history = profile.histories.get(Type.ORDER_COMPLETED)
    if history is not None:
        completed = [order.completed for order in profile.orders.values()]
        history.newest = sorted((each for each in completed if each is not None), key=_sort_key)


def wake_at(profile: Profile) -> Instant:
    """The earliest instant at which time alone may change one of the contact's memberships (NEVER: none)."""
    return min((membership.until for membership in profile.memberships.values()), default=NEVER)


def needs_rebuild(profile: Profile, event: Event) -> bool:
    """Whether the event may be about an order that the bounds have cut off, so that only `rebuild` is exact.

    When an order was placed does not tell: tellers differ, and a shop may change it. What it is called does, and of
    orders that are cut off all names are known.
    """
    if not (profile.older_orders and event.counts and (event.type in ORDER_TYPES or event.order is not None)):
        return False
    id_ = _order_id(event)
    if id_ is None:
        return False
    known, names = profile.orders, profile.cut_names
    if event.public:
        called = id_.removeprefix("#")
        unsure = set() if {called, PUBLIC + called} & known.keys() or called in profile.numbers else {called}
    else:
        number = _order_number(event)
        held = known.get(id_)
        unsure = {id_ if held is None else "", "" if number is None or (held and held.number == number) else number}
    has_room = profile.older_orders * ROOM_OF_ONE <= 8 * len(names) or len(names) >= NAMES_BOUND
    return not has_room or any(_has_name(names, name) for name in unsure - {""})


def misses_orders(profile: Profile) -> bool:
    """Whether an order that the bounds have cut off belongs to the newest by now, because one of those was placed
    earlier than was known, or was another's: only `rebuild` has it. Ask after `trim_orders`."""
    if not profile.older_orders:
        return False
    return len(profile.orders) < _most_orders(profile) or min(map(_age, profile.orders.items())) < profile.cut_until


def rebuild(profile: Profile, events: Iterable[Event]) -> Profile:
    """The profile with what is folded from events made anew from all the contact's events (in any order), untrimmed."""
    whole = replace(
        profile,
        first_seen=NEVER,
        traits={},
        weak=set(),
        tags={},
        consent={},
        earlier={},
        histories={},
        orders={},
        older_orders=0,
        cut_until=(-1, ""),
        cut_names=b"",
        numbers=set(),
        halved=0,
        former_words=frozenset(),
        memberships=dict(profile.memberships),
    )
    for event in events:
        fold(whole, event)
    return whole


def _set_newest(values: dict[str, Stamped], name: str, value: Json, stamp: Stamp) -> bool:
    """The newest stamp wins; of the same, whichever text is greater. Gives whether this one does."""
    held = values.get(name)
    if held is not None and (held.time, held.after, _text(held.value)) >= (*stamp, _text(value)):
        return False
    values[name] = Stamped(value, *stamp)
    return True


def _add_answer(profile: Profile, change: ConsentChange, event: Event) -> bool:
    """Gives whether the topic's answers are others by this one. A state without its date is of the instant 0, older
    than whatever else is known. Of answers of one stamp the greater text is the newer ("un…")."""
    topic, held = change.topic, profile.consent.get(change.topic)
    earlier = profile.earlier.get(topic, ())
    answers = {*earlier, Stamped(change.state, *(Stamp(0, event.time) if change.undated else event.stamp))}
    if held is not None:
        answers.add(held)
    *before, newest = sorted(answers, key=lambda answer: (answer.time, answer.after, answer.value))
    while len(before) >= ANSWERS_BOUND:
        del before[1 if before[0].value == before[1].value else 0]
    if newest == held and tuple(before) == earlier:
        return False
    profile.consent[topic] = newest
    if before:
        profile.earlier[topic] = tuple(before)
    return True


def _given(answer: Stamped) -> Instant:
    """When an answer was given; of a state without its date, when it was told."""
    return answer.time or answer.after


def _beyond(
    values: dict[str, T], bound: int, known: Collection[str] = (), weak: Collection[str] = (), prefix: str = ""
) -> list[tuple[str, T]]:
    """Takes away all but the names that come first, `known` ones before others and `weak` ones (with their prefix)
    last: a choice of `bound` names that no order of arrival changes. Gives what it took."""
    if len(values) <= bound:
        return []

    def place(name: str) -> tuple[int, str]:
        return 0 if name in known else 1 + (f"{prefix}{name}" in weak), name

    return [(name, values.pop(name)) for name in sorted(values, key=place)[bound:]]


def _add_occurrence(profile: Profile, event: Event, kept: Mapping[str, Json]) -> None:
    history = profile.histories.get(event.type)
    if history is None:
        history = profile.histories[event.type] = History()
        if event.is_weak and event.type not in KNOWN_TYPES:
            profile.weak = profile.weak | {f"event:{event.type}"}
    if profile.weak and not event.is_weak:
        profile.weak = profile.weak - {f"event:{event.type}"}
    occurrence = Occurrence(event.time, kept)
    newest = history.newest
    if not newest or newest[-1].time < occurrence.time:
        newest.append(occurrence)
    else:
        at = bisect_left(newest, _sort_key(occurrence), key=_sort_key)
        # Before the oldest that is kept, others were cut off: with this one, it would look whole from here on.
        if at > 0 or history.total == len(newest):
            newest.insert(at, occurrence)
    history.total += 1
    history.first = min(history.first, event.time)


def _fold_order(profile: Profile, event: Event, kept: Mapping[str, Json]) -> set[str]:
    """What an event tells of an order; gives what it touched.

    An order is one however many tell of it: the storefront by its id; a website by that too, or by the order's number.
    What the storefront says prevails, whoever is first, and what a website said of it is forgotten.
    """
    id_ = _order_id(event)
    if id_ is None:
        return set()
    if event.public:
        called = id_.removeprefix("#")
        if called in profile.orders or called in profile.numbers:
            return set()
        id_ = PUBLIC + called
    touched: set[str] = set()
    order = profile.orders.setdefault(id_, Order())
    before = order.completed
    if event.type == Type.ORDER_REFUNDED:
        _tell_refund(order, event)
    else:
        _tell_order(order, event, kept)
    touched |= _complete(profile, before, order.completed)
    if not event.public:
        profile.numbers |= {order.number} - {""}
        for called in (id_, order.number):
            seen = profile.orders.pop(PUBLIC + called, None)
            if seen is not None:
                touched |= _complete(profile, seen.completed, None)
    return touched | {"orders"}


def _order_id(event: Event) -> str | None:
    """The order's id. Who completes one without an id has made one all the same: it is known by the event."""
    told = event.properties.get("order_id") if event.order is None else event.order.id
    return short_id(told) or (event.id if event.type == Type.ORDER_COMPLETED and told is None else None)


def _order_number(event: Event) -> str | None:
    number = short_id(event.properties.get("order_number"))
    return None if number is None else number.removeprefix("#")


def _tell_order(order: Order, event: Event, kept: Mapping[str, Json]) -> None:
    stamp, state = event.stamp, event.order
    placed = _placed(event)
    if placed is not None:
        order.placed = min(order.placed, placed)
    number = _order_number(event)
    if number is not None and not event.public:
        order.number = max(order.number, number)
    if state is not None or event.type == Type.ORDER_CANCELLED:
        cancelled = state is None or not state.stands
        if (stamp, cancelled) > (order.cancelled_at, order.cancelled):
            order.cancelled, order.cancelled_at = cancelled, stamp
    total = None if event.other_currency else stated_total(event.properties)
    if total is not None and (stamp, total) > (order.value_at, order.value):
        order.value, order.value_at = max(total, 0), stamp
    said = {name: value for name, value in kept.items() if name != "total"}
    if said and (stamp, _text(said)) > (order.properties_at, _text(order.properties)):
        order.properties, order.properties_at = said, stamp
    if state is not None and state.refunds is not None and not event.other_currency:
        listed = {id_: amount(each) or 0 for id_, each in state.refunds.items()}
        if (stamp, _text(listed)) > (order.listed_at, _text(order.listed)):
            _beyond(listed, REFUNDS_BOUND)
            order.listed, order.listed_at = listed, stamp


def _tell_refund(order: Order, event: Event) -> None:
    """Of two amounts told of one refund the larger is taken off."""
    if event.other_currency:
        return  # how much of the order that is, nobody knows
    refund = refunded(event.properties)
    id_ = short_id(event.properties.get("refund_id")) or event.id
    held = order.refunds.get(id_, Refund(0, UNTOLD))
    order.refunds[id_] = Refund(max(held.amount, refund or 0), max(held.at, event.stamp))
    _beyond(order.refunds, REFUNDS_BOUND)


def _complete(profile: Profile, before: Occurrence | None, after: Occurrence | None) -> set[str]:
    """Puts an order's place in the history of `Order Completed` where it is now; gives what that touched."""
    if before == after:
        return set()
    history = profile.histories.setdefault(Type.ORDER_COMPLETED, History())
    newest, touched = history.newest, set()
    if before is not None:
        del newest[bisect_left(newest, _sort_key(before), key=_sort_key)]
        history.total -= 1
        touched |= set(_touches(Type.ORDER_COMPLETED, before.properties))
    if after is not None:
        newest.insert(bisect_left(newest, _sort_key(after), key=_sort_key), after)
        history.total += 1
        history.first = min(history.first, after.time)
        touched |= set(_touches(Type.ORDER_COMPLETED, after.properties))
    if history.total == len(newest):
        history.first = newest[0].time if newest else NEVER
    if not history.total:
        del profile.histories[Type.ORDER_COMPLETED]
    return touched


def _placed(event: Event) -> Instant | None:
    """When the order was placed: as the storefront says, or else when it was completed."""
    ordered_at = event.properties.get("ordered_at")
    if isinstance(ordered_at, str):
        try:
            return counted_time(parse_instant(ordered_at), event.received)
        except ValueError:
            pass
    return event.time if event.type == Type.ORDER_COMPLETED else None


def happened(event: Event) -> Instant:
    """When somebody did what the event tells of: an order is placed once, however late or often it is told of."""
    placed = _placed(event) if event.type in _PLACED else None
    return event.time if placed is None else min(placed, event.time)


_PLACED = ORDER_TYPES - {Type.ORDER_CANCELLED, Type.ORDER_REFUNDED}


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _sort_key(occurrence: Occurrence) -> tuple[Instant, str]:
    return occurrence.time, _text(occurrence.properties)


# ── stored form ──


_ALL_KNOW = (
    b'"Contact Deleted":[1,"Screen Viewed":[1,"Group Joined":[1,"Order Paid":[1,"Order Updated":[1,"Order Fulfilled":['
    b'"Email Bounced":[1,{"permanent":true}"Email Complained":[1,"winter_coat_climate":[true,"near_store":[true,'
    b'"young_adults":[true,"birthday_this_month":[false,"price_sensitive":[true,"espresso_lovers":[true,'
    b'"yoga_interest":[true,"fiction_lovers":[true,"due_to_reorder":[false,"likely_to_upgrade":[true,'
    b'"weekend_shoppers":[true,"eyeing_a_product":[true,"abandoned_coffee_cart":[false,"champions":[true,'
    b'"high_value":[true,"dormant":[false,"loyal_customers":[true,"campaign":"","query":"","birthday":["19","phone":["+44'
    b'"gender":["","language":["en","latitude":[5,"longitude":[-0.,"timezone":["Europe/London","province":["",'
    b'"lists":[["woocommerce#","device":"tablet"},"bot"},{"contact":"c","version":1,"first_seen":17,'
    b'"traits":{"email":["@gmail.com","first_name":["","last_name":["","country":["GB","region":["","city":["",'
    b'"postal_code":["","tags":[["source:checkout","interest:"],"signup_source":["newsletter","checkout","interest":["",'
    b'"locale":["en-GB"]},"consent":{"marketing":["subscribed",1]},'
    b'"histories":{"Contact Created":[1,{}]]],"Consent Changed":[1,{}]]],"Contact Updated":[1,[[1,{"device":"mobile"}]]'
    b'"Order Refunded":[1,"Order Cancelled":[1,"Cart Updated":[1,"Checkout Started":[1,"Checkout Updated":[1,'
    b'"Journey Completed":[1,{"path":"thank_you","journey":"onboarding"}]]],{"path":"end","journey":"win_back"}]]],'
    b'"Email Sent":[2,{"journey":"onboarding","template":"welcome","topic":"marketing"}],'
    b'"Email Delivered":[2,{"journey":"onboarding","template":"thank_you","topic":"marketing"}]]],'
    b'"Email Opened":[1,"Email Clicked":[1,{"journey":"win_back","template":"we_miss_you","topic":"marketing",'
    b'"human":true,"device":"desktop"}],"human":false,"device":"mobile"}],'
    b'"Order Completed":[1,[[1,{"product_id":["8","7"],"category":["","total":1995}]]],'
    b'"Product Viewed":[9,[[1,{"product_id":["],"category":[""],"price":995,"device":"mobile"}],'
    b'"Page Viewed":[9,[[1,{"path":"/collections/","device":"desktop"}],[1,{"path":"/products/-","device":"mobile"}],'
    b'"orders":{":[1,{},true],":[1,{},false],"},"older_orders":0,"memberships":{"new_subscribers":[false,'
    b'"inactive":[false,0,"subscribers":[true,2,"leads":[false,"disengaged":[false,0,"highly_engaged":[true,'
    b'"moderately_engaged":[true,"mails_unanswered":[false,0,"customers":[true,4,"active_customers":[true,5,'
    b'"first_time_buyers":[false,"high_spenders":[true,"lapsed_customers":[false,0,"churned":[false,0,"at_risk":[false,0,'
    b'"repeat_buyers":[true,"mobile_visitors":[true,"abandoned_cart":[false,0,"big_carts":[false,0,'
    b'"evening_carts":[false,0,4611686018427387904],"transitions":1,"consents":1,"identities":["shopify#","email#",'
    b'"anonymous#checkout:","anonymous#shopify-order:","user#","anonymous#"],"definitions":1,"decided":17,'
    b'"merged_into":null,"erased":false}'
)
"""What most profiles have in them, so that their compressed form need not (zlib's preset dictionary). Every stored
profile needs it to be read: it is never changed."""


def dump(profile: Profile) -> bytes:
    """The profile's JSON, compressed. Writes are paid by the kilobyte, twice in a transaction.

    A profile that is too large then, which only nonsense makes it, is left with half as many occurrences and orders, in
    place, and half of that, until `rebuild` begins anew.
    """
    while len(stored := _compressed(as_json(profile))) > STORED_BOUND and profile.halved < MOST_HALVINGS:
        profile.halved += 1
        trim(profile)
    return stored


def _compressed(text: bytes) -> bytes:
    compressor = zlib.compressobj(level=9, zdict=_ALL_KNOW)
    return compressor.compress(text) + compressor.flush()


def as_json(profile: Profile) -> bytes:
    return json.dumps(
        {
            "contact": profile.contact,
            "version": profile.version,
            "first_seen": profile.first_seen,
            "traits": profile.traits,
            **({"tags": profile.tags} if profile.tags else {}),
            "consent": profile.consent,
            **({"earlier": profile.earlier} if profile.earlier else {}),
            "histories": {
                name: [history.total, history.first, history.newest if name != Type.ORDER_COMPLETED else []]
                for name, history in profile.histories.items()
            },
            "orders": {
                name: [getattr(order, each) for each in Order.__slots__] for name, order in profile.orders.items()
            },
            "older_orders": profile.older_orders,
            "memberships": profile.memberships,
            "transitions": profile.transitions,
            "consents": profile.consents,
            "identities": profile.identities,
            "definitions": profile.definitions,
            "decided": profile.decided,
            "merged_into": profile.merged_into,
            "erased": profile.erased,
            **({"cut_until": profile.cut_until} if profile.older_orders else {}),
            **({"cut_names": base64.b64encode(profile.cut_names).decode()} if profile.cut_names else {}),
            **({"halved": profile.halved} if profile.halved else {}),
            **({"public": True} if profile.public else {}),
            **({"former_words": sorted(profile.former_words)} if profile.former_words else {}),
            **({"weak": sorted(profile.weak)} if profile.weak else {}),
        },
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()


def load(stored: bytes) -> Profile:
    """Reads what `dump` wrote."""
    raw = json.loads(zlib.decompressobj(zdict=_ALL_KNOW).decompress(stored))
    profile = Profile(
        contact=raw["contact"],
        version=raw["version"],
        first_seen=raw["first_seen"],
        traits={name: Stamped(*stamped) for name, stamped in raw["traits"].items()},
        tags={name: Stamped(*stamped) for name, stamped in raw.get("tags", {}).items()},
        consent={name: Stamped(*stamped) for name, stamped in raw["consent"].items()},
        earlier={
            name: tuple(Stamped(*answer) for answer in answers) for name, answers in raw.get("earlier", {}).items()
        },
        histories={
            name: History([Occurrence(*occurrence) for occurrence in newest], total, first)
            for name, (total, first, newest) in raw["histories"].items()
        },
        orders={name: _order(order) for name, order in raw["orders"].items()},
        older_orders=raw["older_orders"],
        cut_until=tuple(raw.get("cut_until", (-1, ""))),
        cut_names=base64.b64decode(raw.get("cut_names", "")),
        memberships={name: Membership(*membership) for name, membership in raw["memberships"].items()},
        transitions=raw["transitions"],
        consents=raw["consents"],
        identities=tuple(raw["identities"]),
        definitions=raw["definitions"],
        decided=raw["decided"],
        halved=raw.get("halved", 0),
        public=raw.get("public", False),
        former_words=frozenset(raw.get("former_words", ())),
        weak=set(raw.get("weak", ())),
        merged_into=raw["merged_into"],
        erased=raw["erased"],
    )
    profile.numbers = {order.number for order in profile.orders.values() if order.number}
    _set_completed(profile)
    return profile


def _order(stored: list[Json]) -> Order:
    placed, value, value_at, cancelled, cancelled_at, properties, properties_at, number, refunds, listed, at = stored
    return Order(
        placed,
        value,
        Stamp(*value_at),
        cancelled,
        Stamp(*cancelled_at),
        properties,
        Stamp(*properties_at),
        number,
        {id_: Refund(amount, Stamp(*told)) for id_, (amount, told) in refunds.items()},
        listed,
        Stamp(*at),
    )

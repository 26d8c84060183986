"""Profiles: what a contact's events add up to.

`fold` gives the same profile for the same events in whatever order they come, because each part is merged by a rule
that does not look at the order of arrival: a trait or a consent by the newest instant, a history by keeping the newest
occurrences and counting all, an order by its own id. Repeated events are kept out before (`event_key`).

Everything is bounded, in number and in bytes. What a bound cuts off is still in the contact's event items, and the
profile knows that it was cut (`History.total`, `Profile.older_orders`), so that nobody takes a bounded history for a
whole one.
"""

from __future__ import annotations

import json
import zlib
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

from shared.domain.events import (
    NEVER,
    ORDER_TYPES,
    Event,
    Instant,
    Json,
    Type,
    amount,
    parse_instant,
)
from shared.domain.properties import KNOWN_TYPES, event_name, fold_case, is_small, kept_properties, short_id

T = TypeVar("T")

HISTORY_BOUND = 40
"""Occurrences kept of one event type: the newest."""
TYPES_BOUND = 60
"""Event types a profile has a history of: those the product knows, then the first in alphabetical order. A sane shop
has about twenty."""
TRAITS_BOUND = 100
_WHO = ("email", "first_name", "last_name", "phone", "birthday", "locale", "timezone")
_WHERE = ("country", "region", "city", "postal_code", "latitude", "longitude")
_WHAT = ("tags", "lists", "signup_source", "interest", "dormant")
KNOWN_TRAITS = frozenset((*_WHO, *_WHERE, *_WHAT))
"""Traits that storefronts tell or the product asks for: they have their place, whatever a website tells beside them."""
ORDERS_BOUND = 60
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
    """A value and the instant it was set at."""

    value: Json
    time: Instant


@dataclass(slots=True)
class Order:
    """One order, in hundredths of the shop's currency. `placed` is NEVER while only a refund is known of it."""

    placed: Instant = NEVER
    value: int = 0
    value_time: Instant = -1
    refunds: dict[str, int] = field(default_factory=dict)
    cancelled: bool = False

    @property
    def net(self) -> int:
        """What the shop kept of it."""
        if self.cancelled:
            return 0
        return max(self.value - sum(self.refunds.values()), 0) if self.refunds else self.value

    @property
    def counts(self) -> bool:
        """Whether it is an order still: not cancelled, and not refunded altogether."""
        return self.placed != NEVER and not self.cancelled and (not self.refunds or self.net > 0)


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
    """

    contact: str
    number: int
    segment: str
    entered: bool
    time: Instant
    cause: str
    before: int


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
    traits: dict[str, Stamped] = field(default_factory=dict)
    consent: dict[str, Stamped] = field(default_factory=dict)
    histories: dict[str, History] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    older_orders: int = 0
    """Orders that no longer fit; while there are some, order events are folded by `rebuild` only."""
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
    merged_into: str | None = None
    erased: bool = False

    def counting_orders(self) -> Iterator[Order]:
        """The orders there are still. What a public write key says of an order is overruled by the storefront."""
        for name, order in self.orders.items():
            if order.counts and not (name.startswith(PUBLIC) and name.removeprefix(PUBLIC) in self.orders):
                yield order

    @property
    def email(self) -> str | None:
        stamped = self.traits.get("email")
        return stamped.value if stamped is not None else None


def fold(profile: Profile, event: Event) -> set[str]:
    """Adds one event to the profile, in place; gives the names of what it touched (see `segments.dependencies`).

    It only adds, and keeps to the bounds of names: `trim` cuts histories and orders once all events at hand are folded.
    """
    kept = kept_properties(event)
    counted = event_name(event) is not None
    touched = set(_touches(event.type, kept)) if counted else set()
    if event.time < profile.first_seen:
        profile.first_seen = event.time
        touched.add("first_seen")
    for name, value in event.traits.items():
        if not is_small({name: value}):
            continue
        held = profile.traits.get(name)
        if _set_newest(profile.traits, name, value, event.time):
            touched.add(f"stamp:{name}")
            if held is None or _text(held.value) != _text(value):  # as texts, since 1 == True
                touched.add(f"trait:{name}")
    for change in event.consent:
        if _set_newest(profile.consent, change.topic, change.state, event.time):
            touched.add(f"consent:{change.topic}")
    if counted:
        _add_occurrence(profile, event, kept)
    if event.type in ORDER_TYPES and _fold_order(profile, event):
        touched.add("orders")
    for name, _ in _beyond(profile.traits, TRAITS_BOUND, KNOWN_TRAITS):
        touched |= {f"trait:{name}", f"stamp:{name}"}
    for name, history in _beyond(profile.histories, TYPES_BOUND, KNOWN_TYPES):
        touched.update(*(_touches(name, occurrence.properties) for occurrence in history.newest))
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
    for history in profile.histories.values():
        del history.newest[: max(len(history.newest) - most, 0)]
    most = max(ORDERS_BOUND >> profile.halved, 1)
    excess = len(profile.orders) - most
    if excess > 0:
        newest_first = sorted(profile.orders.items(), key=lambda item: (item[1].placed, item[0]), reverse=True)
        profile.orders = dict(newest_first[:most])
        profile.older_orders += excess


def wake_at(profile: Profile) -> Instant:
    """The earliest instant at which time alone may change one of the contact's memberships (NEVER: none)."""
    return min((membership.until for membership in profile.memberships.values()), default=NEVER)


def needs_rebuild(profile: Profile, event: Event) -> bool:
    """Whether the event may be about an order that the bounds have cut off, so that only `rebuild` is exact."""
    return profile.older_orders > 0 and event.type in ORDER_TYPES


def rebuild(profile: Profile, events: Iterable[Event]) -> Profile:
    """The profile with what is folded from events made anew from all the contact's events (in any order), untrimmed."""
    whole = replace(
        profile,
        first_seen=NEVER,
        traits={},
        consent={},
        histories={},
        orders={},
        older_orders=0,
        halved=0,
        memberships=dict(profile.memberships),
    )
    for event in events:
        fold(whole, event)
    return whole


def _set_newest(values: dict[str, Stamped], name: str, value: Json, time: Instant) -> bool:
    """Last write wins by the event's instant; at the same instant, whichever text is greater ("un…" of consent). Gives
    whether this one does."""
    held = values.get(name)
    if held is not None and (held.time, _text(held.value)) >= (time, _text(value)):
        return False
    values[name] = Stamped(value, time)
    return True


def _beyond(values: dict[str, T], bound: int, known: Collection[str] = ()) -> list[tuple[str, T]]:
    """Takes away all but the names that come first, `known` ones before others: a choice of `bound` names that no order
    of arrival changes. Gives what it took."""
    if len(values) <= bound:
        return []
    return [(name, values.pop(name)) for name in sorted(values, key=lambda name: (name not in known, name))[bound:]]


def _add_occurrence(profile: Profile, event: Event, kept: Mapping[str, Json]) -> None:
    history = profile.histories.get(event.type)
    if history is None:
        history = profile.histories[event.type] = History()
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


def _fold_order(profile: Profile, event: Event) -> bool:
    order_id = short_id(event.properties.get("order_id"))
    if order_id is None:
        return False
    order = profile.orders.setdefault(f"{PUBLIC if event.public else ''}{order_id}", Order())
    if event.type == Type.ORDER_REFUNDED:
        refund = amount(event.properties.get("amount"))
        refund_id = short_id(event.properties.get("refund_id")) or event.id
        order.refunds[refund_id] = max(order.refunds.get(refund_id, 0), refund or 0)
        _beyond(order.refunds, REFUNDS_BOUND)
        return True
    if event.type == Type.ORDER_CANCELLED:
        order.cancelled = True
    placed = _placed(event)
    if placed is not None:
        order.placed = min(order.placed, placed)
    total = amount(event.properties.get("total", event.properties.get("revenue")))
    if total is not None and (event.time, total) > (order.value_time, order.value):
        order.value, order.value_time = max(total, 0), event.time
    return True


def _placed(event: Event) -> Instant | None:
    """When the order was placed: as the storefront says, or else when it was completed."""
    ordered_at = event.properties.get("ordered_at")
    if isinstance(ordered_at, str):
        try:
            return min(parse_instant(ordered_at), event.received)
        except ValueError:
            pass
    return event.time if event.type == Type.ORDER_COMPLETED else None


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
            "consent": profile.consent,
            "histories": {
                name: [history.total, history.first, history.newest] for name, history in profile.histories.items()
            },
            "orders": {
                name: [order.placed, order.value, order.value_time, order.refunds, order.cancelled]
                for name, order in profile.orders.items()
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
            **({"halved": profile.halved} if profile.halved else {}),
        },
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()


def load(stored: bytes) -> Profile:
    """Reads what `dump` wrote."""
    raw = json.loads(zlib.decompressobj(zdict=_ALL_KNOW).decompress(stored))
    return Profile(
        contact=raw["contact"],
        version=raw["version"],
        first_seen=raw["first_seen"],
        traits={name: Stamped(*stamped) for name, stamped in raw["traits"].items()},
        consent={name: Stamped(*stamped) for name, stamped in raw["consent"].items()},
        histories={
            name: History([Occurrence(*occurrence) for occurrence in newest], total, first)
            for name, (total, first, newest) in raw["histories"].items()
        },
        orders={name: Order(*order) for name, order in raw["orders"].items()},
        older_orders=raw["older_orders"],
        memberships={name: Membership(*membership) for name, membership in raw["memberships"].items()},
        transitions=raw["transitions"],
        consents=raw["consents"],
        identities=tuple(raw["identities"]),
        definitions=raw["definitions"],
        decided=raw["decided"],
        halved=raw.get("halved", 0),
        merged_into=raw["merged_into"],
        erased=raw["erased"],
    )

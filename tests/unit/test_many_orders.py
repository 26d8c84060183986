"""More orders than a profile keeps: as exact as a rebuild of everything, and mostly without one."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterable, Sequence
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.adapters.definitions import shipped, shipped_models
from shared.domain.conditions import Condition, Segment
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import DAY, HOUR, Event, OrderState, Type, iso
from shared.domain.profiles import Profile, kept_orders
from shared.domain.profiles.bounds import MAX_ORDERS
from shared.domain.profiles.folding import rebuild, trim
from shared.domain.profiles.kept_orders import needs_rebuild
from shared.domain.profiles.stored import dump, load
from shared.domain.profiles.transitions import Transition
from shared.domain.segments import Definitions, absorb, compile_segments
from tests.unit.profile_histories import BEGIN, CONTACT

CONDITIONS: list[dict[str, Any]] = [
    {"kind": "orders", "measure": "count", "at_least": 2, "within": "2d"},
    {"kind": "orders", "measure": "sum", "at_least": 60},
    {"kind": "orders", "measure": "average", "at_least": 30, "within": "30h"},
    {"kind": "last_order", "at_least": 1},
    {"kind": "event", "event": "Order Completed", "at_least": 3},
    {"kind": "first_event", "event": "Order Completed", "within": "3d"},
    {"kind": "cart", "older": "1h", "within": "90h"},
]
NOTHING = compile_segments([], zone="UTC")


def segments(conditions: Sequence[dict[str, Any]]) -> Definitions:
    read: TypeAdapter[Condition] = TypeAdapter(Condition)
    return compile_segments(
        [Segment(id=f"s{n}", name="S", sentence="S.", when=read.validate_python(c)) for n, c in enumerate(conditions)],
        zone="UTC",
    )


class Contact:
    """Stored as `functions/profile` stores one: read, changed, written; from all events where that is asked for."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.stored = dump(Profile("c1"))
        self.events: list[Event] = []
        self.rebuilds = 0
        self.transitions: list[Transition] = []

    def tell(self, events: Sequence[Event]) -> None:
        now = max(event.received for event in events)
        try:
            profile = load(self.stored)
            transitions = absorb(self.definitions, profile, events, now)
        except HistoryNeededError:
            self.rebuilds += 1
            profile = rebuild(load(self.stored), self.events)
            transitions = absorb(self.definitions, profile, events, now)
        self.events += events
        self.transitions += transitions
        self.stored = dump(profile)


def made(number: int, type_: str, hours: int, received: int, **properties: object) -> Event:
    time = BEGIN + hours * HOUR
    return Event(
        id=f"e{number}",
        type=type_,
        time=time,
        stated=time,
        received=BEGIN + 5 * DAY + received * HOUR,
        source="shopify",
        identities=CONTACT,
        properties=properties,
    )


@st.composite
def told(draw: st.DrawFn, number: int) -> Event:
    """Of nine orders, by their ids and numbers, from storefront and website, in every state and with any dates."""
    id_ = draw(st.integers(1, 9))
    type_ = draw(
        st.sampled_from(
            [*[Type.ORDER_COMPLETED] * 4, Type.ORDER_UPDATED, Type.ORDER_CANCELLED, Type.ORDER_REFUNDED, "Cart Updated"]
        )
    )
    event = made(number, type_, draw(st.integers(0, 90)), number)
    if draw(st.integers(0, 2)) == 0:
        name = draw(st.sampled_from([str(id_), f"10{id_}", f"#10{id_}"]))
        properties: dict[str, Any] = {"order_id": name, "total": draw(st.sampled_from([10, 40]))}
        return event.model_copy(update={"public": True, "properties": properties})
    properties = {"order_id": str(id_), "total": draw(st.sampled_from([10, 40]))}
    if draw(st.booleans()):
        properties["order_number"] = f"10{id_}"
    if draw(st.booleans()):
        properties["ordered_at"] = iso(BEGIN + draw(st.integers(0, 90)) * HOUR)
    if type_ == Type.ORDER_REFUNDED:
        properties |= {"refund_id": f"r{draw(st.integers(1, 2))}", "amount": 10}
    state = None
    if draw(st.integers(0, 3)) == 0:
        state = OrderState(id=str(id_), stands=draw(st.booleans()), refunds=draw(st.sampled_from([None, {"r1": 5.0}])))
    return event.model_copy(update={"properties": properties, "order": state})


@st.composite
def lives(draw: st.DrawFn) -> list[list[Event]]:
    events = [draw(told(number)) for number in range(draw(st.integers(1, 24)))]
    batches, rest = [], events
    while rest:
        size = draw(st.integers(1, 5))
        batches.append(rest[:size])
        rest = rest[size:]
    return batches


@settings(max_examples=100, deadline=None)
@given(
    lives(),
    st.lists(st.sampled_from(CONDITIONS), max_size=3, unique_by=str),
    st.integers(1, 4),
    st.sampled_from([2, 64]),
)
def test_however_few_orders_are_kept_the_profile_and_the_transitions_are_those_of_all(
    batches: list[list[Event]], conditions: list[dict[str, Any]], bound: int, room: int
) -> None:
    definitions = segments(conditions)
    few, all_ = Contact(definitions), Contact(definitions)
    for batch in batches:
        with patch.object(kept_orders, "MAX_ORDERS", bound), patch.object(kept_orders, "LEAST_ROOM", room):
            few.tell(batch)
            kept = load(few.stored)
            whole = rebuild(kept, few.events)
            trim(whole)
            assert kept == whole
        all_.tell(batch)
    assert all_.rebuilds == 0
    assert few.transitions == all_.transitions


# ── how often everything is read ──


def orders(n: int) -> list[Event]:
    return [
        made(at, Type.ORDER_COMPLETED, at - n, at - n, order_id=str(5_000_000 + at), order_number=str(at), total=40)
        for at in range(n)
    ]


def batches_of(events: Sequence[Event], most: int) -> Iterable[Sequence[Event]]:
    return (events[start : start + most] for start in range(0, len(events), most))


@pytest.mark.parametrize("shuffled", [False, True])
def test_two_thousand_orders_ask_for_all_events_a_few_times_only(shuffled: bool) -> None:
    """Each doubling of what is remembered of older orders is one rebuild: what is read and folded grows with the
    orders, not with their square."""
    several = orders(2_000)
    if shuffled:
        random.Random(1).shuffle(several)
    contact = Contact(NOTHING)
    for batch in batches_of(several, 20):
        contact.tell(batch)
    assert contact.rebuilds <= 8
    profile = load(contact.stored)
    assert profile.histories[Type.ORDER_COMPLETED].total == 2_000
    assert len(profile.orders) == MAX_ORDERS
    assert len(contact.stored) < 16_000
    whole = rebuild(profile, contact.events)
    trim(whole)
    assert profile == whole


def test_the_shipped_segments_do_not_ask_for_all_events_with_each_order() -> None:
    contact = Contact(compile_segments(shipped(), zone="UTC", models=shipped_models()))
    for batch in batches_of(orders(600), 20):
        contact.tell(batch)
    assert contact.rebuilds <= 6


def test_what_is_about_an_older_order_or_may_be_asks_for_all_events() -> None:
    contact = Contact(NOTHING)
    several = orders(100)
    for batch in batches_of(several, 20):
        contact.tell(batch)
    profile = load(contact.stored)
    for type_ in (Type.ORDER_REFUNDED, Type.ORDER_CANCELLED, Type.ORDER_UPDATED, Type.ORDER_COMPLETED):
        assert needs_rebuild(profile, made(200, type_, 0, 0, order_id="5000003"))
        assert not needs_rebuild(profile, made(200, type_, 0, 0, order_id="5000090"))
        assert not needs_rebuild(profile, made(200, type_, 0, 0, order_id="6000000"))
    seen = [made(200, Type.ORDER_COMPLETED, 0, 0, order_id=name) for name in ("5000003", "3", "#3", "#90", "x")]
    asked = [needs_rebuild(profile, each.model_copy(update={"public": True})) for each in seen]
    assert asked == [True, True, True, False, False]


def test_a_profile_stored_before_names_were_remembered_is_rebuilt_once() -> None:
    contact = Contact(NOTHING)
    *before, last, next_ = orders(72)
    contact.tell(before)
    profile = load(contact.stored)
    profile.cut_names, profile.cut_until = b"", (-1, "")
    contact.stored = dump(copy.deepcopy(profile))
    for event in (last, next_):
        contact.tell([event])
    assert contact.rebuilds == 1

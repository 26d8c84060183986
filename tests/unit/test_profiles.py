"""The fold: whatever the order of arrival, the same profile; bounded, and never mistaken about what was cut."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from shared.domain import profiles
from shared.domain.events import DAY, ConsentChange, Event, Identity, IdentityKind, Type, iso
from shared.domain.profiles import HISTORY_BOUND, ORDERS_BOUND, Profile, dump, fold, load, rebuild, trim
from tests.unit.profile_histories import BEGIN, events


def folded(events_: list[Event]) -> Profile:
    profile = Profile("c1")
    for event in events_:
        fold(profile, event)
        trim(profile)
    return profile


def event(type_: str, day: float, **properties: object) -> Event:
    time = BEGIN + int(day * DAY)
    return Event(
        id=f"{type_}{day}{properties}"[:128],
        type=type_,
        time=time,
        stated=time,
        received=time,
        source="shopify",
        identities=(Identity(kind=IdentityKind.SHOPIFY, value="1"),),
        properties=properties,
    )


@given(events().flatmap(lambda drawn: st.tuples(st.just(drawn), st.permutations(drawn))))
def test_events_in_any_order_give_the_same_profile(drawn: tuple[list[Event], list[Event]]) -> None:
    ordered, shuffled = drawn
    assert folded(ordered) == folded(list(shuffled))


@given(events())
def test_a_profile_survives_storing(drawn: list[Event]) -> None:
    profile = folded(drawn)
    assert load(dump(profile)) == profile


@given(events())
def test_rebuilding_from_all_events_gives_the_folded_profile(drawn: list[Event]) -> None:
    profile = folded(drawn)
    assert rebuild(dataclasses.replace(profile), reversed(drawn)) == profile


def test_a_refund_and_a_cancellation_take_back_what_the_orders_added() -> None:
    profile = folded(
        [
            event(Type.ORDER_COMPLETED, 1, order_id="1", total="40.00"),
            event(Type.ORDER_COMPLETED, 2, order_id="2", total="10.00"),
            event(Type.ORDER_REFUNDED, 3, order_id="1", refund_id="r1", amount=15),
            event(Type.ORDER_CANCELLED, 3, order_id="2"),
        ]
    )
    assert [(order.net, order.counts) for order in profile.orders.values()] == [(2500, True), (0, False)]


def test_a_refund_that_comes_before_its_order_is_taken_off_too() -> None:
    refund = event(Type.ORDER_REFUNDED, 3, order_id="1", refund_id="r1", amount=40)
    order = event(Type.ORDER_COMPLETED, 1, order_id="1", total="40.00")
    profile = folded([refund, order])
    assert profile.orders["1"].net == 0
    assert not profile.orders["1"].counts


def test_a_refund_told_twice_is_taken_off_once() -> None:
    order = event(Type.ORDER_COMPLETED, 1, order_id="1", total="40.00")
    refunds = [event(Type.ORDER_REFUNDED, day, order_id="1", refund_id="r1", amount=15) for day in (2, 3)]
    assert folded([order, *refunds]).orders["1"].net == 2500


def test_a_history_keeps_the_newest_and_counts_all() -> None:
    many = [event(Type.PAGE_VIEWED, day, path=f"/{day}") for day in range(HISTORY_BOUND + 5)]
    history = folded(many).histories[Type.PAGE_VIEWED]
    assert history.total == HISTORY_BOUND + 5
    assert history.first == BEGIN
    assert history.newest[0].properties["path"] == "/5"
    assert folded(list(reversed(many))).histories[Type.PAGE_VIEWED] == history


def test_order_events_ask_for_a_rebuild_once_orders_were_cut_off() -> None:
    many = [event(Type.ORDER_COMPLETED, n, order_id=str(n), total="1.00") for n in range(ORDERS_BOUND + 1)]
    profile = folded(many[:-1])
    refund = event(Type.ORDER_REFUNDED, 999, order_id="0", refund_id="r", amount=1)
    assert not profiles.needs_rebuild(profile, refund)
    fold(profile, many[-1])
    trim(profile)
    assert profiles.needs_rebuild(profile, refund)
    assert len(rebuild(profile, many).orders) == ORDERS_BOUND + 1


def test_amounts_beyond_belief_count_nothing() -> None:
    for total in ("-5.00", "1e300", "NaN", "free", None, True):
        profile = folded([event(Type.ORDER_COMPLETED, 1, order_id="1", total=total)])
        assert profile.orders["1"].value == 0


def test_an_order_counts_from_when_it_was_placed() -> None:
    profile = folded([event(Type.ORDER_UPDATED, 9, order_id="1", total="40.00", ordered_at=iso(BEGIN + 2 * DAY))])
    assert profile.orders["1"].placed == BEGIN + 2 * DAY


def test_the_newest_answer_is_the_consent_whatever_comes_last() -> None:
    yes = event(Type.CONSENT_CHANGED, 1).model_copy(update={"consent": (ConsentChange(state="subscribed"),)})
    no = event(Type.CONSENT_CHANGED, 2).model_copy(update={"consent": (ConsentChange(state="unsubscribed"),)})
    assert folded([no, yes]).consent["marketing"].value == "unsubscribed"


def test_a_public_key_cannot_take_back_what_the_storefront_told() -> None:
    order = event(Type.ORDER_COMPLETED, 1, order_id="1", total="40.00")
    forged = [
        event(type_, 2, order_id="1", amount=40, total="9") for type_ in (Type.ORDER_CANCELLED, Type.ORDER_REFUNDED)
    ]
    profile = folded([order, *(each.model_copy(update={"public": True}) for each in forged)])
    assert [each.net for each in profile.counting_orders()] == [4000]


def test_an_order_that_only_the_website_tells_of_counts_until_the_storefront_does() -> None:
    seen = event(Type.ORDER_COMPLETED, 1, order_id="1", total="38.00").model_copy(update={"public": True})
    assert [each.net for each in folded([seen]).counting_orders()] == [3800]
    told = event(Type.ORDER_COMPLETED, 1, order_id="1", total="40.00")
    assert [each.net for each in folded([seen, told]).counting_orders()] == [4000]


def test_an_event_whose_name_says_who_the_contact_is_counts_in_no_history() -> None:
    """The lake has not its name either, and what is counted has to be the same in both."""
    told = event("Rose Subscribed", 1)
    assert "Rose Subscribed" in folded([told]).histories
    assert "Rose Subscribed" not in folded([told.model_copy(update={"traits": {"first_name": "Rose"}})]).histories

"""The fold: whatever the order of arrival, the same profile; bounded, and never mistaken about what was cut."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from functools import cache
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events import DAY, NEVER, ConsentChange, Event, Identity, IdentityKind, Type, iso
from shared.domain.identities import MAX_IDENTITIES
from shared.domain.personal import MAX_TEXT
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.bounds import (
    MAX_ANSWERS,
    MAX_HISTORY,
    MAX_ORDERS,
    MAX_REFUNDS,
    MAX_STORED,
    MAX_TRAITS,
    MAX_TYPES,
)
from shared.domain.profiles.folding import fold, rebuild, trim
from shared.domain.profiles.kept_orders import needs_rebuild
from shared.domain.profiles.orders import happened
from shared.domain.profiles.stored import dump, load
from shared.domain.profiles.traits import KNOWN_TRAITS
from shared.domain.profiles.transitions import Membership
from shared.domain.properties import KNOWN_TYPES, MAX_BYTES, MAX_ID
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


YES, NO, WAIT = "subscribed", "unsubscribed", "pending"
ANSWERS: list[tuple[list[tuple[str, float]], tuple[str, float, float | None]]] = [
    ([(YES, 0)], (YES, 0, None)),
    ([(YES, 0), (YES, 45), (YES, 46)], (YES, 0, None)),  # the box ticked again at a checkout
    ([(WAIT, 0), (YES, 1)], (YES, 1, None)),
    ([(YES, 0), (NO, 60)], (NO, 60, None)),
    ([(YES, 0), (NO, 60), (YES, 60.25)], (YES, 60.25, 0.25)),
    ([(YES, 0), (YES, 9), (NO, 60), (NO, 70), (WAIT, 80), (YES, 90), (YES, 95)], (YES, 90, 30)),
    ([(NO, 0), (YES, 1), (NO, 2)], (NO, 2, 1)),
]


@pytest.mark.parametrize(("given", "holds"), ANSWERS)
def test_an_answer_holds_since_it_was_first_given_and_a_return_says_how_long_they_were_away(
    given: list[tuple[str, float]], holds: tuple[str, float, float | None]
) -> None:
    for shuffled in (given, given[::-1], given[1:] + given[:1], given + given):
        answer = folded([said(*each) for each in shuffled]).standing("marketing")
        assert answer is not None
        away = answer.away / DAY if answer.away is not None else None
        assert (answer.value, (answer.since - BEGIN) / DAY, away) == holds


def said(state: Any, day: float, *, undated: bool = False) -> Event:
    change = ConsentChange(state=state, undated=undated)
    return event(Type.CONSENT_CHANGED, day).model_copy(update={"consent": (change,)})


def test_a_state_without_a_date_counts_where_nothing_else_is_known_whenever_it_comes() -> None:
    told = [said(YES, 0), said(NO, 1), said(YES, 2, undated=True), said(YES, 3, undated=True)]
    for shuffled in (told, told[::-1]):
        assert folded(shuffled).consent["marketing"].value == NO
    for shuffled in (told[2:], told[:1:-1]):
        assert folded(shuffled).standing("marketing")[1] == BEGIN + 2 * DAY
    assert folded([said(WAIT, -5), *told[2:]]).consent["marketing"].value == WAIT
    assert folded([*told[2:], said(YES, -5)]).standing("marketing")[1] == BEGIN - 5 * DAY


def test_a_no_without_a_date_counts_when_it_was_told_but_not_against_what_was_said_on_our_page() -> None:
    no, again = said(NO, 2, undated=True), said(NO, 9, undated=True)
    here = said(YES, 5).model_copy(update={"source": "preference"})
    for told, holds in [
        ([said(YES, 1), no], (NO, 2)),  # none is lost
        ([said(YES, 1), no, said(YES, 3)], (YES, 3)),
        ([said(YES, 1), no, here, again], (YES, 5)),  # an edit of the customer repeats it
        ([here, again], (YES, 5)),
        ([here, again, said(NO, 8)], (NO, 8)),  # with its date it is an answer
        ([here, again, said(NO, 10).model_copy(update={"source": "preference"})], (NO, 10)),
    ]:
        for shuffled in permutations(told):
            profile = folded(list(shuffled))
            newest = profile.consent["marketing"]
            assert (newest.value, (newest.time - BEGIN) / DAY) == holds
            assert load(dump(profile)) == profile


def test_answers_are_bounded_and_the_first_of_those_in_a_row_stays() -> None:
    many = [said(YES, day) for day in range(100)]
    profile = folded(many)
    assert profile == folded(many[::-1])
    assert len(profile.earlier["marketing"]) == MAX_ANSWERS - 1
    assert profile.standing("marketing")[1] == BEGIN
    assert load(dump(profile)) == profile


@pytest.mark.parametrize("mark", ["public", "claimed"])
def test_what_anybody_may_tell_replaces_and_pushes_out_nothing_that_others_have_told(mark: str) -> None:
    def told(type_: str, day: float, weak: bool, **traits: object) -> Event:
        return event(type_, day).model_copy(update={"traits": traits, mark: weak})

    own = [told("Quiz Finished", 1, False, first_name="Vera", vip_tier="gold"), told("Other", 1, True, city="Leeds")]
    forged = told("A", 5, True, first_name="Rude", vip_tier="none", city="York")
    flood = [told(f"A{n:03d}", 2, True, **{f"a{n:03d}": n}) for n in range(2 * MAX_TRAITS)]
    everything = [*own, forged, *flood]
    expected = folded(everything)
    assert {name: expected.traits[name].value for name in ("first_name", "vip_tier", "city")} == {
        "first_name": "Vera",
        "vip_tier": "gold",
        "city": "York",
    }
    assert "Quiz Finished" in expected.histories
    assert (len(expected.traits), len(expected.histories)) == (MAX_TRAITS, MAX_TYPES)
    assert load(dump(expected)) == expected
    for seed in range(5):
        random.Random(seed).shuffle(everything)
        assert folded(everything) == expected


def test_somebody_is_known_since_we_heard_not_since_what_we_heard_of() -> None:
    old = event(Type.ORDER_COMPLETED, -900, order_id="1").model_copy(update={"received": BEGIN + 3 * DAY})
    new = event(Type.PAGE_VIEWED, 5)
    assert folded([old, new]).first_seen == folded([new, old]).first_seen == BEGIN + 3 * DAY


def test_an_order_was_placed_once_however_late_it_is_told_of() -> None:
    placed = BEGIN - 900 * DAY
    for type_ in (Type.ORDER_COMPLETED, Type.ORDER_UPDATED, Type.ORDER_PAID):
        assert happened(event(type_, 1, order_id="1", ordered_at=iso(placed))) == placed
    for type_ in (Type.ORDER_CANCELLED, Type.ORDER_REFUNDED, Type.PAGE_VIEWED):
        assert happened(event(type_, 1, order_id="1", ordered_at=iso(placed))) == BEGIN + DAY
    assert happened(event(Type.ORDER_COMPLETED, 1, order_id="1", ordered_at="1970-01-01")) == BEGIN + DAY


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


def test_of_two_amounts_told_of_one_refund_the_larger_is_taken_off_whatever_the_order() -> None:
    order = event(Type.ORDER_COMPLETED, 1, order_id="1", total=40)
    refunds = [
        event(Type.ORDER_REFUNDED, day, order_id="1", refund_id="r1", amount=amount)
        for day, amount in ((2, 15), (3, 9))
    ]
    for several in (refunds, refunds[::-1]):
        assert folded([order, *several]).orders["1"].net == 2500


def test_a_refund_told_twice_is_taken_off_once() -> None:
    order = event(Type.ORDER_COMPLETED, 1, order_id="1", total="40.00")
    refunds = [event(Type.ORDER_REFUNDED, day, order_id="1", refund_id="r1", amount=15) for day in (2, 3)]
    assert folded([order, *refunds]).orders["1"].net == 2500


def test_a_history_keeps_the_newest_and_counts_all() -> None:
    many = [event(Type.PAGE_VIEWED, day, path=f"/{day}") for day in range(MAX_HISTORY + 5)]
    history = folded(many).histories[Type.PAGE_VIEWED]
    assert history.total == MAX_HISTORY + 5
    assert history.first == BEGIN
    assert history.newest[0].properties["path"] == "/5"
    assert folded(list(reversed(many))).histories[Type.PAGE_VIEWED] == history


def test_order_events_ask_for_a_rebuild_once_orders_were_cut_off() -> None:
    many = [event(Type.ORDER_COMPLETED, n, order_id=str(n), total="1.00") for n in range(MAX_ORDERS + 1)]
    profile = folded(many[:-1])
    refund = event(Type.ORDER_REFUNDED, 999, order_id="0", refund_id="r", amount=1)
    assert not needs_rebuild(profile, refund)
    fold(profile, many[-1])
    trim(profile)
    assert needs_rebuild(profile, refund)
    assert len(rebuild(profile, many).orders) == MAX_ORDERS + 1


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


# ── bounds in bytes ──

LETTERS = "".join(chr(code) for code in range(ord("#"), ord("[")) if chr(code) != "@")
"""As hard to compress as text can be: none of them is escaped."""
PAIRED = "".join(chr(code) for code in range(0x1F300, 0x1F700))
"""Four bytes each."""
CODES = "".join(letter for letter in LETTERS if letter.isalnum() or letter in ".:/+-")


def nonsense(lot: random.Random, letters: str) -> Callable[[int], str]:
    return lambda length: "".join(lot.choices(letters, k=length))


@cache
def everything_as_large_as_can_be(letters: str, types: int = MAX_TYPES - 3) -> list[Event]:
    """What fills every part of a profile, for anybody who may send events."""
    lot = random.Random(7)
    text, code = nonsense(lot, letters), nonsense(lot, CODES)
    size = len(letters[0].encode())
    made = [
        event("Contact Updated", n).model_copy(update={"traits": {f"{text(9)}{n}": text((MAX_BYTES - 60) // size)}})
        for n in range(MAX_TRAITS)
    ]
    own_types = [f"{text(MAX_TEXT // 2)}{n}"[:128] for n in range(types)]
    for n in range(MAX_HISTORY):
        for type_ in own_types:
            products = [{"product_id": code(95), "category": text(95 // size)} for _ in range(6)]
            texts = {name: text(MAX_TEXT) for name in ("path", "campaign", "query")}
            codes = {name: code(MAX_TEXT) for name in ("journey", "template", "topic", "device")}
            made.append(event(type_, n, products=products, **texts, **codes))
    for n in range(MAX_ORDERS):
        order = text(MAX_ID - 3) + str(n)
        made.append(event(Type.ORDER_COMPLETED, n, order_id=order, total="9999999.99"))
        refunds = [{"order_id": order, "refund_id": text(MAX_ID), "amount": 99999.99} for _ in range(MAX_REFUNDS + 9)]
        made += [event(Type.ORDER_REFUNDED, n, **refund) for refund in refunds]
    return made


@pytest.mark.parametrize("letters", [LETTERS, PAIRED], ids=["ascii", "four bytes a letter"])
def test_whatever_anybody_sends_a_profile_can_be_stored(letters: str) -> None:
    lot = random.Random(8)
    text, code = nonsense(lot, letters), nonsense(lot, CODES)
    profile = folded(everything_as_large_as_can_be(letters))
    assert (len(profile.traits), len(profile.histories)) == (MAX_TRAITS, MAX_TYPES)
    assert max(len(order.refunds) for order in profile.orders.values()) == MAX_REFUNDS
    profile.identities = tuple(f"anonymous#{text(64 // len(letters[0].encode()))}" for _ in range(MAX_IDENTITIES))
    for _ in range(500):
        profile.memberships[code(40)] = Membership(True, lot.randrange(10**6), lot.randrange(BEGIN), NEVER)
    for _ in range(50):
        profile.consent[code(64)] = Stamped("unsubscribed", lot.randrange(BEGIN))
    stored = dump(profile)
    assert len(stored) <= MAX_STORED
    assert profile.halved
    assert load(stored) == profile


def test_a_profile_that_was_too_large_is_never_taken_for_a_whole_one() -> None:
    many = everything_as_large_as_can_be(LETTERS, types=10)
    profile = folded(many)
    dump(profile)
    assert profile.halved
    for history in profile.histories.values():
        assert len(history.newest) < MAX_HISTORY
        assert history.total in (MAX_HISTORY, MAX_ORDERS, MAX_ORDERS * (MAX_REFUNDS + 9), MAX_TRAITS)
    assert profile.older_orders
    whole = rebuild(profile, many)
    assert not whole.halved
    assert not whole.older_orders
    assert len(whole.orders) == len(profile.orders) + profile.older_orders
    late = event(many[-1].type, 0.5, order_id="late", refund_id="late", amount=1)
    fold(profile, late)
    assert len(profile.histories[late.type].newest) < MAX_HISTORY


def test_a_large_profile_that_is_no_nonsense_loses_nothing() -> None:
    visits = [
        event(type_, n, path=f"/collections/{n}", category="tea", product_id=str(10**12 + n), device="mobile")
        for type_ in KNOWN_TYPES
        for n in range(MAX_HISTORY)
    ]
    profile = folded(visits)
    dump(profile)
    assert not profile.halved
    assert {len(history.newest) for history in profile.histories.values()} == {MAX_HISTORY}


def test_a_trait_that_is_too_large_is_not_kept_and_takes_no_others_place() -> None:
    small, large = "x" * (MAX_BYTES - 20), "x" * MAX_BYTES
    told = event(Type.CONTACT_UPDATED, 1).model_copy(update={"traits": {"small": small, "held": 1, "list": [large]}})
    later = event(Type.CONTACT_UPDATED, 2).model_copy(update={"traits": {"held": large, large: 1}})
    assert {name: stamped.value for name, stamped in folded([told, later]).traits.items()} == {
        "small": small,
        "held": 1,
    }


def test_nothing_a_website_sends_pushes_out_what_the_product_knows() -> None:
    email = event(Type.CONTACT_CREATED, 1).model_copy(update={"traits": {"email": "ada@example.com", "zeal": 1}})
    flood = [event(f"!{n}", 2, path="/") for n in range(MAX_TYPES + 5)]
    traits = {f"!{n}": n for n in range(MAX_TRAITS + 5)}
    profile = folded([email, *flood, flood[0].model_copy(update={"id": "t", "traits": traits})])
    assert profile.email == "ada@example.com"
    assert Type.CONTACT_CREATED in profile.histories
    assert (len(profile.traits), len(profile.histories)) == (MAX_TRAITS, MAX_TYPES)
    assert "zeal" not in profile.traits
    assert "email" in KNOWN_TRAITS


def test_an_id_that_is_too_long_names_no_order() -> None:
    assert folded([event(Type.ORDER_COMPLETED, 1, order_id="9" * (MAX_ID + 1), total=1)]).orders == {}
    order = event(Type.ORDER_COMPLETED, 1, order_id="9" * MAX_ID, total=40)
    refund = event(Type.ORDER_REFUNDED, 2, order_id="9" * MAX_ID, refund_id="r" * (MAX_ID + 1), amount=15)
    (kept,) = folded([order, refund]).orders.values()
    assert (kept.net, list(kept.refunds)) == (2500, [refund.id])


def test_what_a_cart_comes_to_is_an_amount_or_nothing() -> None:
    """The lake's columns of whole numbers take no more."""
    products = [{"price": 10**10, "quantity": 10**6}] * 20
    (cart,) = folded([event(Type.CART_UPDATED, 1, products=products)]).histories[Type.CART_UPDATED].newest
    assert "total" not in cart.properties

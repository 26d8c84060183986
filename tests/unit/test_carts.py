"""What is in a cart, by the events of the Segment spec and of storefronts."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.evaluation import cart_of
from shared.domain.events import MINUTE, Event, iso, parse_instant
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold
from shared.domain.shop import Shop, as_counted
from shared.domain.sources import segment
from shared.domain.sources.payload import country

BEGIN = parse_instant("2026-03-01T10:00:00Z")
MUG = {"product_id": "mug", "price": 19.9, "quantity": 2}
TEA = {"product_id": "tea", "price": "40.00", "quantity": 1.5, "category": "Tea"}


def track(name: str, minute: int, **properties: Any) -> Event:
    at = BEGIN + minute * MINUTE
    body = {
        "userId": "u",
        "event": name,
        "messageId": f"{name}{minute}",
        "timestamp": iso(at),
        "properties": properties,
    }
    event = segment.events("track", body, at)[0][0]
    return as_counted(event, Shop("EUR", website_tells_orders=True))


def left(*events: Event) -> dict[str, Any] | None:
    profiles = [Profile("c1"), Profile("c1")]
    for profile, several in zip(profiles, (events, events[::-1]), strict=True):
        for event in several:
            fold(profile, event)
    cart, again = map(cart_of, profiles)
    assert cart == again
    return None if cart is None else {**cart.properties, "minute": (cart.time - BEGIN) // MINUTE}


def test_products_that_are_added_and_removed_make_a_cart() -> None:
    told = [track("Product Added", 0, **MUG), track("Product Added", 1, **TEA)]
    assert left(*told) == {"product_id": ["mug", "tea"], "category": ["Tea"], "total": 9980, "price": 4000, "minute": 1}
    less = [*told, track("Product Removed", 2, **MUG)]
    assert left(*less) == {"product_id": ["tea"], "category": ["Tea"], "total": 6000, "price": 1990, "minute": 2}
    assert left(*less, track("Product Removed", 3, **TEA)) is None
    assert left(*less, track("Product Removed", 3, product_id="tea")) is None


def test_what_tells_the_whole_cart_is_where_changes_go_on_from() -> None:
    viewed = track("Cart Viewed", 5, products=[MUG])
    assert left(track("Product Added", 0, **TEA), viewed) == {"product_id": ["mug"], "total": 3980, "minute": 5}
    added = left(viewed, track("Product Added", 6, **TEA))
    assert added is not None
    assert (added["product_id"], added["total"]) == (["mug", "tea"], 9980)
    assert left(viewed, track("Cart Viewed", 6, products=[])) is None
    seen = left(viewed, track("Cart Viewed", 6))  # it does not say what is in it
    assert seen == {"product_id": ["mug"], "total": 3980, "minute": 6}


def test_an_order_ends_the_cart_and_what_is_added_later_is_another() -> None:
    told = [track("Product Added", 0, **MUG), track("Order Completed", 1, order_id="1", total=39.8)]
    assert left(*told) is None
    later = left(*told, track("Product Added", 2, **TEA))
    assert later is not None
    assert (later["product_id"], later["total"]) == (["tea"], 6000)


@pytest.mark.parametrize(
    "told",
    [
        {"products": [{"product_id": "p"}]},
        {"products": [{"name": "Blue mug"}]},
        {"products": [{"product_id": "p", "price": 0}]},
        {"products": [{"product_id": "p", "price": 10, "currency": "JPY"}], "currency": "JPY"},
        {"value": 30},
        {"revenue": 25},
        {"products": [{"product_id": "p", "price": 10, "quantity": "2"}]},
    ],
)
def test_a_cart_has_something_in_it_whatever_its_price(told: dict[str, Any]) -> None:
    assert left(track("Checkout Started", 0, **told)) is not None
    assert left(track("Checkout Started", 0, **told), track("Cart Viewed", 1, products=[])) is None


def test_a_hundred_changes_of_a_cart_need_no_history() -> None:
    told = [track("Product Added", n, product_id=f"p{n}", price=1) for n in range(100)]
    cart = left(*told)
    assert cart is not None
    assert cart["total"] == 4000  # of the newest 40


def test_a_refund_by_the_spec_s_own_names_is_taken_off() -> None:
    profile = Profile("c1")
    for event in (
        track("Order Completed", 0, order_id="1", total=100),
        track("Order Refunded", 1, order_id="1", total=30),
    ):
        fold(profile, event)
    assert [order.net for order in profile.counting_orders()] == [7000]


def identified(**traits: Any) -> dict[str, Any]:
    return dict(segment.events("identify", {"userId": "u", "traits": traits}, BEGIN)[0][0].traits)


def test_identify_by_the_spec_s_own_example() -> None:
    told = identified(name="Peter Gibbons", email="peter@example.com", address={"country": "USA", "state": ""})
    assert told == {
        "name": "Peter Gibbons",
        "first_name": "Peter",
        "last_name": "Gibbons",
        "email": "peter@example.com",
        "country": "US",
        "region": None,
    }
    assert identified(name="Cher") == {"name": "Cher", "first_name": "Cher"}
    assert identified(name="Peter Gibbons", firstName="Pete")["first_name"] == "Pete"
    assert identified(country="Germany", plan="", seats=None) == {"country": "DE", "plan": None, "seats": None}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("usa", "US"),
        ("US", "US"),
        ("UK", "GB"),
        ("United  Kingdom", "GB"),
        ("DEU", "DE"),
        ("XK", "XK"),
        ("Narnia", None),
    ],
)
def test_a_country_is_two_letters_however_it_is_written(written: str, code: str | None) -> None:
    assert country(written) == code

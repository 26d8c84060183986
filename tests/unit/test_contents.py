"""What emails can say of carts, orders and products: the storefront's words only, and that cart's own address."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.contents import Front, contents, stretches
from shared.domain.events import DAY, HOUR, Event, OrderState, Type, parse_instant
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold

NOW = parse_instant("2026-11-28T10:00:00Z")
FRONT = Front("https://shop.example.com", "GBP")
CATALOGUE = {
    "1": {"title": "Assam", "handle": "assam", "image": "https://cdn.example.com/1.jpg", "price": 900},
    "2": {"title": "A mug", "url": "https://shop.example.com/mug", "price": 2000},
    "3": {"title": "Broken", "image": "javascript:alert(1)", "url": "data:text/html,x", "price": None},
}


def event(type_: str, ago: int = HOUR, **more: Any) -> Event:
    fields = {"source": "shopify", "public": False, "order": None, **more.pop("fields", {})}
    time = NOW - ago
    return Event(id=f"{type_}{ago}", type=type_, time=time, stated=time, received=time, properties=more, **fields)


def shown(name: str, *events: Event, trigger: dict[str, Any] | None = None) -> Any:
    profile = Profile("c1")
    for each in sorted(events, key=lambda each: each.time):
        fold(profile, each)
    lookup = lambda source, id_, variant: CATALOGUE.get(id_) if source == "shopify" else None  # noqa: E731
    return contents({name}, profile, events, trigger or {}, lookup, FRONT)[name]


PRODUCTS = [{"product_id": "1", "name": "Assam 250 g", "price": 9, "quantity": 2}]


def test_a_cart_is_shown_with_names_pictures_and_prices_as_the_catalogue_and_the_cart_have_them() -> None:
    cart = shown("cart", event(Type.CART_UPDATED, cart_id="a", products=PRODUCTS), trigger={"cart_id": "a"})
    assert cart["products"] == [
        {
            "id": "1",
            "title": "Assam",
            "url": "https://shop.example.com/products/assam",
            "image": "https://cdn.example.com/1.jpg",
            "price": "£9.00",
            "quantity": 2,
        }
    ]
    assert cart["total"] == "£18.00"


def test_the_button_opens_the_cart_that_the_run_is_about_by_the_storefronts_own_address() -> None:
    """Not the other one, which is newer; and where the storefront told no address, the shop: none is ever built."""
    one = event(Type.CHECKOUT_UPDATED, 2 * HOUR, cart_id="a", checkout_url="https://s.example/recover/a", products=[{}])
    other = event(Type.CHECKOUT_UPDATED, cart_id="b", checkout_url="https://s.example/recover/b", products=PRODUCTS)
    third = event(Type.CART_UPDATED, 3 * HOUR, cart_id="c", products=PRODUCTS)
    urls = {id_: shown("cart", one, other, third, trigger={"cart_id": id_})["url"] for id_ in "abc"}
    assert urls == {"a": "https://s.example/recover/a", "b": "https://s.example/recover/b", "c": FRONT.url}


@pytest.mark.parametrize("url", ["javascript:alert(1)", 'https://x/" onload="', "https://x/ y", 5, None])
def test_what_is_no_address_on_the_web_is_no_link(url: Any) -> None:
    assert shown("cart", event(Type.CHECKOUT_STARTED, cart_id="a", checkout_url=url))["url"] == FRONT.url
    broken = shown("product", trigger={"product_id": "3"})
    assert (broken["image"], broken["url"]) == (None, FRONT.url)


def test_nothing_that_the_public_key_told_is_shown_but_which_product_it_was() -> None:
    """Anybody can send a cart to a stranger's address: its names, prices and links would be theirs."""
    public = {"source": "segment", "public": True}
    spam = [{"product_id": "2", "name": "Win a prize: evil.example", "price": 1, "url": "https://evil.example"}]
    cart = event("Cart Viewed", cart_id="a", checkout_url="https://evil.example", products=spam, fields=public)
    found = shown("cart", cart)
    assert found["url"] == FRONT.url
    assert found["products"] == [
        {
            "id": "2",
            "title": "A mug",
            "url": "https://shop.example.com/mug",
            "image": None,
            "price": "£20.00",
            "quantity": 1,
        }
    ]
    unknown = event("Product Viewed", product_id="9", name="Win a prize", fields=public)
    assert shown("viewed", unknown) == {"products": []}


def test_what_was_put_in_piece_by_piece_is_shown_as_it_is_now() -> None:
    added = [event(Type.PRODUCT_ADDED, ago, product_id=id_) for ago, id_ in ((3 * HOUR, "1"), (2 * HOUR, "2"))]
    removed = event(Type.PRODUCT_REMOVED, product_id="1")
    assert [each["title"] for each in shown("cart", *added, removed)["products"]] == ["A mug"]


def test_an_order_is_shown_by_its_own_goods_however_long_ago() -> None:
    def order(ago: int, id_: str, products: list[Any]) -> Event:
        fields = {"order": OrderState(id=id_, stands=True)}
        return event(Type.ORDER_COMPLETED, ago, order_id=id_, total=9, products=products, fields=fields)

    first, second = order(200 * DAY, "o1", [{"product_id": "2"}]), order(100 * DAY, "o2", PRODUCTS)
    assert [each["title"] for each in shown("order", first, second)["products"]] == ["Assam"]
    profile = Profile("c1")
    for each in (first, second):
        fold(profile, each)
    assert list(stretches({"order"}, profile, NOW)) == [(second.time - DAY, second.time + DAY)]
    assert list(stretches({"viewed", "product"}, profile, NOW)) == []


def test_what_was_looked_at_is_shown_newest_first_and_without_what_was_ordered_since() -> None:
    looks = [event(Type.PRODUCT_VIEWED, ago, product_id=id_) for ago, id_ in ((5 * HOUR, "1"), (4 * HOUR, "2"))]
    assert [each["title"] for each in shown("viewed", *looks)["products"]] == ["A mug", "Assam"]
    order = event(Type.ORDER_COMPLETED, 3 * HOUR, order_id="o1", total=9, products=PRODUCTS)
    assert [each["title"] for each in shown("viewed", *looks, order)["products"]] == ["A mug"]


def test_a_price_drop_shows_what_it_costs_now_and_what_it_cost() -> None:
    product = shown("product", trigger={"product_id": "1", "variant_id": "v", "old_price": 12, "stock": 4})
    assert {name: product[name] for name in ("title", "price", "old_price", "stock")} == {
        "title": "Assam",
        "price": "£9.00",
        "old_price": "£12.00",
        "stock": 4,
    }


def test_of_a_contact_of_whom_nothing_is_known_nothing_is_shown() -> None:
    found = contents(("cart", "order", "viewed", "product"), Profile("c1"), [], {}, lambda *_: None, FRONT)
    assert found["cart"] == {"products": [], "total": None, "categories": [], "url": FRONT.url}
    assert found["order"] == found["viewed"] == {"products": []}
    assert found["product"]["url"] == FRONT.url
    assert not any(found["product"][name] for name in ("each", "title", "price", "old_price", "stock"))


@pytest.mark.parametrize(
    ("currency", "shown_as"), [("GBP", "£1,234.50"), ("CHF", "1,234.50 CHF"), ("JPY", "¥1,234"), ("", "1,234.50")]
)
def test_money_is_written_as_people_do(currency: str, shown_as: str) -> None:
    about = {"title": "A desk", "price": 123_450}
    found = contents({"product"}, Profile("c1"), [], {"product_id": "1"}, lambda *_: about, Front(FRONT.url, currency))
    assert found["product"]["price"] == shown_as  # type: ignore[index, call-overload]

"""What is recommended: counted over the lake as by brute force, and chosen for a contact of what can be bought now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.contents import Front, offered
from shared.domain.events import DAY, HOUR, Event, Instant, OrderState, Type, parse_instant
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.folding import fold
from shared.domain.recommendations import (
    LATELY,
    LEAST,
    MAX_LISTED,
    STALE,
    Recommendations,
    counted,
    goes_with,
    listed,
    recommended,
)
from tests.unit.sql_lake import Lake
from tests.unit.test_sql import contact_id, shop

NOW = parse_instant("2026-11-28T10:00:00Z")
CATEGORIES = {"assam": ["Tea"], "sencha": ["Tea", "Green tea"], "mug": ["Cups"], "pot": []}


def told(type_: str, order: str = "1", ago: Instant = DAY, **more: Any) -> Event:
    products = more.pop("products", None)
    fields: dict[str, Any] = {"source": "shopify", "public": False, "order": None, **more.pop("fields", {})}
    properties = {"order_id": order, **more}
    if products is not None:
        properties["products"] = [{"product_id": each, "price": "5.00", "quantity": 1} for each in products]
    time = NOW - ago
    id_ = f"{type_}-{order}-{ago}-{more.get('refund_id', '')}"
    return Event(id=id_, type=type_, time=time, stated=time, received=time, properties=properties, **fields)


def ordered(order: str, *products: str, ago: Instant = DAY, **more: Any) -> Event:
    return told(Type.ORDER_COMPLETED, order, ago, products=products, total=5 * len(products), **more)


def lists(*people: Iterable[Event]) -> Recommendations:
    """What is counted of these people's events, each person's own."""
    events = {contact_id(n): [_of_person(n, each) for each in several] for n, several in enumerate(people)}
    lake = Lake([], events, shop([]), NOW)
    return listed(lake.rows(counted(NOW)), CATEGORIES, NOW)


def _of_person(number: int, event: Event) -> Event:
    """With an order of their own."""
    id_ = f"{number}-{event.properties['order_id']}"
    order = None if event.order is None else event.order.model_copy(update={"id": id_})
    return event.model_copy(update={"order": order, "properties": {**event.properties, "order_id": id_}})


def three(*several: Event) -> list[list[Event]]:
    """Three people who did the same."""
    return [list(several) for _ in range(LEAST)]


def test_what_three_people_bought_is_listed_by_its_categories_and_for_the_whole_shop() -> None:
    found = lists(*three(ordered("1", "sencha")), [ordered("9", "sencha", "assam")], *three(ordered("2", "mug")))
    assert found.by_category == {"": ["sencha", "mug"], "tea": ["sencha"], "green tea": ["sencha"], "cups": ["mug"]}
    assert found.by_product == {}


def test_one_person_counts_once_however_often_they_order() -> None:
    found = lists(
        [ordered(str(number), "assam", ago=number * DAY) for number in range(1, 9)], *three(ordered("x", "mug"))
    )
    assert found.by_category[""] == ["mug"]


@pytest.mark.parametrize(
    "undone",
    [
        told(Type.ORDER_CANCELLED, "1", HOUR),
        told(Type.ORDER_UPDATED, "1", HOUR, fields={"order": OrderState(id="1", stands=False)}),
        told(Type.ORDER_REFUNDED, "1", HOUR, refund_id="r", amount=10),
        told(Type.ORDER_REFUNDED, "1", HOUR, refund_id="r", amount=5, products=["assam"]),
    ],
    ids=["cancelled", "void", "wholly refunded", "given back"],
)
def test_what_was_given_back_was_not_bought(undone: Event) -> None:
    found = lists(*[[ordered("1", "assam", "mug"), undone]], *three(ordered("2", "assam", "mug"))[1:])
    assert "assam" not in found.by_category.get("", [])
    assert found.by_product == {}


def test_a_refund_of_a_part_by_its_amount_leaves_the_order() -> None:
    part = told(Type.ORDER_REFUNDED, "1", HOUR, refund_id="r", amount=5)
    again = told(Type.ORDER_REFUNDED, "1", 2 * HOUR, refund_id="r", amount=5)  # the same one, told twice
    assert lists(*three(ordered("1", "assam", "mug"), part, again)).by_category[""] == ["assam", "mug"]


@pytest.mark.parametrize(
    "event",
    [
        ordered("1", "assam", ago=LATELY + DAY),
        ordered("1", "assam", fields={"source": "segment", "public": True}),
        told("Product Viewed", "1", products=["assam"]),
    ],
    ids=["long ago", "told with the public key", "only looked at"],
)
def test_what_does_not_count(event: Event) -> None:
    assert lists(*three(event)) == Recommendations(NOW)


def test_what_the_same_people_bought_goes_together_and_what_everybody_buys_comes_after_it() -> None:
    """All buy the bag: that they bought it with the pot says less than that they bought the mug, which few did."""
    both = three(ordered("1", "pot", "mug", "bag"), ordered("2", "bag", ago=2 * DAY))
    found = lists(*both, *[[ordered("3", "bag")] for _ in range(9)])
    assert found.by_product["pot"] == ["mug", "bag"]
    assert found.by_product["bag"] == ["mug", "pot"]


baskets = st.lists(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=4, unique=True), max_size=8)


@settings(max_examples=40, deadline=None)
@given(st.lists(baskets, max_size=8))
def test_it_is_what_counting_by_hand_gives(people: list[list[list[str]]]) -> None:
    events = [[ordered(f"{n}-{m}", *basket) for m, basket in enumerate(of_one)] for n, of_one in enumerate(people)]
    bought = [{product for basket in of_one for product in basket} for of_one in people]
    alone = Counter(product for of_one in bought for product in of_one)
    pairs = Counter(pair for of_one in bought for pair in permutations(sorted(of_one), 2))
    popular = sorted((p for p in alone if alone[p] >= LEAST), key=lambda p: (-alone[p], p))
    found = lists(*events)
    assert found.by_category.get("", []) == popular[:MAX_LISTED]
    for one in alone:
        with_it = [two for (first, two), many in pairs.items() if first == one and many >= LEAST]
        with_it.sort(key=lambda two: (-(pairs[one, two] ** 2) / alone[two], two))
        assert found.by_product.get(one, []) == with_it


# ── for a contact ──

KNOWN = Recommendations(
    NOW - DAY,
    {"": ["bag", "assam", "mug", "sencha"], "tea": ["assam", "sencha"], "cups": ["mug", "cup"]},
    {"assam": ["pot", "sencha"], "mug": ["saucer", "pot"]},
)


def profile_of(*events: Event, **traits: Any) -> Profile:
    profile = Profile("c1", traits={name: Stamped(value, NOW) for name, value in traits.items()})
    for each in sorted(events, key=lambda each: each.time):
        fold(profile, each)
    return profile


def looked_at(category: str, ago: Instant = HOUR, product: str = "x") -> Event:
    fields = {"source": "segment", "public": True}
    return told("Product Viewed", str(ago), ago, fields=fields, product_id=product, category=category)


def test_the_categories_looked_at_last_come_first_and_the_whole_shop_after() -> None:
    profile = profile_of(looked_at("Tea", 2 * HOUR), looked_at("Cups", HOUR))
    assert recommended(profile, KNOWN, NOW) == ["mug", "assam", "cup", "sencha", "bag"]


def test_what_they_have_looked_at_is_not_recommended_to_them_and_goes_with_their_order_all_the_same() -> None:
    profile = profile_of(
        looked_at("Tea", product="assam"), looked_at("Tea", 2 * HOUR, product="pot"), ordered("1", "mug")
    )
    assert recommended(profile, KNOWN, NOW) == ["sencha", "bag"]
    assert goes_with(profile, KNOWN, NOW) == ["saucer", "pot"]


def test_what_they_bought_lately_is_not_recommended_and_its_category_is() -> None:
    bought = told(Type.ORDER_COMPLETED, "1", DAY, total=5)
    bought.properties["products"] = [{"product_id": "assam", "category": "Tea"}]  # type: ignore[index]
    assert recommended(profile_of(bought), KNOWN, NOW) == ["sencha", "bag", "mug"]


def test_what_they_say_they_like_counts_where_they_have_done_nothing() -> None:
    assert recommended(profile_of(interest="TEA"), KNOWN, NOW)[:2] == ["assam", "sencha"]
    assert recommended(profile_of(interests=["cups", "nothing"]), KNOWN, NOW)[:2] == ["mug", "cup"]


def test_of_whom_nothing_is_known_gets_what_the_shop_sells_most() -> None:
    assert recommended(profile_of(), KNOWN, NOW) == ["bag", "assam", "mug", "sencha"]


def test_what_was_counted_long_ago_is_not_recommended() -> None:
    assert recommended(profile_of(), KNOWN, KNOWN.at + STALE) == []
    assert recommended(profile_of(), Recommendations(NOW), NOW) == []


def test_with_the_newest_order_goes_what_others_bought_along_with_what_is_in_it() -> None:
    order = ordered("1", "assam", "mug")
    assert goes_with(profile_of(order), KNOWN, NOW) == ["pot", "saucer", "sencha"]
    assert goes_with(profile_of(order, ordered("0", "saucer", ago=9 * DAY)), KNOWN, NOW) == ["pot", "sencha"]
    assert goes_with(profile_of(ordered("1", "bag")), KNOWN, NOW) == goes_with(profile_of(), KNOWN, NOW) == []


def test_only_what_can_be_bought_now_is_offered_with_its_picture_and_page_at_todays_price() -> None:
    whole = {"title": "T", "image": "https://cdn.example.com/1.jpg", "handle": "t", "price": 900}
    catalogue: dict[str, Any] = {
        "whole": whole,
        "no picture": {**whole, "image": None},
        "no page": {**whole, "handle": None},
        "no price": {**whole, "price": None},
        "free": {**whole, "price": 0},
    }
    front = Front("https://shop.example.com", "GBP")
    ids = [*(each for each in catalogue if each != "whole"), "sold out", "whole"]
    found = offered(ids, lambda source, id_, variant: catalogue.get(id_), front)
    assert found == [
        {
            "title": "T",
            "url": "https://shop.example.com/products/t",
            "image": "https://cdn.example.com/1.jpg",
            "price": "£9.00",
            "quantity": 1,
        }
    ]

"""What is recommended: counted over the lake as by brute force, and chosen for a contact of what can be bought now."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.contents import Front, offer
from shared.domain.events import DAY, HOUR, Event, Instant, OrderState, Type, parse_instant
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.folding import fold
from shared.domain.recommendations import (
    LATELY,
    LEAST,
    MAX_LISTED,
    STALE,
    Candidate,
    Goes,
    Left,
    Reason,
    Recommendations,
    choose,
    counted,
    goes_with,
    left_out,
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


def names(several: Iterable[tuple[str, Any]]) -> list[str]:
    return [each[0] for each in several]


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
    assert names(found.by_product["pot"]) == ["mug", "bag"]
    assert names(found.by_product["bag"]) == ["mug", "pot"]


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
        assert names(found.by_product.get(one, ())) == with_it


# ── for a contact ──

KNOWN = Recommendations(
    NOW - DAY,
    {"": ["bag", "assam", "mug", "sencha"], "tea": ["assam", "sencha"], "cups": ["mug", "cup"]},
    {
        "assam": [Goes("pot", 400), Goes("sencha", 300)],
        "mug": [Goes("saucer", 500), Goes("pot", 200)],
        "bag": [Goes("strap", 100)],
    },
    {"sencha": 30},
)
CAN_BE_BOUGHT = {"id": "", "title": "T", "image": "https://cdn.example.com/1.jpg", "handle": "t", "price": 900}


def profile_of(*events: Event, **traits: Any) -> Profile:
    profile = Profile("c1", traits={name: Stamped(value, NOW) for name, value in traits.items()})
    for each in sorted(events, key=lambda each: each.time):
        fold(profile, each)
    return profile


def looked_at(category: str, ago: Instant = HOUR, product: str = "x") -> Event:
    fields = {"source": "segment", "public": True}
    return told("Product Viewed", str(ago), ago, fields=fields, product_id=product, category=category)


def shown(profile: Profile, known: Recommendations = KNOWN, t: Instant = NOW, picked: Iterable[str] = ()) -> list[str]:
    """What an email shows, where all can be bought."""
    out = left_out(profile, known, t)
    return [
        each.candidate.product
        for each in choose(recommended(profile, known, t, picked), out, (), lambda id_: {"id": id_}, 20).shown
    ]


def shown_with(profile: Profile) -> list[str]:
    out = left_out(profile, KNOWN, NOW, viewed=False)
    return [
        each.candidate.product
        for each in choose(goes_with(profile, KNOWN, NOW), out, (), lambda id_: {"id": id_}, 20).shown
    ]


def test_the_categories_looked_at_last_come_first_and_the_whole_shop_after() -> None:
    profile = profile_of(looked_at("Tea", 2 * HOUR), looked_at("Cups", HOUR))
    assert shown(profile) == ["mug", "assam", "cup", "sencha", "bag"]


def test_what_somebody_does_often_says_more_than_what_they_did_last_and_an_order_more_than_a_look() -> None:
    often = [looked_at("Tea", hours * HOUR) for hours in range(2, 5)]
    assert shown(profile_of(*often, looked_at("Cups", HOUR)))[:2] == ["assam", "mug"]
    bought = told(Type.ORDER_COMPLETED, "1", 9 * DAY, total=5, products=["x"])
    bought.properties["products"][0]["category"] = "Cups"  # type: ignore[index, call-overload]
    assert shown(profile_of(*often, bought))[:2] == ["mug", "assam"]


def test_the_sources_are_asked_in_their_order_and_each_says_why() -> None:
    again = ordered("1", "sencha", ago=40 * DAY)
    profile = profile_of(again, ordered("2", "mug", ago=100 * DAY), looked_at("Tea"))
    assert recommended(profile, KNOWN, NOW, ["picked", "bag"]) == [
        Candidate("sencha", Reason.AGAIN),
        Candidate("saucer", Reason.WITH, "mug"),
        Candidate("pot", Reason.WITH, "mug"),
        Candidate("assam", Reason.CATEGORY, "tea"),
        Candidate("bag", Reason.POPULAR),
        Candidate("mug", Reason.POPULAR),
        Candidate("picked", Reason.PICKED),
    ]


def test_what_goes_with_several_of_theirs_comes_before_what_goes_better_with_one() -> None:
    profile = profile_of(ordered("1", "assam", "mug"))
    found = [each for each in recommended(profile, KNOWN, NOW) if each.reason == Reason.WITH]
    assert found == [
        Candidate("pot", Reason.WITH, "assam"),  # 400 + 200
        Candidate("saucer", Reason.WITH, "mug"),
        Candidate("sencha", Reason.WITH, "assam"),
    ]


def test_what_they_bought_or_looked_at_lately_is_left_out_and_what_goes_with_it_is_not() -> None:
    profile = profile_of(
        looked_at("Tea", product="assam"), looked_at("Tea", 2 * HOUR, product="pot"), ordered("1", "mug")
    )
    assert shown(profile) == ["saucer", "sencha", "bag"]
    assert shown_with(profile) == ["saucer", "pot"]
    assert left_out(profile, KNOWN, NOW) == {"assam": Left.VIEWED, "pot": Left.VIEWED, "mug": Left.BOUGHT}


def test_what_is_bought_again_is_recommended_once_half_its_time_has_gone() -> None:
    def after(days: int) -> list[Candidate]:
        profile = profile_of(ordered("1", "sencha", ago=days * DAY))
        out = left_out(profile, KNOWN, NOW)
        chosen = choose(recommended(profile, KNOWN, NOW), out, (), lambda id_: {"id": id_}, 20)
        return [each.candidate for each in chosen.shown if each.candidate.product == "sencha"]

    assert after(14) == []
    assert after(15) == after(200) == [Candidate("sencha", Reason.AGAIN)]


def test_of_what_is_bought_again_what_they_bought_most_often_comes_first() -> None:
    known = Recommendations(NOW, again={"a": 10, "b": 10})
    orders = [ordered("1", "a", ago=20 * DAY), ordered("2", "b", ago=30 * DAY), ordered("3", "b", ago=60 * DAY)]
    assert shown(profile_of(*orders), known) == ["b", "a"]


@pytest.mark.parametrize(
    "back",
    [
        told(Type.ORDER_REFUNDED, "1", HOUR, refund_id="r", amount=10),
        told(
            Type.ORDER_REFUNDED,
            "1",
            HOUR,
            refund_id="r",
            amount=5,
            products=["sencha"],
        ),
    ],
    ids=["the whole order", "the product"],
)
def test_what_they_gave_back_is_never_recommended_nor_what_goes_with_it(back: Event) -> None:
    profile = profile_of(ordered("1", "sencha", "mug", ago=100 * DAY), back)
    assert "sencha" not in shown(profile)
    assert left_out(profile, KNOWN, NOW)["sencha"] == Left.RETURNED
    assert ("mug" in shown(profile)) == (back.properties["amount"] == 5)


def test_what_they_gave_back_and_bought_again_since_they_like() -> None:
    back = told(Type.ORDER_REFUNDED, "1", 90 * DAY, refund_id="r", amount=5, products=["sencha"])
    profile = profile_of(ordered("1", "sencha", ago=100 * DAY), back, ordered("2", "sencha", ago=40 * DAY))
    assert shown(profile)[0] == "sencha"


def test_a_gift_says_nothing_of_what_they_like() -> None:
    order = ordered("1", "assam", "mug")
    order.properties["products"][0]["price"] = "0.00"  # type: ignore[index, call-overload]
    profile = profile_of(order)
    assert shown_with(profile) == ["saucer", "pot"]


def test_what_they_say_they_like_counts_where_they_have_done_nothing() -> None:
    assert shown(profile_of(interest="TEA"))[:2] == ["assam", "sencha"]
    assert shown(profile_of(interests=["cups", "nothing"]))[:2] == ["mug", "cup"]


def test_of_whom_nothing_is_known_gets_what_the_shop_sells_most() -> None:
    assert shown(profile_of()) == ["bag", "assam", "mug", "sencha"]


def test_of_what_was_counted_long_ago_only_what_the_shop_picked_is_left() -> None:
    assert shown(profile_of(), t=KNOWN.at + STALE, picked=["mug"]) == ["mug"]
    assert shown(profile_of(), Recommendations(NOW)) == []
    assert goes_with(profile_of(ordered("1", "assam")), KNOWN, KNOWN.at + STALE) == []


def test_with_the_newest_order_goes_what_others_bought_along_with_what_is_in_it() -> None:
    order = ordered("1", "assam", "mug")
    assert shown_with(profile_of(order)) == ["pot", "saucer", "sencha"]
    assert shown_with(profile_of(order, ordered("0", "saucer", ago=9 * DAY))) == ["pot", "sencha"]
    assert shown_with(profile_of(ordered("1", "x"))) == shown_with(profile_of()) == []


# ── what can be bought ──


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
    found = {id_: offer(id_, lambda _, each, variant: catalogue.get(each), front) for id_ in (*catalogue, "sold out")}
    assert [id_ for id_, each in found.items() if each is not None] == ["whole"]
    assert found["whole"] == {
        "id": "whole",
        "title": "T",
        "url": "https://shop.example.com/products/t",
        "image": "https://cdn.example.com/1.jpg",
        "price": "£9.00",
        "quantity": 1,
    }


def test_no_more_are_looked_for_once_there_are_enough_and_what_is_left_out_says_why() -> None:
    candidates = [Candidate(each, Reason.POPULAR) for each in ("a", "b", "c", "d", "e")]
    asked: list[str] = []

    def known(id_: str) -> Any:
        asked.append(id_)
        return None if id_ == "c" else {"id": id_}

    chosen = choose(candidates, {"a": Left.BOUGHT}, {"b"}, known, 1)
    assert [each.candidate.product for each in chosen.shown] == ["d"]
    assert [(each.product, why) for each, why in chosen.left] == [
        ("a", Left.BOUGHT),
        ("b", Left.SHOWN),
        ("c", Left.NOT_ON_SALE),
    ]
    assert asked == ["c", "d"]


def test_ten_thousand_emails_show_nothing_that_must_be_left_out_and_no_product_twice() -> None:
    """Of shops and people drawn by lot: whatever they did, and whatever can be bought."""
    draw = random.Random(7)
    products = [f"p{number}" for number in range(40)]
    people = [any_customer(draw, products) for _ in range(500)]
    many = 0
    for _ in range(20):
        ways = (None, {"price": 0}, {"price": None}, {"image": None}, {"handle": None}, {}, {}, {}, {})
        stock = {each: draw.choice(ways) for each in products}
        can_be_bought = {each for each, how in stock.items() if how == {}}
        known = any_lists(draw, products)
        offered = partial(offered_of, stock)
        for profile in people:
            already = set(draw.sample(products, 2))
            for name in ("goes_with", "recommended"):
                viewed = name == "recommended"
                found = recommended(profile, known, NOW, draw.sample(products, 3)) if viewed else None
                candidates = goes_with(profile, known, NOW) if found is None else found
                chosen = choose(candidates, left_out(profile, known, NOW, viewed=viewed), already, offered, 8)
                ids = [each.candidate.product for each in chosen.shown]
                assert len(set(ids)) == len(ids) <= 8
                assert set(ids) <= can_be_bought - already - forbidden(profile, known, viewed=viewed)
                already |= set(ids)
                many += len(ids)
    assert many > 50_000


def offered_of(stock: Mapping[str, Any], product: str) -> Any:
    def known(_: str, id_: str, variant: str) -> Any:
        return None if stock[id_] is None else {**CAN_BE_BOUGHT, **stock[id_]}

    return offer(product, known, Front("https://shop.example.com", "GBP"))


def any_lists(draw: random.Random, products: list[str]) -> Recommendations:
    return Recommendations(
        NOW,
        {each: draw.sample(products, 12) for each in ("", "tea", "cups")},
        {each: [Goes(other, draw.randint(1, 999)) for other in draw.sample(products, 9)] for each in products[:30]},
        {each: draw.randint(5, 90) for each in draw.sample(products, 8)},
    )


def any_customer(draw: random.Random, products: list[str]) -> Profile:
    events = []
    for number in range(draw.randint(0, 4)):
        order, ago = f"o{number}", draw.randint(1, 200) * DAY
        bought = draw.sample(products, draw.randint(1, 4))
        events.append(ordered(order, *bought, ago=ago))
        if draw.random() < 0.3:
            back = {"products": bought[:1], "amount": 5} if draw.random() < 0.7 else {"amount": 5 * len(bought)}
            events.append(told(Type.ORDER_REFUNDED, order, ago - HOUR, refund_id="r", **back))
    events += [
        looked_at(draw.choice(["Tea", "Cups"]), number * 50 * DAY, draw.choice(products))
        for number in range(1, draw.randint(1, 4))
    ]
    return profile_of(*events)


def forbidden(profile: Profile, known: Recommendations, *, viewed: bool) -> set[str]:
    """By hand: gone by the orders' own events, and nothing of what is tested."""
    found: dict[str, tuple[Instant, bool]] = {}
    for order in profile.orders.values():
        whole = not order.counts
        back = {line[0] for lines in (order.returned or {}).values() for line in lines}
        for line in order.lines:
            found[line[0]] = max(found.get(line[0], (0, False)), (order.placed, whole or line[0] in back))
    views = profile.histories.get(Type.PRODUCT_VIEWED)
    looked = {
        str(product)
        for each in (views.newest if views and viewed else ())
        if each.time > NOW - LATELY
        for product in each.properties["product_id"]
    }
    kept: dict[str, Instant] = {}
    for order in profile.counting_orders():
        for line in order.lines:
            kept[line[0]] = max(kept.get(line[0], 0), order.placed)
    returned = {product for product, (_, gone) in found.items() if gone}
    recent = {
        product
        for product, at in kept.items()
        if product not in returned
        and at > NOW - (known.again[product] * DAY // 2 if product in known.again else LATELY)
    }
    return returned | recent | (looked - (kept.keys() & known.again.keys()))

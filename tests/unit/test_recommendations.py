"""What is recommended to a contact, by the lists of a night, of what can be bought now."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from shared.domain.contents import Front, offer
from shared.domain.events import DAY, HOUR, Event, Instant, Type, parse_instant
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.folding import fold
from shared.domain.recommendations import (
    LATELY,
    STALE,
    Again,
    Candidate,
    Goes,
    Left,
    Reason,
    Recommendations,
    choose,
    goes_with,
    left_out,
    recommended,
)

NOW = parse_instant("2026-11-28T10:00:00Z")


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


# ── for a contact ──

KNOWN = Recommendations(
    NOW - DAY,
    {"": ["bag", "assam", "mug", "sencha"], "tea": ["assam", "sencha"], "cups": ["mug", "cup"]},
    {
        "assam": [Goes("pot", 400), Goes("sencha", 300)],
        "mug": [Goes("saucer", 500), Goes("pot", 200)],
        "bag": [Goes("strap", 100)],
    },
    {"sencha": Again(30)},
    better=True,
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


def test_where_what_is_popular_is_the_better_list_what_goes_with_theirs_is_not_recommended() -> None:
    known = replace(KNOWN, better=False)
    profile = profile_of(ordered("1", "mug", ago=100 * DAY), looked_at("Tea"))
    assert [each.reason for each in recommended(profile, known, NOW)].count(Reason.WITH) == 0
    assert [each.product for each in goes_with(profile, known, NOW)] == ["saucer", "pot"]


def test_what_goes_with_the_newest_of_theirs_comes_first() -> None:
    old, new = ordered("1", "mug", ago=190 * DAY), ordered("2", "bag", ago=5 * DAY)
    found = [each for each in recommended(profile_of(old, new), KNOWN, NOW) if each.reason == Reason.WITH]
    assert found[:2] == [Candidate("saucer", Reason.WITH, "mug"), Candidate("strap", Reason.WITH, "bag")]
    older = ordered("1", "mug", ago=230 * DAY)
    found = [each for each in recommended(profile_of(older, new), KNOWN, NOW) if each.reason == Reason.WITH]
    assert found[0] == Candidate("strap", Reason.WITH, "bag")


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


def test_what_is_bought_again_is_recommended_once_a_tenth_of_its_time_has_gone() -> None:
    def after(days: int) -> list[Candidate]:
        profile = profile_of(ordered("1", "sencha", ago=days * DAY))
        out = left_out(profile, KNOWN, NOW)
        chosen = choose(recommended(profile, KNOWN, NOW), out, (), lambda id_: {"id": id_}, 20)
        return [each.candidate for each in chosen.shown if each.candidate.product == "sencha"]

    assert after(2) == []
    assert after(3) == after(200) == [Candidate("sencha", Reason.AGAIN)]


def test_of_what_they_bought_as_often_what_others_buy_now_comes_first() -> None:
    known = Recommendations(NOW, again={"a": Again(10, 100), "b": Again(10, 900)})
    assert shown(profile_of(ordered("1", "a", "b", ago=20 * DAY)), known) == ["b", "a"]


def test_of_what_is_bought_again_what_they_bought_most_often_comes_first() -> None:
    known = Recommendations(NOW, again={"a": Again(10), "b": Again(10)})
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
        {each: Again(draw.randint(5, 90), draw.randint(0, 1000)) for each in draw.sample(products, 8)},
        better=draw.random() < 0.8,
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
        and at > NOW - (known.again[product].days * DAY // 10 if product in known.again else LATELY)
    }
    return returned | recent | (looked - (kept.keys() & known.again.keys()))

"""Refunds by line: what the storefront names, what it does not, and the same for one contact and in SQL."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.conditions import Condition, Segment
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import DAY, Event, Instant, Type
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold, rebuild, trim
from shared.domain.profiles.stored import dump, load
from shared.domain.segments import compile_segments, evaluate
from tests.unit.profile_histories import events, made, of_line, of_order, one_of_dicts, windows
from tests.unit.test_order_lines import BEGIN, HAT, SHOES, event, holds, order, where
from tests.unit.test_segments import CONDITION, held_to_brute_force
from tests.unit.test_shopify import events as all_of_shopify
from tests.unit.test_shopify import one as of_shopify
from tests.unit.test_shopify import sample as shopify
from tests.unit.test_sql import check, histories, instants, shop
from tests.unit.test_states import sample, woo

OF_TEA = [{"property": "category", "value": "tea"}]
returns = one_of_dicts(
    made(
        "orders",
        {
            "measure": st.sampled_from(["refunded", "refunded_share"]),
            "lines": of_line.map(lambda lines: lines or OF_TEA),
        },
    ),
    st.fixed_dictionaries({}, optional={"within": windows, "where": of_order}),
    st.sampled_from(
        [{}, {"at_least": 3}, {"more": 12.5}, {"at_most": 4.99}, {"more": 0, "less": 60}, {"at_least": 50}]
    ),
).map(CONDITION.validate_python)


@settings(deadline=None, max_examples=60)
@given(returns, events())
def test_refunds_of_lines_are_as_brute_force_says_and_until_is_exact(condition: Condition, drawn: list[Event]) -> None:
    held_to_brute_force(condition, drawn)


@settings(max_examples=40, deadline=None)
@given(st.lists(returns, min_size=1, max_size=6), histories, instants)
def test_sql_has_the_same_refunds(conditions: list[Condition], told: list[list[Event]], t: Instant) -> None:
    check(shop(conditions), told, t)


def back(number: int, amount: float, *products: dict[str, Any], id_: str = "r1") -> Event:
    told = {"products": list(products)} if products else {}
    return event(Type.ORDER_REFUNDED, number, BEGIN + DAY, refund_id=id_, amount=amount, **told)


def got_back(told: list[Event], lines: list[dict[str, Any]], amount: float, days: int = 30) -> bool:
    return holds(told, days, measure="refunded", lines=lines, at_least=amount, at_most=amount)


OF_SHOES, OF_HATS = where(category="shoes"), where(category="hats")


def test_what_a_refund_says_of_its_lines_is_theirs() -> None:
    told = [order(1, SHOES, HAT, total=205), back(1, 95, {"product_id": "s1", "amount": 90})]  # five are for shipping
    assert got_back(told, OF_SHOES, 90)
    assert got_back(told, OF_HATS, 0)
    assert holds(told, measure="refunded", at_least=95, at_most=95)
    assert holds(told, measure="refunded_share", lines=OF_SHOES, at_least=50, at_most=50)
    assert not holds(told, measure="refunded_share", lines=OF_HATS, more=0)


def test_a_website_says_so_many_at_a_price() -> None:
    told = [order(1, SHOES, HAT), back(1, 90, {"product_id": "s1", "price": 90, "quantity": 1})]
    assert got_back(told, OF_SHOES, 90)


def test_a_refund_that_names_no_line_is_spread_by_what_the_lines_cost() -> None:
    told = [order(1, SHOES, HAT), back(1, 41)]  # 180 and 25
    assert got_back(told, OF_SHOES, 36)
    assert got_back(told, OF_HATS, 5)
    thirds = [order(1, *({"product_id": p, "category": p, "price": 1} for p in "abc")), back(1, 1)]
    shares = [0.33, 0.33, 0.34]
    assert all(got_back(thirds, where(category=p), share) for p, share in zip("abc", shares, strict=True))
    free = [
        order(1, {"product_id": "a", "category": "a", "price": 0}, {"product_id": "b", "category": "b"}),
        back(1, 4),
    ]
    assert got_back(free, where(category="a"), 2)


def test_lines_that_got_back_more_than_the_refund_are_not_believed() -> None:
    told = [order(1, SHOES, HAT), back(1, 41, {"product_id": "s1", "amount": 90})]
    assert got_back(told, OF_SHOES, 36)


def test_of_two_variants_the_one_that_went_back_got_it() -> None:
    red, blue = SHOES, {**SHOES, "variant_id": "blue"}
    told = [order(1, red, blue, total=360), back(1, 90, {"product_id": "s1", "variant_id": "blue", "amount": 90})]
    assert got_back(told, where(variant_id="blue"), 90)
    assert got_back(told, where(variant_id="red"), 0)
    unsaid = [order(1, red, blue, total=360), back(1, 90, {"product_id": "s1", "amount": 90})]
    assert got_back(unsaid, where(variant_id="red"), 45)


def test_a_refund_that_comes_before_its_order_or_is_told_twice_is_the_same() -> None:
    refund, bought = back(1, 90, {"product_id": "s1", "amount": 90}), order(1, SHOES, HAT)
    for told in ([refund, bought], [bought, refund, refund.model_copy(update={"id": "again"})]):
        assert got_back(told, OF_SHOES, 90)


def test_shopify_s_refunds_name_their_lines_by_themselves_and_in_their_order() -> None:
    payload = shopify("refunds_create")
    told = [{"product_id": "8002", "variant_id": "45002", "quantity": 1, "amount": 19.9}]
    assert of_shopify("refunds/create", payload).properties["products"] == told
    in_order, listed = all_of_shopify("orders/updated", {**shopify("orders_create"), "refunds": [payload]})
    assert listed.properties["products"] == told
    assert in_order.order is not None and in_order.order.returned == {"910001": told}
    bought = order(1, {"product_id": "8002", "price": 19.9, "category": "mugs"}, HAT, total=50)
    state = in_order.order.model_copy(update={"id": "1", "refunds": {"910001": 19.9}})
    updated = event(Type.ORDER_UPDATED, 1, BEGIN + DAY).model_copy(update={"order": state})
    assert got_back([bought, updated], where(category="mugs"), 19.9)
    assert got_back([bought, updated], OF_HATS, 0)


def test_woocommerce_s_do_where_they_have_lines() -> None:
    payload = sample("woocommerce", "order_updated")
    lines = [{"product_id": 93, "variation_id": 0, "quantity": -1, "total": "-100.00", "total_tax": "-25.00"}]
    payload["refunds"] = [{**payload["refunds"][0], "line_items": lines}, payload["refunds"][1]]
    found = woo("order.updated", payload, BEGIN)
    refunds = [each.properties for each in found if each.type == Type.ORDER_REFUNDED]
    assert [each.get("products") for each in refunds] == [[{"product_id": "93", "quantity": 1, "amount": 125.0}], None]


def test_what_lines_got_back_is_kept_while_a_segment_asks_for_lines() -> None:
    asked = {"kind": "orders", "measure": "refunded", "lines": OF_SHOES, "at_least": 90}
    definitions = compile_segments([Segment.model_validate({"id": "s", "name": "S", "sentence": "S.", "when": asked})])
    told = [order(1, SHOES, HAT), back(1, 90, {"product_id": "s1", "amount": 90})]
    profile = Profile("c1")
    for each in told:
        fold(profile, each)
    assert evaluate(definitions, "s", load(dump(profile)), BEGIN + 2 * DAY)[0]
    trim(profile, lines=False)
    stored = load(dump(profile))
    assert stored.orders["1"].returned is None
    fold(stored, order(1, SHOES, HAT).model_copy(update={"id": "later", "time": BEGIN + DAY}))  # with its lines again
    with pytest.raises(HistoryNeededError):
        evaluate(definitions, "s", stored, BEGIN + 2 * DAY)
    assert evaluate(definitions, "s", rebuild(stored, told), BEGIN + 2 * DAY)[0]

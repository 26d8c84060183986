"""Orders with what is in them: filters on the order and on one line, strict bounds, pieces and refunds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.conditions import Condition, Segment
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import DAY, Event, Identity, IdentityKind, Instant, Type, iso
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold, rebuild, trim
from shared.domain.profiles.stored import dump, load
from shared.domain.segments import absorb, compile_segments, evaluate
from tests.unit.profile_histories import (
    AFTER,
    bounds,
    durations,
    events,
    few,
    filtered,
    is_read,
    made,
    one_of_dicts,
    ties,
    windows,
)
from tests.unit.test_segments import CONDITION, held_to_brute_force, one
from tests.unit.test_sql import check, instants, shop
from tests.unit.test_states import sample, woo

BEGIN = 1_700_000_000_000


def event(type_: str, number: int, at: int, **properties: Any) -> Event:
    return Event(
        id=f"{type_} {number} {at}",
        type=type_,
        time=at,
        stated=at,
        received=at,
        source="shopify",
        identities=(Identity(kind=IdentityKind.SHOPIFY, value="1"),),
        properties={"order_id": str(number), **properties},
    )


def order(number: int, *products: dict[str, Any], days: int = 0, **properties: Any) -> Event:
    at = BEGIN + days * DAY
    told = {"total": 100, "ordered_at": iso(at), "products": list(products), **properties}
    return event(Type.ORDER_COMPLETED, number, at, **told)


def holds(told: Iterable[Event], days: int = 30, **condition: Any) -> bool:
    profile = Profile("c1")
    for each in told:
        fold(profile, each)
    trim(profile)
    when = {"kind": "orders", **condition}
    segment = Segment.model_validate({"id": "s", "name": "S", "sentence": "S.", "when": when})
    return evaluate(compile_segments([segment]), "s", load(dump(profile)), BEGIN + days * DAY)[0]


SHOES = {"product_id": "s1", "category": "shoes", "price": 90, "quantity": 2, "vendor": "Acme", "variant_id": "red"}
HAT = {"product_id": "h1", "category": "hats", "price": 25}
VOUCHER = {"product_id": "v1", "category": "vouchers", "price": 50, "gift_card": True}


def where(**values: Any) -> list[dict[str, Any]]:
    return [{"property": name, "value": value} for name, value in values.items()]


def test_the_sum_is_of_the_lines_that_pass() -> None:
    told = [order(1, SHOES, HAT), order(2, HAT, days=1), order(3, SHOES, days=2)]
    shoes = where(category="Shoes")
    assert holds(told, measure="sum", lines=shoes, at_least=360, at_most=360)
    assert holds(told, measure="quantity", lines=shoes, at_least=4, at_most=4)
    assert holds(told, measure="average", lines=shoes, at_least=180, at_most=180)
    assert holds(told, lines=shoes, at_least=2, at_most=2)
    assert not holds(told, measure="sum", lines=shoes, more=360)
    assert holds(told, days=31, measure="sum", lines=shoes, within="30d", at_least=180, at_most=180)


def test_one_line_has_to_pass_all_filters() -> None:
    told = [order(1, SHOES, HAT)]
    assert holds(told, lines=where(category="shoes", product_id="s1"))
    assert not holds(told, lines=where(category="shoes", product_id="h1"))
    assert not holds(told, lines=[*where(category="hats"), {"property": "quantity", "is": "at_least", "value": 2}])
    assert holds(told, lines=where(vendor="acme", variant_id="RED"))
    assert holds([order(1, HAT, VOUCHER)], lines=where(gift_card=True))
    assert not holds(told, lines=where(gift_card=True))


def test_filters_of_an_event_on_the_products_of_one_order_pass_on_one_line() -> None:
    told = [order(1, SHOES, HAT)]
    bought = {"kind": "event", "event": "Order Completed"}
    assert holds(told, **bought, where=where(category="shoes", product_id="s1"))
    assert not holds(told, **bought, where=where(category="shoes", product_id="h1"))


def test_filters_on_the_order_are_of_its_codes_channel_country_and_total() -> None:
    told = [order(1, HAT, discount_codes=["WELCOME10", "vip"], source_name="pos", shipping_country="DE", total=80)]
    assert holds(told, where=[{"property": "coupon", "is": "prefix", "value": "welcome"}])
    assert holds(told, where=where(discount_codes="VIP", source_name="pos", shipping_country="de"))
    assert not holds(told, where=where(source_name="web"))
    assert not holds(told, where=[{"property": "total", "is": "more", "value": 80}])
    assert holds([order(1, coupon="WELCOME10")], where=where(coupon="welcome10"))


def test_bounds_can_be_strict() -> None:
    told = [order(1, total=80), order(2, total=80.01, days=1)]
    assert holds(told, measure="average", more=80)
    assert not holds(told, measure="average", more=80.005)
    assert holds(told, measure="average", at_least=80.005)
    assert holds(told, more=1, less=3)
    assert not holds(told, less=2)


def test_refunds_are_measured_over_all_that_was_not_cancelled() -> None:
    told = [order(1, total=100), order(2, total=100, days=1), order(3, total=100, days=2)]
    told += [event(Type.ORDER_REFUNDED, 1, BEGIN + DAY, refund_id="r", amount=100)]
    told += [event(Type.ORDER_CANCELLED, 3, BEGIN + 3 * DAY)]
    assert holds(told, measure="refunded", at_least=100, at_most=100)
    assert holds(told, measure="refunded_share", at_least=50, at_most=50)
    assert not holds(told, measure="refunded_share", more=50)
    assert holds(told, at_least=1, at_most=1)
    assert not holds([], measure="refunded_share")


def test_who_cancelled_the_order_has_not_bought_what_was_in_it() -> None:
    bought = where(product_id="s1")
    told = [order(1, SHOES)]
    assert holds(told, lines=bought)
    assert not holds([*told, event(Type.ORDER_CANCELLED, 1, BEGIN + DAY)], lines=bought)


def test_an_order_of_more_lines_than_are_kept_is_answered_from_its_events() -> None:
    many = [{"product_id": f"product-{n}", "category": "tea", "price": 1, "vendor": "Made-up Teas"} for n in range(60)]
    told = [order(1, *many)]
    profile = Profile("c1")
    fold(profile, told[0])
    trim(profile)
    assert profile.orders["1"].lines_cut > 0
    profile = load(dump(profile))
    condition = {"kind": "orders", "lines": where(product_id="product-59")}
    segment = Segment.model_validate({"id": "s", "name": "S", "sentence": "S.", "when": condition})
    definitions = compile_segments([segment])
    with pytest.raises(HistoryNeededError):
        evaluate(definitions, "s", profile, BEGIN + DAY)
    assert evaluate(definitions, "s", rebuild(profile, told), BEGIN + DAY)[0]
    assert holds(told)  # what does not look into it needs no history


def test_all_categories_of_a_product_count() -> None:
    (product,) = woo("product.updated", sample("woocommerce", "product_updated"), BEGIN)
    assert product.properties["categories"] == ["Hats", "Winter"]
    told = [order(1, {"product_id": "93", "category": "Hats", "categories": ["Hats", "Winter"], "price": 10})]
    for category in ("hats", "winter"):
        assert holds(told, lines=where(category=category))
        bought = {"kind": "event", "event": "Order Completed", "where": where(category=category)}
        assert holds(told, **bought)


@pytest.mark.parametrize(
    "wrong",
    [
        {"where": where(category="x")},
        {"lines": where(coupon="x")},
        {"lines": where(quantity="2")},
        {"lines": where(gift_card="yes")},
        {"at_least": 1, "more": 1},
        {"more": 2, "less": 2},
    ],
)
def test_filters_and_bounds_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"takes|is a|is yes|within these"):
        holds([], **wrong)


def test_lines_are_kept_while_a_segment_asks_for_them_and_had_from_the_events_when_one_begins_to() -> None:
    bought = {"kind": "orders", "lines": where(category="shoes")}
    asks, asks_not = (
        compile_segments([Segment.model_validate({"id": "s", "name": "S", "sentence": "S.", "when": when})])
        for when in (bought, {"kind": "orders", "at_least": 1})
    )
    told = [order(1, SHOES, HAT), order(2, HAT, days=1)]
    profile = Profile("c1")
    absorb(asks_not, profile, told, BEGIN + DAY)
    assert [(each.lines, each.lines_cut) for each in profile.orders.values()] == [([], 2), ([], 1)]
    with pytest.raises(HistoryNeededError):
        evaluate(asks, "s", load(dump(profile)), BEGIN + DAY)

    whole = rebuild(load(dump(profile)), told, asks.asked)
    absorb(asks, whole, [], BEGIN + 2 * DAY, anew=True)
    assert whole.memberships["s"].member
    assert [len(each.lines) for each in load(dump(whole)).orders.values()] == [2, 1]


# ── filters of events on what is in an order ──

of_lines = st.lists(
    st.sampled_from(
        [
            {"property": "product_id", "value": "P1"},
            {"property": "product_id", "is": "in", "value": ["p2", "p3"]},
            {"property": "product_id", "is": "not_equal", "value": "p3"},
            {"property": "category", "value": "tea"},
            {"property": "category", "is": "prefix", "value": ["c", "b"]},
            {"property": "category", "is": "exists"},
            {"property": "total", "is": "more", "value": 10},
        ]
    ),
    min_size=2,
    max_size=3,
    unique_by=repr,
)
ordered = of_lines.map(lambda where: {"event": Type.ORDER_COMPLETED, "where": where})
of_orders = (
    st.one_of(
        one_of_dicts(made("event", {"count": st.sampled_from(["events", "days", "product_id"])}), ordered, bounds),
        one_of_dicts(made("event", {}), ordered, few),
        one_of_dicts(made("event", {"sum": st.just("total"), "at_least": st.just(19.99)}), ordered),
        one_of_dicts(
            made(
                "event", {"event": st.just("Product Viewed"), "count": st.just("same_product_id"), "without": ordered}
            ),
            bounds,
        ),
        one_of_dicts(made("first_event", {"within": windows}), ordered),
        one_of_dicts(made("last_event", {"at_least": st.just(2.5)}), ordered),
        made("latest", {"events": st.just([Type.ORDER_COMPLETED, Type.PAGE_VIEWED]), "where": of_lines}),
        made("share", {"events": st.just([Type.ORDER_COMPLETED]), "where": of_lines, "more": st.just(50)}),
        made("sequence", {"first": ordered, "then": filtered, "gap": durations}, {"same": ties}),
        made("unanswered", {"of": filtered, "answers": st.lists(ordered, min_size=1, max_size=2)}),
    )
    .filter(is_read)
    .map(CONDITION.validate_python)
)
purchases = st.lists(events(5), min_size=1, max_size=4)


@settings(deadline=None, max_examples=60)
@given(of_orders, events())
def test_what_is_asked_of_one_line_is_as_brute_force_says_and_until_is_exact(
    condition: Condition, drawn: list[Event]
) -> None:
    holds_ = held_to_brute_force(condition, drawn)
    definitions, told = one(condition), Profile("c1")
    for each in drawn:
        absorb(definitions, told, [each], AFTER)
    held = told.memberships.get("s")
    assert not drawn or (held is not None and held.member) == holds_


@settings(max_examples=30, deadline=None)
@given(st.lists(of_orders, min_size=1, max_size=6), purchases, instants)
def test_sql_asks_the_same_of_one_line(conditions: list[Condition], told: list[list[Event]], t: Instant) -> None:
    check(shop(conditions), told, t)


BOTH = {"event": "Order Completed", "where": where(category="shoes", product_id="h1")}
RIGHT = {"event": "Order Completed", "where": where(category="shoes", product_id="s1")}


@pytest.mark.parametrize(
    "asked",
    [
        lambda of: {"kind": "first_event", **of, "within": "30d"},
        lambda of: {"kind": "last_event", **of, "at_most": 30},
        lambda of: {"kind": "event", **of, "count": "days"},
        lambda of: {"kind": "event", **of, "last": 1},
        lambda of: {"kind": "latest", "events": [of["event"]], "where": of["where"]},
        lambda of: {"kind": "share", "events": [of["event"]], "where": of["where"], "at_least": 100},
        lambda of: {"kind": "sequence", "first": {"event": "Product Viewed"}, "then": of, "gap": "1d"},
        lambda of: {"kind": "unanswered", "of": of, "answers": [{"event": "Product Viewed"}]},
    ],
)
def test_one_line_has_to_pass_all_that_is_asked_of_what_is_in_an_order(asked: Any) -> None:
    viewed = event(Type.PRODUCT_VIEWED, 9, BEGIN - 1)
    assert holds([viewed, order(1, SHOES, HAT)], days=1, **asked(RIGHT))
    assert not holds([viewed, order(1, SHOES, HAT)], days=1, **asked(BOTH))


def test_that_something_else_is_in_it_is_said_of_the_whole_order() -> None:
    no_hat = [*where(category="shoes"), {"property": "product_id", "is": "not_equal", "value": "h1"}]
    asked = {"kind": "first_event", "event": "Order Completed", "within": "30d", "where": no_hat}
    assert not holds([order(1, SHOES, HAT)], days=1, **asked)
    assert holds([order(1, SHOES)], days=1, **asked)

"""Which tellings of a product are changes, in whatever order and however often they come."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain import asking, releases
from shared.domain.catalogue import Change, Product, as_json, heard, product_of
from shared.domain.events import DAY, HOUR, SECOND, Event, Type, event_id, iso, parse_instant
from shared.domain.sources import payload as reading
from shared.domain.sources import shopify, woocommerce

T = parse_instant("2026-02-01T10:00:00Z")
NAMES = {Type.BACK_IN_STOCK: "back", Type.PRICE_DROPPED: "price", Type.LOW_STOCK: "low"}


def sample(source: str, name: str) -> dict[str, Any]:
    return reading.read((Path("tests/events") / source / f"{name}.json").read_bytes())


def from_shopify(payload: Any, topic: str = "products/update", triggered: int = 0) -> Event:
    headers = {"x-shopify-topic": topic, "x-shopify-shop-domain": "a.myshopify.com", "x-shopify-webhook-id": "w"}
    if triggered:
        headers["x-shopify-triggered-at"] = iso(triggered)
    (event,) = shopify.events(payload, headers, T + 400 * DAY)
    return event


def from_woo(payload: Any, topic: str = "product.updated") -> Event:
    headers = {"x-wc-webhook-topic": topic, "x-wc-webhook-source": "https://woo.example.com/"}
    (event,) = woocommerce.events(payload, headers, T + 400 * DAY)
    return event


def told(at: int, *variants: dict[str, Any], **more: Any) -> Event:
    """A product told at an instant (in hours)."""
    time = T + at * HOUR
    properties = {"product_id": "8001", "title": "Tea", "status": "active", "variants": list(variants), **more}
    return Event(
        id=event_id(str(at), json.dumps(variants)),
        type=Type.PRODUCT_UPDATED,
        time=time,
        stated=time,
        received=time + SECOND,
        source="shopify",
        properties=properties,
    )


def tea(stock: int | None = None, price: float = 10, id_: str = "1", **more: Any) -> dict[str, Any]:
    available = {} if stock is None else {"stock": stock, "available": stock > 0}
    return {"variant_id": id_, "price": price, **available, **more}


def changes(*events: Event) -> list[Change]:
    product: Product | None = None
    found = []
    for event in events:
        product, made = heard(product, event)
        found += made
        assert product is None or product_of(json.loads(json.dumps(as_json(product)))) == product
    return found


def kinds(*events: Event) -> list[str]:
    return [NAMES[change.type] for change in changes(*events)]


# ── what the storefronts tell ──


def test_shopify_tells_each_variants_price_stock_and_picture() -> None:
    event = from_shopify(sample("shopify", "products_update_stock"))
    assert event.properties["variants"] == [
        {"variant_id": "45001", "title": "250 g", "sku": "TEA-EG-250", "price": 14.5, "stock": 12, "available": True},
        {
            "variant_id": "45009",
            "title": "1 kg",
            "sku": "TEA-EG-1000",
            "price": 49.0,
            "image": "https://cdn.example.com/earl-grey-1kg.jpg",
            "stock": 0,
            "available": False,
        },
    ]


def test_what_shopify_does_not_count_or_sells_on_has_no_end() -> None:
    untracked, sold_on = from_shopify(sample("shopify", "products_update_2024_04")).properties["variants"]
    assert (untracked.get("stock"), untracked["available"]) == (None, True)
    assert (sold_on["stock"], sold_on["available"], sold_on["backorder"]) == (0, True, True)


def test_a_stock_that_is_not_told_is_not_known() -> None:
    (small, _) = from_shopify(sample("shopify", "products_update")).properties["variants"]
    assert "stock" not in small
    assert "available" not in small


def test_woocommerce_tells_a_products_own_stock_and_each_variations() -> None:
    hat = from_woo(sample("woocommerce", "product_updated_sold_out")).properties
    assert hat["variants"] == [{"sku": "HAT-1", "price": 149.0, "stock": 0, "available": False}]
    scarf = from_woo(sample("woocommerce", "product_updated_variable")).properties
    assert (scarf["variations"], "variants" in scarf) == (["945", "946"], False)
    red = from_woo(sample("woocommerce", "product_updated_variation")).properties
    assert (red["product_id"], red["partial"]) == ("94", True)
    (variant,) = red["variants"]
    assert (variant["variant_id"], variant["price"], variant["stock"]) == ("945", 39.0, 4)
    assert variant["url"].endswith("?attribute_pa_colour=red")


def test_woocommerces_variations_are_variants_of_their_product() -> None:
    parent, red = sample("woocommerce", "product_updated_variable"), sample("woocommerce", "product_updated_variation")
    gone = {**red, "stock_quantity": 0, "stock_status": "outofstock", "date_modified_gmt": "2026-01-17T08:30:00"}
    (back,) = changes(from_woo(parent), from_woo(gone), from_woo(red))
    assert (back.type, back.product, [each.variant for each in back.variants]) == (Type.BACK_IN_STOCK, "94", ["945"])
    fewer = {**parent, "variations": [946], "date_modified_gmt": "2026-01-18T08:30:00"}
    product, _ = heard(heard(heard(None, from_woo(parent))[0], from_woo(red))[0], from_woo(fewer))
    assert product is not None
    assert product.variants == {}


def test_a_woocommerce_sale_that_dates_no_edit_is_a_change_of_now() -> None:
    hat = sample("woocommerce", "product_updated_sold_out")
    edited = parse_instant("2026-01-16T09:00:00Z")
    left = [
        {**hat, "stock_quantity": stock, "stock_status": "instock" if stock else "outofstock"} for stock in (9, 0, 4)
    ]
    headers = {"x-wc-webhook-topic": "product.updated", "x-wc-webhook-source": "https://woo.example.com/"}
    told_at = [edited + (50 + day) * DAY for day in range(3)]
    events = [woocommerce.events(each, headers, at)[0] for each, at in zip(left, told_at, strict=True)]
    assert [(change.type, change.at) for change in changes(*events)] == [(Type.BACK_IN_STOCK, told_at[2])]


def test_of_very_many_variants_the_newest_are_kept_and_nothing_long_of_any() -> None:
    product: Product | None = None
    for at in range(4):
        several = [tea(9, id_=f"{at}-{number}", url=f"https://x.example.com/{'y' * 400}") for number in range(200)]
        product, _ = heard(product, told(at, *several, partial=True))
    assert product is not None
    assert len(product.variants) == 250
    assert sum(id_.startswith("3-") for id_ in product.variants) == 200
    assert len(json.dumps(as_json(product))) < 100_000


def test_a_product_is_no_longer_sold_when_it_is_deleted_or_unpublished() -> None:
    payload = sample("shopify", "products_update_stock")
    product, _ = heard(None, from_shopify(payload))
    assert product is not None
    assert product.is_sold
    gone, _ = heard(product, from_shopify({"id": 8001}, "products/delete", triggered=T + 100 * DAY))
    assert gone is not None
    assert (gone.is_sold, dict(gone.variants)) == (False, {})
    hidden, _ = heard(None, from_shopify({**payload, "published_at": None}))
    assert hidden is not None
    assert not hidden.is_sold


# ── what is a change ──


def test_what_is_first_heard_of_is_no_change() -> None:
    assert kinds(told(0, tea(5))) == []
    assert kinds(told(0, tea(3, price=1)), told(1, tea(3, price=1), tea(2, id_="2", price=1))) == []


def test_a_stock_that_ran_out_and_is_there_again_is_back() -> None:
    (back,) = changes(told(0, tea(9)), told(1, tea(0)), told(2, tea(7)), told(3, tea(8)))
    assert (back.type, back.whole, back.at) == (Type.BACK_IN_STOCK, True, T + 2 * HOUR + SECOND)
    assert [(each.variant, each.stock) for each in back.variants] == [("1", 7)]


def test_an_unknown_stock_is_not_none() -> None:
    assert kinds(told(0, tea()), told(1, tea(9)), told(2, tea()), told(3, tea(9))) == []
    assert kinds(told(0, tea(0)), told(1, tea()), told(2, tea(9))) == ["back"]


def test_what_can_be_ordered_without_a_stock_never_runs_out() -> None:
    sold_on: Any = {"available": True, "backorder": True}
    assert kinds(told(0, tea(**sold_on)), told(1, tea(**sold_on)), told(2, tea(9))) == []


def test_a_product_that_comes_back_while_it_is_a_draft_is_back_when_it_is_published() -> None:
    draft = told(2, tea(9), status="draft")
    assert kinds(told(0, tea(9)), told(1, tea(0)), draft) == []
    assert kinds(told(0, tea(9)), told(1, tea(0)), draft, told(3, tea(9))) == ["back"]
    assert kinds(told(0, tea(9)), draft, told(3, tea(9))) == []


def test_one_variants_return_is_not_the_whole_products() -> None:
    both = told(0, tea(9), tea(9, id_="2"))
    (back,) = changes(both, told(1, tea(0), tea(9, id_="2")), told(2, tea(9), tea(9, id_="2")))
    assert not back.whole
    (back,) = changes(both, told(1, tea(0), tea(0, id_="2")), told(2, tea(9), tea(0, id_="2")))
    assert back.whole


@pytest.mark.parametrize(
    ("prices", "found"),
    [
        ((100, 95), [(95.0, 100.0)]),
        ((100, 96), []),
        ((100, 120), []),
        ((100, 80, 100, 80), [(80.0, 100.0)]),  # lower than it was, and not lower than it has been
        ((100, 80, 100, 70), [(80.0, 100.0), (70.0, 80.0)]),
        ((100, 0), []),
        ((19.99, 18.99), [(18.99, 19.99)]),
    ],
)
def test_a_price_has_dropped_when_it_is_lower_than_all_of_the_last_month(prices: Any, found: Any) -> None:
    events = [told(24 * day, tea(50, price=price)) for day, price in enumerate(prices)]
    dropped = [each for change in changes(*events) for each in change.variants]
    assert [((each.price or 0) / 100, (each.old_price or 0) / 100) for each in dropped] == found


def test_a_price_of_long_ago_is_forgotten() -> None:
    day = 24
    events = [told(0, tea(9, price=80)), told(day, tea(9, price=100)), told(40 * day, tea(9, price=80))]
    assert kinds(*events) == ["price"]


def test_a_compare_at_price_is_no_price() -> None:
    first, second = sample("shopify", "products_update_stock"), sample("shopify", "products_update_stock")
    second["updated_at"] = "2026-02-04T09:15:00+00:00"
    for variant in second["variants"]:
        variant["compare_at_price"] = "99.00"
    assert changes(from_shopify(first), from_shopify(second)) == []


def test_little_is_left_once_it_falls_to_it() -> None:
    events = [told(at, tea(stock)) for at, stock in enumerate((9, 6, 5, 4, 3, 0))]
    assert kinds(*events) == ["low"]
    assert kinds(told(0, tea(0)), told(1, tea(4))) == ["back"]
    assert kinds(told(0, tea(9)), told(1, tea(0))) == []
    assert kinds(told(0, tea(9, backorder=True)), told(1, tea(4, backorder=True))) == []


def test_little_of_one_variant_is_not_little_of_the_product() -> None:
    (low,) = changes(told(0, tea(9), tea(90, id_="2")), told(1, tea(4), tea(90, id_="2")))
    assert not low.whole


def test_each_telling_makes_its_change_once_in_any_order() -> None:
    out, back = told(1, tea(0)), told(2, tea(9))
    (once,) = changes(told(0, tea(9)), out, back)
    assert changes(told(0, tea(9)), out, out, back, back, out, back) == [once]
    assert changes(told(0, tea(9)), back, out) == []


STATES = st.lists(
    st.tuples(st.sampled_from([None, 0, 3, 9]), st.sampled_from([80, 100]), st.sampled_from(["active", "draft"])),
    min_size=2,
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(STATES, st.data())
def test_the_newest_state_holds_in_whatever_order_states_come(states: Any, data: st.DataObject) -> None:
    events = [told(at, tea(stock, price=price), status=status) for at, (stock, price, status) in enumerate(states)]
    order = data.draw(st.permutations(events + events[:2]))
    product: Product | None = None
    made: list[Change] = []
    for event in order:
        product, found = heard(product, event)
        made += found
    assert product is not None
    (variant,) = product.variants.values()
    stock, price, status = states[-1]
    assert (variant.stock, variant.price, product.about["status"]) == (stock, price * 100, status)
    assert len({change.id for change in made}) == len(made)


# ── whether it still is so, when its time comes ──


def test_what_is_no_longer_so_is_told_to_nobody_more() -> None:
    product, _ = heard(None, told(0, tea(9)))
    product, _ = heard(product, told(1, tea(0)))
    product, (back,) = heard(product, told(2, tea(9)))
    fewer, _ = heard(product, told(3, tea(6)))
    (now,) = releases.still_true(back, fewer).variants  # type: ignore[union-attr]
    assert now.stock == 6
    assert releases.still_true(back, heard(product, told(3, tea(0)))[0]) is None
    assert releases.still_true(back, heard(product, told(3, tea(9), status="archived"))[0]) is None


def test_a_price_that_is_put_right_was_no_drop_and_a_further_drop_is_one_of_its_own() -> None:
    product, _ = heard(None, told(0, tea(9, price=100)))
    product, (drop,) = heard(product, told(1, tea(9, price=10)))
    assert releases.still_true(drop, heard(product, told(2, tea(9, price=100)))[0]) is None
    assert releases.still_true(drop, heard(product, told(2, tea(9, price=5)))[0]) is None
    assert releases.still_true(drop, product) == drop


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 6)), max_size=6))
def test_who_waits_is_who_asked_after_the_last_answer_in_whatever_order_these_come(heard_of: Any) -> None:
    held = asking.Asked()
    for answered, at in heard_of:
        type_ = Type.BACK_IN_STOCK if answered else Type.BACK_IN_STOCK_REQUESTED
        held = held.after(Event(id="e", type=type_, time=at, received=at, source="segment"))
    answers, requests = ([at for answered, at in heard_of if answered is which] for which in (True, False))
    open_ = [at for at in requests if at > max(answers, default=-1)]
    assert held.waits == bool(open_)
    assert not held.waits or (min(open_) <= held.asked <= max(open_))


@pytest.mark.parametrize(
    ("properties", "key"),
    [
        ({"product_id": "8001", "variant_id": 45001}, "variant#45001"),
        ({"product_id": 8001.0}, "product#8001"),
        ({"variant_id": "gid://shopify/ProductVariant/45001"}, "variant#45001"),
        ({"variant_id": "", "product_id": "8001"}, "product#8001"),
        ({"variant_id": True}, None),
        ({}, None),
    ],
)
def test_who_asks_joins_the_queue_of_a_variant_or_of_a_product(properties: Any, key: str | None) -> None:
    assert asking.asked_key(properties) == key

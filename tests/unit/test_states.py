"""What a storefront tells of a thing is how it is: the newest state wins, in whatever order the tellings come, however
often, and whichever of them are missing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain import lake_rows
from shared.domain.conditions import Segment
from shared.domain.evaluation import cart_of
from shared.domain.events import DAY, MINUTE, SECOND, Event, Instant, Type, event_key, iso, parse_instant
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold, trim
from shared.domain.profiles.kept_orders import needs_rebuild
from shared.domain.profiles.stored import dump, load
from shared.domain.segments import compile_segments, evaluate
from shared.domain.shop import Shop, as_counted
from shared.domain.sources import segment, shopify, woocommerce

BEGIN = parse_instant("2026-03-01T10:00:00Z")
LAG = 20 * SECOND
"""From what happened to when its webhook was received."""


def sample(shop: str, name: str) -> dict[str, Any]:
    return json.loads((Path("tests/events") / shop / f"{name}.json").read_bytes())


def folded(events: Iterable[Event]) -> Profile:
    """As they are stored: an event that is there already changes nothing."""
    profile, seen = Profile("c1"), set[str]()
    for event in events:
        if event_key(event) not in seen:
            seen.add(event_key(event))
            fold(profile, event)
    return load(dump(profile))


Life = tuple[list[tuple[Event, ...]], list[float]]
"""The events of each webhook, and what the order is worth in the end ([]: it counts no more)."""


def worth(profile: Profile) -> list[float]:
    return [order.net / 100 for order in profile.counting_orders()]


# ── WooCommerce ──


def woo(topic: str, payload: dict[str, Any], received: Instant) -> tuple[Event, ...]:
    headers = {"x-wc-webhook-topic": topic, "x-wc-webhook-source": "https://woo.example.com/"}
    return woocommerce.events(payload, headers, received)


def gmt(instant: Instant) -> str:
    return iso(instant)[:19]


def woo_order(at: Instant, **changed: Any) -> dict[str, Any]:
    dates = {"date_created_gmt": gmt(BEGIN), "date_modified_gmt": gmt(at), "date_completed_gmt": None}
    return {**sample("woocommerce", "order_created"), "date_paid_gmt": None, "refunds": [], **dates, **changed}


WOO_STEPS = ("pay", "hold", "cancel", "fail", "pending", "edit", "refund", "unrefund", "delete", "restore", "touch")


def woo_life(steps: Sequence[tuple[str, int]]) -> Life:
    status, total, refunds, paid, deleted = "pending", 80, dict[int, int](), None, False
    told = [woo("order.created", woo_order(BEGIN, status=status, total="80.00"), BEGIN + LAG)]
    for n, (step, amount) in enumerate(steps):
        at = BEGIN + (n + 1) * MINUTE
        if deleted != (step == "restore"):
            continue
        match step:
            case "pay":
                status, paid = "processing", paid or at
            case "hold" | "cancel" | "fail" | "pending":
                status = {"hold": "on-hold", "cancel": "cancelled", "fail": "failed"}.get(step, step)
            case "edit":
                total = amount * 10
            case "refund":
                refunds[900 + n] = amount
            case "unrefund":
                refunds = dict(list(refunds.items())[1:])
        deleted = step == "delete"
        if deleted:
            told.append(woo("order.deleted", {"id": 727}, at + LAG))
            continue
        listed = [{"id": id_, "reason": "", "total": f"-{each}.00"} for id_, each in refunds.items()]
        dates = {"date_paid_gmt": paid and gmt(paid)}
        state = woo_order(at, status=status, total=f"{total}.00", refunds=listed, **dates)
        told.append(woo("order.restored" if step == "restore" else "order.updated", state, at + LAG))
    left = max(total - sum(refunds.values()), 0)
    stands = status in ("processing", "on-hold") and not deleted
    return told, [left] if stands and (left or not refunds) else []


# ── Shopify ──


def shop(topic: str, payload: dict[str, Any], at: Instant, key: str) -> tuple[Event, ...]:
    headers = {
        "x-shopify-topic": topic,
        "x-shopify-shop-domain": "made-up-teas.myshopify.com",
        "x-shopify-event-id": key,
        "x-shopify-triggered-at": iso(at + 400),
    }
    return shopify.events(payload, headers, at + LAG)


def shop_refund(id_: int, amount: int, at: Instant) -> dict[str, Any]:
    refund = {**sample("shopify", "refunds_create"), "id": id_, "created_at": iso(at)}
    refund["transactions"] = [{**refund["transactions"][0], "amount": f"{amount}.00"}]
    return refund


def shop_life(steps: Sequence[tuple[str, int]]) -> Life:
    total, refunds, cancelled = 80, list[dict[str, Any]](), None
    order = {**sample("shopify", "orders_create"), "created_at": iso(BEGIN), "processed_at": iso(BEGIN), "refunds": []}
    first = {**order, "total_price": "80.00", "updated_at": iso(BEGIN)}
    told = [shop("orders/create", first, BEGIN, "e"), shop("orders/create", first, BEGIN, "e again")]
    returned = 0
    for n, (step, amount) in enumerate(steps):
        at = BEGIN + (n + 1) * 300  # several in a second
        topic, events = "orders/updated", list[Event]()
        match step:
            case "edit":
                total = amount * 10
            case "cancel":
                cancelled, topic = cancelled or iso(at), "orders/cancelled" if amount % 2 else "orders/updated"
            case "refund":
                refund = shop_refund(900 + n, amount, at)
                refunds, returned = [*refunds, refund], returned + amount
                events += shop("refunds/create", refund, at, f"r{n}")
        changed = {"total_price": f"{total}.00", "refunds": refunds, "cancelled_at": cancelled}
        state = {**order, **changed, "updated_at": iso(at)[:19] + "Z"}
        told.append((*events, *shop(topic, state, at, f"e{n}")))
    left = max(total - returned, 0)
    return told, [left] if cancelled is None and (left or not refunds) else []


def steps(names: Sequence[str]) -> st.SearchStrategy[list[tuple[str, int]]]:
    return st.lists(st.tuples(st.sampled_from(names), st.integers(1, 9)), max_size=8)


LIVES = st.one_of(
    steps(WOO_STEPS).map(woo_life),
    steps(("edit", "refund", "cancel", "touch")).map(shop_life),
)


@settings(max_examples=150, deadline=None)
@given(LIVES, st.data())
def test_an_order_is_how_it_was_told_last(
    life: tuple[list[tuple[Event, ...]], list[float]], data: st.DataObject
) -> None:
    told, left = life
    heard = [each for each in told[:-1] if data.draw(st.booleans())]
    heard += [told[-1], *data.draw(st.lists(st.sampled_from(told), max_size=3))]
    profiles = [
        folded(event for events in data.draw(st.permutations(heard)) for event in data.draw(st.permutations(events)))
        for _ in range(2)
    ]
    assert [worth(profile) for profile in profiles] == [left, left]
    histories = [profile.histories.get(Type.ORDER_COMPLETED) for profile in profiles]
    assert histories[0] == histories[1]
    assert histories[0] is None or histories[0].total == 1


# ── a customer ──


def customer_updated(minute: int, **changed: Any) -> tuple[Event, ...]:
    at = BEGIN + minute * MINUTE
    return shop(
        "customers/update", {**sample("shopify", "customers_update"), "updated_at": iso(at), **changed}, at, "e"
    )


def traits(profile: Profile) -> dict[str, Any]:
    return {name: stamped.value for name, stamped in profile.traits.items()}


BERLIN = {"country_code": "DE", "province_code": None, "province": None, "city": "Berlin", "zip": "10115"}


def test_what_a_customer_no_longer_has_is_no_longer_so() -> None:
    moved = customer_updated(2, tags="", default_address=BERLIN, last_name=None)
    told = [*customer_updated(1), *moved]
    for events in (told, told[::-1]):
        held = traits(folded(events))
        assert (held["country"], held["city"], held["region"]) == ("DE", "Berlin", None)
        assert (held["tags"], held["last_name"]) == ([], None)


def test_what_a_customer_s_payload_does_not_have_stays() -> None:
    named = {"id": 7064055069303, "email": "ada.okafor@example.com"}
    later = shop("customers/update", {**named, "updated_at": iso(BEGIN + 2 * MINUTE)}, BEGIN + 2 * MINUTE, "e")
    held = traits(folded([*customer_updated(1), *later]))
    assert (held["city"], held["first_name"], held["tags"]) == ("Galway", "Ada", ["newsletter", "interest:tea"])


@pytest.mark.parametrize("address", [None, ""])
def test_a_customer_whose_address_was_taken_away_has_none(address: str | None) -> None:
    told = [*customer_updated(1), *customer_updated(2, email=address)]
    assert folded(told[:1]).email == "ada.okafor@example.com"
    for events in (told, told[::-1]):
        assert folded(events).email is None
    assert folded([*told, *customer_updated(3, email="ada@example.com")]).email == "ada@example.com"


def test_a_woocommerce_customer_moves_and_has_no_region_any_more() -> None:
    customer = sample("woocommerce", "customer_created")
    moved = {**customer, "billing": {**customer["billing"], "country": "DE", "city": "Berlin", "state": ""}}
    empty = {**customer, "billing": dict.fromkeys(customer["billing"], "")}
    told = [
        woo("customer.updated", {**each, "date_modified_gmt": gmt(BEGIN + n * MINUTE)}, BEGIN + n * MINUTE)
        for n, each in enumerate([customer, moved, empty])
    ]
    held = traits(folded(event for events in reversed(told) for event in events))
    assert (held["country"], held["city"], held["region"]) == ("DE", "Berlin", None)


def test_of_two_changes_in_one_second_the_later_wins_not_the_greater_text() -> None:
    def update(tag: str, name: str, after: int) -> tuple[Event, ...]:
        payload = {**sample("shopify", "customers_update"), "updated_at": iso(BEGIN), "tags": tag, "first_name": name}
        return shop("customers/update", payload, BEGIN + after, tag)

    told = [*update("zebra", "Vito", 0), *update("ant", "Bruno", 600)]
    for events in (told, told[::-1]):
        assert (traits(folded(events))["tags"], traits(folded(events))["first_name"]) == (["ant"], "Bruno")


# ── amounts ──

SHOP = Shop(currency="USD")


def usd(amount: str) -> dict[str, Any]:
    yen = {"amount": "1", "currency_code": "JPY"}
    return {"shop_money": {"amount": amount, "currency_code": "USD"}, "presentment_money": yen}


def counted(events: Iterable[Event], shop_: Shop = SHOP) -> Profile:
    return folded(as_counted(event, shop_) for event in events)


def paid_in_yen(**changed: Any) -> dict[str, Any]:
    line = {"subtotal": "7500", "subtotal_set": usd("45.00"), "total_tax": "500", "total_tax_set": usd("5.00")}
    refund = {**shop_refund(1, 7500, BEGIN), "refund_line_items": [line]}
    refund["transactions"][0]["currency"] = "JPY"
    return {**refund, **changed}


@pytest.mark.parametrize(
    ("refund", "left"),
    [
        (paid_in_yen(), 50.0),
        (paid_in_yen(transactions=[], refund_shipping_lines=[{"subtotal_amount_set": usd("8.00")}]), 42.0),
        (paid_in_yen(order_adjustments=[{"amount": "-300", "amount_set": usd("-2.00"), "tax_amount": "0.00"}]), 48.0),
        (paid_in_yen(total_duties_set=usd("3.00")), 47.0),
        (paid_in_yen(refund_line_items=[]), 100.0),  # nobody knows what it is in the shop's currency
    ],
)
def test_a_refund_counts_in_the_shop_s_currency_or_not_at_all(refund: dict[str, Any], left: float) -> None:
    order = {**sample("shopify", "orders_create"), "currency": "USD", "total_price": "100.00", "updated_at": iso(BEGIN)}
    told = [*shop("orders/create", order, BEGIN, "e"), *shop("refunds/create", refund, BEGIN + MINUTE, "r")]
    assert worth(counted(told)) == [left]
    listed = {**order, "refunds": [refund], "updated_at": iso(BEGIN + MINUTE)}
    told = [*shop("orders/updated", listed, BEGIN + MINUTE, "u")]
    assert worth(counted(told)) == [left]


def test_an_order_in_another_currency_is_an_order_whose_amounts_count_nowhere() -> None:
    paid = {"status": "processing", "total": "500.00", "currency": "AED", "date_paid_gmt": gmt(BEGIN)}
    refunds = [{"id": 1, "total": "-40.00"}]
    profile = counted(woo("order.updated", woo_order(BEGIN, **paid, refunds=refunds), BEGIN + LAG))
    assert worth(profile) == [0.0]
    (completed,) = profile.histories[Type.ORDER_COMPLETED].newest
    assert "total" not in completed.properties
    assert worth(counted(woo("order.created", woo_order(BEGIN, **paid), BEGIN), Shop("AED"))) == [500.0]


def test_a_checkout_is_in_what_the_customer_pays_in() -> None:
    payload = {**sample("shopify", "checkouts_create"), "presentment_currency": "JPY", "total_price": "63282"}
    profile = counted(shop("checkouts/create", {**payload, "currency": "USD"}, BEGIN, "c"))
    (started,) = profile.histories[Type.CHECKOUT_STARTED].newest
    assert "total" not in started.properties
    assert started.properties["product_id"]


# ── one order, several tellers ──


def website(order_id: str, minute: int, name: str = "Order Completed", **properties: Any) -> Event:
    at = BEGIN + minute * MINUTE
    body = {"userId": "u", "event": name, "messageId": f"{order_id} {name} {minute}", "timestamp": iso(at)}
    told = {"order_id": order_id, "total": 9000, "products": [{"product_id": "8001"}], **properties}
    return segment.events("track", {**body, "properties": told}, at)[0][0]


@pytest.mark.parametrize("order_id", ["5512000111222", "1042", "#1042"])
def test_an_order_that_the_website_tells_of_too_is_one_and_the_storefront_s_word_prevails(order_id: str) -> None:
    order = {**sample("shopify", "orders_create"), "total_price": "80.00"}
    told = [*shop("orders/create", order, BEGIN, "e"), *shop("orders/create", order, BEGIN, "another e")]
    told += [website(order_id, 0), website(order_id, 2), website(order_id, 3, "Order Cancelled")]
    for n in range(len(told)):
        profile = counted([*told[n:], *told[:n]], Shop("EUR", website_tells_orders=True))
        assert worth(profile) == [80.0]
        assert profile.histories[Type.ORDER_COMPLETED].total == 1


def test_what_the_public_key_tells_of_orders_counts_nowhere_unless_the_shop_says_so() -> None:
    told = [website("1", 0), website("1", 1, "Order Refunded", total=30)]
    profile = counted(told, Shop("EUR"))
    assert not profile.orders
    assert not profile.histories
    assert {lake_rows.row("c0000000000000001", as_counted(each, SHOP))["type"] for each in told} == {"other"}
    assert worth(counted(told, Shop("EUR", website_tells_orders=True))) == [8970.0]


def test_made_up_orders_that_count_nothing_ask_for_no_history() -> None:
    order = sample("shopify", "orders_create")
    several = [{**order, "id": n, "order_number": n} for n in range(61)]
    profile = counted(event for each in several for event in shop("orders/create", each, BEGIN, f"{each['id']}"))
    trim(profile)
    assert profile.older_orders == 1
    assert not needs_rebuild(profile, website("made up", 1))


def test_an_order_that_is_deleted_in_shopify_is_none_any_more() -> None:
    order = {**sample("shopify", "orders_create"), "updated_at": iso(BEGIN)}
    deleted = shop("orders/delete", {"id": order["id"]}, BEGIN + MINUTE, "d")
    assert worth(folded([*deleted, *shop("orders/create", order, BEGIN, "e")])) == []


def test_a_checkout_that_has_become_an_order_is_no_cart() -> None:
    """Also where only the checkout's own last telling came."""
    checkout = {**sample("shopify", "checkouts_update"), "updated_at": iso(BEGIN)}
    ended = {**checkout, "updated_at": iso(BEGIN + MINUTE), "completed_at": iso(BEGIN + MINUTE)}
    told = [*shop("checkouts/create", checkout, BEGIN, "c"), *shop("checkouts/update", ended, BEGIN + MINUTE, "u")]
    for events in (told, told[::-1]):
        assert cart_of(folded(events)) is None
    assert cart_of(folded(told[:1])) is not None


@pytest.mark.parametrize("status", ["pending", "failed"])
def test_a_paid_order_is_no_cart_however_late_the_gateway_wrote_to_it(status: str) -> None:
    told = [*woo("order.created", woo_order(BEGIN, status="pending"), BEGIN + LAG)]
    told += woo("order.updated", woo_order(BEGIN + MINUTE, status=status), BEGIN + MINUTE + LAG)
    assert cart_of(folded(told)) is not None
    paid = {"status": "processing", "date_paid_gmt": gmt(BEGIN + 2 * MINUTE)}
    told += woo("order.updated", woo_order(BEGIN + 2 * MINUTE, **paid), BEGIN + 2 * MINUTE + LAG)
    for events in (told, told[::-1]):
        assert cart_of(folded(events)) is None


@pytest.mark.parametrize("was", ["pending", "on-hold", "processing"])
def test_an_order_cancelled_unpaid_is_a_cart_that_was_left_unless_it_had_been_placed(was: str) -> None:
    """The timer that frees the stock cancels what a customer has not paid: they have left it all the same. Who had
    placed the order (by bank transfer, or paid) and then cancelled it is reminded of nothing."""
    paid = {"date_paid_gmt": gmt(BEGIN)} if was == "processing" else {}
    told = [*woo("order.created", woo_order(BEGIN, status=was, **paid), BEGIN + LAG)]
    hour = BEGIN + 60 * MINUTE
    told += woo("order.updated", woo_order(hour, status="cancelled", **paid), hour + LAG)
    for events in (told, told[::-1]):
        assert (cart_of(folded(events)) is not None) == (was == "pending")
        assert worth(folded(events)) == []
    later = hour + 60 * MINUTE
    again = woo_order(later, status="processing", date_paid_gmt=gmt(later))
    assert cart_of(folded([*told, *woo("order.updated", again, later + LAG)])) is None


def test_refunds_of_test_orders_are_nothing() -> None:
    refund = shop_refund(1, 5, BEGIN)
    refund["transactions"][0]["test"] = True
    assert shop("refunds/create", refund, BEGIN, "r") == ()


def test_a_bound_on_orders_never_parts_what_two_told_of_one() -> None:
    """Before, of an order's two entries the storefront's was cut off, and its cancellation with it."""
    order = {**sample("shopify", "orders_create"), "total_price": "500.00"}
    cancelled = {**order, "cancelled_at": iso(BEGIN + DAY)}
    told = [*shop("orders/updated", cancelled, BEGIN + DAY, "x"), website("1042", 60)]
    others = [{**order, "id": n, "order_number": n, "processed_at": iso(BEGIN + n * DAY)} for n in range(1, 60)]
    told += [event for each in others for event in shop("orders/create", each, BEGIN + 90 * DAY, f"{each['id']}")]
    profile = counted(told, Shop("EUR", website_tells_orders=True))
    trim(profile)
    assert len(worth(profile)) == 59


@pytest.mark.parametrize("ended", ["cancelled", "refunded"])
def test_what_is_cancelled_or_wholly_refunded_was_not_bought(ended: str) -> None:
    """Neither by what was in it nor as an order, for conditions on events as for those on orders."""
    order = {**sample("shopify", "orders_create"), "total_price": "80.00", "updated_at": iso(BEGIN)}
    told = [*shop("orders/create", order, BEGIN, "e")]
    bought = Segment.model_validate(
        {"id": "bought", "name": "B", "sentence": "S.", "when": {"kind": "event", "event": "Order Completed"}}
    )
    definitions = compile_segments([bought])
    assert evaluate(definitions, "bought", folded(told), BEGIN + DAY)[0]
    if ended == "cancelled":
        told += shop("orders/updated", {**order, "cancelled_at": iso(BEGIN + MINUTE)}, BEGIN + MINUTE, "x")
    else:
        told += shop("refunds/create", shop_refund(1, 80, BEGIN + MINUTE), BEGIN + MINUTE, "r")
    for events in (told, told[::-1]):
        assert not evaluate(definitions, "bought", folded(events), BEGIN + DAY)[0]

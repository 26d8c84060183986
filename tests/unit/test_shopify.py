from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.events import (
    ConsentChange,
    Event,
    Identity,
    IdentityKind,
    Type,
    event_key,
    iso,
    parse_instant,
)
from shared.domain.refusals import RefusedError
from shared.domain.sources import payload as reading
from shared.domain.sources import shopify

RECEIVED = parse_instant("2026-03-20T12:00:00Z")
HEADERS = {
    "x-shopify-shop-domain": "made-up-teas.myshopify.com",
    "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    "x-shopify-event-id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
    "x-shopify-triggered-at": "2026-03-19T08:00:00.123456789Z",
}
CUSTOMER = Identity(kind=IdentityKind.SHOPIFY, value="7064055069303")
EMAIL = Identity(kind=IdentityKind.EMAIL, value="ada.okafor@example.com")
CART = Identity(kind=IdentityKind.ORDER, value="cart:Z2NwLWV1cm9wZS13ZXN0NDowMUhZ")
ORDER = Identity(kind=IdentityKind.ORDER, value="shopify-order:5512000111222")


def sample(name: str) -> dict[str, Any]:
    return reading.read((Path("tests/events/shopify") / f"{name}.json").read_bytes())


def events(topic: str, payload: Any, **headers: str) -> tuple[Event, ...]:
    given_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return shopify.events(payload, {**HEADERS, "x-shopify-topic": topic, **given_headers}, RECEIVED)


def one(topic: str, payload: Any, **headers: str) -> Event:
    (event,) = events(topic, payload, **headers)
    return event


def test_a_new_customer_is_a_contact_with_traits_and_no_street() -> None:
    event = one("customers/create", sample("customers_create"))
    assert event.type == Type.CONTACT_CREATED
    assert event.identities == (CUSTOMER, EMAIL)
    assert event.traits == {
        "email": "ada.okafor@example.com",
        "first_name": "Ada",
        "last_name": "Okafor",
        "phone": "+353000000001",
        "country": "IE",
        "region": "G",
        "city": "Galway",
        "postal_code": "H91 XY00",
    }
    assert event.stated == event.time == parse_instant("2026-03-02T09:15:00Z")
    assert event.consent == ()
    assert "Street" not in event.model_dump_json()


def test_an_updated_customer_counts_at_its_update_and_has_its_tags() -> None:
    event = one("customers/update", sample("customers_update"))
    assert event.type == Type.CONTACT_UPDATED
    assert event.stated == parse_instant("2026-03-05T18:00:30Z")
    assert event.traits["tags"] == ["newsletter", "interest:tea"]


@pytest.mark.parametrize(
    ("topic", "told"),
    [
        ("customer.tags_added", "tags_added"),
        ("customer.tags_removed", "tags_removed"),
        ("customers/tags_added", "tags_added"),
        ("customers/tags_removed", "tags_removed"),
    ],
)
def test_since_2025_tags_come_on_their_own(topic: str, told: str) -> None:
    event = one(topic, sample("customer_tags_added"))
    assert event.type == Type.CONTACT_UPDATED
    assert event.identities == (CUSTOMER,)
    assert event.stated == parse_instant("2026-03-02T09:15:01.118Z")
    assert (event.traits, event.consent) == ({}, ())
    assert event.properties[told] == ["source:popup", "interest:candles"]
    with pytest.raises(RefusedError, match="customerId"):
        one(topic, {"tags": ["vip"]})


@pytest.mark.parametrize(
    "id_",
    [
        7001000111222,
        "7001000111222",
        "gid://shopify/Customer/7001000111222",
        "gid://shopify/Customer/7001000111222?x=1",
    ],
)
def test_an_id_is_one_in_all_its_forms(id_: Any) -> None:
    expected = Identity(kind=IdentityKind.SHOPIFY, value="7001000111222")
    for body in ({"id": id_}, {"admin_graphql_api_id": id_}, {"id": None, "admin_graphql_api_id": id_}):
        assert one("customers/delete", body).identities == (expected,)
    assert one("customers/redact", {"customer": {"id": id_}}).identities == (expected,)
    consent = {"customer_id": id_, "email_marketing_consent": {"state": "subscribed"}}
    assert one("customers_email_marketing_consent/update", consent).identities == (expected,)
    assert one("orders/create", {"id": 1, "customer": {"id": id_}}).identities[0] == expected
    assert one("orders/create", {"id": "gid://shopify/Order/1"}).properties["order_id"] == "1"


def test_a_deleted_customer_has_no_traits() -> None:
    event = one("customers/delete", sample("customers_delete"))
    assert (event.type, event.identities, event.traits) == (Type.CONTACT_DELETED, (CUSTOMER,), {})


@pytest.mark.parametrize(
    "topic",
    [
        "customers_email_marketing_consent/update",
        "customers/email_marketing_consent_update",
        "customers/email_marketing_consent/update",
    ],
)
def test_consent_has_a_topic_of_its_own_however_it_is_spelt(topic: str) -> None:
    event = one(topic, sample("customers_email_marketing_consent_update"))
    assert event.type == Type.CONSENT_CHANGED
    assert event.consent == (ConsentChange(topic="marketing", state="subscribed"),)
    assert event.identities == (CUSTOMER, EMAIL)
    assert event.stated == parse_instant("2026-03-02T14:20:00Z")


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        ("subscribed", ["subscribed"]),
        ("SUBSCRIBED", ["subscribed"]),
        ("unsubscribed", ["unsubscribed"]),
        ("pending", ["pending"]),
        ("not_subscribed", []),
        ("redacted", []),
        ("invalid", []),
        (None, []),
        (7, []),
    ],
)
def test_only_a_yes_a_no_and_a_wait_change_consent(state: Any, changes: list[str]) -> None:
    payload = sample("customers_email_marketing_consent_update")
    payload["email_marketing_consent"]["state"] = state
    found = events("customers_email_marketing_consent/update", payload)
    assert [change.state for event in found for change in event.consent] == changes


def test_consent_inside_an_older_customer_payload_is_one_event_however_often_the_customer_is_updated() -> None:
    payload = sample("customers_create_2024_10")
    created, consent = events("customers/create", payload)
    assert created.type == Type.CONTACT_CREATED
    assert consent.consent == (ConsentChange(state="subscribed"),)
    assert consent.stated == parse_instant("2026-03-02T09:14:58Z")
    _, again = events("customers/update", {**payload, "updated_at": "2026-03-09T00:00:00Z"}, x_shopify_event_id="other")
    assert event_key(again) == event_key(consent)


def test_the_oldest_consent_is_a_yes_or_no_of_which_a_first_no_was_never_asked_for() -> None:
    payload = sample("customers_update_2022_01")
    _, no = events("customers/update", payload)
    assert no.consent == (ConsentChange(state="unsubscribed"),)
    assert no.stated == parse_instant("2026-03-04T10:00:00Z")
    _, yes = events("customers/update", {**payload, "accepts_marketing": True})
    assert yes.consent == (ConsentChange(state="subscribed"),)
    never_asked = {**payload, "accepts_marketing_updated_at": payload["created_at"]}
    assert [event.type for event in events("customers/update", never_asked)] == [Type.CONTACT_UPDATED]
    assert [event.type for event in events("customers/create", payload)] == [Type.CONTACT_CREATED]


DECIDED = "2026-03-02T09:15:30Z"


@pytest.mark.parametrize(
    ("topic", "told", "state", "stated", "undated"),
    [
        # Every date that a payload has counts.
        ("customers/update", {"accepts_marketing_updated_at": DECIDED}, "subscribed", DECIDED, False),
        ("customers/update", {"accepts_marketing_updated_at": "1970-01-01T00:00:00Z"}, "subscribed", None, True),
        # Without one it is how the customer is, and was made; only with the customer it is an answer.
        ("customers/update", {}, "subscribed", None, True),
        ("customers/create", {}, "subscribed", None, False),
        ("customers_email_marketing_consent/update", {"customer_id": 7}, "subscribed", None, True),
        # Nor is a no, but none is lost: it counts from when it was told.
        ("customers/update", {}, "unsubscribed", "2026-03-04T10:00:00Z", True),
    ],
)
def test_what_is_told_without_a_date_is_a_state_and_no_answer(
    topic: str, told: Any, state: Any, stated: str | None, undated: bool
) -> None:
    consent = {"state": state, "consent_updated_at": None}
    payload = {**sample("customers_update_2022_01"), "email_marketing_consent": consent}
    event = events(topic, {**payload, "accepts_marketing_updated_at": None, **told})[-1]
    assert event.consent == (ConsentChange(state=state, undated=undated),)
    assert event.stated == parse_instant(stated or payload["created_at"])
    later = {**payload, "accepts_marketing_updated_at": None, **told, "updated_at": "2026-03-09T00:00:00Z"}
    again = events(topic, later, x_shopify_event_id="other")[-1]
    assert (event_key(again) == event_key(event)) == (state == "subscribed")


def test_the_consent_topic_says_the_address() -> None:
    event = one("customers_email_marketing_consent/update", sample("customers_email_marketing_consent_update"))
    assert event.traits == {"email": EMAIL.value}


def test_an_order_says_what_was_bought_when_and_for_how_much() -> None:
    event = one("orders/create", sample("orders_create"))
    assert event.type == Type.ORDER_COMPLETED
    assert event.identities == (CUSTOMER, EMAIL, ORDER, CART)
    assert event.stated == parse_instant("2026-03-05T18:05:00Z")
    properties = dict(event.properties)
    assert properties.pop("products") == [
        {
            "product_id": "8001",
            "variant_id": "45001",
            "sku": "TEA-EG-250",
            "name": "Earl Grey, 250 g",
            "vendor": "Made-up Teas",
            "price": 14.5,
            "quantity": 2,
        },
        {
            "product_id": "8002",
            "variant_id": "45002",
            "sku": "MUG-01",
            "name": "Stoneware mug",
            "vendor": "Made-up Teas",
            "price": 19.9,
            "quantity": 1,
        },
    ]
    assert properties == {
        "order_id": "5512000111222",
        "order_number": "1042",
        "total": 48.8,
        "currency": "EUR",
        "ordered_at": "2026-03-05T18:05:00.000Z",
        "coupon": "WELCOME10",
        "discount_codes": ["WELCOME10"],
        "cart_id": "Z2NwLWV1cm9wZS13ZXN0NDowMUhZ",
        "checkout_token": "b490a9220cd14d7344024f4874f640a6",
        "source_name": "web",
        "shipping_country": "IE",
    }
    assert event.traits["country"] == "IE"
    assert event.traits["locale"] == "en-IE"


@pytest.mark.parametrize(
    ("topic", "name", "stated"),
    [
        ("orders/paid", Type.ORDER_PAID, "2026-03-06T07:00:01Z"),
        ("orders/updated", Type.ORDER_UPDATED, "2026-03-06T07:00:01Z"),
        ("orders/fulfilled", Type.ORDER_FULFILLED, "2026-03-06T07:00:01Z"),
        ("orders/cancelled", Type.ORDER_CANCELLED, "2026-03-06T07:00:00Z"),
    ],
)
def test_each_order_topic_has_its_event_at_its_own_instant(topic: str, name: str, stated: str) -> None:
    event = one(topic, sample("orders_cancelled"))
    assert (event.type, event.stated) == (name, parse_instant(stated))
    assert event.properties["ordered_at"] == "2026-03-05T18:05:00.000Z"
    assert event.properties["cancel_reason"] == "customer"


def test_an_order_brought_over_from_another_shop_counts_when_it_was_placed() -> None:
    event = one("orders/create", {**sample("orders_create"), "processed_at": "2024-01-05T10:00:00Z"})
    assert iso(event.time) == event.properties["ordered_at"] == "2024-01-05T10:00:00.000Z"


def test_a_guest_order_without_address_is_kept_under_itself() -> None:
    event = one("orders/create", sample("orders_create_guest"))
    assert event.identities == (Identity(kind=IdentityKind.ORDER, value="shopify-order:5512000111333"),)
    assert event.properties["total"] == 48.8


def test_an_unusable_address_leaves_the_customer_id() -> None:
    event = one("customers/create", {**sample("customers_create"), "email": "not an address"})
    assert event.identities == (CUSTOMER,)
    assert "email" not in event.traits


def test_cart_checkout_and_order_are_joined_by_the_carts_token() -> None:
    cart = one("carts/update", sample("carts_update"))
    checkout = one("checkouts/create", sample("checkouts_create"))
    order = one("orders/create", sample("orders_create"))
    assert cart.type == one("carts/create", sample("carts_update")).type == Type.CART_UPDATED
    assert cart.identities == (CART,)
    assert CART in checkout.identities
    assert CART in order.identities


def test_a_checkout_is_known_by_its_address_before_there_is_a_customer() -> None:
    started = one("checkouts/create", sample("checkouts_create"))
    assert (started.type, started.identities) == (Type.CHECKOUT_STARTED, (EMAIL, CART))
    assert started.properties["total"] == 33.9
    updated = one("checkouts/update", sample("checkouts_update"))
    assert (updated.type, updated.identities) == (Type.CHECKOUT_UPDATED, (CUSTOMER, EMAIL, CART))


def test_a_refund_finds_its_order_and_says_what_was_paid_back() -> None:
    event = one("refunds/create", sample("refunds_create"))
    assert event.type == Type.ORDER_REFUNDED
    assert event.identities == (ORDER,)
    assert event.properties == {
        "order_id": "5512000111222",
        "refund_id": "910001",
        "amount": 19.9,
        "products": [{"product_id": "8002", "variant_id": "45002", "quantity": 1, "amount": 19.9}],
    }


def test_a_refund_that_an_order_lists_is_the_event_that_its_own_webhook_tells() -> None:
    refund = sample("refunds_create")
    (alone,) = events("refunds/create", refund)
    order = sample("orders_create") | {"refunds": [refund, {"id": None}, {"id": 910002, "transactions": []}]}
    for topic in ("orders/updated", "orders/paid", "orders/cancelled"):
        told, *listed = events(topic, order, x_shopify_event_id=topic)
        assert told.type != Type.ORDER_REFUNDED
        assert [(each.id, each.time, each.properties) for each in listed] == [
            (alone.id, alone.time, alone.properties)  # the other returned no money
        ]


def test_a_refund_without_transactions_is_its_lines_and_adjustments() -> None:
    payload = {**sample("refunds_create"), "transactions": []}
    payload["order_adjustments"] = [{"amount": "-4.00", "tax_amount": "-1.00", "kind": "shipping_refund"}]
    assert one("refunds/create", payload).properties["amount"] == 24.9


def test_a_refund_that_returns_no_money_is_no_event() -> None:
    payload = sample("refunds_create")
    payload["transactions"][0]["status"] = "failure"
    assert events("refunds/create", payload) == ()


def test_a_product_is_about_nobody() -> None:
    event = one("products/update", sample("products_update"))
    assert (event.type, event.identities) == (Type.PRODUCT_UPDATED, ())
    assert event.properties == {
        "product_id": "8001",
        "title": "Earl Grey",
        "category": "Tea",
        "tags": ["black", "bergamot"],
        "vendor": "Made-up Teas",
        "price_min": 14.5,
        "price_max": 49.0,
        "image": "https://cdn.example.com/earl-grey.jpg",
        "handle": "earl-grey",
        "status": "active",
        "variants": [
            {"variant_id": "45001", "title": "250 g", "sku": "TEA-EG-250", "price": 14.5},
            {"variant_id": "45009", "title": "1 kg", "sku": "TEA-EG-1000", "price": 49.0},
        ],
    }


@pytest.mark.parametrize(
    ("topic", "name", "identities"),
    [
        ("app/uninstalled", Type.SHOP_UNINSTALLED, ()),
        ("shop/redact", Type.SHOP_ERASURE_REQUESTED, ()),
        ("customers/data_request", Type.DATA_REQUESTED, (CUSTOMER, EMAIL, ORDER)),
        ("customers/redact", Type.ERASURE_REQUESTED, (CUSTOMER, EMAIL, ORDER)),
    ],
)
def test_privacy_and_shop_topics(topic: str, name: str, identities: tuple[Identity, ...]) -> None:
    event = one(topic, sample(topic.replace("/", "_")))
    assert (event.type, event.identities) == (name, identities)
    assert event.stated == parse_instant("2026-03-19T08:00:00.123Z")


def test_an_erasure_of_who_is_only_a_guest_goes_by_their_orders() -> None:
    event = one("customers/redact", {**sample("customers_redact"), "customer": {"phone": "+353000000001"}})
    assert event.identities == (ORDER,)


@pytest.mark.parametrize("test_order", [{"test": True}, {}])
def test_test_orders_and_samples_are_ignored(test_order: dict[str, bool]) -> None:
    headers = {} if test_order else {"x_shopify_test": "true"}
    assert events("orders/create", {**sample("orders_create"), **test_order}, **headers) == ()


def test_one_webhook_delivered_again_is_one_event() -> None:
    first = one("orders/updated", sample("orders_create"))
    assert event_key(one("orders/updated", sample("orders_create"))) == event_key(first)
    second_subscription = one("orders/updated", sample("orders_create"), x_shopify_webhook_id="another")
    assert event_key(second_subscription) == event_key(first)


@pytest.mark.parametrize(
    "headers", [{"x_shopify_event_id": "another"}, {"x_shopify_shop_domain": "other.myshopify.com"}]
)
def test_another_event_or_shop_is_another_event(headers: dict[str, str]) -> None:
    first = one("orders/updated", sample("orders_create"))
    assert one("orders/updated", sample("orders_create"), **headers).id != first.id


def test_one_bulk_edit_is_an_event_for_each_of_its_things_and_topics() -> None:
    product = sample("products_update")
    ids = {one("products/update", {**product, "id": id_}).id for id_ in (1, 2, 3)}
    ids.add(one("products/create", {**product, "id": 1}).id)
    assert len(ids) == 4


def test_without_an_event_id_the_webhooks_id_counts_and_without_both_the_content() -> None:
    def known_by(payload: Any, **headers: str) -> str:
        given = {"x-shopify-topic": "orders/updated", **headers}
        return shopify.events(payload, given, RECEIVED)[0].id

    order = sample("orders_create")
    webhook = {"x-shopify-webhook-id": "w-1"}
    assert known_by(order, **webhook) == known_by(order, **webhook)
    assert known_by(order, **webhook) != known_by(order, **{"x-shopify-webhook-id": "w-2"})
    assert known_by(order) == known_by(sample("orders_create"))
    assert known_by(order) != known_by({**order, "note": "changed"})


@pytest.mark.parametrize(
    ("topic", "payload", "field"),
    [
        ("orders/create", {}, "id"),
        ("orders/create", {"id": None}, "id"),
        ("orders/create", {"id": [1]}, "id"),
        ("orders/create", {"id": True}, "id"),
        ("refunds/create", {"id": 1}, "order_id"),
        ("carts/update", {}, "token"),
        ("customers_email_marketing_consent/update", {"customer_id": 1}, "email_marketing_consent"),
        ("customers_email_marketing_consent/update", {}, "customer_id"),
        ("customers/redact", {}, "customer.id"),
        ("orders/edited", {"id": 1}, "X-Shopify-Topic"),
        ("", {"id": 1}, "X-Shopify-Topic"),
    ],
)
def test_what_lacks_its_id_is_refused_by_the_fields_name(topic: str, payload: Any, field: str) -> None:
    with pytest.raises(RefusedError) as refused:
        events(topic, payload)
    assert refused.value.field == field


def test_sms_consent_is_not_e_mail_consent() -> None:
    with pytest.raises(RefusedError):
        events("customers_marketing_consent/update", sample("customers_email_marketing_consent_update"))


@pytest.mark.parametrize(
    ("written", "stated", "time"),
    [
        ("2999-01-01T00:00:00Z", parse_instant("2999-01-01"), RECEIVED),
        ("0001-01-01T00:00:00+14:00", parse_instant("2026-03-19T08:00:00.123Z"), None),
        ("1969-12-31T00:00:00Z", parse_instant("2026-03-19T08:00:00.123Z"), None),
        ("yesterday", parse_instant("2026-03-19T08:00:00.123Z"), None),
        (17, parse_instant("2026-03-19T08:00:00.123Z"), None),
    ],
)
def test_absurd_dates_never_count_later_than_received(written: Any, stated: int, time: int | None) -> None:
    event = one("customers/create", {**sample("customers_create"), "created_at": written})
    assert (event.stated, event.time) == (stated, time or stated)


@pytest.mark.parametrize(
    ("written", "total"),
    [("-5.00", -5.0), ("0", 0.0), (12, 12.0), ("1e999", None), ("nan", None), ("9" * 40, None), ("x", None)],
)
def test_amounts_that_are_none_are_left_out(written: Any, total: float | None) -> None:
    event = one("orders/create", {**sample("orders_create"), "total_price": written})
    assert event.properties.get("total") == total


def test_400_kilobytes_of_lines_are_cut_and_counted() -> None:
    order = sample("orders_create")
    order["line_items"] = [{**order["line_items"][0], "id": place} for place in range(1200)]
    assert len(json.dumps(order)) > 400_000
    event = one("orders/create", order)
    assert len(event.properties["products"]) == 500
    assert event.properties["products_left_out"] == 700
    assert len(event.model_dump_json().encode()) < 200_000


def test_what_is_nasty_in_a_name_is_kept_as_text_and_cannot_break_a_line() -> None:
    payload = {"id": 1, "first_name": "{{ 7*7 }}<script>\r\nBcc: x\x00", "last_name": "شهرزاد 👩‍🚀" * 100}
    event = one("customers/create", reading.read(json.dumps(payload).encode()))
    assert event.traits["first_name"] == "{{ 7*7 }}<script>  Bcc: x"
    assert event.traits["last_name"] == ("شهرزاد 👩‍🚀" * 100).encode()[:1000].decode(errors="ignore")


_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_REAL = {**sample("orders_create"), **sample("customers_update"), **sample("refunds_create")}
_FIELDS = sorted({name for file in Path("tests/events/shopify").glob("*.json") for name in sample(file.stem)})


@settings(max_examples=150, deadline=None)
@given(
    topic=st.sampled_from(sorted(shopify._TOPICS)),
    changed=st.dictionaries(st.sampled_from(_FIELDS), _ANYTHING, max_size=6),
)
def test_whatever_stands_in_a_field_the_webhook_is_refused_or_makes_events_that_round_trip(
    topic: str, changed: dict[str, Any]
) -> None:
    try:
        found = events(topic, reading.read(json.dumps({**_REAL, **changed}).encode()))
    except RefusedError as refused:
        assert refused.field
        return
    for event in found:
        assert Event.model_validate_json(event.model_dump_json(exclude_defaults=True)) == event
        assert event.time <= RECEIVED


def test_an_event_stays_below_150_kilobytes_when_every_text_is_as_long_as_can_be() -> None:
    def longest(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: longest(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [longest(inner) for inner in value[:1]] * 1000
        return "👩" * 5000

    payload = longest({**sample("orders_create"), **sample("checkouts_update")})
    payload["customer"]["tags"] = ["👩" * 300] * 300
    for place in (payload, payload["customer"], payload["line_items"][0]):
        place.update({name: "👩" * 256 for name in place if name == "id" or name.endswith(("_id", "token"))})
    payload["order_number"] = "👩" * 256
    event = one("orders/create", payload)
    assert event.properties["products_left_out"] > 900
    assert 100_000 < len(event.model_dump_json().encode()) < 150_000


def test_two_customers_are_one_once_the_merger_is_done() -> None:
    event = one("customers/merge", sample("customers_merge"))
    assert event.type == Type.CONTACTS_MERGED
    gone = Identity(kind=IdentityKind.SHOPIFY, value="7064055069304")
    assert event.identities == (CUSTOMER, gone)
    failed = {"customer_ids": [1], "field": "merge_in_progress", "message": "Is being merged."}
    for change in ({"status": "failed"}, {"status": "in_progress"}, {"errors": [failed]}):
        assert events("customers/merge", {**sample("customers_merge"), **change}) == ()


def test_an_address_without_a_customer_is_only_claimed() -> None:
    assert not one("orders/create", sample("orders_create")).claimed
    assert one("orders/create", {**sample("orders_create"), "customer": None}).claimed
    assert one("checkouts/create", {**sample("checkouts_create"), "customer": {"id": 1, "email": None}}).claimed

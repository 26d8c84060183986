from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.domain.events import ConsentChange, Event, Identity, IdentityKind, Type, event_key, parse_instant
from shared.domain.refusals import RefusedError
from shared.domain.sources import payload as reading
from shared.domain.sources import woocommerce

RECEIVED = parse_instant("2026-03-20T12:00:00Z")
CUSTOMER = Identity(kind=IdentityKind.WOOCOMMERCE, value="25")
EMAIL = Identity(kind=IdentityKind.EMAIL, value="noor.lindqvist@example.com")
ORDER = Identity(kind=IdentityKind.ORDER, value="woocommerce-order:727")


def sample(name: str) -> dict[str, Any]:
    return reading.read((Path("tests/events/woocommerce") / f"{name}.json").read_bytes())


def events(topic: str, payload: Any, received: int = RECEIVED) -> tuple[Event, ...]:
    headers = {"x-wc-webhook-topic": topic, "x-wc-webhook-source": "https://woo.example.com/"}
    return woocommerce.events(payload, headers, received)


def types(topic: str, payload: Any) -> list[str]:
    return [event.type for event in events(topic, payload)]


def test_a_customer_becomes_a_contact_whose_dates_are_utc() -> None:
    (event,) = events("customer.created", sample("customer_created"))
    assert event.type == Type.CONTACT_CREATED
    assert event.identities == (CUSTOMER, EMAIL)
    assert event.stated == parse_instant("2026-02-01T11:00:00Z")
    assert event.traits == {
        "email": "noor.lindqvist@example.com",
        "first_name": "Noor",
        "last_name": "Lindqvist",
        "phone": "+46000000000",
        "country": "SE",
        "region": "C",
        "city": "Uppsala",
        "postal_code": "75000",
    }
    (updated,) = events("customer.updated", sample("customer_created"))
    assert (updated.type, updated.stated) == (Type.CONTACT_UPDATED, parse_instant("2026-02-01T11:00:05Z"))


def test_deletions_carry_an_id_and_nothing_else() -> None:
    (customer,) = events("customer.deleted", sample("customer_deleted"))
    assert (customer.type, customer.identities, customer.traits) == (Type.CONTACT_DELETED, (CUSTOMER,), {})
    order, state = events("order.deleted", sample("order_deleted"))
    assert (order.type, order.identities) == (Type.ORDER_CANCELLED, (ORDER,))
    assert order.properties == {"order_id": "727", "cancel_reason": "deleted"}
    assert (state.type, state.identities, state.order) == (Type.ORDER_UPDATED, (ORDER,), order.order)


def test_a_paid_order_says_what_was_bought_when_and_for_how_much() -> None:
    completed, paid = events("order.created", sample("order_created"))
    assert (completed.type, paid.type) == (Type.ORDER_COMPLETED, Type.ORDER_PAID)
    assert completed.identities == (CUSTOMER, EMAIL, ORDER)
    assert completed.stated == parse_instant("2026-02-03T09:00:00Z")
    assert paid.stated == parse_instant("2026-02-03T09:00:08Z")
    assert completed.properties == {
        "order_id": "727",
        "order_number": "727",
        "ordered_at": "2026-02-03T09:00:00.000Z",
        "total": 347.0,
        "currency": "SEK",
        "coupon": "winter",
        "discount_codes": ["winter"],
        "source_name": "checkout",
        "shipping_country": "SE",
        "products": [{"product_id": "93", "sku": "HAT-1", "name": "Wool hat", "price": 149.0, "quantity": 2}],
    }


def test_an_order_counts_once_from_whichever_webhook_it_is_known_first() -> None:
    created = {event_key(event) for event in events("order.created", sample("order_created"))}
    later = {event_key(event) for event in events("order.updated", sample("order_updated"), RECEIVED + 1)}
    assert created < later


def test_an_update_tells_what_has_happened_since() -> None:
    assert types("order.updated", sample("order_updated")) == [
        Type.ORDER_COMPLETED,
        Type.ORDER_PAID,
        Type.ORDER_FULFILLED,
        Type.ORDER_UPDATED,
        Type.ORDER_REFUNDED,
        Type.ORDER_REFUNDED,
    ]


def test_each_refund_is_one_event_however_often_its_order_is_updated() -> None:
    def refunds(payload: Any, received: int) -> dict[str, Any]:
        return {
            event_key(event): event.properties
            for event in events("order.updated", payload, received)
            if event.type == Type.ORDER_REFUNDED
        }

    first = refunds(sample("order_updated"), RECEIVED)
    assert list(first.values()) == [
        {"order_id": "727", "refund_id": "730", "amount": 149.0},
        {"order_id": "727", "refund_id": "731", "amount": 10.0},
    ]
    touched = {**sample("order_updated"), "date_modified_gmt": "2026-03-01T00:00:00"}
    assert refunds(touched, RECEIVED + 1000) == first


@pytest.mark.parametrize(
    ("status", "paid", "expected"),
    [
        ("pending", False, [Type.CHECKOUT_STARTED]),
        ("checkout-draft", False, [Type.CHECKOUT_STARTED]),
        ("failed", False, [Type.CHECKOUT_STARTED]),
        ("on-hold", False, [Type.ORDER_COMPLETED]),
        ("processing", False, [Type.ORDER_COMPLETED]),
        ("processing", True, [Type.ORDER_COMPLETED, Type.ORDER_PAID]),
        ("completed", True, [Type.ORDER_COMPLETED, Type.ORDER_PAID]),
        ("refunded", True, [Type.ORDER_COMPLETED, Type.ORDER_PAID]),
        ("status-of-a-plugin", True, [Type.ORDER_COMPLETED, Type.ORDER_PAID]),
        ("failed", True, [Type.ORDER_CANCELLED]),
        ("cancelled", False, [Type.ORDER_CANCELLED]),
        ("trash", True, [Type.ORDER_CANCELLED]),
    ],
)
def test_what_the_status_of_a_new_order_means(status: str, paid: bool, expected: list[str]) -> None:
    payload = {**sample("order_created"), "status": status}
    if not paid:
        payload["date_paid_gmt"] = None
    assert types("order.created", payload) == expected


def test_an_unpaid_order_is_a_checkout_and_in_no_way_an_order_yet() -> None:
    payload = {**sample("order_created"), "status": "failed", "date_paid_gmt": None}
    (event,) = events("order.updated", payload)
    assert event.type == Type.CHECKOUT_UPDATED
    assert not {"order_id", "ordered_at"} & set(event.properties)
    assert event.properties["total"] == 347.0


def test_cancelling_and_deleting_an_order_takes_it_back_once() -> None:
    """As an act; how the order is now, each telling says anew."""
    cancelled, state = events("order.updated", {**sample("order_created"), "status": "cancelled"})
    deleted, newer = events("order.deleted", sample("order_deleted"), RECEIVED + 1)
    assert event_key(cancelled) == event_key(deleted)
    assert event_key(state) != event_key(newer)
    assert cancelled.properties["order_id"] == "727"


def test_a_guest_is_known_by_address_and_order() -> None:
    event, _ = events("order.created", {**sample("order_created"), "customer_id": 0})
    assert event.identities == (EMAIL, ORDER)


def test_the_same_content_is_one_event_and_other_content_another() -> None:
    customer = sample("customer_created")
    (first,) = events("customer.updated", customer)
    (again,) = events("customer.updated", dict(reversed(customer.items())), RECEIVED + 5)
    (other,) = events("customer.updated", {**customer, "first_name": "Nora"})
    assert event_key(first) == event_key(again) != event_key(other)


def test_a_product_is_about_nobody() -> None:
    (event,) = events("product.updated", sample("product_updated"))
    assert (event.type, event.identities) == (Type.PRODUCT_UPDATED, ())
    assert event.properties == {
        "product_id": "93",
        "title": "Wool hat",
        "category": "Hats",
        "categories": ["Hats", "Winter"],
        "tags": ["wool"],
        "price_min": 149.0,
        "price_max": 149.0,
        "image": "https://woo.example.com/hat.jpg",
        "url": "https://woo.example.com/product/wool-hat/",
        "handle": "wool-hat",
        "status": "publish",
        "variants": [{"sku": "HAT-1", "price": 149.0, "available": True}],
    }
    (deleted,) = events("product.deleted", {"id": 93})
    assert deleted.properties == {"product_id": "93", "status": "deleted"}


@pytest.mark.parametrize(
    ("topic", "payload", "field"),
    [
        ("order.updated", {"code": "woocommerce_rest_cannot_view", "message": "Sorry"}, "id"),
        ("customer.created", {}, "id"),
        ("product.updated", {"id": []}, "id"),
        ("coupon.created", {"id": 1}, "X-WC-Webhook-Topic"),
        ("", {"id": 1}, "X-WC-Webhook-Topic"),
    ],
)
def test_what_lacks_its_id_is_refused_by_the_fields_name(topic: str, payload: Any, field: str) -> None:
    with pytest.raises(RefusedError) as refused:
        events(topic, payload)
    assert refused.value.field == field


# ── consent ──


def with_meta(name: str, key: Any, value: Any, **changed: Any) -> dict[str, Any]:
    return {
        **sample(name),
        "meta_data": [{"id": 1, "key": "_other", "value": "1"}, {"key": key, "value": value}],
        **changed,
    }


def consents(topic: str, payload: Any, consent_key: str = "") -> list[Event]:
    headers = {"x-wc-webhook-topic": topic, "x-wc-webhook-source": "https://woo.example.com/"}
    return [event for event in woocommerce.events(payload, headers, RECEIVED, consent_key) if event.consent]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("_wc_other/shop/marketing-opt-in", "1"),
        ("_wc_other/my-plugin/newsletter", True),
        ("_wc_billing/my-plugin/mailing_list", "yes"),
        ("mailchimp_woocommerce_is_subscribed", "1"),
        ("mailchimp_woocommerce_is_subscribed", 1),
        ("mailpoet_woocommerce_checkout_optin", "1"),
        ("_mailpoet_woocommerce_checkout_optin", "1"),
        ("kl_newsletter_checkbox", "1"),
    ],
)
def test_a_tick_at_the_checkout_is_a_yes_of_the_order(key: str, value: Any) -> None:
    (event,) = consents("order.created", with_meta("order_created", key, value))
    assert event.type == Type.CONSENT_CHANGED
    assert event.consent == (ConsentChange(topic="marketing", state="subscribed"),)
    assert event.stated == event.time == parse_instant("2026-02-03T09:00:00Z")
    assert event.identities == (CUSTOMER, EMAIL, ORDER)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("_wc_other/shop/marketing-opt-in", "0"),
        ("_wc_other/shop/marketing-opt-in", ""),
        ("_wc_other/shop/marketing-opt-in", None),
        ("_wc_other/shop/marketing-opt-in", False),
        ("_wc_other/shop/marketing-opt-in", {"a": 1}),
        ("_wc_other/skyverge/twilio-opt-in", "1"),
        ("_wc_other/shop/sms-marketing", "1"),
        ("_wc_other/shop/newsletter-opt-out", "1"),
        ("_wc_other/shop/no-marketing", "1"),
        ("_wc_other/shop/terms", "1"),
        ("_wc_other/shop/gift-wrap", "1"),
        ("mailchimp_woocommerce_is_subscribed", "0"),
        ("mailchimp_woocommerce_is_subscribed", "archived"),
        ("mailpoet_woocommerce_checkout_optin_present", "1"),
        ("kl_sms_consent_checkbox", "1"),
        ("_my_checkout_newsletter", "1"),
        (None, "1"),
        (7, "1"),
    ],
)
def test_what_is_no_tick_for_marketing_says_nothing(key: Any, value: Any) -> None:
    assert consents("order.created", with_meta("order_created", key, value)) == []


def test_a_shop_has_a_key_of_its_own() -> None:
    payload = with_meta("order_created", "_my_checkout_newsletter", "on")
    assert len(consents("order.created", payload, "_my_checkout_newsletter")) == 1


def test_an_order_says_yes_once_however_often_it_is_told_of() -> None:
    key = "mailchimp_woocommerce_is_subscribed"
    told = [
        consents("order.created", with_meta("order_created", key, "1", status="pending", date_paid_gmt=None)),
        consents("order.created", with_meta("order_created", key, "1")),
        consents("order.updated", with_meta("order_created", key, "1", date_modified_gmt="2026-03-01T09:00:00")),
        consents("order.updated", with_meta("order_created", key, "1", status="cancelled")),
    ]
    assert len({event_key(event) for each in told for event in each}) == 1
    assert all(len(each) == 1 for each in told)
    other = consents("order.created", with_meta("order_created", key, "1", id=728))
    assert event_key(other[0]) != event_key(told[0][0])


def test_a_draft_is_nobodys_word_yet() -> None:
    payload = with_meta("order_created", "_wc_other/shop/newsletter", "1", status="checkout-draft", date_paid_gmt=None)
    assert consents("order.created", payload) == []


def test_a_new_customers_tick_is_a_yes_and_the_accounts_state_later_is_undated() -> None:
    payload = with_meta("customer_created", "mailchimp_woocommerce_is_subscribed", "1")
    (event,) = consents("customer.created", payload)
    assert event.stated == parse_instant("2026-02-01T11:00:00Z")
    assert event.identities == (CUSTOMER, EMAIL)
    assert not event.consent[0].undated
    (later,) = consents("customer.updated", payload)
    assert later.consent == (ConsentChange(state="subscribed", undated=True),)
    (again,) = consents("customer.updated", {**payload, "date_modified_gmt": "2026-03-01T09:00:00"})
    assert event_key(again) == event_key(later) != event_key(event)


@pytest.mark.parametrize("odd", [None, "text", {}, [None, 1, "x", {}, {"key": "_wc_other/a/newsletter"}]])
def test_odd_meta_data_says_nothing(odd: Any) -> None:
    assert consents("order.created", {**sample("order_created"), "meta_data": odd}) == []

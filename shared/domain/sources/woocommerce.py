"""WooCommerce's webhooks (https://woocommerce.com/document/webhooks/) as events.

A delivery's id is a hash of the webhook's number and the second: two deliveries can share it, and a repeated one does
not. So an event is identified by what it is about, or else by the webhook's content.

An order's webhook tells its whole state and not what has changed. Each tells again all that has happened to the
order so far, under ids that never change, and what was known already does nothing. What its status means:

- `pending`, `checkout-draft`, and `failed` unless it was paid before: a checkout, which the customer may still finish.
  A declined card makes an order fail, and the next try on the same order may go well: nothing is taken back yet.
- `on-hold`, `processing`, `completed`, `refunded`, and the statuses of plugins: an order. On hold is an order whose
  bank transfer is awaited; the customer has done their part, and must not be told that they forgot their basket.
- `cancelled`, `trash`, deleted, and `failed` after it was paid: taken back.

Refunds come as a list in the order, without dates, so each counts when it is first heard of. A deletion has the id
alone, so every order event says by an identity of its own kind which order it is of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from shared.domain.events import Event, Identity, IdentityKind, Instant, Json, Type, counted_time, event_id, iso
from shared.domain.sources.payload import (
    Payload,
    country,
    email,
    fingerprint,
    identifier,
    instant,
    labels,
    mapping,
    number,
    objects,
    present,
    required,
    text,
    topic_of,
    whole,
    with_products,
)

_UNFINISHED = frozenset({"pending", "checkout-draft", "auto-draft", "draft", "new"})
_TAKEN_BACK = frozenset({"cancelled", "trash"})


@dataclass(frozen=True)
class _Delivery:
    """Where a webhook comes from, what it is about, what identifies its content, and when it was received."""

    topic: str
    shop: str
    content: str
    received: Instant


def events(payload: Payload, headers: Mapping[str, str], received: Instant) -> tuple[Event, ...]:
    """The events of one webhook, in the order they happened.

    RefusedError when the topic is unknown, or when the payload lacks the id of what it is about.
    """
    topic = topic_of(headers, "X-WC-Webhook-Topic", _TOPICS)
    shop = headers.get("x-wc-webhook-source", "").strip().lower()
    return _TOPICS[topic](payload, _Delivery(topic, shop, fingerprint(payload), received))


def _event(
    delivery: _Delivery,
    type_: Type,
    identified_by: tuple[str, ...],
    stated: Instant | None,
    identities: tuple[Identity, ...] = (),
    traits: Payload | None = None,
    properties: Payload | None = None,
) -> Event:
    return Event(
        id=event_id("woocommerce", delivery.shop, type_, *identified_by),
        type=type_,
        time=counted_time(stated, delivery.received),
        stated=stated,
        received=delivery.received,
        source="woocommerce",
        identities=identities,
        traits=traits or {},
        properties=properties or {},
    )


def _date(payload: Payload, name: str) -> Instant | None:
    """Dates "_gmt" are UTC, and say so by their name only."""
    return instant(payload.get(f"{name}_gmt"))


def _identities(customer: Json, address: str | None, order: str | None = None) -> tuple[Identity, ...]:
    """Strongest first. A guest is customer 0."""
    id_ = identifier(customer)
    known = (
        (IdentityKind.WOOCOMMERCE, None if id_ == "0" else id_),
        (IdentityKind.EMAIL, address),
        (IdentityKind.ORDER, order and f"woocommerce-order:{order}"),
    )
    return tuple(Identity(kind=kind, value=value) for kind, value in known if value)


def _traits(person: Payload, billing: Payload) -> Payload:
    return present(
        {
            "email": email(person.get("email")) or email(billing.get("email")),
            "first_name": text(person.get("first_name")) or text(billing.get("first_name")),
            "last_name": text(person.get("last_name")) or text(billing.get("last_name")),
            "phone": text(billing.get("phone")),
            "country": country(billing.get("country")),
            "region": text(billing.get("state")),
            "city": text(billing.get("city")),
            "postal_code": text(billing.get("postcode")),
        }
    )


# ── customers ──


def _customer(type_: Type, dated: str, payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    customer = required(payload, "id")
    traits = _traits(payload, mapping(payload.get("billing")))
    identities = _identities(customer, traits.get("email"))
    identified_by = (customer, delivery.content)
    properties = {"customer_id": customer}
    return (_event(delivery, type_, identified_by, _date(payload, dated), identities, traits, properties),)


def _customer_deleted(payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    customer = required(payload, "id")
    identities = _identities(customer, None)
    properties = {"customer_id": customer}
    return (_event(delivery, Type.CONTACT_DELETED, (customer,), None, identities, properties=properties),)


# ── orders ──


def _order(payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    order = required(payload, "id")
    billing = mapping(payload.get("billing"))
    status = text(payload.get("status")) or ""
    created, modified = _date(payload, "date_created"), _date(payload, "date_modified")
    paid, completed = _date(payload, "date_paid"), _date(payload, "date_completed")
    properties = _order_properties(payload, order, created)
    event = partial(
        _event,
        delivery,
        identities=_identities(payload.get("customer_id"), email(billing.get("email")), order),
        traits=_traits({}, billing),
    )
    changed = (order, delivery.content)
    is_new = delivery.topic == "order.created"

    if status in _UNFINISHED or (status == "failed" and paid is None):
        checkout = {**properties, "checkout_id": order}
        for name in ("order_id", "ordered_at"):  # it is no order yet
            checkout.pop(name, None)
        if is_new:
            return (event(Type.CHECKOUT_STARTED, (order,), created, properties=checkout),)
        return (event(Type.CHECKOUT_UPDATED, changed, modified, properties=checkout),)

    if status in _TAKEN_BACK or status == "failed":
        cancelled = {**properties, "cancel_reason": status}
        return (event(Type.ORDER_CANCELLED, (order,), None, properties=cancelled),)

    found = [event(Type.ORDER_COMPLETED, (order,), created, properties=properties)]
    if paid is not None:
        found.append(event(Type.ORDER_PAID, (order,), paid, properties=properties))
    if completed is not None:
        found.append(event(Type.ORDER_FULFILLED, (order,), completed, properties=properties))
    if not is_new:
        found.append(event(Type.ORDER_UPDATED, changed, modified, properties=properties))
    for refund in objects(payload.get("refunds")):
        id_, returned = identifier(refund.get("id")), number(refund.get("total"))
        if id_ is not None and returned:
            refunded = {"order_id": order, "refund_id": id_, "amount": abs(returned)}
            found.append(event(Type.ORDER_REFUNDED, (order, id_), None, properties=refunded))
    return tuple(found)


def _order_deleted(payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    """The same event as a cancellation: an order is taken back once."""
    order = required(payload, "id")
    identities = _identities(None, None, order)
    properties = {"order_id": order, "cancel_reason": "deleted"}
    return (_event(delivery, Type.ORDER_CANCELLED, (order,), None, identities, properties=properties),)


def _order_properties(payload: Payload, order: str, created: Instant | None) -> Payload:
    codes = [code for coupon in objects(payload.get("coupon_lines")) if (code := text(coupon.get("code")))]
    properties = {
        "order_id": order,
        "order_number": identifier(payload.get("number")),
        "ordered_at": None if created is None else iso(created),
        "total": number(payload.get("total")),
        "currency": text(payload.get("currency")),
        "coupon": codes[0] if codes else None,
        "discount_codes": labels(codes),
        "source_name": text(payload.get("created_via")),
    }
    products = (
        {
            "product_id": identifier(line.get("product_id")),
            "variant_id": identifier(line.get("variation_id") or None),
            "sku": text(line.get("sku")),
            "name": text(line.get("name")),
            "price": number(line.get("price")),
            "quantity": whole(line.get("quantity")),
        }
        for line in objects(payload.get("line_items"))
    )
    return with_products(present(properties), products)


# ── the catalogue ──


def _catalogue(payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    product = required(payload, "id")
    categories = [text(category.get("name")) for category in objects(payload.get("categories"))]
    images = objects(payload.get("images"))
    price = number(payload.get("price"))
    properties = {
        "product_id": product,
        "title": text(payload.get("name")),
        "category": next((category for category in categories if category), None),
        "tags": labels([tag.get("name") for tag in objects(payload.get("tags"))]),
        "price_min": price,
        "price_max": price,
        "image": text(images[0].get("src")) if images else None,
        "url": text(payload.get("permalink")),
        "handle": text(payload.get("slug")),
        "status": "deleted" if delivery.topic == "product.deleted" else text(payload.get("status")),
    }
    stated = _date(payload, "date_modified")
    identified_by = (product, delivery.content)
    return (_event(delivery, Type.PRODUCT_UPDATED, identified_by, stated, properties=present(properties)),)


_TOPICS: dict[str, Callable[[Payload, _Delivery], tuple[Event, ...]]] = {
    "customer.created": partial(_customer, Type.CONTACT_CREATED, "date_created"),
    "customer.updated": partial(_customer, Type.CONTACT_UPDATED, "date_modified"),
    "customer.deleted": _customer_deleted,
    "order.created": _order,
    "order.updated": _order,
    "order.restored": _order,
    "order.deleted": _order_deleted,
    "product.created": _catalogue,
    "product.updated": _catalogue,
    "product.restored": _catalogue,
    "product.deleted": _catalogue,
}

"""WooCommerce's webhooks (https://woocommerce.com/document/webhooks/) as events.

A delivery's id is a hash of the webhook's number and the second: two deliveries can share it, and a repeated one does
not. So an event is identified by what it is about, or else by the webhook's content.

An order's webhook tells its whole state (as of its latest date) and not what has changed. Each tells again all that has
happened to the order so far, under ids that never change, and what was known already does nothing; and how it is now,
which holds until a newer state is told. What its status means:

- `pending`, `checkout-draft`, and `failed` unless it was paid before: a checkout, which the customer may still finish.
  A declined card makes an order fail, and the next try on the same order may go well: nothing is taken back yet.
- `on-hold`, `processing`, `completed`, `refunded`, and the statuses of plugins: an order. On hold is an order whose
  bank transfer is awaited; the customer has done their part, and must not be told that they forgot their basket.
- `cancelled`, `trash`, deleted, and `failed` after it was paid: taken back, until it is paid or restored after all.

A checkout is dated as the order that is made of it: when it was created, however often the payment's plugin writes to
it. Refunds come as a list in the order, without dates: each counts when it is first heard of, and what a newer list has
not is no longer so. A deletion has the id alone, so every order event says by an identity of its own kind which order
it is of. Neither a deletion nor a restoration has a date: they are of the instant they were received at, since
WooCommerce makes a payload when it sends it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from shared.domain.events import (
    ConsentChange,
    Event,
    Identity,
    IdentityKind,
    Instant,
    Json,
    OrderState,
    Type,
    counted_time,
    event_id,
    iso,
)
from shared.domain.sources.payload import (
    MAX_VARIANTS,
    Payload,
    country,
    email,
    fingerprint,
    identifier,
    instant,
    labels,
    latest,
    mapping,
    number,
    objects,
    present,
    quantity,
    required,
    stock,
    text,
    topic_of,
    with_products,
    with_variants,
)

_DRAFTS = frozenset({"checkout-draft", "auto-draft", "draft", "new"})
_UNFINISHED = _DRAFTS | {"pending"}
_TAKEN_BACK = frozenset({"cancelled", "trash"})


@dataclass(frozen=True)
class _Delivery:
    """Where a webhook comes from, what it is about, what identifies its content, and when it was received."""

    topic: str
    shop: str
    content: str
    delivery: str
    received: Instant
    consent_key: str


def events(payload: Payload, headers: Mapping[str, str], received: Instant, consent_key: str = "") -> tuple[Event, ...]:
    """The events of one webhook, in the order they happened.

    `consent_key` is the shop's own key of the meta data that says yes to marketing, beside those that are known.
    RefusedError when the topic is unknown, or when the payload lacks the id of what it is about.
    """
    topic = topic_of(headers, "X-WC-Webhook-Topic", _TOPICS)
    shop = headers.get("x-wc-webhook-source", "").strip().lower()
    delivery = headers.get("x-wc-webhook-delivery-id", "") or str(received)
    return _TOPICS[topic](payload, _Delivery(topic, shop, fingerprint(payload), delivery, received, consent_key))


def _event(
    delivery: _Delivery,
    type_: Type,
    identified_by: tuple[str, ...],
    stated: Instant | None,
    identities: tuple[Identity, ...] = (),
    traits: Payload | None = None,
    properties: Payload | None = None,
    as_of: Instant | None = None,
    order: OrderState | None = None,
    consent: tuple[ConsentChange, ...] = (),
    claimed: bool = False,
) -> Event:
    return Event(
        id=event_id("woocommerce", delivery.shop, type_, *identified_by),
        type=type_,
        time=counted_time(stated, delivery.received),
        stated=stated,
        received=delivery.received,
        as_of=as_of,
        order=order,
        source="woocommerce",
        identities=identities,
        claimed=claimed,
        traits=traits or {},
        consent=consent,
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


# ── consent ──

OPT_INS = frozenset(
    {
        "mailchimp_woocommerce_is_subscribed",  # Mailchimp for WooCommerce
        "mailpoet_woocommerce_checkout_optin",  # MailPoet's, where something keeps it with the order
        "kl_newsletter_checkbox",  # Klaviyo
    }
)
"""Keys of the meta data that the common checkouts' ticks are kept under, without a `_` in front."""
_FIELD = re.compile(r"_wc_(?:other|billing|shipping)/[^/]+/([^/]+)")
"""How WooCommerce itself keeps an additional checkout field
(https://developer.woocommerce.com/docs/cart-and-checkout-additional-checkout-fields/)."""
_ASKS = re.compile(r"newsletter|marketing|mailing[-_]?list")
_OF_SOMETHING_ELSE = frozenset(
    [
        "sms",
        "text",
        "phone",
        "call",
        "whatsapp",
        "twilio",
        "push",
        "no",
        "not",
        "out",
        "optout",
        "unsubscribe",
        "source",
        "terms",
    ]
)
_YES = ("1", "yes", "true", "on")


def _said_yes(payload: Payload, consent_key: str) -> bool:
    """Whether the meta data of an order or a customer have a tick for marketing. Without one nobody has said no."""
    for meta in objects(payload.get("meta_data")):
        key, value = meta.get("key"), meta.get("value")
        if isinstance(key, str) and str(value).strip().lower() in _YES and _asks_for_marketing(key, consent_key):
            return True
    return False


def _asks_for_marketing(key: str, consent_key: str) -> bool:
    field, words = _FIELD.fullmatch(key), re.split("[^a-z]+", key.lower())
    named = field is not None and _ASKS.search(field[1].lower()) and _OF_SOMETHING_ELSE.isdisjoint(words)
    return bool(named) or key.removeprefix("_") in OPT_INS or (consent_key != "" and key == consent_key)


def _consent(
    delivery: _Delivery, thing: str, said: Instant | None, identities: tuple[Identity, ...], claimed: bool = False
) -> Event:
    """A yes, said with an order or with an account: once, at its instant, however often it is told of again. What an
    account says later has no date, so nobody has just said it."""
    yes = (ConsentChange(state="subscribed", undated=said is None),)
    return _event(delivery, Type.CONSENT_CHANGED, (thing,), said, identities, consent=yes, claimed=claimed)


# ── customers ──


def _customer(type_: Type, dated: str, payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    customer = required(payload, "id")
    billing = mapping(payload.get("billing"))
    told = _traits(payload, billing)
    identities = _identities(customer, told.get("email"))
    identified_by = (customer, delivery.content)
    properties = {"customer_id": customer}
    as_of = latest(_date(payload, "date_modified"), _date(payload, dated))
    traits = _emptied(payload, billing) | told
    found = [_event(delivery, type_, identified_by, _date(payload, dated), identities, traits, properties, as_of)]
    if _said_yes(payload, delivery.consent_key):
        signed_up = _date(payload, "date_created") if type_ is Type.CONTACT_CREATED else None
        found.append(_consent(delivery, f"{type_} {customer}", signed_up, identities))
    return tuple(found)


def _emptied(customer: Payload, billing: Payload) -> Payload:
    """The traits that the shop has nothing in (any more), as None. WooCommerce sends every field, also of an address
    that nobody ever gave: that one tells nothing."""
    told: Payload = {name: None for name in ("first_name", "last_name") if name in customer}
    told |= {"email": None} if customer.get("email", ...) in (None, "") else {}
    if any(billing.get(name) for name in ("country", "state", "city", "postcode")):
        told |= dict.fromkeys(("phone", "country", "region", "city", "postal_code"))
    return told


def _customer_deleted(payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    customer = required(payload, "id")
    identities = _identities(customer, None)
    properties = {"customer_id": customer}
    return (_event(delivery, Type.CONTACT_DELETED, (customer,), None, identities, properties=properties),)


# ── orders ──


def _order(payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    """What happened to the order, and the yes that was said with it. A draft is nobody's word yet."""
    found = _order_alone(payload, delivery)
    if payload.get("status") in _DRAFTS or not _said_yes(payload, delivery.consent_key):
        return found
    order = required(payload, "id")
    return (
        *found,
        _consent(delivery, f"order {order}", _date(payload, "date_created"), found[0].identities, claimed=True),
    )


def _order_alone(payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    order = required(payload, "id")
    billing = mapping(payload.get("billing"))
    status = text(payload.get("status")) or ""
    created, modified = _date(payload, "date_created"), _date(payload, "date_modified")
    paid, completed = _date(payload, "date_paid"), _date(payload, "date_completed")
    restored = delivery.topic == "order.restored"
    unfinished = status in _UNFINISHED or (status == "failed" and paid is None)
    taken_back = status in _TAKEN_BACK or (status == "failed" and not unfinished)
    refunds, returned = _refunds(payload), _returned(payload)
    properties = _order_properties(payload, order, created)
    event = partial(
        _event,
        delivery,
        identities=_identities(payload.get("customer_id"), email(billing.get("email")), order),
        claimed=True,  # what stands in a checkout's form is nobody's word but the buyer's
        traits=_traits({}, billing),
        as_of=delivery.received if restored else latest(modified, paid, completed),
        order=OrderState(
            id=order,
            stands=not (unfinished or taken_back),
            refunds=refunds,
            returned=returned,
            currency=properties.get("currency"),
        ),
    )
    changed = (order, "restored", delivery.delivery) if restored else (order, delivery.content)
    is_new = delivery.topic == "order.created"

    if unfinished:
        checkout = {**properties, "checkout_id": order, "cart_id": order}
        if (address := text(payload.get("payment_url"))) is not None:
            checkout["checkout_url"] = address
        for name in ("order_id", "ordered_at"):  # it is no order yet
            checkout.pop(name, None)
        started, by = (Type.CHECKOUT_STARTED, (order,)) if is_new else (Type.CHECKOUT_UPDATED, changed)
        return (event(started, by, created, properties=checkout),)

    if taken_back:
        if paid is None:  # it may never have been an order
            properties.pop("ordered_at", None)
        found = [event(Type.ORDER_CANCELLED, (order,), None, properties={**properties, "cancel_reason": status})]
    else:
        found = [event(Type.ORDER_COMPLETED, (order,), created, properties=properties)]
        if paid is not None:
            found.append(event(Type.ORDER_PAID, (order,), paid, properties=properties))
        if completed is not None:
            found.append(event(Type.ORDER_FULFILLED, (order,), completed, properties=properties))
    if not is_new:
        found.append(event(Type.ORDER_UPDATED, changed, modified, properties=properties))
    if not taken_back:
        for id_, amount in (refunds or {}).items():
            refunded: Payload = {"order_id": order, "refund_id": id_, "amount": amount}
            if id_ in returned:
                refunded = with_products(refunded, returned[id_])
            found.append(event(Type.ORDER_REFUNDED, (order, id_), None, properties=refunded))
    return tuple(found)


def _refunds(order: Payload) -> dict[str, float] | None:
    """All refunds there are, by their ids; None when the payload does not list them."""
    if not isinstance(order.get("refunds"), list):
        return None
    told = [(identifier(each.get("id")), number(each.get("total"))) for each in objects(order["refunds"])]
    return {id_: abs(total) for id_, total in told if id_ is not None and total}


def _returned(order: Payload) -> dict[str, list[Payload]]:
    """What each line got back, of refunds that name lines: those in an order do not, but the REST API's own have their
    `line_items`, and plugins send them."""
    found: dict[str, list[Payload]] = {}
    for refund in objects(order.get("refunds")):
        id_ = identifier(refund.get("id"))
        lines = [
            present(
                {
                    "product_id": identifier(line.get("product_id")),
                    "variant_id": identifier(line.get("variation_id") or None),
                    "quantity": abs(quantity(line.get("quantity")) or 0) or None,
                    "amount": round(abs(number(line.get("total")) or 0) + abs(number(line.get("total_tax")) or 0), 2),
                }
            )
            for line in objects(refund.get("line_items"))
        ]
        if id_ is not None and lines:
            found[id_] = lines
    return found


def _order_deleted(payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    """The same act as a cancellation: an order is taken back once. As a state it is told each time, and a moment before
    a restoration of the same instant, since what is restored was deleted before."""
    order = required(payload, "id")
    event = partial(
        _event,
        delivery,
        identities=_identities(None, None, order),
        as_of=delivery.received - 1,
        order=OrderState(id=order, stands=False),
    )
    cancelled = {"order_id": order, "cancel_reason": "deleted"}
    return (
        event(Type.ORDER_CANCELLED, (order,), None, properties=cancelled),
        event(Type.ORDER_UPDATED, (order, "deleted", delivery.delivery), None, properties={"order_id": order}),
    )


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
        "shipping_country": country(mapping(payload.get("shipping")).get("country")),
    }
    products = (
        {
            "product_id": identifier(line.get("product_id")),
            "variant_id": identifier(line.get("variation_id") or None),
            "sku": text(line.get("sku")),
            "name": text(line.get("name")),
            "price": number(line.get("price")),
            "quantity": quantity(line.get("quantity")),
        }
        for line in objects(payload.get("line_items"))
    )
    return with_products(present(properties), products)


# ── the catalogue ──


def _catalogue(payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    """A product; or, by the same topics, a variation of one, which tells of nothing but itself (`partial`). A product
    that has some (`variable`) has no stock and price of its own: theirs are told one by one."""
    product = required(payload, "id")
    variations = payload.get("variations") if payload.get("type") == "variable" else None
    parent = identifier(payload.get("parent_id")) if payload.get("type") == "variation" else None
    deleted = delivery.topic == "product.deleted"
    stated = _date(payload, "date_modified")
    if parent not in (None, "0"):
        properties = _of_variation(payload, product, str(parent), deleted)
        return (_event(delivery, Type.PRODUCT_UPDATED, (product, delivery.content), stated, properties=properties),)
    categories = labels([category.get("name") for category in objects(payload.get("categories"))])
    price = number(payload.get("price"))
    properties = present(
        {
            "product_id": product,
            "title": text(payload.get("name")),
            "category": categories[0] if categories else None,
            "categories": categories if len(categories) > 1 else None,
            "tags": labels([tag.get("name") for tag in objects(payload.get("tags"))]),
            "price_min": price,
            "price_max": price,
            "image": _image(payload),
            "url": text(payload.get("permalink")),
            "handle": text(payload.get("slug")),
            "status": "deleted" if deleted else text(payload.get("status")),
        }
    )
    if isinstance(variations, list):
        properties["variations"] = [each for each in map(identifier, variations) if each][:MAX_VARIANTS]
    elif "stock_status" in payload or "in_stock" in payload or price is not None:
        properties = with_variants(properties, [_variant(payload)])
    return (_event(delivery, Type.PRODUCT_UPDATED, (product, delivery.content), stated, properties=properties),)


def _of_variation(payload: Payload, variation: str, parent: str, deleted: bool) -> Payload:
    """One that is not published cannot be bought."""
    told = {"variant_id": variation, "title": text(payload.get("name")), **_variant(payload)}
    told |= {"image": _image(payload), "url": text(payload.get("permalink"))}
    if deleted or text(payload.get("status")) not in (None, "publish"):
        told["available"] = None
    return with_variants({"product_id": parent, "partial": True}, [told])


def _variant(product: Payload) -> Payload:
    """What of it can be bought. A stock counts where WooCommerce manages it, for itself or with its parent's; what may
    be ordered when there is none is on backorder, or will be, and never runs out."""
    status = text(product.get("stock_status"))
    in_stock = product.get("in_stock") if status is None else status != "outofstock"
    return {
        "sku": text(product.get("sku")),
        "price": number(product.get("price")),
        "stock": stock(product.get("stock_quantity")) if product.get("manage_stock") in (True, "parent") else None,
        "available": in_stock if isinstance(in_stock, bool) else None,
        "backorder": True if product.get("backorders_allowed") is True or status == "onbackorder" else None,
    }


def _image(product: Payload) -> str | None:
    """Its first; versions before 2 of the API, and a variation, have one alone."""
    images = objects(product.get("images"))
    return text(images[0].get("src")) if images else text(mapping(product.get("image")).get("src"))


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

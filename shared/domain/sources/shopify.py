"""Shopify's webhooks (https://shopify.dev/docs/api/webhooks) as events.

Headers, and what they identify (https://shopify.dev/docs/apps/build/webhooks/ignore-duplicates):

- `X-Shopify-Event-Id`: what happened in the shop. All webhooks it causes share it, of any topic, and so do those of two
  subscriptions to one topic. A bulk edit shares it over many things. So it identifies an event only together with
  the topic and the thing's own id.
- `X-Shopify-Webhook-Id`: one webhook; the same each time it is delivered again. Used where there is no event id.
- `X-Shopify-Triggered-At`: when it was sent off first. The instant of what carries no date of its own.
- `X-Shopify-Test`: a sample, sent from the admin or the command line. Ignored, like orders with `test: true`.

Every payload is how its thing is as of `updated_at`. An order's own amounts are in the shop's currency; a checkout's
and a transaction's in the currency the customer pays in. What has a `…_set` has both, and `shop_money` is taken.

A refund names its order and nobody else, so every order event says by an identity of its own kind which order it is of;
carts and checkouts are joined to orders in the same way. The public write key cannot name one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
from shared.domain.refusals import RefusedError
from shared.domain.sources.payload import (
    Payload,
    country,
    earliest,
    email,
    fingerprint,
    first,
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


@dataclass(frozen=True)
class _Delivery:
    """What the headers say: where it comes from, what identifies it, when it was sent and received."""

    topic: str
    shop: str
    key: str
    triggered: Instant | None
    received: Instant


def events(payload: Payload, headers: Mapping[str, str], received: Instant) -> tuple[Event, ...]:
    """The events of one webhook: none when there is nothing in it for us (a test, a consent never asked for).

    RefusedError when the topic is unknown, or when the payload lacks the id of what it is about.
    """
    topic = topic_of(headers, "X-Shopify-Topic", _TOPICS)
    if payload.get("test") is True or headers.get("x-shopify-test", "").lower() == "true":
        return ()
    key = headers.get("x-shopify-event-id") or headers.get("x-shopify-webhook-id") or fingerprint(payload)
    shop = headers.get("x-shopify-shop-domain", "").strip().lower()
    triggered = instant(headers.get("x-shopify-triggered-at"))
    return _TOPICS[topic](payload, _Delivery(topic, shop, key, triggered, received))


def _event(
    delivery: _Delivery,
    type_: Type,
    thing: str,
    stated: Instant | None = None,
    *,
    as_of: Instant | None = None,
    order: OrderState | None = None,
    id_: str | None = None,
    identities: tuple[Identity, ...] = (),
    claimed: bool = False,
    traits: Payload | None = None,
    consent: tuple[ConsentChange, ...] = (),
    properties: Payload | None = None,
) -> Event:
    stated = delivery.triggered if stated is None else stated
    return Event(
        id=id_ or event_id("shopify", delivery.shop, delivery.topic, thing, delivery.key),
        type=type_,
        time=counted_time(stated, delivery.received),
        stated=stated,
        received=delivery.received,
        as_of=as_of,
        told=delivery.triggered,
        order=order,
        source="shopify",
        identities=identities,
        claimed=claimed,
        traits=traits or {},
        consent=consent,
        properties=properties or {},
    )


# ── customers ──


def _customer(type_: Type, dated: str, payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    customer = required(payload, "id")
    identities = _identities(customer, email(payload.get("email")))
    return (
        _event(
            delivery,
            type_,
            customer,
            instant(payload.get(dated)),
            as_of=first(instant(payload.get("updated_at")), instant(payload.get(dated))),
            identities=identities,
            traits=_customer_traits(payload, mapping(payload.get("default_address")), payload.get("locale")),
            properties={"customer_id": customer},
        ),
        *_consent_in_customer(payload, delivery, customer, identities),
    )


def _customer_deleted(payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    customer = required(payload, "id")
    return (
        _event(
            delivery,
            Type.CONTACT_DELETED,
            customer,
            identities=_identities(customer, None),
            properties={"customer_id": customer},
        ),
    )


def _merged(payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    """Of two customers one is left: told when it is asked for and when it has failed, too, which is none yet."""
    kept = required(payload, "admin_graphql_api_customer_kept_id")
    deleted = required(payload, "admin_graphql_api_customer_deleted_id")
    if str(payload.get("status")).strip().lower() in _NOT_MERGED or payload.get("errors") or kept == deleted:
        return ()
    identities = (*_identities(kept, None), *_identities(deleted, None))
    return (_event(delivery, Type.CONTACTS_MERGED, f"{kept} {deleted}", identities=identities),)


_NOT_MERGED = frozenset({"failed", "in_progress", "requested", "pending"})


def _tags(told: str, payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    """Tags put on a customer, or taken off: since API version 2025-01 no customer payload has them.

    Told one by one, each with its instant: `profiles` makes a set of them, in whatever order they come.
    """
    customer = required(payload, "customerId")
    return (
        _event(
            delivery,
            Type.CONTACT_UPDATED,
            customer,
            instant(payload.get("occurredAt")),
            identities=_identities(customer, None),
            properties={"customer_id": customer, told: labels(payload.get("tags"))},
        ),
    )


def _identities(customer: str | None, address: str | None, *orders: str | None) -> tuple[Identity, ...]:
    """Strongest first. `orders` are carts, checkouts and orders, as "kind:id"."""
    known = [(IdentityKind.SHOPIFY, customer), (IdentityKind.EMAIL, address)]
    known += [(IdentityKind.ORDER, value) for value in orders]
    return tuple(Identity(kind=kind, value=value) for kind, value in known if value is not None)


def _traits(customer: Payload, address: Payload, locale: Json) -> Payload:
    """What is known of a person. Shopify's order and checkout payloads call them `customer` too; no street is kept."""
    return present(
        {
            "email": email(customer.get("email")),
            "first_name": text(customer.get("first_name")) or text(address.get("first_name")),
            "last_name": text(customer.get("last_name")) or text(address.get("last_name")),
            "phone": text(customer.get("phone")) or text(address.get("phone")),
            "country": country(address.get("country_code")),
            "region": text(address.get("province_code")) or text(address.get("province")),
            "city": text(address.get("city")),
            "postal_code": text(address.get("zip")),
            "tags": labels(customer.get("tags")),
            "locale": text(locale),
        }
    )


def _customer_traits(customer: Payload, address: Payload, locale: Json) -> Payload:
    """As `_traits`, of a customer as the shop has them: what the payload has, and has nothing in, is told as None. Of
    an address that is all of it; a customer who has none tells nothing of where they are."""
    told = _traits(customer, address, locale)
    if any(address.get(name) for name in ("country_code", "province_code", "province", "city", "zip")):
        told = dict.fromkeys(("country", "region", "city", "postal_code")) | told
    named: Payload = {name: None for name in ("first_name", "last_name", "phone") if name in customer}
    named |= {"email": None} if customer.get("email", ...) in (None, "") else {}
    return {**named, **({"tags": []} if "tags" in customer else {}), **told}


# ── consent ──

_STATES = {
    "subscribed": ConsentChange(state="subscribed"),
    "unsubscribed": ConsentChange(state="unsubscribed"),
    "pending": ConsentChange(state="pending"),
}
"""`not_subscribed` means never asked; `redacted` and `invalid` say nothing about what the person wants."""


def _consent(payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    """The topic of its own, which names the customer as `customer_id` (and, in an older form, as `id`)."""
    customer = identifier(payload.get("customer_id")) or identifier(payload.get("id"))
    if customer is None:
        raise RefusedError("missing_field", "customer_id is required", "customer_id")
    if not isinstance(payload.get("email_marketing_consent"), dict):
        raise RefusedError(
            "missing_field", "email_marketing_consent is required, with its state", "email_marketing_consent"
        )
    address = email(payload.get("email_address")) or email(payload.get("email"))
    traits = present({"email": address})
    return _consent_in_customer(payload, delivery, customer, _identities(customer, address), traits)


def _consent_in_customer(
    payload: Payload,
    delivery: _Delivery,
    customer: str,
    identities: tuple[Identity, ...],
    traits: Payload | None = None,
) -> tuple[Event, ...]:
    """The consent that a customer payload carried before API version 2025-01, or that the topic of its own carries.

    The event is identified by what was decided and when, so each further update of the customer repeats it. A yes for
    which no date is told was given with the new customer; of one who was there before it is a state, not an answer
    (`ConsentChange.undated`), as is a no without a date, which counts from when we are told.
    """
    consent = payload.get("email_marketing_consent")
    decided = instant(payload.get("accepts_marketing_updated_at"))
    if isinstance(consent, dict):
        state = str(consent.get("state")).lower()
        decided = first(instant(consent.get("consent_updated_at")), decided)
    else:
        state = _accepts_marketing(payload, delivery)
    change = _STATES.get(state)
    if change is None:
        return ()
    if decided is None and state == "unsubscribed":
        decided = first(instant(payload.get("updated_at")), delivery.triggered)
        change = change.model_copy(update={"undated": True})
    elif decided is None:
        decided = instant(payload.get("created_at"))
        change = change.model_copy(update={"undated": decided is None or delivery.topic != "customers/create"})
    return (
        _event(
            delivery,
            Type.CONSENT_CHANGED,
            customer,
            decided,
            id_=event_id(
                "shopify",
                delivery.shop,
                "consent",
                customer,
                change.state,
                delivery.key if decided is None else str(decided),
            ),
            identities=identities,
            traits=traits,
            consent=(change,),
        ),
    )


def _accepts_marketing(customer: Payload, delivery: _Delivery) -> str:
    """The oldest form, a mere yes or no. A no is a no to something asked only once it has changed since the start."""
    accepts = customer.get("accepts_marketing")
    if accepts is True:
        return "subscribed"
    asked = customer.get("accepts_marketing_updated_at") != customer.get("created_at")
    return "unsubscribed" if accepts is False and asked and delivery.topic == "customers/update" else "not_subscribed"


# ── carts, checkouts, orders ──


def _cart(payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    cart = _token(payload.get("token")) or _token(payload.get("id"))
    if cart is None:
        raise RefusedError("missing_field", "token is required", "token")
    lines = objects(payload.get("line_items"))
    return (
        _event(
            delivery,
            Type.CART_UPDATED,
            cart,
            first(instant(payload.get("updated_at")), instant(payload.get("created_at"))),
            identities=_identities(None, None, f"cart:{cart}"),
            properties=with_products({"cart_id": cart}, map(_product, lines)),
        ),
    )


def _checkout(type_: Type, dated: str, payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    """A checkout that has become an order is told once more: nothing is left in it."""
    checkout = identifier(payload.get("token")) or required(payload, "id")
    sale = _sale(payload)
    if "total_price_set" not in payload:  # a checkout's own fields are in what the customer pays in
        sale["currency"] = text(payload.get("presentment_currency")) or sale["currency"]
    properties = present(
        {
            "checkout_id": identifier(payload.get("id")),
            "checkout_url": text(payload.get("abandoned_checkout_url")),
            **sale,
            "checkout_token": checkout,
            "cart_id": sale["cart_id"] or checkout,
        }
    )
    lines = objects(payload.get("line_items"))
    if payload.get("completed_at"):
        properties.pop("total", None)
        lines = []
    return (
        _event(
            delivery,
            type_,
            checkout,
            instant(payload.get(dated)),
            as_of=instant(payload.get("updated_at")),
            identities=_buyer(payload, checkout),
            claimed=_is_claimed(payload),
            traits=_buyer_traits(payload),
            properties=with_products(properties, map(_product, lines)),
        ),
    )


def _order(type_: Type, dated: str | None, payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    order = required(payload, "id")
    # Orders brought over from another shop are created today and processed when they were placed.
    placed = earliest(instant(payload.get("created_at")), instant(payload.get("processed_at")))
    properties = present(
        {
            "order_id": order,
            "order_number": identifier(payload.get("order_number")) or text(payload.get("name")),
            "ordered_at": None if placed is None else iso(placed),
            "cancel_reason": text(payload.get("cancel_reason")),
            **_sale(payload),
        }
    )
    cancelled = type_ == Type.ORDER_CANCELLED or bool(payload.get("cancelled_at"))
    return (
        _event(
            delivery,
            type_,
            order,
            placed if dated is None else first(instant(payload.get(dated)), instant(payload.get("updated_at"))),
            as_of=latest(instant(payload.get("updated_at")), instant(payload.get("cancelled_at"))),
            order=OrderState(
                id=order,
                stands=not cancelled and payload.get("financial_status") != "voided",
                refunds=_refunds(payload),
                returned=_returned(payload),
            ),
            # An order is placed once, however many subscriptions and event ids tell of it.
            id_=event_id("shopify", delivery.shop, delivery.topic, order) if dated is None else None,
            identities=_buyer(payload, identifier(payload.get("checkout_token")), f"shopify-order:{order}"),
            claimed=_is_claimed(payload),
            traits=_buyer_traits(payload),
            properties=with_products(properties, map(_product, objects(payload.get("line_items")))),
        ),
        *_refunds_of(order, payload, delivery),
    )


def _refunds_of(order: str, payload: Payload, delivery: _Delivery) -> Iterator[Event]:
    """Each refund that the order lists, as `refunds/create` tells it (the same event): a shop that has not subscribed
    to that, or whose webhook was lost, has refunds all the same."""
    for refund in objects(payload.get("refunds")):
        if identifier(refund.get("id")):
            yield from _refund({**refund, "order_id": order}, delivery)


def _refunds(order: Payload) -> dict[str, float] | None:
    """The refunds in an order's payload, by their ids, as far as they are in the shop's currency; None: it has none."""
    if not isinstance(order.get("refunds"), list):
        return None
    told = [(identifier(refund.get("id")), *_refunded(refund)) for refund in objects(order["refunds"])]
    shop = text(order.get("currency"))
    return {id_: amount for id_, amount, currency in told if id_ and amount > 0 and currency in (None, shop)}


def _returned(order: Payload) -> dict[str, list[Payload]]:
    """Of those refunds that name lines, what each line got back."""
    told = {identifier(refund.get("id")): _of_lines(refund) for refund in objects(order.get("refunds"))}
    return {id_: lines for id_, lines in told.items() if id_ and lines}


def _order_deleted(payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    """What is left of it is its id."""
    order = required(payload, "id")
    return (
        _event(
            delivery,
            Type.ORDER_CANCELLED,
            order,
            order=OrderState(id=order, stands=False),
            identities=_identities(None, None, f"shopify-order:{order}"),
            properties={"order_id": order, "cancel_reason": "deleted"},
        ),
    )


def _sale(payload: Payload) -> Payload:
    """What checkouts and orders have in common. The total is what was charged at first, before any refund."""
    codes = [code for discount in objects(payload.get("discount_codes")) if (code := text(discount.get("code")))]
    return {
        "total": _money(payload, "total_price"),
        "currency": _currency(payload, "total_price") or text(payload.get("currency")),
        "coupon": codes[0] if codes else None,
        "discount_codes": labels(codes),
        "cart_id": _token(payload.get("cart_token")) or identifier(payload.get("checkout_token")),
        "checkout_token": identifier(payload.get("checkout_token")),
        "source_name": text(payload.get("source_name")),
        "shipping_country": country(mapping(payload.get("shipping_address")).get("country_code")),
    }


def _money(part: Payload, name: str) -> float | None:
    """An amount in the shop's currency where the payload has it so (`…_set.shop_money`), else the field itself."""
    told = number(mapping(mapping(part.get(f"{name}_set")).get("shop_money")).get("amount"))
    return number(part.get(name)) if told is None else told


def _currency(part: Payload, name: str) -> str | None:
    """The shop's currency, where an amount says it."""
    return text(mapping(mapping(part.get(f"{name}_set")).get("shop_money")).get("currency_code"))


def _product(line: Payload) -> Payload:
    return {
        "product_id": identifier(line.get("product_id")),
        "variant_id": identifier(line.get("variant_id")),
        "sku": text(line.get("sku")),
        "name": text(line.get("title")) or text(line.get("name")),
        "category": text(line.get("product_type")),
        "vendor": text(line.get("vendor")),
        "price": _money(line, "price"),
        "quantity": quantity(line.get("quantity")),
        "gift_card": True if line.get("gift_card") is True else None,
    }


def _buyer(payload: Payload, checkout: str | None, order: str | None = None) -> tuple[Identity, ...]:
    customer = mapping(payload.get("customer"))
    cart = _token(payload.get("cart_token"))
    before = f"cart:{cart}" if cart else f"checkout:{checkout}" if checkout else None
    return _identities(identifier(customer.get("id")), _buyer_email(payload), order, before)


def _is_claimed(payload: Payload) -> bool:
    """Whether whose it is stands only in the form that anybody may fill in: no customer, or one without an address."""
    customer = mapping(payload.get("customer"))
    return identifier(customer.get("id")) is None or email(customer.get("email")) is None


def _buyer_email(payload: Payload) -> str | None:
    """The customer's own address before the one typed into this order."""
    customer = mapping(payload.get("customer"))
    return email(customer.get("email")) or email(payload.get("email")) or email(payload.get("contact_email"))


def _buyer_traits(payload: Payload) -> Payload:
    customer = mapping(payload.get("customer"))
    address = next(
        (
            found
            for found in (
                mapping(customer.get("default_address")),
                mapping(payload.get("billing_address")),
                mapping(payload.get("shipping_address")),
            )
            if found
        ),
        {},
    )
    locale = payload.get("customer_locale")
    return _traits({**customer, "email": _buyer_email(payload)}, address, locale)


def _token(value: Json) -> str | None:
    """A cart's token, without the key that newer carts carry after a question mark."""
    found = identifier(value)
    return (found.partition("?")[0] or None) if found else None


# ── refunds ──


def _refund(payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    refund, order = required(payload, "id"), required(payload, "order_id")
    returned, currency = _refunded(payload)
    lines = _of_lines(payload)
    if returned <= 0:  # goods taken back, no money returned
        return ()
    return (
        _event(
            delivery,
            Type.ORDER_REFUNDED,
            refund,
            instant(payload.get("created_at")),
            # Money is returned once, whichever webhooks tell of it.
            id_=event_id("shopify", delivery.shop, "refunds/create", refund),
            identities=_identities(None, None, f"shopify-order:{order}"),
            properties=present(
                {
                    "order_id": order,
                    "refund_id": refund,
                    "amount": returned,
                    "currency": currency,
                    **(with_products({}, lines) if lines else {}),
                },
            ),
        ),
    )


def _of_lines(refund: Payload) -> list[Payload]:
    """What each line got back, with its taxes; none where the refund names no lines (shipping, or just an amount)."""
    found = []
    for line in objects(refund.get("refund_line_items")):
        product = mapping(line.get("line_item"))
        returned = {
            "product_id": identifier(product.get("product_id")),
            "variant_id": identifier(product.get("variant_id")),
            "quantity": quantity(line.get("quantity")),
            "amount": _sum([line], *_PARTS["refund_line_items"]),
        }
        found.append(present(returned))
    return found


_PARTS = {
    "refund_line_items": ("subtotal", "total_tax"),
    "refund_shipping_lines": ("subtotal_amount", "subtotal", "tax_amount", "total_tax"),  # since API 2024-10
    "order_adjustments": ("amount", "tax_amount"),
}


def _refunded(payload: Payload) -> tuple[float, str | None]:
    """The money returned, and the currency it is in (None: the shop's).

    It is what the refund's transactions come to, if it has some. A transaction is in the currency the customer paid in;
    where that is another than the shop's, and without transactions, it is what the parts add up to, which the payload
    has in the shop's currency. Refunds of test orders return nothing.
    """
    transactions = [each for each in objects(payload.get("transactions")) if each.get("kind") == "refund"]
    paid = [each for each in transactions if each.get("status") in ("success", "pending") and not each.get("test")]
    if transactions and not paid:
        return 0, None
    lines, shipping, adjustments = (objects(payload.get(name)) for name in _PARTS)
    told = [_currency(mapping(line.get("line_item")), "price") for line in lines]
    told += [
        _currency(part, name) for of, names in _PARTS.items() for part in objects(payload.get(of)) for name in names
    ]
    shop = next((currency for currency in told if currency), None)
    in_paid = {currency for each in paid if (currency := text(each.get("currency")))}
    if paid and (not in_paid or in_paid == {shop}):
        return _sum(paid, "amount"), None
    # An adjustment is negative when it returns money.
    parts = round(
        _sum(lines, *_PARTS["refund_line_items"])
        + _sum(shipping, *_PARTS["refund_shipping_lines"])
        + sum(_money(payload, name) or 0 for name in ("total_duties", "total_additional_fees"))
        - _sum(adjustments, *_PARTS["order_adjustments"]),
        2,
    )
    if not paid or (shop is not None and parts > 0):
        return parts, None
    return _sum(paid, "amount"), min(in_paid) if in_paid else None


def _sum(parts: list[Payload], *names: str) -> float:
    return round(sum(_money(part, name) or 0 for part in parts for name in names), 2)


# ── the catalogue ──


def _catalogue(payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    product = required(payload, "id")
    prices = [
        price for variant in objects(payload.get("variants")) if (price := number(variant.get("price"))) is not None
    ]
    properties = {
        "product_id": product,
        "title": text(payload.get("title")),
        "category": text(payload.get("product_type")),
        "tags": labels(payload.get("tags")),
        "vendor": text(payload.get("vendor")),
        "price_min": min(prices, default=None),
        "price_max": max(prices, default=None),
        "image": text(mapping(payload.get("image")).get("src")),
        "handle": text(payload.get("handle")),
        "status": _status(payload, delivery),
    }
    told = present(properties)
    if isinstance(payload.get("variants"), list):
        images = {identifier(each.get("id")): text(each.get("src")) for each in objects(payload.get("images"))}
        told = with_variants(told, (_variant(each, images) for each in objects(payload["variants"])))
    stated = first(instant(payload.get("updated_at")), instant(payload.get("created_at")))
    return (_event(delivery, Type.PRODUCT_UPDATED, product, stated, properties=told),)


def _status(payload: Payload, delivery: _Delivery) -> str | None:
    """One that is active, and in no sales channel on the web, is `unpublished`."""
    if delivery.topic == "products/delete":
        return "deleted"
    status = text(payload.get("status"))
    return "unpublished" if status == "active" and payload.get("published_at", ...) is None else status


def _variant(variant: Payload, images: Mapping[str | None, str | None]) -> Payload:
    """Its stock is that of all locations. Whether Shopify counts it, versions since 2024-07 do not say: then a stock
    that is told is taken to be one, and of what is not counted, 0 for good, nothing ever changes. What may be ordered
    when there is none (`inventory_policy` continue) never runs out; `compare_at_price` is what the shop writes beside
    the price, and not what it was."""
    left, counted = stock(variant.get("inventory_quantity")), variant.get("inventory_management", ...) is not None
    backorder = text(variant.get("inventory_policy")) == "continue"
    title = text(variant.get("title"))
    return {
        "variant_id": identifier(variant.get("id")),
        "title": None if title == "Default Title" else title,
        "sku": text(variant.get("sku")),
        "price": number(variant.get("price")),
        "image": images.get(identifier(variant.get("image_id"))),
        "stock": left if counted else None,
        "available": True if backorder or not counted else None if left is None else left > 0,
        "backorder": True if backorder else None,
    }


# ── the shop, and privacy ──


def _shop(type_: Type, payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    shop = delivery.shop or text(payload.get("shop_domain")) or text(payload.get("domain"))
    return (_event(delivery, type_, shop or "", properties=present({"shop": shop})),)


MAX_ORDERS = 1_000
"""Of one request: as many as one message of the queue has room for, by far."""


def _privacy(type_: Type, orders_in: str, payload: Payload, delivery: _Delivery) -> tuple[Event, ...]:
    """A data request or an erasure: of the customer, and of whoever made these orders as a guest."""
    customer = mapping(payload.get("customer"))
    id_, address = identifier(customer.get("id")), email(customer.get("email"))
    orders = payload.get(orders_in) if isinstance(payload.get(orders_in), list) else []
    guest = [f"shopify-order:{order}" for order in map(identifier, orders or []) if order][:MAX_ORDERS]
    if id_ is None and address is None and not guest:
        raise RefusedError("missing_field", "customer.id is required", "customer.id")
    identities = _identities(id_, address, *guest)
    properties = present({"request_id": identifier(mapping(payload.get("data_request")).get("id"))})
    return (_event(delivery, type_, id_ or "", identities=identities, properties=properties),)


_TOPICS: dict[str, Callable[[Payload, _Delivery], tuple[Event, ...]]] = {
    "customers/create": partial(_customer, Type.CONTACT_CREATED, "created_at"),
    "customers/update": partial(_customer, Type.CONTACT_UPDATED, "updated_at"),
    "customers/delete": _customer_deleted,
    "customers/merge": _merged,
    "customer.tags_added": partial(_tags, "tags_added"),
    "customer.tags_removed": partial(_tags, "tags_removed"),
    "customer/tags_added": partial(_tags, "tags_added"),
    "customer/tags_removed": partial(_tags, "tags_removed"),
    "customers/tags_added": partial(_tags, "tags_added"),
    "customers/tags_removed": partial(_tags, "tags_removed"),
    "customers_email_marketing_consent/update": _consent,
    "customers/email_marketing_consent_update": _consent,
    "customers/email_marketing_consent/update": _consent,
    "checkouts/create": partial(_checkout, Type.CHECKOUT_STARTED, "created_at"),
    "checkouts/update": partial(_checkout, Type.CHECKOUT_UPDATED, "updated_at"),
    "carts/create": _cart,
    "carts/update": _cart,
    "orders/create": partial(_order, Type.ORDER_COMPLETED, None),
    "orders/paid": partial(_order, Type.ORDER_PAID, "updated_at"),
    "orders/updated": partial(_order, Type.ORDER_UPDATED, "updated_at"),
    "orders/fulfilled": partial(_order, Type.ORDER_FULFILLED, "updated_at"),
    "orders/delete": _order_deleted,
    "orders/cancelled": partial(_order, Type.ORDER_CANCELLED, "cancelled_at"),
    "refunds/create": _refund,
    "products/create": _catalogue,
    "products/update": _catalogue,
    "products/delete": _catalogue,
    "app/uninstalled": partial(_shop, Type.SHOP_UNINSTALLED),
    "shop/redact": partial(_shop, Type.SHOP_ERASURE_REQUESTED),
    "customers/data_request": partial(_privacy, Type.DATA_REQUESTED, "orders_requested"),
    "customers/redact": partial(_privacy, Type.ERASURE_REQUESTED, "orders_to_redact"),
}

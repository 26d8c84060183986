"""A made-up storefront, for the demo and for trying out: Shopify webhooks over the real API."""

from __future__ import annotations

import json
from typing import Any

from infra.local import gateway
from infra.local.gateway import Request, Response
from infra.local.settings import SECRETS
from infra.local.shop import history
from infra.local.shop.history import SHOP, Webhook, as_bytes, signed
from infra.local.system import System
from shared.domain.events import MINUTE, Instant, iso

SECRET: str = json.loads(SECRETS["shopify_secret"])[0]
MAX_TRIES = 5


def request(webhook: Webhook) -> Request:
    """The webhook as Shopify posts it, signed."""
    body = as_bytes(webhook.body)
    return Request(
        method="POST",
        path="/webhooks/shopify",
        headers={
            "host": "localhost",
            "content-type": "application/json",
            "user-agent": "Shopify-Captain-Hook",
            "x-shopify-topic": webhook.topic,
            "x-shopify-shop-domain": webhook.shop,
            "x-shopify-webhook-id": webhook.webhook_id,
            "x-shopify-event-id": webhook.event_id,
            "x-shopify-hmac-sha256": signed(body, SECRET),
        },
        body=body,
    )


def post(system: System, webhook: Webhook) -> None:
    """Posts a webhook, and those that come with it, to the public API; each again, a minute later each time, while it
    is answered 5xx, as Shopify does.

    RuntimeError when one is not taken in the end.
    """
    for each in (webhook, *webhook.with_it):
        _post(system, each)


def _post(system: System, webhook: Webhook) -> None:
    for _ in range(MAX_TRIES):
        response = _post_once(system, webhook)
        if response.status < 300:
            return
        if response.status < 500:
            break
        system.run_until(system.world.now() + MINUTE)
    raise RuntimeError(f"{webhook.topic} was answered {response.status}: {response.body.decode()[:500]}")


def try_to_post(system: System, webhook: Webhook) -> Response:
    """Posts a webhook once, and those that come with it. The first answer that is none of success, or else the last."""
    for each in (webhook, *webhook.with_it):
        response = _post_once(system, each)
        if response.status >= 300:
            break
    return response


def _post_once(system: System, webhook: Webhook) -> Response:
    with system.world.lock:
        return gateway.public(system, request(webhook))


def sign_up(number: int, first_name: str, at: Instant, tags: str = "") -> Webhook:
    """A new customer who agrees to marketing mail: the customer, their tags and their consent are told one by one."""
    id_, address, about = 7_000_000_000_000 + number, f"{first_name.lower()}.{number}@example.com", f"{number}-{at}"
    listed = [tag.strip() for tag in tags.split(",") if tag.strip()]
    tagged = _webhook("customer.tags_added", f"tags-{about}", at, history.tags_added(id_, listed, at))
    agreed = _webhook(history.CONSENT, f"consent-{about}", at, history.consent_told(id_, address, at))
    return _webhook(
        "customers/create",
        f"sign-up-{about}",
        at,
        {
            "id": id_,
            "admin_graphql_api_id": f"gid://shopify/Customer/{id_}",
            "email": address,
            "first_name": first_name,
            "last_name": "Example",
            "created_at": iso(at),
            "updated_at": iso(at),
            "state": "disabled",
            "currency": "GBP",
            "default_address": {"country_code": "GB", "city": "London", "zip": "E1 6AN", "province": "England"},
        },
        ((tagged, agreed) if listed else (agreed,)),
    )


def order(number: int, customer: dict[str, Any], at: Instant, price: str = "24.50") -> Webhook:
    """An order of one candle, by the customer of a sign-up's body."""
    return _webhook(
        "orders/create",
        f"order-{number}",
        at,
        {
            "id": 9_000_000_000_000 + number,
            "name": f"#{1000 + number}",
            "order_number": 1000 + number,
            "email": customer["email"],
            "created_at": iso(at),
            "updated_at": iso(at),
            "currency": "GBP",
            "total_price": price,
            "current_total_price": price,
            "subtotal_price": price,
            "financial_status": "paid",
            "test": False,
            "customer": {key: customer[key] for key in ("id", "email", "first_name", "last_name")},
            "line_items": [
                {
                    "id": 1,
                    "product_id": 632910392,
                    "variant_id": 808950810,
                    "title": "Vanilla scented candle",
                    "name": "Vanilla scented candle",
                    "sku": "22111",
                    "price": price,
                    "quantity": 1,
                    "vendor": "The Corner Gift Shop",
                }
            ],
        },
    )


def product(at: Instant, stock: int, price: str = "24.50") -> Webhook:
    """How the candle of `order` is now: how many there are, and what it costs."""
    variant = {
        "id": 808950810,
        "product_id": 632910392,
        "title": "Default Title",
        "sku": "22111",
        "price": price,
        "inventory_policy": "deny",
        "inventory_quantity": stock,
    }
    return _webhook(
        "products/update",
        f"product-{at}",
        at,
        {
            "id": 632910392,
            "title": "Vanilla scented candle",
            "handle": "vanilla-scented-candle",
            "product_type": "Candles",
            "vendor": "The Corner Gift Shop",
            "status": "active",
            "created_at": iso(at),
            "updated_at": iso(at),
            "published_at": iso(at),
            "variants": [variant],
        },
    )


def _webhook(topic: str, id_: str, at: Instant, body: dict[str, Any], with_it: tuple[Webhook, ...] = ()) -> Webhook:
    return Webhook(at, topic, SHOP, id_, f"event-{id_}", body, with_it)

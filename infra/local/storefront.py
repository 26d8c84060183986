"""A made-up storefront for the demo and for trying out: signed Shopify webhooks and website events over the real API."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from infra.local import gateway
from infra.local.gateway import Request, Response
from infra.local.settings import SECRETS
from infra.local.system import System
from shared.domain.events import iso

SHOP = "corner-gift-shop.myshopify.com"


def signature(body: bytes) -> str:
    """`X-Shopify-Hmac-SHA256` of a body, under the local run's secret."""
    secret = json.loads(SECRETS["shopify_secret"])[0].encode()
    return base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()


def webhook(topic: str, webhook_id: str, payload: dict[str, Any]) -> Request:
    """A Shopify webhook as Shopify posts it."""
    body = json.dumps(payload, ensure_ascii=False).encode()
    return Request(
        method="POST",
        path="/webhooks/shopify",
        headers={
            "host": "localhost",
            "content-type": "application/json",
            "user-agent": "Shopify-Captain-Hook",
            "x-shopify-topic": topic,
            "x-shopify-shop-domain": SHOP,
            "x-shopify-webhook-id": webhook_id,
            "x-shopify-event-id": f"event-{webhook_id}",
            "x-shopify-hmac-sha256": signature(body),
            "x-shopify-api-version": "2025-07",
        },
        body=body,
    )


def post(system: System, request: Request) -> Response:
    """Posts to the public API. RuntimeError when it is not taken."""
    with system.world.lock:
        response = gateway.public(system, request)
    if response.status >= 300:
        raise RuntimeError(f"{request.path} answered {response.status}: {response.body.decode()[:500]}")
    return response


def sign_up(number: int, first_name: str, at: int, tags: str = "") -> tuple[str, str, dict[str, Any]]:
    """Topic, webhook id and payload of a new customer who agrees to marketing mail."""
    return (
        "customers/create",
        f"sign-up-{number}",
        {
            "id": 7_000_000_000_000 + number,
            "email": f"{first_name.lower()}.{number}@example.com",
            "first_name": first_name,
            "last_name": "Example",
            "created_at": iso(at),
            "updated_at": iso(at),
            "tags": tags,
            "state": "disabled",
            "currency": "GBP",
            "email_marketing_consent": {
                "state": "subscribed",
                "opt_in_level": "single_opt_in",
                "consent_updated_at": iso(at),
            },
            "default_address": {"country_code": "GB", "city": "London", "zip": "E1 6AN", "province": "England"},
        },
    )


def order(number: int, customer: dict[str, Any], at: int, price: str = "24.50") -> tuple[str, str, dict[str, Any]]:
    """Topic, webhook id and payload of an order of one product."""
    return (
        "orders/create",
        f"order-{number}",
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

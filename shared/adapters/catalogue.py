"""What storefronts tell about the shop itself, in the Definitions table: each version once, never overwritten.

An order's lines name products and not their categories (Shopify), so the events of orders, carts and checkouts get them
from here, once, before they are recorded.
"""

from __future__ import annotations

import json

from shared.adapters.clients import client
from shared.adapters.definitions_table import table
from shared.domain.events import HOUR, Event, Instant, Json, Type, amount

STOREFRONTS = ("shopify", "woocommerce")
CACHE_TTL = HOUR
"""How long a Lambda takes a product's category as it has read it."""

_read: dict[str, tuple[dict[str, Json], Instant]] = {}


def record(event: Event) -> None:
    """Keeps a product, or a fact about the shop (`Shop Uninstalled`), as the version of the instant it came to be."""
    name = f"product#{event.source}:{event.properties.get('product_id')}"
    if event.type != Type.PRODUCT_UPDATED:
        name = f"shop#{event.source}:{event.type}"
    client("dynamodb").put_item(
        TableName=table(),
        Item={
            "id": {"S": name},
            "version": {"N": str(event.time if event.stated is None else event.stated)},
            "body": {"S": json.dumps(dict(event.properties), ensure_ascii=False, separators=(",", ":"))},
        },
    )


def about(source: str, product_id: str, variant_id: str = "") -> dict[str, Json] | None:
    """What an email can show of a product: `title`, `image`, `url`, `handle`, `price` (hundredths); None when the
    storefront has told nothing of it, or that it is gone."""
    newest = client("dynamodb").query(
        TableName=table(),
        KeyConditionExpression="id = :name",
        ExpressionAttributeValues={":name": {"S": f"product#{source}:{product_id}"}},
        ScanIndexForward=False,
        Limit=1,
    )["Items"]
    product = json.loads(newest[0]["body"]["S"]) if newest else {}
    if not product or product.get("status") == "deleted":
        return None
    price = amount(product.get("price_min"))
    return {**{name: product.get(name) for name in ("title", "image", "url", "handle")}, "price": price}


def with_categories(event: Event, now: Instant) -> Event:
    """The event with the categories of its products, as far as the storefront's catalogue tells them."""
    products = event.properties.get("products")
    if event.source not in STOREFRONTS or not isinstance(products, list):
        return event
    told = [
        product if product.get("category") else {**product, **_categories(event.source, product.get("product_id"), now)}
        for product in products
    ]
    return (
        event if told == products else event.model_copy(update={"properties": {**event.properties, "products": told}})
    )


def _categories(source: str, product_id: object, now: Instant) -> dict[str, Json]:
    """`category`, the first of them, and `categories` where there are several."""
    name = f"product#{source}:{product_id}"
    found, read_at = _read.get(name, ({}, -CACHE_TTL))
    if now - read_at >= CACHE_TTL:
        newest = client("dynamodb").query(
            TableName=table(),
            KeyConditionExpression="id = :name",
            ExpressionAttributeValues={":name": {"S": name}},
            ScanIndexForward=False,
            Limit=1,
        )["Items"]
        product = json.loads(newest[0]["body"]["S"]) if newest else {}
        found = {each: product[each] for each in ("category", "categories") if product.get(each)}
        _read[name] = (found, now)
    return found


def forget() -> None:
    """Forgets the catalogue: for tests, which have one each."""
    _read.clear()

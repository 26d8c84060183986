"""What storefronts tell about the shop itself, in the Definitions table: of each product how it is now, as version 0 of
`product#<storefront>:<id>`; a fact about the shop (`Shop Uninstalled`) as the version of its instant.

An order's lines name products and not their categories (Shopify), so the events of orders, carts and checkouts get them
from here, once, before they are recorded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.adapters.clients import client
from shared.adapters.clock import pause
from shared.adapters.definitions_table import table
from shared.domain.catalogue import Product, as_json, heard, is_gone, product_of
from shared.domain.events import HOUR, Event, Instant, Json, Type

STOREFRONTS = ("shopify", "woocommerce")
CACHE_TTL = HOUR
"""How long a Lambda takes a product's category as it has read it."""
MAX_READS = 100
"""Of one BatchGetItem."""
MAX_ATTEMPTS = 8
"""How often a product that others tell of as well is tried, before the queue brings its event again."""

_read: dict[str, tuple[dict[str, Json], Instant]] = {}


class ProductConflictError(Exception):
    """Others write the product all the time."""


def record(event: Event) -> None:
    """Keeps how a product is now, unless something newer is kept, and with it, in one transaction, the changes that are
    acts, for `releases`: so each is made once. Or keeps a fact about the shop."""
    if event.type != Type.PRODUCT_UPDATED:
        version = event.time if event.stated is None else event.stated
        body = json.dumps(dict(event.properties), ensure_ascii=False, separators=(",", ":"))
        item = {"id": {"S": f"shop#{event.source}:{event.type}"}, "version": {"N": str(version)}, "body": {"S": body}}
        client("dynamodb").put_item(TableName=table(), Item=item)
        return
    id_ = _id(event.source, event.properties.get("product_id"))
    for tries in range(MAX_ATTEMPTS):
        held, revision = _stored(id_, consistent=True)
        product, changes = heard(held, event)
        if product is held or product is None:
            return
        put = _put(id_, product, revision)
        try:
            if changes:
                from shared.adapters import releases  # what most cold starts need not wait for

                writes = [{"Put": put}, *map(releases.new_write, changes)]
                client("dynamodb").transact_write_items(TransactItems=writes)
            else:
                client("dynamodb").put_item(**put)
        except _conflicts():
            pause(tries)
        else:
            return
    raise ProductConflictError(f"still conflicting after {MAX_ATTEMPTS} attempts")


def _conflicts() -> tuple[type[Exception], ...]:
    known = client("dynamodb").exceptions
    return known.TransactionCanceledException, known.ConditionalCheckFailedException, known.TransactionConflictException


def product(source: str, product_id: str) -> Product | None:
    """How a product is now; None when the storefront has told nothing of it."""
    return _stored(_id(source, product_id), consistent=True)[0]


def is_sold_out(trigger: Mapping[str, Json]) -> bool:
    """Whether what a change of a product (`releases.event_of`) was about cannot be bought by now; of what else a run
    began with, and of what no storefront tells, False."""
    if "change" not in trigger:
        return False
    product_id, variant = _one(trigger.get("product_id")), _one(trigger.get("variant_id"))
    several = (_stored(_id(source, product_id))[0] for source in STOREFRONTS)
    known = [held for held in several if held is not None]
    return bool(known) and all(is_gone(held, variant) for held in known)


def _one(told: Json) -> str:
    """The only one: events hold a list of what a product each has."""
    return str((told[0] if isinstance(told, list) and told else told) or "")


def _id(source: str, product_id: object) -> str:
    return f"product#{source}:{product_id}"


def _stored(id_: str, *, consistent: bool = False) -> tuple[Product | None, int]:
    """The product, and how often it has been written."""
    answer = client("dynamodb").query(
        TableName=table(),
        KeyConditionExpression="id = :id AND version = :version",
        ExpressionAttributeValues={":id": {"S": id_}, ":version": {"N": "0"}},
        ConsistentRead=consistent,
    )["Items"]
    if not answer:
        return None, 0
    return product_of(json.loads(answer[0]["body"]["S"])), int(answer[0]["revision"]["N"])


def _put(id_: str, product: Product, revision: int) -> Any:
    body = json.dumps(as_json(product), ensure_ascii=False, separators=(",", ":"))
    item = {"id": {"S": id_}, "version": {"N": "0"}, "revision": {"N": str(revision + 1)}, "body": {"S": body}}
    put: dict[str, Any] = {"TableName": table(), "Item": item, "ConditionExpression": "attribute_not_exists(id)"}
    if revision:
        values = {":revision": {"N": str(revision)}}
        put |= {"ConditionExpression": "revision = :revision", "ExpressionAttributeValues": values}
    return put


def about(source: str, product_id: str, variant_id: str = "") -> dict[str, Json] | None:
    """What an email can show of a product, or of a variant of it: `title`, `image`, `url`, `handle`, `price` (in
    hundredths; of no variant in particular, the lowest) and a variant's counted `stock`; None when the storefront has
    told nothing of it, or that it is gone."""
    held = _stored(_id(source, product_id))[0]
    return None if held is None or held.about.get("status") == "deleted" else _about(held, variant_id)


def on_sale(source: str, product_id: str, variant_id: str = "") -> dict[str, Json] | None:
    """The same; None also of what cannot be bought now."""
    held = _stored(_id(source, product_id))[0]
    return None if held is None or is_gone(held, variant_id) else _about(held, variant_id)


def _about(held: Product, variant_id: str) -> dict[str, Json]:
    variant = held.variants.get(variant_id)
    told: dict[str, Json] = {name: held.about.get(name) for name in ("title", "image", "url", "handle")}
    told["stock"] = None if variant is None or variant.backorder else variant.stock
    told["price"] = min((each.price for each in held.variants.values() if each.price is not None), default=None)
    of_variant = {} if variant is None else {"image": variant.image, "url": variant.url, "price": variant.price}
    return told | {name: value for name, value in of_variant.items() if value is not None}


def sold(products: Sequence[str]) -> dict[str, tuple[str, int | None]]:
    """By id, of products at whichever storefront knows them: the first category ("": none) and the lowest price (in
    hundredths; None: it is not told). Of those that nothing was told of, nothing."""
    found: dict[str, tuple[str, int | None]] = {}
    for source in STOREFRONTS:
        for start in range(0, len(products), MAX_READS):
            for item in _read_all([_id(source, each) for each in products[start : start + MAX_READS]]):
                held = product_of(json.loads(item["body"]["S"]))
                several = held.about.get("categories") or [held.about.get("category")]
                category = next((each for each in several if isinstance(each, str) and each), "")
                found.setdefault(item["id"]["S"].partition(":")[2], (category, _about(held, "")["price"]))
    return found


def _read_all(ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    keys: list[Any] = [{"id": {"S": id_}, "version": {"N": "0"}} for id_ in ids]
    while keys:
        answer = client("dynamodb").batch_get_item(RequestItems={table(): {"Keys": keys}})
        yield from answer["Responses"].get(table(), [])
        unread: Any = answer.get("UnprocessedKeys", {})
        keys = unread.get(table(), {}).get("Keys", [])


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
    name = _id(source, product_id)
    found, read_at = _read.get(name, ({}, -CACHE_TTL))
    if now - read_at >= CACHE_TTL:
        held = _stored(name)[0]
        about = {} if held is None else held.about
        found = {each: about[each] for each in ("category", "categories") if about.get(each)}
        _read[name] = (found, now)
    return found


def forget() -> None:
    """Forgets the catalogue: for tests, which have one each."""
    _read.clear()

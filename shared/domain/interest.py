"""Who has looked at a product, or put it in a cart: asked of the lake, once, when it changes.

So the index of products to contacts costs nothing while nothing changes, and erasure and merges reach it as they reach
the lake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shared.domain.catalogue import Change
from shared.domain.events import DAY, Instant, Json, Type
from shared.domain.lake_rows import month_of
from shared.domain.releases import Concerned
from shared.domain.sql_plan.expressions import literal

INTEREST = 30 * DAY
"""For how long who looked at a product is told of its changes."""
QUIET = 7 * DAY
"""For how long who was told that something is back, or nearly gone, is not told so again, unless they ask: a stock goes
up and down around a number."""
_CARTS = ("product_added", "cart_updated", "cart_viewed", "checkout_started", "checkout_updated")
_SAID = ("order_completed", "back_in_stock", "low_stock")
_TOLD = {Type.BACK_IN_STOCK: "told_back", Type.LOW_STOCK: "told_low"}
_WISHLIST = "Product Added to Wishlist"


def interested(changes: Iterable[Change], t: Instant) -> str:
    """A query for who has put one of the products in a cart or on a wishlist, or has looked at it, within INTEREST of
    `t`, and has not ordered it since: a row for each contact, product and variant (empty where none is told)."""
    since = t - INTEREST
    products = ", ".join(sorted({literal(each.product) for each in changes}))
    types = ", ".join(literal(each) for each in (*_CARTS, "product_viewed", *_SAID, "other"))
    said = ", ".join(literal(each) for each in _SAID)
    return f"""\
WITH seen AS (
    SELECT
        contact, of_event.product, type, time,
        FILTER(properties, each -> REGEXP_LIKE(each, '^(products[.])?variant_id=[tn]')) AS variants
    FROM events
    CROSS JOIN UNNEST(product_id) AS of_event (product)
    WHERE
        month BETWEEN {literal(month_of(since))} AND {literal(month_of(t))}
        AND type IN ({types})
        AND (type <> 'other' OR name = {literal(_WISHLIST)})
        AND time > {since} AND time <= {t}
        AND of_event.product IN ({products})
),
looked AS (
    SELECT contact, product, type, time, SUBSTRING(REPLACE(variant, 'products.', ''), 13) AS variant
    FROM seen
    CROSS JOIN UNNEST(variants) AS of_seen (variant)
    WHERE type NOT IN ({said})
    UNION ALL
    SELECT contact, product, type, time, '' AS variant
    FROM seen
    WHERE type NOT IN ({said}) AND COALESCE(CARDINALITY(variants), 0) = 0
),
said AS (
    SELECT
        contact,
        product,
        MAX(CASE WHEN type = 'order_completed' THEN time END) AS bought,
        MAX(CASE WHEN type = 'back_in_stock' THEN time END) AS told_back,
        MAX(CASE WHEN type = 'low_stock' THEN time END) AS told_low
    FROM seen
    WHERE type IN ({said})
    GROUP BY contact, product
)
SELECT
    looked.contact,
    looked.product,
    looked.variant,
    MIN(looked.time) AS first,
    MAX(CASE looked.type WHEN 'product_viewed' THEN 1 WHEN 'other' THEN 2 ELSE 3 END) AS interest,
    MAX(said.told_back) AS told_back,
    MAX(said.told_low) AS told_low
FROM looked
LEFT JOIN said ON looked.contact = said.contact AND looked.product = said.product
WHERE said.bought IS NULL OR looked.time > said.bought
GROUP BY looked.contact, looked.product, looked.variant
ORDER BY looked.contact, looked.product, looked.variant DESC"""


_REASONS = {1: "viewed", 2: "wishlist", 3: "cart"}


def concerned(change: Change, rows: Iterable[Mapping[str, Json]]) -> list[Concerned]:
    """Those of the query's rows whom the change concerns: who looked before it was at one of its variants, or at none
    in particular, where it is of the product as a whole; and was not told so within QUIET. Each once."""
    by_variant = {each.variant: each for each in change.variants}
    found: dict[str, Concerned] = {}
    for row in rows:
        if row["product"] != change.product or row["first"] >= change.at:
            continue
        told = row[_TOLD[change.type]] if change.type in _TOLD else None
        if told is not None and told > change.at - QUIET:
            continue
        changed = by_variant.get(row["variant"])
        if changed is None and change.whole and not row["variant"]:
            changed = change.variants[0]
        if changed is not None:
            reason = _REASONS[int(row["interest"])]
            found.setdefault(row["contact"], Concerned(contact=row["contact"], changed=changed, reason=reason))
    return list(found.values())

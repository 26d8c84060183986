"""Who has looked at a product, or put it in a cart: asked of the lake, once, when it changes.

So the index of products to contacts costs nothing while nothing changes, and erasure and merges reach it as they reach
the lake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shared.domain.catalogue import Change
from shared.domain.events import DAY, Instant, Json
from shared.domain.lake_rows import month_of
from shared.domain.releases import Concerned
from shared.domain.sql_plan.expressions import literal

INTEREST = 30 * DAY
"""For how long who looked at a product is told of its changes."""
_CARTS = ("product_added", "cart_updated", "cart_viewed", "checkout_started", "checkout_updated")
_WISHLIST = "Product Added to Wishlist"


def interested(changes: Iterable[Change], t: Instant) -> str:
    """A query for who has put one of the products in a cart or on a wishlist, or has looked at it, within INTEREST of
    `t`, and has not ordered it since: a row for each contact, product and variant (empty where none is told)."""
    since = t - INTEREST
    products = ", ".join(sorted({literal(each.product) for each in changes}))
    types = ", ".join(literal(each) for each in (*_CARTS, "product_viewed", "order_completed", "other"))
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
    WHERE type <> 'order_completed'
    UNION ALL
    SELECT contact, product, type, time, '' AS variant
    FROM seen
    WHERE type <> 'order_completed' AND COALESCE(CARDINALITY(variants), 0) = 0
),
bought AS (
    SELECT contact, product, MAX(time) AS last
    FROM seen
    WHERE type = 'order_completed'
    GROUP BY contact, product
)
SELECT
    looked.contact,
    looked.product,
    looked.variant,
    MIN(looked.time) AS first,
    MAX(CASE looked.type WHEN 'product_viewed' THEN 1 WHEN 'other' THEN 2 ELSE 3 END) AS interest
FROM looked
LEFT JOIN bought ON looked.contact = bought.contact AND looked.product = bought.product
WHERE bought.last IS NULL OR looked.time > bought.last
GROUP BY looked.contact, looked.product, looked.variant
ORDER BY looked.contact, looked.product, looked.variant DESC"""


_REASONS = {1: "viewed", 2: "wishlist", 3: "cart"}


def concerned(change: Change, rows: Iterable[Mapping[str, Json]]) -> list[Concerned]:
    """Those of the query's rows whom the change concerns: who looked before it was at one of its variants, or at none
    in particular, where it is of the product as a whole. Each once."""
    by_variant = {each.variant: each for each in change.variants}
    found: dict[str, Concerned] = {}
    for row in rows:
        if row["product"] != change.product or row["first"] >= change.at:
            continue
        changed = by_variant.get(row["variant"])
        if changed is None and change.whole and not row["variant"]:
            changed = change.variants[0]
        if changed is not None:
            reason = _REASONS[int(row["interest"])]
            found.setdefault(row["contact"], Concerned(contact=row["contact"], changed=changed, reason=reason))
    return list(found.values())

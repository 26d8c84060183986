"""What is recommended to whom: what many have bought lately, by category, and what was bought along with what.

Both are counted over the whole lake, once a night, and kept as lists of products, the best first. Whoever has better
lists (scores of items by items) puts them in the place of these; whom they are for is worked out when an email is made.

People are counted, not pieces or money: who orders for a shop of their own is one, and no amount is added up. What was
given back, and an order that is cancelled or wholly refunded, was not bought. What anybody may tell with the public key
counts nowhere, and neither does what fewer than LEAST people bought: it says more of them than of the product.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest

from shared.domain.events import DAY, Instant, Json, Type
from shared.domain.lake_rows import month_of
from shared.domain.profiles import Profile
from shared.domain.profiles.histories import Occurrence
from shared.domain.properties import fold_case
from shared.domain.sql_plan.expressions import literal

LATELY = 90 * DAY
"""What was bought longer ago counts for nothing; a contact is not shown what they bought, or looked at, since."""
LEAST = 3
"""People who bought it, or both."""
STALE = 14 * DAY
"""Lists that are older are not gone by."""
MAX_PRODUCTS = 1_000
"""Whose categories are looked up, the most bought first."""
MAX_OF_ONE = 60
"""Products of one person that are taken together, the latest: of who buys for others, thousands are."""
MAX_LISTED = 12
MAX_CATEGORIES = 4
"""Of a contact's, those that they bought or looked at last."""
IN_WHOLE_SHOP = ""
"""The category of everything."""


@dataclass(frozen=True, slots=True)
class Recommendations:
    """Ids of products, the best first: by category (in the form of `fold_case`; IN_WHOLE_SHOP has all), and by the
    product that they go with. `at`: when it was counted."""

    at: Instant
    by_category: Mapping[str, Sequence[str]] = field(default_factory=dict)
    by_product: Mapping[str, Sequence[str]] = field(default_factory=dict)


NOTHING = Recommendations(-STALE)


# ── counting ──


def counted(t: Instant) -> str:
    """A query for what was bought within LATELY of `t`: a row for each product (`other` empty) and for each pair that
    the same people bought, with how many `people`; the products first, the best first, then what goes with each."""
    since = t - LATELY
    types = (Type.ORDER_COMPLETED, Type.ORDER_UPDATED, Type.ORDER_CANCELLED, Type.ORDER_REFUNDED)
    several = ", ".join(literal(type_.lower().replace(" ", "_")) for type_ in types)
    return f"""\
WITH told AS (
    SELECT contact_number, type, time, order_id, stamp, stands, total, refund_id, amount, product_id
    FROM events
    WHERE
        month BETWEEN {literal(month_of(since))} AND {literal(month_of(t))}
        AND type IN ({several})
        AND time > {since} AND time <= {t}
        AND NOT public
        AND order_id IS NOT NULL
),
refunds AS (
    SELECT order_id, refund_id, MAX(amount) AS amount
    FROM told
    WHERE type = 'order_refunded'
    GROUP BY order_id, refund_id
),
refunded AS (
    SELECT order_id, SUM(amount) AS amount
    FROM refunds
    GROUP BY order_id
),
orders AS (
    SELECT
        order_id,
        COALESCE(MAX_BY(stands, CASE WHEN stands IS NOT NULL THEN stamp END), TRUE) AS stands,
        MAX(CASE WHEN type = 'order_completed' THEN total END) AS total
    FROM told
    GROUP BY order_id
),
standing AS (
    SELECT orders.order_id
    FROM orders
    LEFT JOIN refunded ON orders.order_id = refunded.order_id
    WHERE orders.stands AND (refunded.amount IS NULL OR orders.total IS NULL OR refunded.amount < orders.total)
),
lines AS (
    SELECT contact_number, type, time, order_id, of_event.product
    FROM told
    CROSS JOIN UNNEST(product_id) AS of_event (product)
    WHERE type IN ('order_completed', 'order_refunded')
),
returned AS (
    SELECT DISTINCT order_id, product
    FROM lines
    WHERE type = 'order_refunded'
),
bought AS (
    SELECT lines.contact_number, lines.product, MAX(lines.time) AS time
    FROM lines
    INNER JOIN standing ON lines.order_id = standing.order_id
    LEFT JOIN returned ON lines.order_id = returned.order_id AND lines.product = returned.product
    WHERE lines.type = 'order_completed' AND returned.product IS NULL
    GROUP BY lines.contact_number, lines.product
),
popular AS (
    SELECT product, COUNT(*) AS people
    FROM bought
    GROUP BY product
    HAVING COUNT(*) >= {LEAST}
    ORDER BY people DESC, product
    LIMIT {MAX_PRODUCTS}
),
placed AS (
    SELECT
        bought.contact_number,
        bought.product,
        popular.people,
        ROW_NUMBER() OVER (PARTITION BY bought.contact_number ORDER BY bought.time DESC, bought.product) AS place
    FROM bought
    INNER JOIN popular ON bought.product = popular.product
),
pairs AS (
    SELECT one.product, two.product AS other, two.people AS of_other, COUNT(*) AS people
    FROM placed AS one
    INNER JOIN placed AS two ON one.contact_number = two.contact_number
    WHERE one.product <> two.product AND one.place <= {MAX_OF_ONE} AND two.place <= {MAX_OF_ONE}
    GROUP BY one.product, two.product, two.people
    HAVING COUNT(*) >= {LEAST}
),
ranked AS (
    -- What everybody buys goes with everything: the more have bought it, the more pairs it takes (the cosine).
    SELECT
        product,
        other,
        people,
        ROW_NUMBER() OVER (
            PARTITION BY product ORDER BY CAST(people * people AS DOUBLE) / of_other DESC, other
        ) AS place
    FROM pairs
)
SELECT product, '' AS other, people, 0 AS place FROM popular
UNION ALL
SELECT product, other, people, place FROM ranked WHERE place <= {MAX_LISTED}
ORDER BY place, people DESC, product"""


def listed(rows: Iterable[Mapping[str, Json]], categories: Mapping[str, Iterable[str]], t: Instant) -> Recommendations:
    """The lists that the query's rows come to. `categories`: of each product, as the catalogue has them."""
    by_category: dict[str, list[str]] = {}
    by_product: dict[str, list[str]] = {}
    for row in rows:
        product = str(row["product"])
        if row["other"]:
            by_product.setdefault(product, []).append(str(row["other"]))
            continue
        for category in dict.fromkeys([IN_WHOLE_SHOP, *map(fold_case, categories.get(product, ()))]):
            of_it = by_category.setdefault(category, [])
            if len(of_it) < MAX_LISTED:
                of_it.append(product)
    return Recommendations(t, by_category, by_product)


# ── for a contact ──


def recommended(profile: Profile, known: Recommendations, t: Instant) -> list[str]:
    """What many bought lately, of the categories that the contact bought or looked at last (a turn each, the latest
    first), else that they say they like; then of the whole shop. Without what they bought or looked at lately
    themselves: they know it."""
    if t - known.at >= STALE:
        return []
    lists = [known.by_category.get(category, ()) for category in _liked(profile, t)]
    found = chain(_in_turns(lists), known.by_category.get(IN_WHOLE_SHOP, ()))
    return _without(found, _bought(profile, t) | _looked_at(profile, t))


def goes_with(profile: Profile, known: Recommendations, t: Instant) -> list[str]:
    """What people bought along with what is in the contact's newest order. Without what they bought lately."""
    newest = max(profile.counting_orders(), key=lambda order: (order.placed, order.newest), default=None)
    if newest is None or t - known.at >= STALE:
        return []
    products = sorted(map(str, _several(newest.properties.get("product_id"))))
    return _without(_in_turns([known.by_product.get(each, ()) for each in products]), _bought(profile, t))


def _in_turns(lists: Iterable[Sequence[str]]) -> Iterator[str]:
    return (each for turn in zip_longest(*lists) for each in turn if each is not None)


def _without(products: Iterable[str], known: set[str]) -> list[str]:
    return [each for each in dict.fromkeys(products) if each not in known]


def _bought(profile: Profile, t: Instant) -> set[str]:
    lately = (order for order in profile.counting_orders() if order.placed > t - LATELY)
    return {str(product) for order in lately for product in _several(order.properties.get("product_id"))}


def _looked_at(profile: Profile, t: Instant) -> set[str]:
    lately = (each for each in _views(profile) if each.time > t - LATELY)
    return {str(product) for each in lately for product in _several(each.properties.get("product_id"))}


def _views(profile: Profile) -> Iterable[Occurrence]:
    viewed = profile.histories.get(Type.PRODUCT_VIEWED)
    return () if viewed is None else viewed.newest


def _liked(profile: Profile, t: Instant) -> list[str]:
    seen: dict[str, Instant] = {}
    for order in profile.counting_orders():
        for category in _several(order.properties.get("category")):
            seen[str(category)] = max(order.placed, seen.get(str(category), 0))
    for occurrence in _views(profile):
        for category in _several(occurrence.properties.get("category")):
            seen[str(category)] = max(occurrence.time, seen.get(str(category), 0))
    lately = [
        category for category, at in sorted(seen.items(), key=lambda each: (-each[1], each[0])) if t - at < LATELY
    ]
    told = [stamped.value for name in ("interest", "interests") if (stamped := profile.traits.get(name))]
    said = [each for value in told for each in _several(value) if isinstance(each, str)]
    return list(dict.fromkeys(map(fold_case, (*lately, *said))))[:MAX_CATEGORIES]


def _several(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]

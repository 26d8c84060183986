"""What a night asks the lake: orders that count, what was in them, and at which hours people do something.

An order is how it was told last, as in the reports (infra/athena/daily.sql): one that is cancelled, or of which nothing
is left, is not there, and what a storefront tells prevails over what a website does. A test order never comes in, and
what anybody may tell with the public key counts nowhere, unless the shop says so (docs/events.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from shared.domain.events import DAY, Instant, Type
from shared.domain.lake_rows import FIRST_MONTH, OTHER, month_of, partition
from shared.domain.lead_models import EventRule, LeadModel, reached
from shared.domain.properties import MILLIONTHS
from shared.domain.sql_plan.expressions import literal, passes_filter
from shared.domain.sql_plan.points import given

HOURS_OF = 180 * DAY
"""How long what somebody does at an hour counts."""
_TELLING = (
    *(Type.ORDER_COMPLETED, Type.ORDER_REFUNDED, Type.ORDER_CANCELLED, Type.ORDER_UPDATED, Type.ORDER_PAID),
    *(Type.ORDER_FULFILLED, Type.CHECKOUT_STARTED, Type.CHECKOUT_UPDATED),
)
_DOING = (Type.EMAIL_CLICKED, Type.EMAIL_OPENED, Type.PAGE_VIEWED, Type.SCREEN_VIEWED, Type.PRODUCT_VIEWED)


def questions(t: Instant) -> Mapping[str, str]:
    """By name, each a query for all up to `t`; the rows of all are in the order of their columns.

    `orders`: contact_number, time, amount (in millionths; -1: none was told in the shop's currency). `lines`:
    contact_number, time, product, category (of an order all of whose products are of one; else null). `acts`:
    contact_number, month, hour (both UTC), kind, n.
    """
    return {"orders": _orders(t), "lines": _lines(t), "acts": _acts(t)}


def points_at(model: LeadModel, cuts: Sequence[Instant]) -> str | None:
    """What events had given contacts by a lead model at each of some instants, in parts of a point: contact_number, p0,
    p1, …; None where no event gives any. Orders are left out: it is asked of those who have not ordered."""
    by_type: dict[str, list[EventRule]] = defaultdict(list)
    for rule in model.rules:
        if isinstance(rule, EventRule) and rule.event != Type.ORDER_COMPLETED:
            by_type[partition(rule.event)].append(rule)
    if not by_type:
        return None
    parts = []
    for type_, rules in sorted(by_type.items()):
        since = min(reached(rule, model.decay, min(cuts)) for rule in rules)
        columns = ["contact_number"]
        for number, cut in enumerate(cuts):
            several = [
                f"COALESCE({given(rule, model.decay, cut, [*_tests(rule), f'time <= {cut}'])}, 0)" for rule in rules
            ]
            columns.append(f"{' + '.join(several)} AS p{number}")
        listed = ",\n        ".join(columns)
        begin = month_of(since + 1) if since >= 0 else FIRST_MONTH
        months = f"month BETWEEN {literal(begin)} AND {literal(month_of(max(cuts)))}"
        parts.append(f"""\
    SELECT
        {listed}
    FROM events
    WHERE type = {literal(type_)} AND {months} AND time > {since} AND time <= {max(cuts)}
    GROUP BY contact_number""")
    union = "\n    UNION ALL\n".join(parts)
    sums = ",\n    ".join(f"SUM(p{number}) AS p{number}" for number in range(len(cuts)))
    return f"""\
WITH given AS (
{union}
)

SELECT
    contact_number,
    {sums}
FROM given
GROUP BY contact_number
ORDER BY contact_number"""


def _tests(rule: EventRule) -> list[str]:
    named = [f"name = {literal(rule.event)}"] if partition(rule.event) == OTHER else []
    return [*named, *map(passes_filter, rule.where)]


def _types(several: tuple[Type, ...]) -> str:
    return ", ".join(literal(type_.lower().replace(" ", "_")) for type_ in several)


def _standing(t: Instant, *columns: str) -> str:
    """The common tables up to `standing`: the orders that count."""
    besides = "".join(f"        {column},\n" for column in columns)
    return f"""\
WITH told AS (
    SELECT
        contact_number,
        type,
        time,
        stands,
        placed,
        stamp,
        refunds,
        total,
        amount,
        public,
        order_number,
{besides}\
        COALESCE(refund_id, id) AS refund_id,
        CASE WHEN public THEN REPLACE(COALESCE(order_id, id), '#', '') ELSE COALESCE(order_id, id) END AS order_id
    FROM events
    WHERE
        month BETWEEN {literal(FIRST_MONTH)} AND {literal(month_of(t))}
        AND type IN ({_types(_TELLING)})
        AND time <= {t}
),

storefront AS (
    SELECT order_id AS called
    FROM told
    WHERE NOT public AND type LIKE 'order_%'
    UNION
    SELECT REPLACE(order_number, '#', '') AS called
    FROM told
    WHERE NOT public AND type LIKE 'order_%' AND order_number IS NOT NULL
),

of_orders AS (
    SELECT told.*
    FROM told
    LEFT JOIN storefront ON told.public AND told.order_id = storefront.called
    WHERE storefront.called IS NULL
),

orders AS (
    SELECT
        order_id,
        -- What says that it has become another's says nothing of whether it stands.
        MAX_BY(
            contact_number, CASE WHEN stands IS NOT NULL OR type = 'order_completed' THEN stamp END
        ) AS contact_number,
        MIN(CASE WHEN placed IS NOT NULL THEN time END) AS time,
        MAX_BY(total, CASE WHEN total IS NOT NULL AND type LIKE 'order_%' THEN stamp END) AS total,
        COALESCE(MAX_BY(stands, CASE WHEN stands IS NOT NULL THEN stamp END), TRUE) AS stands,
        MAX_BY(refunds, CASE WHEN refunds IS NOT NULL THEN stamp END) AS refunds,
        MAX(CASE WHEN refunds IS NOT NULL THEN stamp END) AS listed
    FROM of_orders
    GROUP BY order_id
),

given_back_once AS (
    SELECT
        order_id,
        refund_id,
        MAX(amount) AS amount,
        MAX(stamp) AS stamp
    FROM of_orders
    WHERE type = 'order_refunded'
    GROUP BY order_id, refund_id
),

given_back AS (
    SELECT
        orders.order_id,
        SUM(given_back_once.amount) AS amount
    FROM given_back_once
    INNER JOIN orders ON given_back_once.order_id = orders.order_id
    WHERE
        orders.listed IS NULL
        OR CONTAINS(orders.refunds, given_back_once.refund_id)
        OR given_back_once.stamp > orders.listed
    GROUP BY orders.order_id
),

standing AS (
    SELECT
        orders.order_id,
        orders.contact_number,
        orders.time,
        orders.total - COALESCE(given_back.amount, 0) AS amount
    FROM orders
    LEFT JOIN given_back ON orders.order_id = given_back.order_id
    WHERE
        orders.stands
        AND orders.time IS NOT NULL
        AND orders.contact_number IS NOT NULL
        AND (given_back.amount IS NULL OR orders.total IS NULL OR given_back.amount < orders.total)
)"""


def _orders(t: Instant) -> str:
    return f"""\
{_standing(t)}

SELECT
    contact_number,
    time,
    COALESCE(amount * {MILLIONTHS // 100}, -1) AS amount
FROM standing
ORDER BY contact_number, time, amount"""


def _lines(t: Instant) -> str:
    return f"""\
{_standing(t, "product_id", "category")},

newest AS (
    SELECT
        order_id,
        MAX_BY(product_id, stamp) AS product_id,
        MAX_BY(category, stamp) AS category
    FROM of_orders
    WHERE product_id IS NOT NULL AND type LIKE 'order_%' AND type <> 'order_refunded'
    GROUP BY order_id
),

returned AS (
    SELECT DISTINCT
        of_orders.order_id,
        of_event.product
    FROM of_orders
    CROSS JOIN UNNEST(product_id) AS of_event (product)
    WHERE type = 'order_refunded'
),

bought AS (
    SELECT
        newest.order_id,
        CASE WHEN CARDINALITY(newest.category) = 1 THEN ELEMENT_AT(newest.category, 1) END AS category,
        of_order.product
    FROM newest
    CROSS JOIN UNNEST(product_id) AS of_order (product)
)

SELECT
    standing.contact_number,
    standing.time,
    bought.product,
    bought.category
FROM standing
INNER JOIN bought ON standing.order_id = bought.order_id
LEFT JOIN returned ON bought.order_id = returned.order_id AND bought.product = returned.product
WHERE returned.product IS NULL
ORDER BY standing.contact_number, standing.time, bought.product"""


def _acts(t: Instant) -> str:
    since = t - HOURS_OF
    return f"""\
WITH done AS (
    SELECT
        contact_number,
        month,
        id,
        CAST(FLOOR(CAST(MOD(time, 86400000) AS DOUBLE) / 3600000) AS BIGINT) AS hour,
        CASE type WHEN 'email_clicked' THEN 'click' WHEN 'email_opened' THEN 'open' ELSE 'visit' END AS kind
    FROM events
    WHERE
        month BETWEEN {literal(month_of(since))} AND {literal(month_of(t))}
        AND type IN ({_types(_DOING)})
        AND time > {since}
        AND time <= {t}
        AND (type NOT LIKE 'email_%' OR human)
)

SELECT
    contact_number,
    month,
    hour,
    kind,
    COUNT(DISTINCT id) + COUNT(CASE WHEN id IS NULL THEN 1 END) AS n
FROM done
GROUP BY contact_number, month, hour, kind
ORDER BY contact_number, month, hour, kind"""

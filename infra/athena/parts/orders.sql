-- What an order is, for every query that counts them: how it was told last, whichever of its events tells of it.
-- Parameters: the month from which on its events are read, as '2026-09', and the instant up to which, in milliseconds.
-- `orders`: each with contact_number, the instant it was placed (null: none of its events told), its total, and whether it
-- stands: one that is cancelled, or that the shop has deleted, does not. `refunded`: the refunds that count, each with the
-- day it was given: of orders that stand, and where the storefront has listed those it knows, those among them.
-- `standing`: the orders that count, with the day they were placed, what was given back (null: nothing) and what is left.
-- Days are the shop's (see shared/adapters/queries.py).
-- What a website tells of an order is left out where the storefront tells of it, and everywhere unless the shop says
-- that it counts. Amounts are whole hundredths of the shop's currency, null where they were told in another.
of_orders_told AS (
    SELECT
        contact_number,
        type,
        time,
        total,
        amount,
        stands,
        -- Of rows of before the lake had the instant: midday in UTC, where the order is told of on another day.
        COALESCE(
            placed_at,
            CASE
                WHEN placed = day THEN time
                ELSE DATE_DIFF('day', DATE '1970-01-01', CAST(placed AS DATE)) * 86400000 + 43200000
            END
        ) AS placed_at,
        stamp,
        refunds,
        public,
        order_number,
        product_id,
        category,
        properties,
        COALESCE(refund_id, id) AS refund_id,
        CASE WHEN public THEN REPLACE(COALESCE(order_id, id), '#', '') ELSE COALESCE(order_id, id) END AS order_id
    FROM events
    WHERE
        month >= ?
        AND time <= CAST(? AS DOUBLE)
        AND type IN (
            'order_completed', 'order_refunded', 'order_cancelled', 'order_updated', 'order_paid', 'order_fulfilled',
            'checkout_started', 'checkout_updated'
        )
),

of_storefront AS (
    SELECT order_id AS called
    FROM of_orders_told
    WHERE NOT public AND type LIKE 'order_%'
    UNION
    SELECT REPLACE(order_number, '#', '') AS called
    FROM of_orders_told
    WHERE NOT public AND type LIKE 'order_%' AND order_number IS NOT NULL
),

of_orders AS (
    SELECT of_orders_told.*
    FROM of_orders_told
    LEFT JOIN of_storefront ON of_orders_told.public AND of_orders_told.order_id = of_storefront.called
    WHERE of_storefront.called IS NULL
),

orders AS (
    SELECT
        order_id,
        -- What says that it has become another's says nothing of whether it stands.
        MAX_BY(
            contact_number, CASE WHEN stands IS NOT NULL OR type = 'order_completed' THEN stamp END
        ) AS contact_number,
        MIN(placed_at) AS placed_at,
        MAX_BY(total, CASE WHEN total IS NOT NULL AND type LIKE 'order_%' THEN stamp END) AS total,
        COALESCE(MAX_BY(stands, CASE WHEN stands IS NOT NULL THEN stamp END), TRUE) AS stands,
        MAX_BY(refunds, CASE WHEN refunds IS NOT NULL THEN stamp END) AS refunds,
        MAX(CASE WHEN refunds IS NOT NULL THEN stamp END) AS listed
    FROM of_orders
    GROUP BY order_id
),

of_refunds AS (
    SELECT
        order_id,
        refund_id,
        MAX_BY(contact_number, stamp) AS contact_number,
        MIN(time) AS time,
        MAX(amount) AS amount,
        MAX(stamp) AS stamp
    FROM of_orders
    WHERE type = 'order_refunded'
    GROUP BY order_id, refund_id
),

refunded AS (
    SELECT
        of_refunds.order_id,
        of_refunds.refund_id,
        COALESCE(orders.contact_number, of_refunds.contact_number) AS contact_number,
        of_refunds.time,
        DAY_OF(of_refunds.time) AS day,
        of_refunds.amount
    FROM of_refunds
    INNER JOIN orders ON of_refunds.order_id = orders.order_id
    WHERE
        orders.stands
        AND (
            orders.listed IS NULL OR CONTAINS(orders.refunds, of_refunds.refund_id) OR of_refunds.stamp > orders.listed
        )
),

given_back AS (
    SELECT
        order_id,
        SUM(amount) AS amount
    FROM refunded
    GROUP BY order_id
),

standing AS (
    SELECT
        orders.order_id,
        orders.contact_number,
        DAY_OF(orders.placed_at) AS day,
        orders.placed_at,
        orders.total,
        given_back.amount AS given_back,
        orders.total - COALESCE(given_back.amount, 0) AS net
    FROM orders
    LEFT JOIN given_back ON orders.order_id = given_back.order_id
    WHERE orders.stands AND orders.placed_at IS NOT NULL
)

-- What came of the mails, day by day: mails sent, clicks by people, orders, and revenue net of refunds.
-- Parameters: the month, as '2026-09', and the day from which on orders are looked at, some weeks before the first day (what was
-- cancelled before it may be refunded after it), the first day, and the last, as '2026-11-24'. Days are
-- in UTC; a day on which nothing happened is left out.
-- An order counts on the day it was placed, whichever of its events tells of it, and a refund on the day it was given, with
-- what was told of it last; an order that is cancelled by now counts nowhere, and neither do its refunds, nor one that the
-- shop has deleted. What a website tells of an order is left out where the storefront tells of it, and everywhere unless the shop says that it counts.
-- Revenue is in the shop's currency; amounts in others are not added.
WITH told AS (
    SELECT
        type,
        day,
        id,
        human,
        total,
        amount,
        stands,
        placed,
        stamp,
        refunds,
        public,
        order_number,
        COALESCE(refund_id, id) AS refund_id,
        CASE WHEN public THEN REPLACE(COALESCE(order_id, id), '#', '') ELSE COALESCE(order_id, id) END AS order_id
    FROM events
    WHERE
        month >= ?
        AND day >= ?
        AND type IN (
            'email_sent', 'email_clicked', 'order_completed', 'order_refunded', 'order_cancelled', 'order_updated',
            'order_paid', 'order_fulfilled', 'checkout_started', 'checkout_updated'
        )
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
    WHERE storefront.called IS NULL AND type NOT LIKE 'email_%'
),

orders AS (
    SELECT
        order_id,
        MIN(placed) AS day,
        MAX_BY(total, CASE WHEN total IS NOT NULL AND type LIKE 'order_%' THEN stamp END) AS total,
        COALESCE(MAX_BY(stands, CASE WHEN stands IS NOT NULL THEN stamp END), TRUE) AS stands,
        MAX_BY(refunds, CASE WHEN refunds IS NOT NULL THEN stamp END) AS refunds,
        MAX(CASE WHEN refunds IS NOT NULL THEN stamp END) AS listed
    FROM of_orders
    GROUP BY order_id
),

refunded AS (
    SELECT
        order_id,
        refund_id,
        MIN(day) AS day,
        MAX(amount) AS amount,
        MAX(stamp) AS stamp
    FROM of_orders
    WHERE type = 'order_refunded'
    GROUP BY order_id, refund_id
),

counted AS (
    -- An event once, though it is in the lake twice when its history has joined another contact.
    SELECT
        MIN(day) AS day,
        1 AS sends,
        0 AS clicks,
        0 AS orders,
        0 AS worth
    FROM told
    WHERE type = 'email_sent'
    GROUP BY id
    UNION ALL
    SELECT
        MIN(day) AS day,
        0 AS sends,
        1 AS clicks,
        0 AS orders,
        0 AS worth
    FROM told
    WHERE type = 'email_clicked' AND human
    GROUP BY id
    UNION ALL
    SELECT
        day,
        0 AS sends,
        0 AS clicks,
        1 AS orders,
        COALESCE(total, 0) AS worth
    FROM orders
    WHERE stands AND day IS NOT NULL
    UNION ALL
    SELECT
        refunded.day,
        0 AS sends,
        0 AS clicks,
        0 AS orders,
        -COALESCE(refunded.amount, 0) AS worth
    FROM refunded
    INNER JOIN orders ON refunded.order_id = orders.order_id
    WHERE
        orders.stands
        AND (orders.listed IS NULL OR CONTAINS(orders.refunds, refunded.refund_id) OR refunded.stamp > orders.listed)
)

SELECT
    day,
    SUM(sends) AS sends,
    SUM(clicks) AS clicks,
    SUM(orders) AS orders,
    CAST(SUM(worth) AS DOUBLE) / 100 AS revenue
FROM counted
WHERE day >= ? AND day <= ?
GROUP BY day
ORDER BY day

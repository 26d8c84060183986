-- Figures of a period beside those of the period before it, one row each: emails delivered, people reached by them, and the
-- revenue through email: of orders that were placed within five days after a person, and not a machine, had clicked in an email.
-- Parameters: the month of five days before the period before begins, the day on which the period does, the day on which the one before it
-- does, the day after the last, and again the day on which the period begins. Days are in UTC.
-- Revenue is in the shop's currency, refunds taken off, whenever they were given; an order that is cancelled by now counts
-- nowhere, and neither does one that only a website tells of where the storefront tells of it (as in the daily report).
WITH told AS (
    SELECT
        contact_number,
        type,
        day,
        time,
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
        AND type IN (
            'email_delivered', 'email_clicked', 'order_completed', 'order_refunded', 'order_cancelled', 'order_updated',
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
        MIN(CASE WHEN placed IS NOT NULL THEN time END) AS placed_at,
        MAX_BY(contact_number, stamp) AS contact_number,
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
        MAX(amount) AS amount,
        MAX(stamp) AS stamp
    FROM of_orders
    WHERE type = 'order_refunded'
    GROUP BY order_id, refund_id
),

given_back AS (
    SELECT
        orders.order_id,
        SUM(refunded.amount) AS amount
    FROM refunded
    INNER JOIN orders ON refunded.order_id = orders.order_id
    WHERE orders.listed IS NULL OR CONTAINS(orders.refunds, refunded.refund_id) OR refunded.stamp > orders.listed
    GROUP BY orders.order_id
),

through_email AS (
    SELECT
        orders.order_id,
        MIN(orders.day) AS day,
        MIN(orders.contact_number) AS contact_number,
        MIN(COALESCE(orders.total, 0)) AS total
    FROM orders
    INNER JOIN
        told
        ON
            orders.contact_number = told.contact_number
            AND told.type = 'email_clicked'
            AND told.human
            AND orders.placed_at >= told.time
            AND orders.placed_at < told.time + 432000000
    WHERE orders.stands AND orders.day IS NOT NULL
    GROUP BY orders.order_id
),

counted AS (
    SELECT
        id AS called,
        MIN(day) AS day,
        MIN(contact_number) AS reached,
        0 AS worth
    FROM told
    WHERE type = 'email_delivered'
    GROUP BY id
    UNION ALL
    SELECT
        NULL AS called,
        through_email.day,
        NULL AS reached,
        through_email.total - COALESCE(given_back.amount, 0) AS worth
    FROM through_email
    LEFT JOIN given_back ON through_email.order_id = given_back.order_id
)

SELECT
    CASE WHEN day >= ? THEN 'now' ELSE 'before' END AS period,
    COUNT(called) AS delivered,
    COUNT(DISTINCT reached) AS reached,
    CAST(SUM(worth) AS DOUBLE) / 100 AS revenue
FROM counted
WHERE day >= ? AND day < ?
GROUP BY CASE WHEN day >= ? THEN 'now' ELSE 'before' END

-- By which emails orders came: each order's path, which are the emails that the contact clicked in within so long before it, the oldest first, and
-- the codes it redeemed; paths that are alike in one row. Beside them, paths after which no order came in that time ('lost').
-- Parameters: the window in milliseconds; the days on which the last 365, 90 and 30 days begin; the instant of asking, in milliseconds; and
-- the month in which clicks begin to be looked at, a window before the first day.
-- A stop on a path is `campaign:spring@3`: what sent the email, and how many whole days before the order (of a lost path: before its end) the
-- last click in that email was. Clicks are those of people. Of a path the 20 newest stops are kept. `period`: 30, 90, or 365, the smallest of the last so many days that it is in.
-- An order counts as in figures.sql: its revenue is in hundredths of the shop's currency, refunds taken off.
WITH asked AS (
    SELECT
        CAST(? AS DOUBLE) AS window_,
        ? AS first_of_365,
        ? AS first_of_90,
        ? AS first_of_30,
        CAST(? AS DOUBLE) AS at
),

told AS (
    SELECT
        contact_number,
        type,
        day,
        time,
        id,
        human,
        campaign,
        journey,
        message,
        total,
        amount,
        stands,
        placed,
        stamp,
        refunds,
        properties,
        public,
        order_number,
        COALESCE(refund_id, id) AS refund_id,
        CASE WHEN public THEN REPLACE(COALESCE(order_id, id), '#', '') ELSE COALESCE(order_id, id) END AS order_id
    FROM events
    WHERE
        month >= ?
        AND type IN (
            'email_clicked', 'order_completed', 'order_refunded', 'order_cancelled', 'order_updated', 'order_paid',
            'order_fulfilled', 'checkout_started', 'checkout_updated'
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
        MAX_BY(properties, CASE WHEN type LIKE 'order_%' AND type <> 'order_refunded' THEN stamp END) AS properties,
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

worth AS (
    SELECT
        orders.order_id,
        orders.contact_number,
        orders.day,
        orders.placed_at,
        orders.properties,
        COALESCE(orders.total, 0) - COALESCE(given_back.amount, 0) AS revenue
    FROM orders
    LEFT JOIN given_back ON orders.order_id = given_back.order_id
    WHERE orders.stands AND orders.day IS NOT NULL
),

clicks AS (
    SELECT
        contact_number,
        COALESCE(message, id) AS email,
        day,
        time,
        CASE
            WHEN REGEXP_LIKE(campaign, '^[A-Za-z0-9_.-]+$') THEN 'campaign:' || campaign
            WHEN REGEXP_LIKE(journey, '^[A-Za-z0-9_.-]+$') THEN 'journey:' || journey
            ELSE 'other:emails'
        END AS channel
    FROM told
    WHERE type = 'email_clicked' AND human
),

clicked AS (
    SELECT
        worth.order_id,
        clicks.channel,
        clicks.email AS stop,
        MIN(worth.placed_at - clicks.time) AS age
    FROM worth
    INNER JOIN clicks ON worth.contact_number = clicks.contact_number
    CROSS JOIN asked
    WHERE worth.placed_at >= clicks.time AND worth.placed_at - clicks.time < asked.window_
    GROUP BY worth.order_id, clicks.channel, clicks.email
),

redeemed AS (
    SELECT
        worth.order_id,
        'coupon:' || SUBSTR(each_of.property, 14) AS channel,
        each_of.property AS stop,
        CAST(-1 AS BIGINT) AS age
    FROM worth
    CROSS JOIN UNNEST(worth.properties) AS each_of (property)
    WHERE REGEXP_LIKE(each_of.property, '^coupon_pool=t[a-z0-9_]+$')
),

stops AS (
    SELECT * FROM clicked
    UNION ALL
    SELECT * FROM redeemed
),

numbered AS (
    SELECT
        order_id,
        channel,
        age,
        stop,
        ROW_NUMBER() OVER (PARTITION BY order_id ORDER BY age, stop DESC) AS place
    FROM stops
),

paths AS (
    SELECT
        order_id,
        ARRAY_AGG(
            channel || '@' || CAST(CAST(FLOOR(CAST(GREATEST(age, 0) AS DOUBLE) / 86400000) AS BIGINT) AS VARCHAR)
            ORDER BY place DESC
        ) AS path
    FROM numbered
    WHERE place <= 20
    GROUP BY order_id
),

dated AS (
    SELECT
        paths.path,
        worth.revenue,
        CASE WHEN worth.day >= asked.first_of_30 THEN 30 WHEN worth.day >= asked.first_of_90 THEN 90 ELSE 365 END AS period
    FROM worth
    CROSS JOIN asked
    LEFT JOIN paths ON worth.order_id = paths.order_id
    WHERE worth.day >= asked.first_of_365
),

followed AS (
    SELECT DISTINCT clicks.email
    FROM clicks
    INNER JOIN worth ON clicks.contact_number = worth.contact_number
    CROSS JOIN asked
    WHERE worth.placed_at >= clicks.time AND worth.placed_at - clicks.time < asked.window_
),

for_nothing AS (
    SELECT
        clicks.contact_number,
        clicks.email,
        MIN(clicks.channel) AS channel,
        MAX(clicks.day) AS day,
        MAX(clicks.time) AS time
    FROM clicks
    LEFT JOIN followed ON clicks.email = followed.email
    WHERE followed.email IS NULL
    GROUP BY clicks.contact_number, clicks.email
),

parted AS (
    SELECT
        contact_number,
        email,
        channel,
        day,
        time,
        LAG(time) OVER (PARTITION BY contact_number ORDER BY time, email) AS before
    FROM for_nothing
),

apart AS (
    SELECT
        parted.contact_number,
        parted.email,
        parted.channel,
        parted.day,
        parted.time,
        SUM(CASE WHEN parted.time - parted.before < asked.window_ THEN 0 ELSE 1 END)
            OVER (PARTITION BY parted.contact_number ORDER BY parted.time, parted.email ROWS UNBOUNDED PRECEDING) AS part
    FROM parted
    CROSS JOIN asked
),

from_the_end AS (
    SELECT
        contact_number,
        part,
        channel,
        day,
        time,
        ROW_NUMBER() OVER (PARTITION BY contact_number, part ORDER BY time DESC, email DESC) AS place
    FROM apart
),

lost AS (
    SELECT
        ARRAY_AGG(channel || '@0' ORDER BY place DESC) AS path,
        MAX(day) AS day,
        MAX(time) AS time
    FROM from_the_end
    WHERE place <= 20
    GROUP BY contact_number, part
),

ended AS (
    SELECT
        lost.path,
        CASE WHEN lost.day >= asked.first_of_30 THEN 30 WHEN lost.day >= asked.first_of_90 THEN 90 ELSE 365 END AS period
    FROM lost
    CROSS JOIN asked
    WHERE lost.day >= asked.first_of_365 AND lost.time + asked.window_ <= asked.at
)

SELECT
    'order' AS came_to,
    period,
    path,
    COUNT(*) AS orders,
    SUM(revenue) AS revenue
FROM dated
GROUP BY period, path
UNION ALL
SELECT
    'lost' AS came_to,
    period,
    path,
    COUNT(*) AS orders,
    0 AS revenue
FROM ended
GROUP BY period, path

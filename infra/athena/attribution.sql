-- By which emails orders came: each order's path, which are the emails that the contact clicked in within so long before it, the oldest first, and
-- the codes it redeemed; paths that are alike in one row. Beside them, paths after which no order came in that time ('lost').
-- Parts: orders, emails.
-- Parameters: the window in milliseconds; the days on which the last 365, 90 and 30 begin; the instant of asking, in milliseconds.
-- Emails are read from a window before the first day on. Days are the shop's.
-- A stop on a path is `campaign:spring@3`: what sent the email, and how many whole days before the order (of a lost path: 0) the last click in
-- that email was. Of a path the 20 newest stops are kept. `period`: 30, 90 or 365, the smallest of the last so many days that it is in.
-- Revenue is in hundredths of the shop's currency, refunds taken off, whenever they were given.
WITH asked AS (
    SELECT
        CAST(? AS DOUBLE) AS window_,
        ? AS first_of_365,
        ? AS first_of_90,
        ? AS first_of_30,
        CAST(? AS DOUBLE) AS instant
),

touches AS (
    SELECT
        contact_number,
        COALESCE(message, id) AS email,
        day,
        time,
        channel
    FROM clicks
),

told_last AS (
    SELECT
        order_id,
        MAX_BY(properties, stamp) AS properties
    FROM of_orders
    WHERE type LIKE 'order_%' AND type <> 'order_refunded'
    GROUP BY order_id
),

clicked AS (
    SELECT
        standing.order_id,
        touches.channel,
        touches.email AS stop,
        MIN(standing.placed_at - touches.time) AS age
    FROM standing
    INNER JOIN touches ON standing.contact_number = touches.contact_number
    CROSS JOIN asked
    WHERE standing.placed_at >= touches.time AND standing.placed_at - touches.time < asked.window_
    GROUP BY standing.order_id, touches.channel, touches.email
),

redeemed AS (
    SELECT
        told_last.order_id,
        'coupon:' || SUBSTR(each_of.property, 14) AS channel,
        each_of.property AS stop,
        CAST(-1 AS BIGINT) AS age
    FROM told_last
    CROSS JOIN UNNEST(told_last.properties) AS each_of (property)
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
        COALESCE(standing.total, 0) - COALESCE(standing.given_back, 0) AS revenue,
        CASE WHEN standing.day >= asked.first_of_30 THEN 30 WHEN standing.day >= asked.first_of_90 THEN 90 ELSE 365 END AS period
    FROM standing
    CROSS JOIN asked
    LEFT JOIN paths ON standing.order_id = paths.order_id
    WHERE standing.day >= asked.first_of_365
),

followed AS (
    SELECT DISTINCT touches.email
    FROM touches
    INNER JOIN standing ON touches.contact_number = standing.contact_number
    CROSS JOIN asked
    WHERE standing.placed_at >= touches.time AND standing.placed_at - touches.time < asked.window_
),

for_nothing AS (
    SELECT
        touches.email,
        MIN(touches.contact_number) AS contact_number,
        MIN(touches.channel) AS channel,
        MAX(touches.day) AS day,
        MAX(touches.time) AS time
    FROM touches
    LEFT JOIN followed ON touches.email = followed.email
    WHERE followed.email IS NULL
    GROUP BY touches.email
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
    WHERE lost.day >= asked.first_of_365 AND lost.time + asked.window_ <= asked.instant
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

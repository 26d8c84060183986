-- What came of the shop's holdout, week by week, each in 64 parts: how many people came to take part (were sent an email that counts for it, or
-- held out of one), and how many of them ordered within so long after that.
-- Parameters: the month in which the holdout began, its name as the lake has it, and the milliseconds that count.
-- A person counts once, in the week in which they came, and an order that is cancelled by now counts nowhere.
WITH told AS (
    SELECT
        contact_number,
        type,
        time,
        properties,
        stands,
        placed,
        stamp,
        COALESCE(order_id, id) AS order_id
    FROM events
    WHERE
        month >= ?
        AND type IN (
            'email_sent', 'email_held_out', 'order_completed', 'order_cancelled', 'order_updated', 'order_paid',
            'order_fulfilled', 'order_refunded', 'checkout_started', 'checkout_updated'
        )
),

exposed AS (
    SELECT
        contact_number,
        MAX(CASE WHEN type = 'email_held_out' THEN 1 ELSE 0 END) AS held_out,
        MIN(time) AS time
    FROM told
    WHERE type IN ('email_sent', 'email_held_out') AND CONTAINS(properties, ?)
    GROUP BY contact_number
),

orders AS (
    SELECT
        order_id,
        MAX_BY(contact_number, stamp) AS contact_number,
        MIN(CASE WHEN placed IS NOT NULL THEN time END) AS placed_at,
        COALESCE(MAX_BY(stands, CASE WHEN stands IS NOT NULL THEN stamp END), TRUE) AS stands
    FROM told
    WHERE type NOT LIKE 'email_%'
    GROUP BY order_id
),

ordered AS (
    SELECT DISTINCT exposed.contact_number
    FROM exposed
    INNER JOIN orders ON exposed.contact_number = orders.contact_number
    WHERE orders.stands AND orders.placed_at >= exposed.time AND orders.placed_at - exposed.time < CAST(? AS DOUBLE)
)

SELECT
    exposed.held_out,
    CAST(FLOOR(CAST(exposed.time AS DOUBLE) / 604800000) AS BIGINT) AS week,
    MOD(exposed.contact_number, 64) AS part,
    COUNT(*) AS people,
    COUNT(ordered.contact_number) AS ordered
FROM exposed
LEFT JOIN ordered ON exposed.contact_number = ordered.contact_number
GROUP BY exposed.held_out, CAST(FLOOR(CAST(exposed.time AS DOUBLE) / 604800000) AS BIGINT), MOD(exposed.contact_number, 64)
ORDER BY week, part, held_out

-- What people do with the shop's campaigns, as far as a test can be planned by it: of the emails of campaigns that were sent
-- since a day, how many were clicked in by a person, and after how many their contact ordered, within so long.
-- Parameters: the month of that day, the day, and the milliseconds that count, twice.
WITH told AS (
    SELECT
        contact_number,
        type,
        day,
        time,
        human,
        campaign,
        stands,
        placed,
        stamp,
        COALESCE(order_id, id) AS order_id
    FROM events
    WHERE
        month >= ?
        AND type IN (
            'email_sent', 'email_clicked', 'order_completed', 'order_cancelled', 'order_updated', 'order_paid',
            'order_fulfilled', 'order_refunded', 'checkout_started', 'checkout_updated'
        )
),

sent AS (
    SELECT
        contact_number,
        campaign,
        MIN(time) AS time
    FROM told
    WHERE type = 'email_sent' AND campaign IS NOT NULL AND day >= ?
    GROUP BY contact_number, campaign
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

clicked AS (
    SELECT DISTINCT
        sent.contact_number,
        sent.campaign
    FROM sent
    INNER JOIN told ON sent.contact_number = told.contact_number AND sent.campaign = told.campaign
    WHERE
        told.type = 'email_clicked'
        AND told.human
        AND told.time >= sent.time
        AND told.time - sent.time < CAST(? AS DOUBLE)
),

ordered AS (
    SELECT DISTINCT
        sent.contact_number,
        sent.campaign
    FROM sent
    INNER JOIN orders ON sent.contact_number = orders.contact_number
    WHERE orders.stands AND orders.placed_at >= sent.time AND orders.placed_at - sent.time < CAST(? AS DOUBLE)
)

SELECT
    COUNT(*) AS people,
    COUNT(clicked.contact_number) AS clicked,
    COUNT(ordered.contact_number) AS ordered
FROM sent
LEFT JOIN clicked ON sent.contact_number = clicked.contact_number AND sent.campaign = clicked.campaign
LEFT JOIN ordered ON sent.contact_number = ordered.contact_number AND sent.campaign = ordered.campaign

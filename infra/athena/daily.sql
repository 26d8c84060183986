-- What came of the mails, day by day: mails sent, clicks by people, orders, and revenue net of refunds.
-- Parameters: the first day's month, as '2026-11', the first day and the last, as '2026-11-24'. Days are in UTC; a day on which nothing happened is left out.
-- An order counts on the day it was placed and a refund on the day it was given; an order that was cancelled, even
-- later, counts nowhere, and neither do its refunds. Revenue is in the shop's currency.
WITH recorded AS (
    -- An event once, though it is in the lake twice when its history has joined another contact;
    -- and an order once, whether the storefront told of it or the website or both.
    SELECT
        type,
        MIN(day) AS day,
        MAX(order_id) AS order_id,
        MAX(total) AS total,
        MAX(amount) AS amount,
        MAX(CASE WHEN human THEN 1 ELSE 0 END) AS human
    FROM events
    WHERE
        month >= ?
        AND day >= ?
        AND type IN ('email_sent', 'email_clicked', 'order_completed', 'order_refunded', 'order_cancelled')
    GROUP BY type, CASE WHEN type = 'order_completed' THEN COALESCE(order_id, id) ELSE id END
),

cancelled AS (
    SELECT DISTINCT order_id
    FROM recorded
    WHERE type = 'order_cancelled' AND order_id IS NOT NULL
),

counted AS (
    SELECT recorded.*
    FROM recorded
    LEFT JOIN cancelled ON recorded.order_id = cancelled.order_id
    WHERE cancelled.order_id IS NULL
)

SELECT
    day,
    COUNT(CASE WHEN type = 'email_sent' THEN 1 END) AS sends,
    COUNT(CASE WHEN type = 'email_clicked' AND human = 1 THEN 1 END) AS clicks,
    COUNT(CASE WHEN type = 'order_completed' THEN 1 END) AS orders,
    CAST(
        SUM(CASE WHEN type = 'order_completed' THEN total WHEN type = 'order_refunded' THEN -amount ELSE 0 END) AS DOUBLE
    ) / 100 AS revenue
FROM counted
WHERE day <= ?
GROUP BY day
ORDER BY day

-- What came of the emails, day by day: emails sent, clicks by people, orders, and revenue net of refunds.
-- Parts: orders, emails.
-- Parameters: the first day and the last, as '2026-11-24'. Days are the shop's; one on which
-- nothing happened is left out.
-- An order counts on the day it was placed, and a refund on the day it was given. Orders are read some weeks longer than
-- the days that are asked for: what was cancelled before them may be refunded among them.
-- Revenue is in the shop's currency; amounts in others are not added.
WITH counted AS (
    SELECT
        MIN(day) AS day,
        1 AS sends,
        0 AS clicks,
        0 AS orders,
        0 AS worth
    FROM emails
    WHERE type = 'email_sent'
    GROUP BY id
    UNION ALL
    SELECT
        MIN(day) AS day,
        0 AS sends,
        1 AS clicks,
        0 AS orders,
        0 AS worth
    FROM clicks
    GROUP BY id
    UNION ALL
    SELECT
        day,
        0 AS sends,
        0 AS clicks,
        1 AS orders,
        COALESCE(total, 0) AS worth
    FROM standing
    UNION ALL
    SELECT
        day,
        0 AS sends,
        0 AS clicks,
        0 AS orders,
        -COALESCE(amount, 0) AS worth
    FROM refunded
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

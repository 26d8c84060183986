-- What came of the emails, day by day: emails sent, clicks by people, orders, and revenue net of refunds.
-- Parts: orders, emails, through, figures.
-- Parameters: the first day and the last, as '2026-11-24'. A day on which nothing happened is left out.
-- Orders are read some weeks longer than the days that are asked for: what was cancelled before them may be refunded among them.
SELECT
    day,
    SUM(CASE WHEN figure = 'sends' THEN n ELSE 0 END) AS sends,
    SUM(CASE WHEN figure = 'clicks' THEN n ELSE 0 END) AS clicks,
    SUM(CASE WHEN figure = 'orders' THEN n ELSE 0 END) AS orders,
    CAST(SUM(CASE WHEN figure = 'revenue' THEN n ELSE 0 END) AS DOUBLE) / 100 AS revenue
FROM of_figures
WHERE day >= ? AND day <= ? AND figure IN ('sends', 'clicks', 'orders', 'revenue')
GROUP BY day
ORDER BY day

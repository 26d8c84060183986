-- Figures of a period beside those of the period before it, one row each: emails delivered, people reached by them, and the
-- revenue through email: of orders that were placed within five days after a person, and not a machine, had clicked in an email.
-- Parts: orders, emails.
-- Parameters: the day on which the period begins, the day on which the one before it does, the day after the last, and again
-- the day on which the period begins. Days are the shop's. Orders and emails are read from five days before both periods on.
-- Revenue is in the shop's currency, refunds taken off, whenever they were given.
WITH through_email AS (
    SELECT
        standing.order_id,
        MIN(standing.day) AS day,
        MIN(COALESCE(standing.total, 0) - COALESCE(standing.given_back, 0)) AS worth
    FROM standing
    INNER JOIN
        clicks
        ON
            standing.contact_number = clicks.contact_number
            AND standing.placed_at >= clicks.time
            AND standing.placed_at < clicks.time + 432000000
    GROUP BY standing.order_id
),

counted AS (
    SELECT
        id AS called,
        MIN(day) AS day,
        MIN(contact_number) AS reached,
        0 AS worth
    FROM emails
    WHERE type = 'email_delivered'
    GROUP BY id
    UNION ALL
    SELECT
        NULL AS called,
        day,
        NULL AS reached,
        worth
    FROM through_email
)

SELECT
    CASE WHEN day >= ? THEN 'now' ELSE 'before' END AS period,
    COUNT(called) AS delivered,
    COUNT(DISTINCT reached) AS reached,
    CAST(SUM(worth) AS DOUBLE) / 100 AS revenue
FROM counted
WHERE day >= ? AND day < ?
GROUP BY CASE WHEN day >= ? THEN 'now' ELSE 'before' END

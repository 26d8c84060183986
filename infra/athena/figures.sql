-- Figures of a period beside those of the period before it, one row each: emails delivered, people reached by them, and the
-- revenue through email.
-- Parts: orders, emails, through, figures.
-- Parameters: the day on which the period begins, the day on which the one before it does, the day after the last, and again
-- the day on which the period begins. Orders and emails are read from five days before both periods on.
SELECT
    CASE WHEN day >= ? THEN 'now' ELSE 'before' END AS period,
    COUNT(CASE WHEN figure = 'delivered' THEN 1 END) AS delivered,
    COUNT(DISTINCT CASE WHEN figure = 'delivered' THEN contact_number END) AS reached,
    CAST(SUM(CASE WHEN figure = 'email_revenue' THEN n ELSE 0 END) AS DOUBLE) / 100 AS email_revenue
FROM of_figures
WHERE day >= ? AND day < ? AND figure IN ('delivered', 'email_revenue')
GROUP BY CASE WHEN day >= ? THEN 'now' ELSE 'before' END

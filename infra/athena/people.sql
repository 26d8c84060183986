-- Who is behind a number of Today or of the daily report.
-- Behind: daily.
-- Parameters: which number (see parts/figures.sql), and the first and the last day, as '2026-11-24'.
SELECT
    contact_number,
    SUM(n) AS n
FROM of_figures
WHERE figure = ? AND day >= ? AND day <= ? AND contact_number IS NOT NULL
GROUP BY contact_number

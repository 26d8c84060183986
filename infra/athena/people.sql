-- Who is behind a number of Today or of the daily report, the 10,000 with most of it first: what of it is each contact's, and of all of them
-- together the sum and how many they are.
-- Parts: orders, emails, through, figures.
-- Parameters: which number (see parts/figures.sql), and the first and the last day, as '2026-11-24'.
WITH people AS (
    SELECT
        contact_number,
        SUM(n) AS n
    FROM of_figures
    WHERE figure = ? AND day >= ? AND day <= ? AND contact_number IS NOT NULL
    GROUP BY contact_number
)

SELECT
    contact_number,
    n,
    SUM(n) OVER () AS total,
    COUNT(*) OVER () AS contacts
FROM people
ORDER BY n DESC, contact_number
LIMIT 10000

-- What came of the shop's holdout, week by week, each in 64 parts: how many people came to take part (were sent an email that counts for it, or
-- held out of one), and how many of them ordered within so long after that.
-- Parts: orders, emails.
-- Parameters: the holdout's name as the lake has it, and the milliseconds that count.
-- A person counts once, in the week in which they came.
WITH exposed AS (
    SELECT
        contact_number,
        MAX(CASE WHEN type = 'email_held_out' THEN 1 ELSE 0 END) AS held_out,
        MIN(time) AS time
    FROM emails
    WHERE type IN ('email_sent', 'email_held_out') AND CONTAINS(properties, ?)
    GROUP BY contact_number
),

ordered AS (
    SELECT DISTINCT exposed.contact_number
    FROM exposed
    INNER JOIN standing ON exposed.contact_number = standing.contact_number
    WHERE standing.placed_at >= exposed.time AND standing.placed_at - exposed.time < CAST(? AS DOUBLE)
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

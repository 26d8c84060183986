-- What came of the shop's holdout, week by week, each in 64 parts: how many people came to take part (were sent an email that counts for it, or
-- held out of one), and how many of them ordered within so long after that, and spent alike: `net`, then, less refunds, in hundredths;
-- `before`, the root of what they spent in so long before, in tens, so that rows are few.
-- Parts: orders, emails.
-- Parameters: the holdout's name as the lake has it; the milliseconds that count, and those before.
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

-- Here: spent.

outcomes AS (
    SELECT
        exposed.held_out,
        CAST(FLOOR(CAST(exposed.time AS DOUBLE) / 604800000) AS BIGINT) AS week,
        MOD(exposed.contact_number, 64) AS part,
        COALESCE(spent.ordered, 0) AS ordered,
        COALESCE(spent.net, 0) AS net,
        CAST(ROUND(SQRT(GREATEST(COALESCE(spent.net_before, 0), 0)) / 10) AS BIGINT) AS before
    FROM exposed
    LEFT JOIN spent ON exposed.contact_number = spent.contact_number
)

SELECT
    held_out,
    week,
    part,
    net,
    before,
    COUNT(*) AS people,
    SUM(ordered) AS ordered
FROM outcomes
GROUP BY held_out, week, part, net, before
ORDER BY week, part, held_out

-- What people bought around the instant from which on they count: of `exposed`, which a query has before it, with contact_number and
-- `time`; `ordered` (1 or 0) and `net`, less refunds, after it, and `net_before`.
-- Parameters: the milliseconds that count after it, and those before.
-- An order of the very instant is no answer to an email, and may be what had it sent: it is among those before.
spent AS (
    SELECT
        exposed.contact_number,
        MAX(CASE WHEN standing.placed_at > exposed.time THEN 1 ELSE 0 END) AS ordered,
        COALESCE(SUM(CASE WHEN standing.placed_at > exposed.time THEN standing.net END), 0) AS net,
        COALESCE(SUM(CASE WHEN standing.placed_at <= exposed.time THEN standing.net END), 0) AS net_before
    FROM exposed
    INNER JOIN standing ON exposed.contact_number = standing.contact_number
    WHERE
        standing.placed_at - exposed.time < CAST(? AS DOUBLE)
        AND standing.placed_at - exposed.time >= -CAST(? AS DOUBLE)
    GROUP BY exposed.contact_number
)

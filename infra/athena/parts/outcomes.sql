-- What people did within so long of the first email that they were sent since an instant, of those in `of_them`, which a query has before
-- it (contact_number, `type`, `time` and `human`): `clicked` in one of these and `ordered` (1 or 0), and the `net` that they spent.
-- Parameters: the instant, in milliseconds; and the milliseconds that count, twice.
-- A machine's click counts nowhere.
sent AS (
    SELECT
        contact_number,
        MIN(time) AS time
    FROM of_them
    WHERE type = 'email_sent' AND time >= CAST(? AS DOUBLE)
    GROUP BY contact_number
),

clicked AS (
    SELECT DISTINCT sent.contact_number
    FROM sent
    INNER JOIN of_them ON sent.contact_number = of_them.contact_number
    WHERE
        of_them.type = 'email_clicked'
        AND of_them.human
        AND of_them.time >= sent.time
        AND of_them.time - sent.time < CAST(? AS DOUBLE)
),

spent AS (
    SELECT
        sent.contact_number,
        COALESCE(SUM(standing.net), 0) AS net
    FROM sent
    INNER JOIN standing ON sent.contact_number = standing.contact_number
    WHERE standing.placed_at > sent.time AND standing.placed_at - sent.time < CAST(? AS DOUBLE)
    GROUP BY sent.contact_number
),

outcomes AS (
    SELECT
        sent.time,
        CASE WHEN clicked.contact_number IS NULL THEN 0 ELSE 1 END AS clicked,
        CASE WHEN spent.contact_number IS NULL THEN 0 ELSE 1 END AS ordered,
        COALESCE(spent.net, 0) AS net
    FROM sent
    LEFT JOIN clicked ON sent.contact_number = clicked.contact_number
    LEFT JOIN spent ON sent.contact_number = spent.contact_number
)

-- What people did within so long of the first email that they were sent since an instant, of those in `of_them`, which a query has before
-- it (contact_number, `type`, `time` and `human`): `clicked` in one of these and `ordered` (1 or 0), and the `net` that they spent.
-- Parameters: the instant, in milliseconds; the milliseconds that count, twice; and 0, since nothing before is asked for.
exposed AS (
    SELECT
        contact_number,
        MIN(time) AS time
    FROM of_them
    WHERE type = 'email_sent' AND time >= CAST(? AS DOUBLE)
    GROUP BY contact_number
),

-- Here: clicked.

-- Here: spent.

outcomes AS (
    SELECT
        exposed.time,
        CASE WHEN clicked.contact_number IS NULL THEN 0 ELSE 1 END AS clicked,
        COALESCE(spent.ordered, 0) AS ordered,
        COALESCE(spent.net, 0) AS net
    FROM exposed
    LEFT JOIN clicked ON exposed.contact_number = clicked.contact_number
    LEFT JOIN spent ON exposed.contact_number = spent.contact_number
)

-- What came of a campaign, arm by arm: how many people got it (or, held out, would have got it then), and how many of them,
-- within so long after it, clicked in it, ordered, reported it as spam, or unsubscribed by its link; and what they spent, less
-- refunds, in hundredths. Of an arm, each person counts once. Where it is asked for, people who spent alike are a row: `net`,
-- and `before`, the root of what they spent in so long before it (hundredths; whole, so that rows are few); else both are 0.
-- `bucket`: when they came to it, counted in steps of so long since 1970.
-- Parts: orders, emails.
-- Parameters: the campaign; the milliseconds that count, twice; those before (0: what is spent is not asked for); those that
-- count and those before again; and those of a step.
-- A machine's click counts nowhere.
WITH of_them AS (
    -- Whom the shop's holdout keeps from the email is none of the campaign's own.
    SELECT *
    FROM emails
    WHERE
        campaign = ?
        AND (
            type <> 'email_held_out'
            OR properties IS NULL
            OR CARDINALITY(FILTER(properties, x -> SUBSTR(x, 1, 8) = 'holdout=')) = 0
        )
),

variants AS (
    SELECT
        of_them.contact_number,
        MIN(SUBSTR(property, 10)) AS variant
    FROM of_them
    CROSS JOIN UNNEST(of_them.properties) AS of_event (property)
    WHERE of_them.type IN ('email_sent', 'email_held_out') AND property LIKE 'variant=t%'
    GROUP BY of_them.contact_number
),

exposed AS (
    -- Who was sent it after all is not held out, and counts from the first time.
    SELECT
        of_them.contact_number,
        COALESCE(MAX(variants.variant), '') AS variant,
        MIN(CASE WHEN of_them.type = 'email_sent' THEN 0 ELSE 1 END) AS held_out,
        MIN(of_them.time) AS time
    FROM of_them
    LEFT JOIN variants ON of_them.contact_number = variants.contact_number
    WHERE of_them.type IN ('email_sent', 'email_held_out')
    GROUP BY of_them.contact_number
),

-- Here: clicked.

-- Here: spent.

complained AS (
    SELECT DISTINCT contact_number
    FROM of_them
    WHERE type = 'email_complained'
),

unsubscribed AS (
    SELECT DISTINCT of_them.contact_number
    FROM of_them
    INNER JOIN left_by ON of_them.message = left_by.message
    WHERE of_them.type = 'email_sent' AND left_by.time - of_them.time < CAST(? AS DOUBLE)
),

people AS (
    SELECT
        exposed.contact_number,
        exposed.variant,
        exposed.held_out,
        exposed.time,
        clicked.contact_number AS clicked,
        spent.ordered,
        complained.contact_number AS complained,
        unsubscribed.contact_number AS unsubscribed,
        COALESCE(spent.net, 0) AS net,
        GREATEST(COALESCE(spent.net_before, 0), 0) AS before,
        CAST(? AS DOUBLE) > 0 AS by_amount
    FROM exposed
    LEFT JOIN clicked ON exposed.contact_number = clicked.contact_number
    LEFT JOIN spent ON exposed.contact_number = spent.contact_number
    LEFT JOIN complained ON exposed.contact_number = complained.contact_number
    LEFT JOIN unsubscribed ON exposed.contact_number = unsubscribed.contact_number
),

rounded AS (
    SELECT
        variant,
        held_out,
        clicked,
        ordered,
        complained,
        unsubscribed,
        net AS revenue,
        time,
        CASE WHEN by_amount THEN net ELSE 0 END AS net,
        CASE WHEN by_amount THEN CAST(ROUND(SQRT(CAST(before AS DOUBLE))) AS BIGINT) ELSE 0 END AS before,
        CAST(FLOOR(CAST(time AS DOUBLE) / CAST(? AS DOUBLE)) AS BIGINT) AS bucket
    FROM people
)

SELECT
    variant,
    held_out,
    bucket,
    net,
    before,
    COUNT(*) AS people,
    COUNT(clicked) AS clicked,
    COALESCE(SUM(ordered), 0) AS ordered,
    COUNT(complained) AS complained,
    COUNT(unsubscribed) AS unsubscribed,
    SUM(revenue) AS revenue,
    MAX(time) AS latest
FROM rounded
GROUP BY variant, held_out, bucket, net, before
ORDER BY held_out, variant, bucket, net, before

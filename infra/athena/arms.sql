-- What came of a campaign, arm by arm: how many people got it (or, held out, would have got it then), and how many of them,
-- within so long after it, clicked in it, ordered, or reported it as spam. Of an arm, each person counts once.
-- Parts: orders, emails.
-- Parameters: the campaign, and the milliseconds that count, twice.
-- A machine's click counts nowhere.
WITH of_campaign AS (
    SELECT *
    FROM emails
    WHERE campaign = ?
),

variants AS (
    SELECT
        of_campaign.contact_number,
        MIN(SUBSTR(property, 10)) AS variant
    FROM of_campaign
    CROSS JOIN UNNEST(of_campaign.properties) AS of_event (property)
    WHERE of_campaign.type IN ('email_sent', 'email_held_out') AND property LIKE 'variant=t%'
    GROUP BY of_campaign.contact_number
),

exposed AS (
    -- Who was sent it after all is not held out, and counts from the first time.
    SELECT
        of_campaign.contact_number,
        COALESCE(MAX(variants.variant), '') AS variant,
        MIN(CASE WHEN of_campaign.type = 'email_sent' THEN 0 ELSE 1 END) AS held_out,
        MIN(of_campaign.time) AS time
    FROM of_campaign
    LEFT JOIN variants ON of_campaign.contact_number = variants.contact_number
    WHERE of_campaign.type IN ('email_sent', 'email_held_out')
    GROUP BY of_campaign.contact_number
),

clicked AS (
    SELECT DISTINCT exposed.contact_number
    FROM exposed
    INNER JOIN of_campaign ON exposed.contact_number = of_campaign.contact_number
    WHERE
        of_campaign.type = 'email_clicked'
        AND of_campaign.human
        AND of_campaign.time >= exposed.time
        AND of_campaign.time - exposed.time < CAST(? AS DOUBLE)
),

ordered AS (
    SELECT DISTINCT exposed.contact_number
    FROM exposed
    INNER JOIN standing ON exposed.contact_number = standing.contact_number
    WHERE standing.placed_at >= exposed.time AND standing.placed_at - exposed.time < CAST(? AS DOUBLE)
),

complained AS (
    SELECT DISTINCT contact_number
    FROM of_campaign
    WHERE type = 'email_complained'
)

SELECT
    exposed.variant,
    exposed.held_out,
    COUNT(*) AS people,
    COUNT(clicked.contact_number) AS clicked,
    COUNT(ordered.contact_number) AS ordered,
    COUNT(complained.contact_number) AS complained,
    MAX(exposed.time) AS latest
FROM exposed
LEFT JOIN clicked ON exposed.contact_number = clicked.contact_number
LEFT JOIN ordered ON exposed.contact_number = ordered.contact_number
LEFT JOIN complained ON exposed.contact_number = complained.contact_number
GROUP BY exposed.variant, exposed.held_out
ORDER BY held_out, variant

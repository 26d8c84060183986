-- Who got emails beside who was held out of them: how many people, how many of them ordered within so long after the first, and how many of
-- these had clicked in one of the emails before, within the attribution's window of five days.
-- Parts: orders, emails.
-- Parameters: the shop's holdout, as the lake has it ('holdout=tname'; '': there is none), and the instant since which it is so; the instant
-- since which campaigns are looked at; the milliseconds that count of campaigns, and of the shop's holdout; the instant of asking.
-- `channel`: 'shop', or `campaign:spring` of those with a holdout of their own. Who is counted has had their time.
WITH asked AS (
    SELECT
        ? AS holdout,
        CAST(? AS DOUBLE) AS holdout_since,
        CAST(? AS DOUBLE) AS campaigns_since,
        CAST(? AS DOUBLE) AS of_campaign,
        CAST(? AS DOUBLE) AS of_shop,
        CAST(? AS DOUBLE) AS instant
),

told_of_both AS (
    -- Whom the shop's holdout keeps from a campaign's email is none of the campaign's own.
    SELECT
        'shop' AS channel,
        emails.contact_number,
        emails.type,
        emails.time
    FROM emails
    CROSS JOIN asked
    WHERE
        emails.type IN ('email_sent', 'email_held_out')
        AND emails.time >= asked.holdout_since
        AND CONTAINS(emails.properties, asked.holdout)
    UNION ALL
    SELECT
        'campaign:' || emails.campaign AS channel,
        emails.contact_number,
        emails.type,
        emails.time
    FROM emails
    CROSS JOIN asked
    WHERE
        emails.time >= asked.campaigns_since
        AND emails.campaign IS NOT NULL
        AND (
            emails.type = 'email_sent'
            OR (
                emails.type = 'email_held_out'
                AND (
                    emails.properties IS NULL
                    OR CARDINALITY(FILTER(emails.properties, x -> SUBSTR(x, 1, 8) = 'holdout=')) = 0
                )
            )
        )
),

exposed AS (
    -- Who was sent a campaign's email after all is not held out of it; of the shop's holdout, whoever was held out once is.
    SELECT
        channel,
        contact_number,
        CASE
            WHEN channel = 'shop' THEN MAX(CASE WHEN type = 'email_held_out' THEN 1 ELSE 0 END)
            ELSE MIN(CASE WHEN type = 'email_held_out' THEN 1 ELSE 0 END)
        END AS held_out,
        MIN(time) AS time
    FROM told_of_both
    GROUP BY channel, contact_number
),

with_holdout AS (
    SELECT DISTINCT channel
    FROM exposed
    WHERE held_out = 1
),

timed AS (
    SELECT
        exposed.channel,
        exposed.contact_number,
        exposed.held_out,
        exposed.time,
        CASE WHEN exposed.channel = 'shop' THEN asked.of_shop ELSE asked.of_campaign END AS within
    FROM exposed
    INNER JOIN with_holdout ON exposed.channel = with_holdout.channel
    CROSS JOIN asked
    WHERE
        exposed.time + CASE WHEN exposed.channel = 'shop' THEN asked.of_shop ELSE asked.of_campaign END <= asked.instant
),

bought AS (
    SELECT
        timed.channel,
        timed.contact_number,
        standing.placed_at
    FROM timed
    INNER JOIN standing ON timed.contact_number = standing.contact_number
    WHERE standing.placed_at > timed.time AND standing.placed_at - timed.time < timed.within
),

ordered AS (
    SELECT DISTINCT
        channel,
        contact_number
    FROM bought
),

attributed AS (
    SELECT DISTINCT
        bought.channel,
        bought.contact_number
    FROM bought
    INNER JOIN clicks ON bought.contact_number = clicks.contact_number
    WHERE
        (bought.channel = 'shop' OR bought.channel = 'campaign:' || clicks.campaign)
        AND bought.placed_at >= clicks.time
        AND bought.placed_at - clicks.time < 432000000
)

SELECT
    timed.channel,
    timed.held_out,
    COUNT(*) AS people,
    COUNT(ordered.contact_number) AS ordered,
    COUNT(attributed.contact_number) AS attributed
FROM timed
LEFT JOIN ordered ON timed.channel = ordered.channel AND timed.contact_number = ordered.contact_number
LEFT JOIN attributed ON timed.channel = attributed.channel AND timed.contact_number = attributed.contact_number
GROUP BY timed.channel, timed.held_out
ORDER BY timed.channel, timed.held_out

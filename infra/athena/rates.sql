-- What people do with the shop's campaigns, as far as a test can be planned by it: of the emails of campaigns that were sent
-- since a day, how many were clicked in by a person, and after how many their contact ordered, within so long; and what was
-- spent then, less refunds, in hundredths, with the sum of the squares.
-- Parts: orders, emails.
-- Parameters: the day, and the milliseconds that count, twice.
WITH sent AS (
    SELECT
        contact_number,
        campaign,
        MIN(time) AS time
    FROM emails
    WHERE type = 'email_sent' AND campaign IS NOT NULL AND day >= ?
    GROUP BY contact_number, campaign
),

clicked AS (
    SELECT DISTINCT
        sent.contact_number,
        sent.campaign
    FROM sent
    INNER JOIN clicks ON sent.contact_number = clicks.contact_number AND sent.campaign = clicks.campaign
    WHERE clicks.time >= sent.time AND clicks.time - sent.time < CAST(? AS DOUBLE)
),

ordered AS (
    SELECT
        sent.contact_number,
        sent.campaign,
        CAST(SUM(COALESCE(standing.net, 0)) AS DOUBLE) AS net
    FROM sent
    INNER JOIN standing ON sent.contact_number = standing.contact_number
    WHERE standing.placed_at > sent.time AND standing.placed_at - sent.time < CAST(? AS DOUBLE)
    GROUP BY sent.contact_number, sent.campaign
)

SELECT
    COUNT(*) AS people,
    COUNT(clicked.contact_number) AS clicked,
    COUNT(ordered.contact_number) AS ordered,
    COALESCE(SUM(ordered.net), 0) AS revenue,
    COALESCE(SUM(ordered.net * ordered.net), 0) AS squares
FROM sent
LEFT JOIN clicked ON sent.contact_number = clicked.contact_number AND sent.campaign = clicked.campaign
LEFT JOIN ordered ON sent.contact_number = ordered.contact_number AND sent.campaign = ordered.campaign

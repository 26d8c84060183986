-- Who is behind a figure of a group's emails, the 10,000 with most of it first: what of it is each contact's, and of all of them
-- together the sum and how many they are.
-- Parts: orders, emails, through, mails.
-- Parameters: which figure, as `GET /reports/kpis` calls it; the group; and the first and the last day, as '2026-11-24'.
WITH asked AS (
    SELECT
        mails_of_groups.contact_number,
        CASE of_figure.figure
            WHEN 'sent' THEN 1
            WHEN 'delivered' THEN mails_of_groups.delivered
            WHEN 'bounced' THEN mails_of_groups.bounced
            WHEN 'waiting' THEN 1 - mails_of_groups.delivered - mails_of_groups.bounced
            WHEN 'opened' THEN mails_of_groups.opened
            WHEN 'opened_raw' THEN mails_of_groups.opened_raw
            WHEN 'clicked' THEN mails_of_groups.clicked
            WHEN 'converted' THEN CASE WHEN mails_of_groups.orders > 0 THEN 1 ELSE 0 END
            WHEN 'unsubscribed' THEN mails_of_groups.unsubscribed
            WHEN 'complained' THEN mails_of_groups.complained
            WHEN 'orders' THEN mails_of_groups.orders
            WHEN 'revenue' THEN mails_of_groups.revenue
        END AS n
    FROM mails_of_groups
    CROSS JOIN (VALUES (?)) AS of_figure (figure)
    WHERE mails_of_groups.called = ? AND mails_of_groups.day >= ? AND mails_of_groups.day <= ?
),

people AS (
    SELECT
        contact_number,
        SUM(n) AS n
    FROM asked
    GROUP BY contact_number
)

SELECT
    contact_number,
    n,
    SUM(n) OVER () AS total,
    COUNT(*) OVER () AS contacts
FROM people
WHERE n <> 0
ORDER BY n DESC, contact_number
LIMIT 10000

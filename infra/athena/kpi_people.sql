-- Who is behind a figure of a group's emails.
-- Behind: kpis.
-- Parameters: those of kpis, whose 30 days are looked at, however long they are; then the figure, as `GET /reports/kpis` calls it, and
-- the group.
SELECT
    contact_number,
    n
FROM (
    SELECT
        people.contact_number,
        CASE asked.figure
            WHEN 'people' THEN people.sent
            WHEN 'sent' THEN people.sent
            WHEN 'delivered' THEN people.delivered
            WHEN 'bounced' THEN people.bounced
            WHEN 'waiting' THEN people.sent - people.delivered - people.bounced
            WHEN 'opened' THEN people.opened
            WHEN 'opened_raw' THEN people.opened_raw
            WHEN 'clicked' THEN people.clicked
            WHEN 'converted' THEN people.converted
            WHEN 'unsubscribed' THEN people.unsubscribed
            WHEN 'complained' THEN people.complained
            WHEN 'orders' THEN people.orders
            WHEN 'revenue' THEN people.revenue
        END AS n
    FROM people
    CROSS JOIN (
        SELECT
            ? AS figure,
            ? AS called
    ) AS asked
    WHERE people.days = 30 AND people.called = asked.called
) AS of_group
WHERE n <> 0

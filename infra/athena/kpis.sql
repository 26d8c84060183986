-- What came of emails, by what sent them and to whom: sums of each group over the last 30, 90 and 365 whole days.
-- Parts: orders, emails, through, mails.
-- Parameters: the pass of the refresh whose memberships are read; the first of the 30 days, of the 90 and of the 365, as
-- '2026-11-24'; and the last of them.
-- A group is `all`, `journey:<id>`, `campaign:<id>`, `other` (neither), `topic:<id>` or `segment:<id>` (whoever is in it as of that
-- pass; experiments have segments of their own, `base__…`, which are left out).
-- Besides each sum there are, over the group's people, the sum of its square (`…_squared`) and of its product with
-- the number of emails it is a share of (`…_by_delivered`, `…_by_sent`): emails to the same person are no independent ones.
-- `value`: what is to be expected of the group's people, added up, of those `valued`.
WITH members AS (
    SELECT
        contact_number,
        name
    FROM facts
    WHERE pass = ? AND kind = 'member' AND SUBSTR(name, 1, 6) <> 'base__'
),

grouped AS (
    SELECT
        mails_of_groups.called,
        mails_of_groups.contact_number,
        mails_of_groups.day,
        mails_of_groups.delivered,
        mails_of_groups.bounced,
        mails_of_groups.opened,
        mails_of_groups.opened_raw,
        mails_of_groups.clicked,
        mails_of_groups.unsubscribed,
        mails_of_groups.complained,
        mails_of_groups.orders,
        mails_of_groups.revenue
    FROM mails_of_groups
    UNION ALL
    SELECT
        CONCAT('segment:', members.name) AS called,
        mails.contact_number,
        mails.day,
        mails.delivered,
        mails.bounced,
        mails.opened,
        mails.opened_raw,
        mails.clicked,
        mails.unsubscribed,
        mails.complained,
        mails.orders,
        mails.revenue
    FROM mails
    INNER JOIN members ON mails.contact_number = members.contact_number
),

people AS (
    SELECT
        grouped.called,
        periods.days,
        grouped.contact_number,
        COUNT(*) AS sent,
        SUM(grouped.delivered) AS delivered,
        SUM(grouped.bounced) AS bounced,
        SUM(grouped.opened) AS opened,
        SUM(grouped.opened_raw) AS opened_raw,
        SUM(grouped.clicked) AS clicked,
        SUM(CASE WHEN grouped.orders > 0 THEN 1 ELSE 0 END) AS converted,
        SUM(grouped.unsubscribed) AS unsubscribed,
        SUM(grouped.complained) AS complained,
        SUM(grouped.orders) AS orders,
        SUM(grouped.revenue) AS revenue
    FROM grouped
    CROSS JOIN (VALUES (30, ?), (90, ?), (365, ?)) AS periods (days, begins)
    WHERE grouped.day >= periods.begins AND grouped.day <= ?
    GROUP BY grouped.called, periods.days, grouped.contact_number
),

worth AS (
    SELECT
        contact_number,
        MAX(value) AS value
    FROM scores
    WHERE score = 'value'
    GROUP BY contact_number
)

SELECT
    people.called,
    people.days,
    COUNT(*) AS people,
    SUM(people.sent) AS sent,
    SUM(people.delivered) AS delivered,
    SUM(people.bounced) AS bounced,
    SUM(people.opened) AS opened,
    SUM(people.opened_raw) AS opened_raw,
    SUM(people.clicked) AS clicked,
    SUM(people.converted) AS converted,
    SUM(people.unsubscribed) AS unsubscribed,
    SUM(people.complained) AS complained,
    SUM(people.orders) AS orders,
    SUM(people.revenue) AS revenue,
    SUM(people.sent * people.sent) AS sent_squared,
    SUM(people.delivered * people.delivered) AS delivered_squared,
    SUM(people.bounced * people.bounced) AS bounced_squared,
    SUM(people.bounced * people.sent) AS bounced_by_sent,
    SUM(people.opened * people.opened) AS opened_squared,
    SUM(people.opened * people.delivered) AS opened_by_delivered,
    SUM(people.clicked * people.clicked) AS clicked_squared,
    SUM(people.clicked * people.delivered) AS clicked_by_delivered,
    SUM(people.converted * people.converted) AS converted_squared,
    SUM(people.converted * people.delivered) AS converted_by_delivered,
    SUM(people.unsubscribed * people.unsubscribed) AS unsubscribed_squared,
    SUM(people.unsubscribed * people.delivered) AS unsubscribed_by_delivered,
    SUM(people.complained * people.complained) AS complained_squared,
    SUM(people.complained * people.delivered) AS complained_by_delivered,
    SUM(worth.value) AS value,
    COUNT(worth.value) AS valued
FROM people
LEFT JOIN worth ON people.contact_number = worth.contact_number
GROUP BY people.called, people.days
ORDER BY people.called, people.days

-- What came of the emails that were sent on a day, by what sent them: a row for each of the last 90 whole days and each group.
-- Parts: orders, emails, through, mails.
-- Parameters: the first of the days and the last, as '2026-11-24'.
-- A group is `all`, `journey:<id>`, `campaign:<id>`, `other` (neither) or `topic:<id>`; a day on which it sent nothing is left out.
SELECT
    called,
    day,
    COUNT(*) AS sent,
    SUM(delivered) AS delivered,
    SUM(bounced) AS bounced,
    SUM(opened) AS opened,
    SUM(opened_raw) AS opened_raw,
    SUM(clicked) AS clicked,
    SUM(CASE WHEN orders > 0 THEN 1 ELSE 0 END) AS converted,
    SUM(unsubscribed) AS unsubscribed,
    SUM(complained) AS complained,
    SUM(orders) AS orders,
    SUM(revenue) AS revenue
FROM mails_of_groups
WHERE day BETWEEN ? AND ?
GROUP BY called, day
ORDER BY called, day

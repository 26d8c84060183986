-- Where people clicked in the emails of a campaign, or of a step of a journey: of each version of an email in each language, how
-- many people were sent it (`sent`), how many of them clicked in it (`clicked`), and how many clicked at each place (`at`).
-- Of each, a person counts once. A click from before links were marked has no place; a machine's counts nowhere.
-- Parts: emails.
-- Parameters: the instant from which on emails count, and the campaign, the journey and the step, each `-` for none.
WITH told AS (
    SELECT *
    FROM emails
    WHERE
        (type = 'email_sent' OR (type = 'email_clicked' AND human))
        AND time >= CAST(? AS DOUBLE)
        AND COALESCE(campaign, '-') = ?
        AND COALESCE(journey, '-') = ?
        AND COALESCE(step, '-') = ?
),

marks AS (
    SELECT
        told.id,
        told.contact_number,
        MIN(CASE WHEN property LIKE 'version=t%' THEN SUBSTR(property, 10) END) AS version,
        MIN(CASE WHEN property LIKE 'language=t%' THEN SUBSTR(property, 11) END) AS language,
        MIN(CASE WHEN property LIKE 'place=t%' THEN SUBSTR(property, 8) END) AS place
    FROM told
    CROSS JOIN UNNEST(told.properties) AS of_event (property)
    GROUP BY told.id, told.contact_number
),

of_versions AS (
    SELECT
        told.contact_number,
        CASE WHEN told.type = 'email_sent' THEN 'sent' ELSE 'clicked' END AS what,
        COALESCE(told.template, '') AS template,
        COALESCE(marks.version, '') AS version,
        COALESCE(marks.language, '') AS language,
        COALESCE(marks.place, '') AS place,
        told.time
    FROM told
    LEFT JOIN marks ON told.id = marks.id AND told.contact_number = marks.contact_number
)

SELECT
    template,
    version,
    language,
    what,
    '' AS place,
    COUNT(DISTINCT contact_number) AS people
FROM of_versions
GROUP BY template, version, language, what
UNION ALL
SELECT
    template,
    version,
    language,
    'at' AS what,
    place,
    COUNT(DISTINCT contact_number) AS people
FROM of_versions
WHERE what = 'clicked'
GROUP BY template, version, language, place
ORDER BY template, version, language, what, place

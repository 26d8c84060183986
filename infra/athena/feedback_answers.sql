-- What people answered with one click in an email: by what sent it, the question's email and the answer, how many `people` gave it
-- last; and, with no answer, how many were `sent` it. Of each email of each campaign or step, a person's last answer counts.
-- Parts: emails.
-- Parameters: the instant from which on emails count.
WITH told AS (
    SELECT
        id,
        contact_number,
        type,
        time,
        COALESCE(campaign, '') AS campaign,
        COALESCE(journey, '') AS journey,
        COALESCE(step, '') AS step,
        COALESCE(template, '') AS template,
        properties
    FROM emails
    WHERE (type = 'email_sent' OR (type = 'email_clicked' AND human)) AND time >= CAST(? AS DOUBLE)
),

answers AS (
    SELECT
        told.contact_number,
        told.campaign,
        told.journey,
        told.step,
        told.template,
        MAX_BY(SUBSTR(property, 9), told.time) AS answer,
        MAX(told.time) AS time
    FROM told
    CROSS JOIN UNNEST(told.properties) AS of_event (property)
    WHERE told.type = 'email_clicked' AND property LIKE 'answer=t%'
    GROUP BY told.contact_number, told.campaign, told.journey, told.step, told.template
),

asking AS (
    SELECT DISTINCT
        campaign,
        journey,
        step,
        template
    FROM answers
)

SELECT
    campaign,
    journey,
    step,
    template,
    answer,
    COUNT(*) AS people
FROM answers
GROUP BY campaign, journey, step, template, answer
UNION ALL
SELECT
    told.campaign,
    told.journey,
    told.step,
    told.template,
    '' AS answer,
    COUNT(DISTINCT told.contact_number) AS people
FROM told
INNER JOIN
    asking
    ON
        told.campaign = asking.campaign
        AND told.journey = asking.journey
        AND told.step = asking.step
        AND told.template = asking.template
WHERE told.type = 'email_sent'
GROUP BY told.campaign, told.journey, told.step, told.template
ORDER BY campaign, journey, step, template, people DESC, answer

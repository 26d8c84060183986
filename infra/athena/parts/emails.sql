-- What came of emails, for every query that counts it: `emails`, event by event; `clicks`, those of people; and `left_by`,
-- the emails (`message`) by whose link somebody unsubscribed, from what the email was about or from everything, and when.
-- Parameters: the month from which on events are read, as '2026-09', and the instant up to which, in milliseconds.
-- An event is here twice when its history has joined another contact, once under each: what is counted is its `id`.
-- `channel` is what has sent it: `campaign:spring`, `journey:welcome`; `other:emails` of what neither has.
-- A click that a machine made is none of a person's, and is only among `emails`. Days are the shop's.
of_emails AS (
    SELECT
        contact_number,
        type,
        time,
        DAY_OF(time) AS day,
        id,
        human,
        permanent,
        link,
        campaign,
        journey,
        step,
        template,
        topic,
        message,
        unsubscribed,
        properties,
        CASE
            WHEN REGEXP_LIKE(campaign, '^[A-Za-z0-9_.-]+$') THEN 'campaign:' || campaign
            WHEN REGEXP_LIKE(journey, '^[A-Za-z0-9_.-]+$') THEN 'journey:' || journey
            ELSE 'other:emails'
        END AS channel
    FROM events
    WHERE
        month >= ?
        AND time <= CAST(? AS DOUBLE)
        AND type IN (
            'email_sent', 'email_held_out', 'email_delivered', 'email_opened', 'email_clicked', 'email_bounced',
            'email_complained', 'email_rejected', 'email_failed', 'consent_changed'
        )
),

emails AS (
    SELECT *
    FROM of_emails
    WHERE type <> 'consent_changed'
),

left_by AS (
    SELECT
        answers.message,
        MIN(answers.time) AS time
    FROM of_emails AS answers
    INNER JOIN emails ON answers.message = emails.message
    WHERE
        answers.type = 'consent_changed'
        AND emails.type = 'email_sent'
        AND (CONTAINS(answers.unsubscribed, emails.topic) OR CONTAINS(answers.unsubscribed, 'all'))
    GROUP BY answers.message
),

clicks AS (
    SELECT *
    FROM emails
    WHERE type = 'email_clicked' AND human
)

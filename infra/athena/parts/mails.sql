-- An email as one row, with all that came of it, for every query that compares emails.
-- It stands behind the parts `orders`, `emails` and `through`, and reads no events itself.
-- `mails`: each with its message, contact_number, the shop's day and the instant it was sent, journey, campaign and topic, and
-- numbers that are 1 or 0: `delivered` (SES told so, or somebody did something in it); `bounced` (it came back or SES refused
-- it; what was delivered has bounced only where it came back for good, and no person did anything in it); `opened` by a person,
-- `opened_raw` by whatever loaded its pictures; `clicked` by a person; `complained`;
-- `unsubscribed` by its link. `orders`: those placed within five days after a person's click in it that was the last before them
-- in any email; `revenue`: what is left of those, in hundredths of the shop's currency.
-- `mails_of_groups`: each of them for each group it is `called` by: `all`, `journey:<id>`, `campaign:<id>`, `other` (of neither),
-- `topic:<id>`.
earned AS (
    SELECT
        message,
        COUNT(*) AS orders,
        SUM(worth) AS revenue
    FROM through
    WHERE place = 1
    GROUP BY message
),

told_of_mails AS (
    SELECT
        message,
        MIN(contact_number) AS contact_number,
        COALESCE(MIN(CASE WHEN type = 'email_sent' THEN day END), MIN(day)) AS day,
        COALESCE(MIN(CASE WHEN type = 'email_sent' THEN time END), MIN(time)) AS sent_at,
        MAX(journey) AS journey,
        MAX(campaign) AS campaign,
        MAX(topic) AS topic,
        MAX(CASE WHEN type IN ('email_delivered', 'email_opened', 'email_clicked') THEN 1 ELSE 0 END) AS arrived,
        MAX(CASE WHEN human OR type = 'email_complained' THEN 1 ELSE 0 END) AS read,
        MAX(CASE WHEN type IN ('email_bounced', 'email_rejected', 'email_failed') THEN 1 ELSE 0 END) AS returned,
        MAX(CASE WHEN type = 'email_bounced' AND permanent THEN 1 ELSE 0 END) AS returned_for_good,
        MAX(CASE WHEN type = 'email_opened' AND human THEN 1 ELSE 0 END) AS opened,
        MAX(CASE WHEN type = 'email_opened' THEN 1 ELSE 0 END) AS opened_raw,
        MAX(CASE WHEN type = 'email_clicked' AND human THEN 1 ELSE 0 END) AS clicked,
        MAX(CASE WHEN type = 'email_complained' THEN 1 ELSE 0 END) AS complained
    FROM emails
    WHERE type <> 'email_held_out' AND message IS NOT NULL
    GROUP BY message
),

mails AS (
    SELECT
        told_of_mails.message,
        told_of_mails.contact_number,
        told_of_mails.day,
        told_of_mails.sent_at,
        told_of_mails.journey,
        told_of_mails.campaign,
        told_of_mails.topic,
        CASE
            WHEN told_of_mails.read = 1 OR left_by.message IS NOT NULL THEN 1
            WHEN told_of_mails.returned_for_good = 1 THEN 0
            ELSE told_of_mails.arrived
        END AS delivered,
        CASE
            WHEN told_of_mails.read = 1 OR left_by.message IS NOT NULL THEN 0
            WHEN told_of_mails.returned_for_good = 1 THEN 1
            WHEN told_of_mails.arrived = 1 THEN 0
            ELSE told_of_mails.returned
        END AS bounced,
        told_of_mails.opened,
        told_of_mails.opened_raw,
        told_of_mails.clicked,
        told_of_mails.complained,
        CASE WHEN left_by.message IS NULL THEN 0 ELSE 1 END AS unsubscribed,
        COALESCE(earned.orders, 0) AS orders,
        COALESCE(earned.revenue, 0) AS revenue
    FROM told_of_mails
    LEFT JOIN left_by ON told_of_mails.message = left_by.message
    LEFT JOIN earned ON told_of_mails.message = earned.message
),

mails_of_groups AS (
    SELECT *
    FROM (
        SELECT
            mails.*,
            CASE kinds.kind
                WHEN 'all' THEN 'all'
                WHEN 'journey' THEN CONCAT('journey:', mails.journey)
                WHEN 'campaign' THEN CONCAT('campaign:', mails.campaign)
                WHEN 'topic' THEN CONCAT('topic:', mails.topic)
                WHEN 'other' THEN CASE WHEN mails.journey IS NULL AND mails.campaign IS NULL THEN 'other' END
            END AS called
        FROM mails
        CROSS JOIN (VALUES ('all'), ('journey'), ('campaign'), ('topic'), ('other')) AS kinds (kind)
    ) AS called_by_kind
    WHERE called IS NOT NULL
)

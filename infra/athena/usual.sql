-- What people do with an email of a journey (or with its first email, whichever that was), as far as an experiment with it can be planned
-- by that: of those who were first sent it since an instant, how many are alike in whether they clicked in it, ordered, and what they
-- spent, within so long.
-- Parts: orders, emails.
-- Parameters: the journey; the step, twice (empty: whichever); the instant, in milliseconds; and the milliseconds that count, twice.
-- A machine's click counts nowhere.
WITH of_step AS (
    SELECT
        contact_number,
        type,
        time,
        human
    FROM emails
    WHERE journey = ? AND (? = '' OR step = ?)
),

sent AS (
    SELECT
        contact_number,
        MIN(time) AS time
    FROM of_step
    WHERE type = 'email_sent' AND time >= CAST(? AS DOUBLE)
    GROUP BY contact_number
),

clicked AS (
    SELECT DISTINCT sent.contact_number
    FROM sent
    INNER JOIN of_step ON sent.contact_number = of_step.contact_number
    WHERE
        of_step.type = 'email_clicked'
        AND of_step.human
        AND of_step.time >= sent.time
        AND of_step.time - sent.time < CAST(? AS DOUBLE)
),

spent AS (
    SELECT
        sent.contact_number,
        COALESCE(SUM(standing.net), 0) AS net
    FROM sent
    INNER JOIN standing ON sent.contact_number = standing.contact_number
    WHERE standing.placed_at > sent.time AND standing.placed_at - sent.time < CAST(? AS DOUBLE)
    GROUP BY sent.contact_number
),

outcomes AS (
    SELECT
        sent.time,
        CASE WHEN clicked.contact_number IS NULL THEN 0 ELSE 1 END AS clicked,
        CASE WHEN spent.contact_number IS NULL THEN 0 ELSE 1 END AS ordered,
        COALESCE(spent.net, 0) AS net
    FROM sent
    LEFT JOIN clicked ON sent.contact_number = clicked.contact_number
    LEFT JOIN spent ON sent.contact_number = spent.contact_number
)

SELECT
    clicked,
    ordered,
    net,
    COUNT(*) AS people,
    MIN(time) AS earliest
FROM outcomes
GROUP BY clicked, ordered, net
ORDER BY clicked, ordered, net

-- What people in a segment do, as far as an experiment with its criteria can be planned by that: of those in it as of a night who were
-- sent an email since an instant, how many are alike in whether they clicked in one, ordered, and what they spent, within so long of the
-- first.
-- Parts: orders, emails.
-- Parameters: the pass of the refresh whose memberships are read, and the segment; the instant, in milliseconds; and the milliseconds
-- that count, twice.
-- An email: of a journey or a campaign, or a digest. A machine's click counts nowhere.
WITH members AS (
    SELECT DISTINCT contact_number
    FROM facts
    WHERE pass = ? AND kind = 'member' AND name = ?
),

of_members AS (
    SELECT
        emails.contact_number,
        emails.type,
        emails.time,
        emails.human
    FROM emails
    INNER JOIN members ON emails.contact_number = members.contact_number
    WHERE emails.channel <> 'other:emails' OR emails.template = 'digest'
),

sent AS (
    SELECT
        contact_number,
        MIN(time) AS time
    FROM of_members
    WHERE type = 'email_sent' AND time >= CAST(? AS DOUBLE)
    GROUP BY contact_number
),

clicked AS (
    SELECT DISTINCT sent.contact_number
    FROM sent
    INNER JOIN of_members ON sent.contact_number = of_members.contact_number
    WHERE
        of_members.type = 'email_clicked'
        AND of_members.human
        AND of_members.time >= sent.time
        AND of_members.time - sent.time < CAST(? AS DOUBLE)
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

-- What people in a segment do, as far as an experiment with its criteria can be planned by that: of those in it as of a night who were
-- sent an email since an instant, how many are alike in whether they clicked in one, ordered, and what they spent, within so long of the
-- first.
-- Parts: orders, emails.
-- Parameters: the pass of the refresh whose memberships are read, and the segment; the instant, in milliseconds; the milliseconds
-- that count, twice; and 0.
-- An email: of a journey or a campaign, or a digest.
WITH members AS (
    SELECT DISTINCT contact_number
    FROM facts
    WHERE pass = ? AND kind = 'member' AND name = ?
),

of_them AS (
    SELECT
        emails.contact_number,
        emails.type,
        emails.time,
        emails.human
    FROM emails
    INNER JOIN members ON emails.contact_number = members.contact_number
    WHERE emails.channel <> 'other:emails' OR emails.template = 'digest'
),

-- Here: outcomes.

SELECT
    clicked,
    ordered,
    net,
    COUNT(*) AS people,
    MIN(time) AS earliest
FROM outcomes
GROUP BY clicked, ordered, net
ORDER BY clicked, ordered, net

-- What people do with an email of a journey (or with its first email, whichever that was), as far as an experiment with it can be planned
-- by that: of those who were first sent it since an instant, how many are alike in whether they clicked in it, ordered, and what they
-- spent, within so long.
-- Parts: orders, emails.
-- Parameters: the journey; the step, twice (empty: whichever); the instant, in milliseconds; the milliseconds that count, twice; and 0.
WITH of_them AS (
    SELECT
        contact_number,
        type,
        time,
        human
    FROM emails
    WHERE journey = ? AND (? = '' OR step = ?)
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

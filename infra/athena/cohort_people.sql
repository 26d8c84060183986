-- Who is behind a number of the cohorts: up to 200 of them, by their numbers, with how many orders they placed in the month.
-- Parts: orders, emails, sign_ups, began.
-- Parameters: the pass of the refresh whose memberships are read, and the segment or '' for everybody; the kind, first_order or
-- sign_up; the cohort's month, as '2026-09', the month in which they ordered ('': all of the cohort), and the segment once more.
WITH members AS (
    SELECT contact_number
    FROM facts
    WHERE pass = ? AND kind = 'member' AND name = ?
)

SELECT
    began.contact_number,
    COALESCE(bought.orders, 0) AS orders
FROM began
CROSS JOIN (
    SELECT
        ? AS kind,
        ? AS month,
        ? AS ordered_in,
        ? AS segment
) AS asked
LEFT JOIN members ON began.contact_number = members.contact_number
LEFT JOIN bought ON began.contact_number = bought.contact_number AND bought.month = asked.ordered_in
WHERE
    began.kind = asked.kind
    AND began.month = asked.month
    AND (asked.segment = '' OR members.contact_number IS NOT NULL)
    AND (asked.ordered_in = '' OR bought.orders IS NOT NULL)
ORDER BY began.contact_number
LIMIT 200

-- Who is behind a number of the cohorts, with how many orders they placed.
-- Behind: cohorts.
-- Parameters: those of cohorts; then the kind, the group (all, or segment:<id>), the cohort's month ('': all that came before those
-- that are told by themselves), and the month in which they ordered ('': all of the cohort, with all their orders).
SELECT
    cohorts.contact_number,
    CASE WHEN asked.ordered_in = '' THEN COALESCE(totals.orders, 0) ELSE bought.orders END AS n
FROM cohorts
CROSS JOIN (
    SELECT
        ? AS kind,
        ? AS called,
        ? AS month,
        ? AS ordered_in
) AS asked
LEFT JOIN totals ON cohorts.contact_number = totals.contact_number
LEFT JOIN bought ON cohorts.contact_number = bought.contact_number AND bought.month = asked.ordered_in
WHERE
    cohorts.kind = asked.kind
    AND cohorts.called = asked.called
    AND cohorts.told = asked.month
    AND (asked.ordered_in = '' OR bought.orders IS NOT NULL)

-- Who is behind a number of the funnel, with the instant at which they signed up.
-- Behind: funnel.
-- Parameters: that of funnel; then how many days count; what they are (people, customers, ready, waiting, confirmed, clicked, ordered or
-- again); and the month (the shop's) of the sign-up, as '2026-09', or '' for all.
SELECT
    people.contact_number,
    people.signed_up_at AS n
FROM people
CROSS JOIN (
    SELECT
        CAST(? AS DOUBLE) AS days,
        ? AS step,
        ? AS month
) AS asked
WHERE
    people.days = asked.days
    AND (asked.month = '' OR people.month = asked.month)
    AND people.customer = CASE asked.step WHEN 'customers' THEN 1 ELSE 0 END
    AND (asked.step IN ('people', 'customers') OR people.ready = CASE asked.step WHEN 'waiting' THEN 0 ELSE 1 END)
    AND CASE asked.step
        WHEN 'confirmed' THEN people.confirmed
        WHEN 'clicked' THEN people.clicked
        WHEN 'ordered' THEN people.ordered
        WHEN 'again' THEN people.again
        ELSE 0
    END < people.within

-- Who is behind a number of the funnel: up to 200 people, by their numbers, with the instant at which they signed up.
-- Parts: orders, emails, sign_ups.
-- Parameters: the instant up to which people have had their time, in milliseconds; how many days count; the step (ready, confirmed,
-- clicked, ordered or again); and the month (the shop's) of the sign-up, as '2026-09', or '' for all.
SELECT
    sign_ups.contact_number,
    sign_ups.signed_up_at
FROM sign_ups
CROSS JOIN (
    SELECT
        CAST(? AS DOUBLE) AS t,
        CAST(? AS DOUBLE) * 86400000.0 AS within,
        ? AS step,
        ? AS month
) AS asked
WHERE
    asked.t - sign_ups.signed_up_at >= asked.within
    AND (sign_ups.ordered_at IS NULL OR sign_ups.ordered_at >= sign_ups.signed_up_at - 86400000.0)
    AND (asked.month = '' OR SUBSTR(DAY_OF(sign_ups.signed_up_at), 1, 7) = asked.month)
    AND CASE asked.step
        WHEN 'confirmed' THEN sign_ups.confirmed_at
        WHEN 'clicked' THEN sign_ups.clicked_at
        WHEN 'ordered' THEN sign_ups.ordered_at
        WHEN 'again' THEN sign_ups.again_at
        ELSE sign_ups.signed_up_at
    END - sign_ups.signed_up_at < asked.within
ORDER BY sign_ups.contact_number
LIMIT 200

-- How long it took from sign-up to each step of the way to the second order: how many people took so many whole days, of those who
-- have had so many days (`within`) and took fewer.
-- Parts: orders, emails, sign_ups.
-- Parameter: the instant up to which people have had their time, in milliseconds.
-- Whoever had ordered more than a day before they signed up is left out.
WITH people AS (
    SELECT
        signed_up_at,
        confirmed_at,
        clicked_at,
        ordered_at,
        again_at
    FROM sign_ups
    WHERE ordered_at IS NULL OR ordered_at >= signed_up_at - 86400000.0
),

steps AS (
    SELECT
        names.step,
        people.signed_up_at,
        CASE names.step
            WHEN 'confirmed' THEN people.confirmed_at
            WHEN 'clicked' THEN people.clicked_at
            WHEN 'ordered' THEN people.ordered_at
            ELSE people.again_at
        END - people.signed_up_at AS took
    FROM people
    CROSS JOIN (VALUES ('confirmed'), ('clicked'), ('ordered'), ('again')) AS names (step)
)

SELECT
    steps.step,
    windows.days AS within,
    CASE WHEN steps.took < 0 THEN 0 ELSE CAST(FLOOR(CAST(steps.took AS DOUBLE) / 86400000) AS BIGINT) END AS days,
    COUNT(*) AS people
FROM steps
CROSS JOIN (VALUES (30), (90), (180), (365)) AS windows (days)
CROSS JOIN (SELECT CAST(? AS DOUBLE) AS t) AS now
WHERE now.t - steps.signed_up_at >= windows.days * 86400000.0 AND steps.took < windows.days * 86400000.0
GROUP BY
    steps.step,
    windows.days,
    CASE WHEN steps.took < 0 THEN 0 ELSE CAST(FLOOR(CAST(steps.took AS DOUBLE) / 86400000) AS BIGINT) END
ORDER BY step, within, days

-- Who is behind a number of a campaign's arm, with the instant at which they came to it; of revenue, with what they spent, less
-- refunds, in hundredths.
-- Behind: arms.
-- Parameters: those of arms; then the arm's variant ('': it has none), whether it was sent or held_out, and the number: people, clicked,
-- ordered, complained, unsubscribed or revenue.
SELECT
    people.contact_number,
    CASE asked.figure WHEN 'revenue' THEN people.net ELSE people.time END AS n
FROM people
CROSS JOIN (
    SELECT
        ? AS variant,
        ? AS kind,
        ? AS figure
) AS asked
WHERE
    people.variant = asked.variant
    AND people.held_out = CASE asked.kind WHEN 'held_out' THEN 1 ELSE 0 END
    AND CASE asked.figure
        WHEN 'clicked' THEN people.clicked IS NOT NULL
        WHEN 'ordered' THEN COALESCE(people.ordered, 0) = 1
        WHEN 'complained' THEN people.complained IS NOT NULL
        WHEN 'unsubscribed' THEN people.unsubscribed IS NOT NULL
        WHEN 'revenue' THEN people.net <> 0
        ELSE TRUE
    END

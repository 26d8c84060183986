-- Who has signed up by a form, with the instant of it.
-- Behind: forms.
-- Parameters: those of forms; then the form; its version and the day of the sign-up, each `-` for all; and whether all are asked for
-- (people), or those of them who had not ordered before (fresh), or who have ordered since (ordered).
SELECT
    people.contact_number,
    people.time AS n
FROM people
CROSS JOIN (
    SELECT
        ? AS form,
        ? AS version,
        ? AS day,
        ? AS figure
) AS asked
WHERE
    people.form = asked.form
    AND (asked.version = '-' OR people.version = asked.version)
    AND (asked.day = '-' OR people.day = asked.day)
    AND CASE asked.figure WHEN 'fresh' THEN people.fresh WHEN 'ordered' THEN people.ordered ELSE 1 END = 1

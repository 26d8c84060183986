-- Who answered a survey, with the instant of their last answer.
-- Behind: feedback_surveys.
-- Parameters: those of feedback_surveys; then the form, the question ('': any), and the answer as the lake may have it: as a text, as a
-- number and as yes or no (see shared/domain/reports/feedback.py).
SELECT
    given.contact_number,
    MAX(given.time) AS n
FROM given
INNER JOIN
    latest
    ON
        given.form = latest.form
        AND given.contact_number = latest.contact_number
        AND given.question = latest.question
        AND given.time = latest.time
CROSS JOIN (
    SELECT
        ? AS form,
        ? AS question,
        ? AS as_text,
        ? AS as_number,
        ? AS as_boolean
) AS asked
WHERE
    given.form = asked.form
    AND (
        asked.question = ''
        OR (
            given.question = asked.question
            AND given.answer IN (asked.as_text, asked.as_number, asked.as_boolean)
        )
    )
GROUP BY given.contact_number

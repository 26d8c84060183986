-- Who answered a survey, with the instant of their last answer.
-- Behind: feedback_surveys.
-- Parameters: those of feedback_surveys; then the form, the question ('': any), and the answer as the lake may have it: as a text, as a
-- number and as yes or no (see shared/domain/reports/feedback.py).
SELECT
    last_given.contact_number,
    MAX(last_given.time) AS n
FROM last_given
CROSS JOIN (
    SELECT
        ? AS form,
        ? AS question,
        ? AS as_text,
        ? AS as_number,
        ? AS as_boolean
) AS asked
WHERE
    last_given.form = asked.form
    AND (
        asked.question = ''
        OR (
            last_given.question = asked.question
            AND last_given.answer IN (asked.as_text, asked.as_number, asked.as_boolean)
        )
    )
GROUP BY last_given.contact_number

-- Who answered a survey, with the instant of their last answer.
-- Behind: feedback_surveys.
-- Parameters: those of feedback_surveys; then the form, the question ('': any), and the answer.
SELECT
    last_given.contact_number,
    MAX(last_given.time) AS n
FROM last_given
CROSS JOIN (
    SELECT
        ? AS form,
        ? AS question,
        ? AS answer
) AS asked
WHERE
    last_given.form = asked.form
    AND (
        asked.question = ''
        OR (
            last_given.question = asked.question
            AND last_given.answer = asked.answer
        )
    )
GROUP BY last_given.contact_number

-- What people answered in surveys: by form, question and answer, how many `people` gave it last; and, with neither question nor
-- answer, how many answered the form. Of each question, a person's last answers count: several where several were chosen at once.
-- Parameters: the month and the instant from which on answers count.
-- An `answer` is what was said, whether it was told as a text, as a number or as yes or no (`question=t5`, `question=n5`, `question=btrue`): who
-- told it in two ways has given it once. What was typed is in no event of the lake; of a form, only what was chosen from the shop's words.
WITH told AS (
    SELECT
        events.id,
        events.contact_number,
        events.time,
        SUBSTR(property, 1, STRPOS(property, '=') - 1) AS question,
        property AS answer
    FROM events
    CROSS JOIN UNNEST(events.properties) AS of_event (property)
    WHERE
        events.month >= ?
        AND events.type = 'other'
        AND events.name = 'Survey Answered'
        AND events.time >= CAST(? AS DOUBLE)
),

forms AS (
    SELECT
        id,
        contact_number,
        MIN(SUBSTR(answer, 7)) AS form
    FROM told
    WHERE question = 'form'
    GROUP BY id, contact_number
),

given AS (
    SELECT
        COALESCE(forms.form, '') AS form,
        told.id,
        told.contact_number,
        told.time,
        told.question,
        CASE told.answer
            WHEN told.question || '=btrue' THEN 'yes'
            WHEN told.question || '=bfalse' THEN 'no'
            ELSE REPLACE(
                REPLACE('=' || told.answer, '=' || told.question || '=t', ''), '=' || told.question || '=n', ''
            )
        END AS answer
    FROM told
    LEFT JOIN forms ON told.id = forms.id AND told.contact_number = forms.contact_number
    WHERE told.question NOT IN ('form', 'form_version')
),

latest AS (
    SELECT
        form,
        contact_number,
        question,
        MAX(time) AS time
    FROM given
    GROUP BY form, contact_number, question
),

last_given AS (
    SELECT given.*
    FROM given
    INNER JOIN
        latest
        ON
            given.form = latest.form
            AND given.contact_number = latest.contact_number
            AND given.question = latest.question
            AND given.time = latest.time
)

SELECT
    form,
    question,
    answer,
    COUNT(DISTINCT contact_number) AS people
FROM last_given
GROUP BY form, question, answer
UNION ALL
SELECT
    form,
    '' AS question,
    '' AS answer,
    COUNT(DISTINCT contact_number) AS people
FROM given
GROUP BY form
ORDER BY form, question, people DESC, answer

-- Who took part in an experiment with a journey or a segment, with which of its variants and from when on: one row a contact, in their order, 10,000
-- of those behind one of them.
-- Parameters: the month from which on it is read, and the experiment as the lake has it; since when that one took part, in
-- milliseconds, twice, and their id.
WITH entered AS (
    SELECT
        events.contact,
        events.time,
        SUBSTR(property, 10) AS variant
    FROM events
    CROSS JOIN UNNEST(events.properties) AS of_event (property)
    WHERE
        events.month >= ?
        AND events.type IN ('email_sent', 'email_held_out', 'experiment_entered')
        AND CONTAINS(events.properties, ?)
        AND property LIKE 'variant=t%'
),

took_part AS (
    SELECT
        contact,
        MIN_BY(variant, time) AS variant,
        MIN(time) AS time
    FROM entered
    GROUP BY contact
)

SELECT
    contact,
    variant,
    time
FROM took_part
WHERE time > CAST(? AS DOUBLE) OR (time = CAST(? AS DOUBLE) AND contact > ?)
ORDER BY time, contact
LIMIT 10000

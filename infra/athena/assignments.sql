-- Who took part in an experiment with a journey, with which of its variants and from when on: one row a contact, in their order.
-- Parameters: the month from which on it is read, and the experiment as the lake has it.
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
)

SELECT
    contact,
    MIN_BY(variant, time) AS variant,
    MIN(time) AS time
FROM entered
GROUP BY contact
ORDER BY time, contact

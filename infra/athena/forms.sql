-- Who has signed up by a form: by form, its version and the day of a person's first sign-up by it, how many `people`, how many of
-- them had not ordered before (`fresh`), and how many of those have placed an order that stands since (`ordered`). Each
-- person counts once a form, at the first of the sign-ups that are looked at.
-- Parts: orders.
-- Parameters: the month and the instant from which on sign-ups count.
-- A sign-up of a form from before its version was told has none.
WITH sign_ups AS (
    SELECT
        events.id,
        events.contact_number,
        MIN(events.time) AS time,
        MIN(DAY_OF(events.time)) AS day,
        MIN(CASE WHEN property LIKE 'form=t%' THEN SUBSTR(property, 7) END) AS form,
        MIN(CASE WHEN property LIKE 'form_version=n%' THEN SUBSTR(property, 15) END) AS version
    FROM events
    CROSS JOIN UNNEST(events.properties) AS of_event (property)
    WHERE events.month >= ? AND events.type = 'consent_changed' AND events.source = 'form' AND events.time >= CAST(? AS DOUBLE)
    GROUP BY events.id, events.contact_number
),

firsts AS (
    SELECT
        form,
        contact_number,
        MIN(time) AS time,
        MIN_BY(day, time) AS day,
        COALESCE(MIN_BY(version, time), '') AS version
    FROM sign_ups
    WHERE form IS NOT NULL
    GROUP BY form, contact_number
),

first_orders AS (
    SELECT
        contact_number,
        MIN(placed_at) AS time
    FROM standing
    GROUP BY contact_number
),

people AS (
    SELECT
        firsts.form,
        firsts.version,
        firsts.day,
        firsts.contact_number,
        firsts.time,
        CASE WHEN first_orders.time < firsts.time THEN 0 ELSE 1 END AS fresh,
        CASE WHEN first_orders.time >= firsts.time THEN 1 ELSE 0 END AS ordered
    FROM firsts
    LEFT JOIN first_orders ON firsts.contact_number = first_orders.contact_number
)

SELECT
    form,
    version,
    day,
    COUNT(*) AS people,
    SUM(fresh) AS fresh,
    SUM(ordered) AS ordered
FROM people
GROUP BY form, version, day
ORDER BY form, version, day

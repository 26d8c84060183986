-- What contacts wrote in their own words, as far as we have told it in words of our own: by the event, the sentiment (empty: none can
-- be told) and what it is about (empty: of all of them), how many `texts`.
-- Parameters: the month and the instant from which on texts count.
-- The texts themselves are in no row of the lake.
WITH told AS (
    SELECT
        events.id,
        events.contact_number,
        MIN(CASE WHEN property LIKE 'of=t%' THEN SUBSTR(property, 5) END) AS wrote,
        COALESCE(MIN(CASE WHEN property LIKE 'scores.value=t%' THEN SUBSTR(property, 15) END), '') AS sentiment,
        MIN(CASE WHEN property LIKE 'instead=t%' THEN SUBSTR(property, 10) END) AS instead
    FROM events
    CROSS JOIN UNNEST(events.properties) AS of_event (property)
    WHERE events.month >= ? AND events.type = 'scored' AND events.time >= CAST(? AS DOUBLE)
    GROUP BY events.id, events.contact_number
),

-- Of a text that was told of twice, what was told instead (`scored.scored_by_service`).
scored AS (
    SELECT
        told.id,
        told.contact_number,
        told.wrote,
        told.sentiment
    FROM told
    LEFT JOIN told AS later ON told.id = later.instead
    WHERE later.id IS NULL
),

topics AS (
    SELECT DISTINCT
        events.id,
        SUBSTR(property, 23) AS topic
    FROM events
    INNER JOIN scored ON events.id = scored.id AND events.contact_number = scored.contact_number
    CROSS JOIN UNNEST(events.properties) AS of_event (property)
    WHERE events.type = 'scored' AND events.month >= ? AND property LIKE 'scores.reasons.about=t%'
)

SELECT
    scored.wrote,
    scored.sentiment,
    '' AS topic,
    COUNT(DISTINCT scored.id) AS texts
FROM scored
WHERE scored.wrote IS NOT NULL
GROUP BY scored.wrote, scored.sentiment
UNION ALL
SELECT
    scored.wrote,
    scored.sentiment,
    topics.topic,
    COUNT(DISTINCT scored.id) AS texts
FROM scored
INNER JOIN topics ON scored.id = topics.id
WHERE scored.wrote IS NOT NULL AND topics.topic <> ''
GROUP BY scored.wrote, scored.sentiment, topics.topic
ORDER BY wrote, sentiment, topic

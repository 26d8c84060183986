-- Who wrote something last, of this sentiment and about this: the contact, the instant and the event, the newest first.
-- Parameters: the month and the instant from which on texts count, what the sentiment and the topic are like (`%`: any).
WITH scored AS (
    SELECT
        events.id,
        events.contact,
        MIN(events.time) AS time,
        MIN(CASE WHEN property LIKE 'of=t%' THEN SUBSTR(property, 5) END) AS wrote,
        COALESCE(MIN(CASE WHEN property LIKE 'scores.value=t%' THEN SUBSTR(property, 15) END), '') AS sentiment,
        MIN(CASE WHEN property LIKE 'instead=t%' THEN SUBSTR(property, 10) END) AS instead
    FROM events
    CROSS JOIN UNNEST(events.properties) AS of_event (property)
    WHERE events.month >= ? AND events.type = 'scored' AND events.time >= CAST(? AS DOUBLE)
    GROUP BY events.id, events.contact
),

about AS (
    SELECT
        events.id,
        events.contact
    FROM events
    CROSS JOIN UNNEST(events.properties) AS of_event (property)
    WHERE
        events.type = 'scored'
        AND events.month >= ?
        AND property LIKE CONCAT('scores.reasons.about=t', ?)
    GROUP BY events.id, events.contact
)

SELECT
    scored.contact,
    scored.time,
    scored.wrote,
    scored.sentiment
FROM scored
LEFT JOIN scored AS later ON scored.id = later.instead -- of a text that was told of twice, what was told instead
LEFT JOIN about ON scored.id = about.id AND scored.contact = about.contact
WHERE later.id IS NULL AND scored.wrote IS NOT NULL AND scored.sentiment LIKE ? AND (about.id IS NOT NULL OR ? = '%')
ORDER BY scored.time DESC, scored.contact
LIMIT 50

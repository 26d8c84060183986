-- At which hours people do something, for the night: of each contact, month and hour (both UTC), how often and what.
-- Parameters: the month from which on, as '2026-09', and the instants after which and up to which, in milliseconds.
-- What a machine did with an email is no act of anybody's.
WITH done AS (
    SELECT
        contact_number,
        month,
        id,
        CAST(FLOOR(CAST(MOD(time, 86400000) AS DOUBLE) / 3600000) AS BIGINT) AS hour,
        CASE type WHEN 'email_clicked' THEN 'click' WHEN 'email_opened' THEN 'open' ELSE 'visit' END AS kind
    FROM events
    WHERE
        month >= ?
        AND type IN ('email_clicked', 'email_opened', 'page_viewed', 'screen_viewed', 'product_viewed')
        AND time > CAST(? AS DOUBLE)
        AND time <= CAST(? AS DOUBLE)
        AND (type NOT LIKE 'email_%' OR human)
)

SELECT
    contact_number,
    month,
    hour,
    kind,
    COUNT(DISTINCT id) + COUNT(CASE WHEN id IS NULL THEN 1 END) AS n
FROM done
GROUP BY contact_number, month, hour, kind
ORDER BY contact_number, month, hour, kind

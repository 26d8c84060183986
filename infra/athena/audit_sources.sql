-- What each source has told: by source, event and, of orders, the currency that the amount was told in, how many events, of how many
-- people, the newest, and how many orders were told without an amount in the shop's currency (`without_amount`).
-- Parameters: the month and the instant from which on events count, and the instant up to which.
SELECT
    source,
    COALESCE(name, type) AS event,
    CASE WHEN type LIKE 'order_%' THEN COALESCE(currency, '') ELSE '' END AS currency,
    COUNT(DISTINCT id) AS events,
    COUNT(DISTINCT contact_number) AS people,
    MAX(time) AS newest,
    COUNT(DISTINCT CASE WHEN placed IS NOT NULL AND total IS NULL THEN COALESCE(order_id, id) END) AS without_amount
FROM events
WHERE month >= ? AND time >= CAST(? AS DOUBLE) AND time <= CAST(? AS DOUBLE) AND type <> 'scored'
GROUP BY source, COALESCE(name, type), CASE WHEN type LIKE 'order_%' THEN COALESCE(currency, '') ELSE '' END
ORDER BY source, event, currency

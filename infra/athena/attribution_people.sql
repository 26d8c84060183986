-- Whose orders a channel was before: of each of them how many, or what these are worth, in hundredths, refunds taken off.
-- Behind: attribution.
-- Parameters: those of attribution; then the first day on which orders count, the channel (none: orders that no channel was before),
-- and what of them is told, orders or revenue.
SELECT
    standing.contact_number,
    SUM(
        CASE asked_for.figure
            WHEN 'revenue' THEN COALESCE(standing.total, 0) - COALESCE(standing.given_back, 0)
            ELSE 1
        END
    ) AS n
FROM standing
CROSS JOIN (
    SELECT
        ? AS first_day,
        ? AS channel,
        ? AS figure
) AS asked_for
LEFT JOIN (
    SELECT DISTINCT
        order_id,
        channel
    FROM numbered
    WHERE place <= 20
) AS before ON standing.order_id = before.order_id
WHERE
    standing.day >= asked_for.first_day
    AND COALESCE(before.channel, 'none') = asked_for.channel
    AND standing.contact_number IS NOT NULL
GROUP BY standing.contact_number

-- How many events there are of a month (UTC), each type for itself.
-- Parameters: the month, as '2026-11'.
SELECT
    type,
    COUNT(*) AS events
FROM events
WHERE month = ?
GROUP BY type

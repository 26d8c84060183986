-- The orders that count and of which something is left, for the night: who ordered, when, and for how much, in millionths of the
-- shop's currency (-1: none was told in it).
-- Parts: orders.
SELECT
    contact_number,
    placed_at AS time,
    COALESCE(net * 10000, -1) AS amount
FROM standing
WHERE contact_number IS NOT NULL AND (given_back IS NULL OR total IS NULL OR given_back < total)
ORDER BY contact_number, time, amount

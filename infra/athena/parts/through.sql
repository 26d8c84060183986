-- Which orders came through email: `through`, behind the parts orders and emails. A row for each order and each click by a person,
-- and not a machine, in an email within five days before it: whose the order is, the shop's day on which it was placed and its
-- `worth` (hundredths, what was ever given back taken off); the email's message and channel; and the click's `place`, 1 for the
-- last before the order.
through AS (
    SELECT
        standing.order_id,
        standing.contact_number,
        standing.day,
        COALESCE(standing.total, 0) - COALESCE(standing.given_back, 0) AS worth,
        clicks.message,
        clicks.channel,
        ROW_NUMBER() OVER (PARTITION BY standing.order_id ORDER BY clicks.time DESC, clicks.message) AS place
    FROM standing
    INNER JOIN
        clicks
        ON
            standing.contact_number = clicks.contact_number
            AND standing.placed_at >= clicks.time
            AND standing.placed_at < clicks.time + 432000000
)

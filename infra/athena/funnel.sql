-- From sign-up to the second order, by the month (the shop's) of the sign-up and within so many days after it: how many people
-- there are, how many of them have had that long, and how many of those came how far in it.
-- Parts: orders, emails, sign_ups.
-- Parameter: the instant up to which people have had their time, in milliseconds.
-- Whoever had ordered more than a day before they signed up is counted under `customers` alone: they are no sign-up that became one.
WITH people AS (
    SELECT
        sign_ups.contact_number,
        sign_ups.signed_up_at,
        SUBSTR(DAY_OF(sign_ups.signed_up_at), 1, 7) AS month,
        windows.days,
        windows.days * 86400000.0 AS within,
        CASE WHEN now.t - sign_ups.signed_up_at >= windows.days * 86400000.0 THEN 1 ELSE 0 END AS ready,
        CASE WHEN sign_ups.ordered_at < sign_ups.signed_up_at - 86400000.0 THEN 1 ELSE 0 END AS customer,
        sign_ups.confirmed_at - sign_ups.signed_up_at AS confirmed,
        sign_ups.clicked_at - sign_ups.signed_up_at AS clicked,
        sign_ups.ordered_at - sign_ups.signed_up_at AS ordered,
        sign_ups.again_at - sign_ups.signed_up_at AS again
    FROM sign_ups
    CROSS JOIN (VALUES (30), (90), (180), (365)) AS windows (days)
    CROSS JOIN (SELECT CAST(? AS DOUBLE) AS t) AS now
)

SELECT
    month,
    days,
    SUM(1 - customer) AS people,
    SUM(customer) AS customers,
    SUM(CASE WHEN customer = 0 THEN ready ELSE 0 END) AS ready,
    SUM(CASE WHEN customer = 0 AND confirmed < within THEN ready ELSE 0 END) AS confirmed,
    SUM(CASE WHEN customer = 0 AND clicked < within THEN ready ELSE 0 END) AS clicked,
    SUM(CASE WHEN customer = 0 AND ordered < within THEN ready ELSE 0 END) AS ordered,
    SUM(CASE WHEN customer = 0 AND again < within THEN ready ELSE 0 END) AS again
FROM people
GROUP BY month, days
ORDER BY month, days

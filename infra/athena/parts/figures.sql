-- What Today and the daily report say, as what adds up to each number: `of_figures`, behind the parts orders, emails and through.
-- `sends`, `delivered`: emails. `clicks`: those of people. `orders`, and `revenue`: an order on the day it was placed, a refund on
-- the day it was given, taken off. `email_revenue`: of orders placed within five days after a person, and not a machine, had
-- clicked in an email, on the day they were placed, with what was ever given back taken off.
-- Each has the contact whose it is, the shop's day, and `n`: 1, or hundredths of the shop's currency (others are not added).
of_figures AS (
    SELECT
        'sends' AS figure,
        MIN(contact_number) AS contact_number,
        MIN(day) AS day,
        1 AS n
    FROM emails
    WHERE type = 'email_sent'
    GROUP BY id
    UNION ALL
    SELECT
        'delivered' AS figure,
        MIN(contact_number) AS contact_number,
        MIN(day) AS day,
        1 AS n
    FROM emails
    WHERE type = 'email_delivered'
    GROUP BY id
    UNION ALL
    SELECT
        'clicks' AS figure,
        MIN(contact_number) AS contact_number,
        MIN(day) AS day,
        1 AS n
    FROM clicks
    GROUP BY id
    UNION ALL
    SELECT
        'orders' AS figure,
        contact_number,
        day,
        1 AS n
    FROM standing
    UNION ALL
    SELECT
        'revenue' AS figure,
        contact_number,
        day,
        COALESCE(total, 0) AS n
    FROM standing
    UNION ALL
    SELECT
        'revenue' AS figure,
        contact_number,
        day,
        -COALESCE(amount, 0) AS n
    FROM refunded
    UNION ALL
    SELECT
        'email_revenue' AS figure,
        contact_number,
        day,
        worth AS n
    FROM through
    WHERE place = 1
)

-- What objectives are measured by, day by day and channel by channel (`campaign:spring`, `journey:welcome`): orders, those of people who had
-- ordered before, and what they are worth, each with the channel of the last email that its contact had clicked in within five days before it
-- ('none': there was none); and emails that were delivered, and in which a person clicked for the first time.
-- Parts: orders, emails, through.
-- Parameter: the first day that is told. Orders are read from the first of all on, since one is a repeat of whichever was before it.
-- Revenue is in hundredths of the shop's currency, refunds taken off, whenever they were given.
WITH in_turn AS (
    SELECT
        order_id,
        day,
        COALESCE(total, 0) - COALESCE(given_back, 0) AS worth,
        ROW_NUMBER() OVER (PARTITION BY contact_number ORDER BY placed_at, order_id) AS place
    FROM standing
),

delivered AS (
    SELECT
        id,
        MIN(day) AS day,
        MIN(channel) AS channel
    FROM emails
    WHERE type = 'email_delivered'
    GROUP BY id
),

first_clicks AS (
    SELECT
        COALESCE(message, id) AS email,
        MIN(day) AS day,
        MIN(channel) AS channel
    FROM clicks
    GROUP BY COALESCE(message, id)
),

counted AS (
    SELECT
        in_turn.day,
        COALESCE(through.channel, 'none') AS channel,
        1 AS orders,
        CASE WHEN in_turn.place > 1 THEN 1 ELSE 0 END AS repeats,
        in_turn.worth AS revenue,
        0 AS delivered,
        0 AS clicked
    FROM in_turn
    LEFT JOIN through ON in_turn.order_id = through.order_id AND through.place = 1
    UNION ALL
    SELECT
        day,
        channel,
        0 AS orders,
        0 AS repeats,
        0 AS revenue,
        1 AS delivered,
        0 AS clicked
    FROM delivered
    UNION ALL
    SELECT
        day,
        channel,
        0 AS orders,
        0 AS repeats,
        0 AS revenue,
        0 AS delivered,
        1 AS clicked
    FROM first_clicks
)

SELECT
    day,
    channel,
    SUM(orders) AS orders,
    SUM(repeats) AS repeats,
    SUM(revenue) AS revenue,
    SUM(delivered) AS delivered,
    SUM(clicked) AS clicked
FROM counted
WHERE day >= ?
GROUP BY day, channel
ORDER BY day, channel

-- Who signed up, and when they came how far, for every query that counts them; behind the parts orders and emails.
-- Parameters: the month from which on events are read, as '2026-09', and the instant up to which, in milliseconds.
-- `sign_ups`: a row for each contact whom the shop knows by a sign-up (an account of theirs, or a yes to email), with the
-- instants (null: not so far) of that, of their first yes, of their first click in an email after it, and of their first
-- and second order, whenever these were. Of who only looked, or ordered as a guest and said yes to nothing, there is none.
of_sign_ups_told AS (
    SELECT
        contact_number,
        type,
        time,
        subscribed
    FROM events
    WHERE
        month >= ?
        AND time <= CAST(? AS DOUBLE)
        AND type IN ('contact_created', 'contact_updated', 'consent_changed')
),

of_sign_ups AS (
    SELECT
        contact_number,
        MIN(CASE WHEN type = 'contact_created' OR subscribed THEN time END) AS signed_up_at,
        MIN(CASE WHEN subscribed THEN time END) AS confirmed_at
    FROM of_sign_ups_told
    GROUP BY contact_number
),

of_first_clicks AS (
    SELECT
        of_sign_ups.contact_number,
        MIN(clicks.time) AS clicked_at
    FROM of_sign_ups
    INNER JOIN clicks ON of_sign_ups.contact_number = clicks.contact_number
    WHERE clicks.time >= of_sign_ups.signed_up_at
    GROUP BY of_sign_ups.contact_number
),

of_first_orders AS (
    SELECT
        contact_number,
        MIN(placed_at) AS ordered_at
    FROM standing
    GROUP BY contact_number
),

of_second_orders AS (
    SELECT
        of_first_orders.contact_number,
        MIN(standing.placed_at) AS again_at
    FROM of_first_orders
    INNER JOIN standing ON of_first_orders.contact_number = standing.contact_number
    WHERE standing.placed_at > of_first_orders.ordered_at
    GROUP BY of_first_orders.contact_number
),

sign_ups AS (
    SELECT
        of_sign_ups.contact_number,
        of_sign_ups.signed_up_at,
        of_sign_ups.confirmed_at,
        of_first_clicks.clicked_at,
        of_first_orders.ordered_at,
        of_second_orders.again_at
    FROM of_sign_ups
    LEFT JOIN of_first_clicks ON of_sign_ups.contact_number = of_first_clicks.contact_number
    LEFT JOIN of_first_orders ON of_sign_ups.contact_number = of_first_orders.contact_number
    LEFT JOIN of_second_orders ON of_sign_ups.contact_number = of_second_orders.contact_number
    WHERE of_sign_ups.signed_up_at IS NOT NULL
)

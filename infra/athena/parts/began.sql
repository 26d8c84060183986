-- When people came, behind the parts orders, emails and sign_ups. `bought`: of a contact and a month (the shop's, in which the
-- orders were placed), how many and what is left of them. `began`: of a contact, the month of their first order, and of their
-- sign-up.
bought AS (
    SELECT
        contact_number,
        SUBSTR(day, 1, 7) AS month,
        COUNT(*) AS orders,
        SUM(COALESCE(net, 0)) AS revenue
    FROM standing
    WHERE contact_number IS NOT NULL
    GROUP BY contact_number, SUBSTR(day, 1, 7)
),

began AS (
    SELECT
        'first_order' AS kind,
        contact_number,
        MIN(month) AS month
    FROM bought
    GROUP BY contact_number
    UNION ALL
    SELECT
        'sign_up' AS kind,
        contact_number,
        SUBSTR(DAY_OF(signed_up_at), 1, 7) AS month
    FROM of_sign_ups
    WHERE signed_up_at IS NOT NULL
)

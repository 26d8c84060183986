-- Customers by the month of their first order, and people by the month in which they signed up: how many of them ordered how
-- many months after that, how often, and what was left of it after refunds.
-- Parts: orders, emails, sign_ups, began.
-- Parameters: the pass of the refresh whose memberships are read, and the first month that is told by itself, as '2026-09'. Who
-- came before it is told under the month '', without what they did when.
-- `kind` is first_order or sign_up, `called` is all or segment:<id> (whoever is in it as of that pass). `ordered_in` is a month, or
-- '' for all of the cohort together: then `people` are all there are, and orders and revenue all they brought.
-- Months are the shop's, and an order is in that in which it was placed, with what was given back since.
WITH called AS (
    SELECT
        contact_number,
        'all' AS called
    FROM began
    GROUP BY contact_number
    UNION ALL
    SELECT
        contact_number,
        CONCAT('segment:', name) AS called
    FROM facts
    WHERE pass = ? AND kind = 'member'
),

cohorts AS (
    SELECT
        began.kind,
        began.contact_number,
        began.month,
        called.called,
        CASE WHEN began.month < first_told.month THEN '' ELSE began.month END AS told
    FROM began
    INNER JOIN called ON began.contact_number = called.contact_number
    CROSS JOIN (SELECT ? AS month) AS first_told
),

totals AS (
    SELECT
        contact_number,
        SUM(orders) AS orders,
        SUM(revenue) AS revenue
    FROM bought
    GROUP BY contact_number
)

SELECT
    cohorts.kind,
    cohorts.called,
    cohorts.told AS month,
    '' AS ordered_in,
    COUNT(*) AS people,
    SUM(COALESCE(totals.orders, 0)) AS orders,
    SUM(COALESCE(totals.revenue, 0)) AS revenue
FROM cohorts
LEFT JOIN totals ON cohorts.contact_number = totals.contact_number
GROUP BY cohorts.kind, cohorts.called, cohorts.told
UNION ALL
SELECT
    cohorts.kind,
    cohorts.called,
    cohorts.told AS month,
    bought.month AS ordered_in,
    COUNT(*) AS people,
    SUM(bought.orders) AS orders,
    SUM(bought.revenue) AS revenue
FROM cohorts
INNER JOIN bought ON cohorts.contact_number = bought.contact_number
WHERE cohorts.told <> '' AND bought.month >= cohorts.month
GROUP BY cohorts.kind, cohorts.called, cohorts.told, bought.month
ORDER BY kind, called, month, ordered_in

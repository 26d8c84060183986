-- What was in the orders that count and of which something is left, and was not given back, for the night: a product a row, and the
-- category of an order all of whose products are of one (else null).
-- Parts: orders.
WITH newest AS (
    SELECT
        order_id,
        MAX_BY(product_id, stamp) AS product_id,
        MAX_BY(category, stamp) AS category
    FROM of_orders
    WHERE product_id IS NOT NULL AND type LIKE 'order_%' AND type <> 'order_refunded'
    GROUP BY order_id
),

returned AS (
    SELECT DISTINCT
        of_orders.order_id,
        of_event.product
    FROM of_orders
    CROSS JOIN UNNEST(product_id) AS of_event (product)
    WHERE type = 'order_refunded'
),

bought AS (
    SELECT
        newest.order_id,
        CASE WHEN CARDINALITY(newest.category) = 1 THEN ELEMENT_AT(newest.category, 1) END AS category,
        of_order.product
    FROM newest
    CROSS JOIN UNNEST(product_id) AS of_order (product)
)

SELECT
    standing.contact_number,
    standing.placed_at AS time,
    bought.product,
    bought.category
FROM standing
INNER JOIN bought ON standing.order_id = bought.order_id
LEFT JOIN returned ON bought.order_id = returned.order_id AND bought.product = returned.product
WHERE
    returned.product IS NULL
    AND standing.contact_number IS NOT NULL
    AND (standing.given_back IS NULL OR standing.total IS NULL OR standing.given_back < standing.total)
ORDER BY standing.contact_number, standing.placed_at, bought.product

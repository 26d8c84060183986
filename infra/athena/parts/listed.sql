-- The list of people behind a number, of `behind`: each contact with the `n` that is theirs, the 10,000 with most of it first; and
-- of all of them together the sum and how many they are.
SELECT
    contact_number,
    n,
    SUM(n) OVER () AS total,
    COUNT(*) OVER () AS contacts
FROM behind
ORDER BY n DESC, contact_number
LIMIT 10000

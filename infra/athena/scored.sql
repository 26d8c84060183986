-- Who has a score, or is in a band of it, as the last night has left it: whose rank is highest first.
-- Parameters: the score, what the band is like ('%': any), the rank after which and, of that rank, the contact after whom
-- the list goes on, the rank twice.
SELECT
    contact,
    value,
    told,
    band,
    "rank",
    ELEMENT_AT(reasons, 1) AS first,
    ELEMENT_AT(reasons, 2) AS second,
    ELEMENT_AT(reasons, 3) AS third
FROM scores
WHERE
    score = ?
    AND COALESCE(band, '') LIKE ?
    AND ("rank" < CAST(? AS DOUBLE) OR ("rank" = CAST(? AS DOUBLE) AND contact > ?))
ORDER BY "rank" DESC, contact
LIMIT 501

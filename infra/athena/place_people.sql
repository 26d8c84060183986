-- Who was sent an email, or clicked in it, with the first instant of that.
-- Behind: places.
-- Parameters: those of places; then the email, its version and its language ('' where none was told), sent or clicked, and where they
-- clicked ('': at a place that is not known; `-`: anywhere).
SELECT
    of_versions.contact_number,
    MIN(of_versions.time) AS n
FROM of_versions
CROSS JOIN (
    SELECT
        ? AS template,
        ? AS version,
        ? AS language,
        ? AS what,
        ? AS place
) AS asked
WHERE
    of_versions.template = asked.template
    AND of_versions.version = asked.version
    AND of_versions.language = asked.language
    AND of_versions.what = asked.what
    AND (asked.place = '-' OR of_versions.place = asked.place)
GROUP BY of_versions.contact_number

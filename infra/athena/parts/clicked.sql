-- Who clicked in an email after the instant from which on they count: of `exposed`, which a query has before it, with contact_number and
-- `time`, in one of the emails that count, `of_them` (contact_number, `type`, `time` and `human`).
-- Parameters: the milliseconds that count after it.
-- A machine's click counts nowhere.
clicked AS (
    SELECT DISTINCT exposed.contact_number
    FROM exposed
    INNER JOIN of_them ON exposed.contact_number = of_them.contact_number
    WHERE
        of_them.type = 'email_clicked'
        AND of_them.human
        AND of_them.time >= exposed.time
        AND of_them.time - exposed.time < CAST(? AS DOUBLE)
)

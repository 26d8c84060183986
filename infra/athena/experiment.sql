-- What came of an experiment with a journey, or with a segment: how many of the people who came to take part, in order, did what. Of each of the planned
-- parts of them and each arm, so many people are alike in whether they clicked in an email that counts, ordered, unsubscribed and complained
-- within so long, in what they spent then and before, in whether their time is over by an instant (`ready`), and, of an adaptive
-- experiment, whether they were drawn by its shares (`allotted`) and not in its fixed slice.
-- Parts: orders, emails.
-- Parameters: the experiment as the lake has it; the month from which on it is read, and the experiment twice again; which emails
-- count: `of it`, or `all` of journeys and campaigns, and digests; how many parts there
-- are (0: it has no planned end), how many people the first has then, how many parts again, how many people are planned, and parts
-- again; the milliseconds that count, three times; those before; those that count again; the instant, and they again.
-- Somebody comes to take part when they pass a split that it is made of, or enter its segment, or else with their first email of it, sent or held out,
-- and counts once, from then on. Parts are numbered from 1, of the fixed slice and of the others apart; who came after the last of
-- them is in one more. Without a planned end each is larger than the one before by twice the first: the n-th begins after n * n firsts.
-- A machine's click counts nowhere. `before` is the square root of what they spent in so long before, in hundredths. `segments`: of
-- those that it is read by, the ones they were in as they came, as `repeat_buyers-vip`. Who unsubscribes does so by the link of an
-- email that counts.
WITH entered AS (
    SELECT
        contact_number,
        time,
        properties
    FROM emails
    WHERE type IN ('email_sent', 'email_held_out') AND CONTAINS(properties, ?)
    UNION ALL
    SELECT
        contact_number,
        time,
        properties
    FROM events
    WHERE month >= ? AND type = 'experiment_entered' AND CONTAINS(properties, ?)
),

of_them AS (
    SELECT
        contact_number,
        type,
        time,
        human,
        message
    FROM emails
    WHERE CONTAINS(properties, ?) OR (? = 'all' AND (channel <> 'other:emails' OR template = 'digest'))
),

variants AS (
    SELECT
        entered.contact_number,
        entered.time,
        MAX(CASE WHEN property LIKE 'variant=t%' THEN SUBSTR(property, 10) END) AS variant,
        COALESCE(MAX(CASE WHEN property LIKE 'segments=t%' THEN SUBSTR(property, 11) END), '') AS segments,
        MAX(CASE WHEN property LIKE 'shares=t%' THEN 1 ELSE 0 END) AS allotted
    FROM entered
    CROSS JOIN UNNEST(entered.properties) AS of_event (property)
    GROUP BY entered.contact_number, entered.time
),

first_times AS (
    SELECT
        contact_number,
        MIN_BY(variant, time) AS variant,
        MIN_BY(allotted, time) AS allotted,
        MIN_BY(segments, time) AS segments,
        MIN(time) AS time
    FROM variants
    WHERE variant IS NOT NULL
    GROUP BY contact_number
),

exposed AS (
    SELECT
        contact_number,
        variant,
        allotted,
        segments,
        time,
        CAST(
            FLOOR(
                CASE
                    WHEN CAST(? AS DOUBLE) = 0 THEN SQRT(CAST(earlier AS DOUBLE) / CAST(? AS DOUBLE))
                    ELSE LEAST(CAST(earlier AS DOUBLE) * CAST(? AS DOUBLE) / CAST(? AS DOUBLE), CAST(? AS DOUBLE))
                END
            ) AS BIGINT
        ) + 1 AS part
    FROM (
        SELECT
            contact_number,
            variant,
            allotted,
            segments,
            time,
            ROW_NUMBER() OVER (PARTITION BY allotted ORDER BY time, contact_number) - 1 AS earlier
        FROM first_times
    ) AS numbered
),

-- Here: clicked.

complained AS (
    SELECT DISTINCT exposed.contact_number
    FROM exposed
    INNER JOIN of_them ON exposed.contact_number = of_them.contact_number
    WHERE
        of_them.type = 'email_complained'
        AND of_them.time >= exposed.time
        AND of_them.time - exposed.time < CAST(? AS DOUBLE)
),

-- Here: spent.

unsubscribed AS (
    SELECT DISTINCT exposed.contact_number
    FROM exposed
    INNER JOIN of_them ON exposed.contact_number = of_them.contact_number
    INNER JOIN left_by ON of_them.message = left_by.message
    WHERE of_them.type = 'email_sent' AND left_by.time - exposed.time < CAST(? AS DOUBLE)
),

outcomes AS (
    SELECT
        exposed.part,
        exposed.variant,
        exposed.allotted,
        exposed.segments,
        exposed.time,
        CASE WHEN exposed.time <= CAST(? AS DOUBLE) - CAST(? AS DOUBLE) THEN 1 ELSE 0 END AS ready,
        CASE WHEN clicked.contact_number IS NULL THEN 0 ELSE 1 END AS clicked,
        COALESCE(spent.ordered, 0) AS ordered,
        CASE WHEN unsubscribed.contact_number IS NULL THEN 0 ELSE 1 END AS unsubscribed,
        CASE WHEN complained.contact_number IS NULL THEN 0 ELSE 1 END AS complained,
        COALESCE(spent.net, 0) AS net,
        CAST(ROUND(SQRT(GREATEST(COALESCE(spent.net_before, 0), 0))) AS BIGINT) AS before
    FROM exposed
    LEFT JOIN clicked ON exposed.contact_number = clicked.contact_number
    LEFT JOIN complained ON exposed.contact_number = complained.contact_number
    LEFT JOIN spent ON exposed.contact_number = spent.contact_number
    LEFT JOIN unsubscribed ON exposed.contact_number = unsubscribed.contact_number
)

SELECT
    part,
    variant,
    allotted,
    ready,
    segments,
    clicked,
    ordered,
    unsubscribed,
    complained,
    net,
    before,
    COUNT(*) AS people,
    MAX(time) AS latest
FROM outcomes
GROUP BY part, variant, allotted, ready, segments, clicked, ordered, unsubscribed, complained, net, before
ORDER BY allotted, part, variant, segments

-- Where what contacts have written is, for the night: of the newest 5,000 such events, whose each is, when it happened, and its id.
-- Parameters: the month from which on, as '2026-09', and the instants after which and up to which, in milliseconds.
-- The lake has none of their words. What anybody may tell with the public key is left out.
SELECT
    contact,
    contact_number,
    time,
    id
FROM events
WHERE
    month >= ?
    AND type = 'other'
    AND name IN (
        'Product Reviewed', 'Review Submitted', 'Survey Answered', 'Survey Completed', 'Email Replied', 'Support Ticket Created',
        'Support Ticket Opened', 'Ticket Opened', 'Complaint Received'
    )
    AND time > CAST(? AS DOUBLE)
    AND time <= CAST(? AS DOUBLE)
    AND NOT public
    AND id IS NOT NULL
ORDER BY time DESC, id
LIMIT 5000

-- Who answered an email with one click, with the instant of their last answer; or who was sent it, with the first instant of that.
-- Behind: feedback_answers.
-- Parameters: that of feedback_answers; then what sent the email, by its campaign, journey, step and template ('' where it has none);
-- sent or answered; and the answer ('': whichever).
SELECT
    told.contact_number,
    CASE asked.what WHEN 'sent' THEN MIN(told.time) ELSE MAX(answers.time) END AS n
FROM told
CROSS JOIN (
    SELECT
        ? AS campaign,
        ? AS journey,
        ? AS step,
        ? AS template,
        ? AS what,
        ? AS answer
) AS asked
LEFT JOIN answers
    ON
        told.contact_number = answers.contact_number
        AND told.campaign = answers.campaign
        AND told.journey = answers.journey
        AND told.step = answers.step
        AND told.template = answers.template
WHERE
    told.campaign = asked.campaign
    AND told.journey = asked.journey
    AND told.step = asked.step
    AND told.template = asked.template
    AND CASE asked.what
        WHEN 'sent' THEN told.type = 'email_sent'
        ELSE answers.answer IS NOT NULL AND (asked.answer = '' OR answers.answer = asked.answer)
    END
GROUP BY told.contact_number, asked.what

-- migrate:up
-- Lists by the reason of a decline, at the size of a country: a rare one was looked for through a month of payments.

-- Beside the other keys of a receipt, which the worker copies: an index of attempt would cost every payment the
-- update in its place that its outcome is today. A decline is final, so the copy never differs from its row.
ALTER TABLE attempt_key ADD COLUMN decline_reason smallint NOT NULL DEFAULT 0; -- contracts.reasons.Reason
UPDATE attempt_key AS k SET decline_reason = a.reason
FROM attempt AS a
WHERE a.id = k.attempt_id AND a.business_date = k.business_date AND a.state = 5;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX attempt_key_reason ON attempt_key (decline_reason, attempt_id) WHERE decline_reason <> 0;

-- migrate:down
DROP INDEX attempt_key_reason;
ALTER TABLE attempt_key DROP COLUMN decline_reason;

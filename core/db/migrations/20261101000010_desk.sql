-- migrate:up
-- What followed a payment: refunds, completions. Partial, so that a payment itself never writes into it.
CREATE INDEX attempt_original ON attempt (original_id) WHERE original_id IS NOT NULL;

-- migrate:down
DROP INDEX attempt_original;

-- migrate:up
-- A terminal that heard no answer repeats its totals (0501, 0521): kept once, by what tells them from others, and
-- answered as at first. Rows of before have no number of their message, and stay as they are.
ALTER TABLE batch_total ADD COLUMN stan int, ADD COLUMN currency text;
-- A row for each terminal and day.
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX batch_total_once ON batch_total (terminal_id, business_date, stan, currency, declared);
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX batch_total_terminal;

-- migrate:down
CREATE INDEX batch_total_terminal ON batch_total (terminal_id, business_date);
DROP INDEX batch_total_once;
ALTER TABLE batch_total DROP COLUMN currency, DROP COLUMN stan;

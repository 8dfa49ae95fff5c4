-- migrate:up

-- An act that the engine was not there for is asked again, by one process at a time.
ALTER TABLE act ADD COLUMN taken_up_at timestamptz;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX act_without_outcome ON act (recorded_at) WHERE outcome IS NULL;

-- migrate:down
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX act_without_outcome;
-- squawk-ignore ban-drop-column
ALTER TABLE act DROP COLUMN taken_up_at;

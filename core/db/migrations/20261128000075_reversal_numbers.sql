-- migrate:up
-- The trace number of the reversal itself: what tells the second of two reversals that say the same from a repeat of the
-- first. NULL: kept before, or by the version before.
ALTER TABLE reversal ADD COLUMN own_stan integer;

-- migrate:down
ALTER TABLE reversal DROP COLUMN own_stan;

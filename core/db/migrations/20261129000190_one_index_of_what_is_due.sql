-- migrate:up

-- One index of what is due: a planner that took the shorter one read and sorted all of a day for each claim of a few.
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX instalment_due;

-- migrate:down

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX instalment_due ON instalment (due_on) WHERE state = 'upcoming';

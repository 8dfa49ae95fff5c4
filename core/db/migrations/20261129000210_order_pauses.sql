-- migrate:up
-- An agent pauses the collection of one order. What the claim reads stands on the instalment that it locks, so that a pause
-- and a claim race for one row: whoever comes second sees what the first has written.
CREATE TABLE order_pause (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    order_id uuid NOT NULL REFERENCES purchase_order (id),
    until_on date NOT NULL CHECK (isfinite(until_on)), -- in Paris: the first day on which the run debits again
    reason text NOT NULL CHECK (length(reason) BETWEEN 3 AND 500),
    paused_by uuid NOT NULL REFERENCES agent (id),
    paused_at timestamptz NOT NULL, -- by the calendar of schedules
    -- By the clock of debit.claimed_at: between these two the run claims nothing of a day before until_on.
    held_from timestamptz NOT NULL DEFAULT clock_timestamp(),
    held_to timestamptz,
    ended_by uuid REFERENCES agent (id), -- resumed, or paused anew; nobody where it ran out
    ended_at timestamptz,
    end_reason text CHECK (length(end_reason) BETWEEN 3 AND 500),
    CONSTRAINT order_pause_ended CHECK (num_nulls(held_to, ended_by, ended_at, end_reason) IN (0, 4))
);
CREATE UNIQUE INDEX order_pause_standing ON order_pause (order_id) WHERE ended_at IS NULL;
CREATE INDEX order_pause_order ON order_pause (order_id, id);

ALTER TABLE instalment ADD COLUMN paused_until date; -- that of its order's pause
-- It holds what is paused and nothing else. Building it reads all of the table once, and nothing of the table can be read or
-- written meanwhile: see "Upgrading" in docs/operations.md.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX instalment_paused ON instalment (paused_until, id) WHERE state = 'upcoming' AND paused_until IS NOT NULL;

-- migrate:down
DROP INDEX instalment_paused;
ALTER TABLE instalment DROP COLUMN paused_until;
DROP TABLE order_pause;

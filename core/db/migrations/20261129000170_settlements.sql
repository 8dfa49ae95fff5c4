-- migrate:up
-- squawk-ignore-file require-concurrent-index-creation, adding-foreign-key-constraint, constraint-missing-not-valid, ban-drop-constraint
-- (The tables are new: nobody waits for a check or an index of them. The constraint on numbers comes back wider.)
-- What is unpaid of an order, settled by its customer in one to three monthly parts. The first is paid at once; it is running
-- from then on, and its other parts are instalments like all others, which the daily run collects.
CREATE TABLE settlement (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    order_id uuid NOT NULL REFERENCES purchase_order (id),
    parts smallint NOT NULL CHECK (parts BETWEEN 1 AND 3),
    amount_minor bigint NOT NULL CHECK (amount_minor >= parts), -- what was unpaid, as the customer was shown it
    state text NOT NULL DEFAULT 'asked' CHECK (
        state IN ('asked', 'running', 'settled', 'failed', 'cancelled', 'given_up')
    ),
    card_id uuid REFERENCES stored_card (id), -- by which the first part is paid
    key text CHECK (length(key) BETWEEN 1 AND 255), -- under which it was to be paid
    asked_at timestamptz NOT NULL,
    begun_at timestamptz, -- the first part was paid
    ended_at timestamptz,
    refusal text CHECK (refusal ~ '^[a-z_]{3,40}$'), -- why it was given up
    CONSTRAINT settlement_once UNIQUE (order_id, key),
    CONSTRAINT settlement_begun CHECK ((state IN ('asked', 'given_up')) = (begun_at IS NULL)),
    CONSTRAINT settlement_ended CHECK ((state IN ('asked', 'running')) = (ended_at IS NULL)),
    CONSTRAINT settlement_refused CHECK ((state = 'given_up') = (refusal IS NOT NULL))
);
-- Whatever two tabs ask, one is open.
CREATE UNIQUE INDEX settlement_open ON settlement (order_id) WHERE state IN ('asked', 'running');
CREATE INDEX settlement_order ON settlement (order_id, id);

-- `settlement_id`: whose part it is. `replaced_by`: what takes it over once it has begun. `counts` is false of what was taken
-- over, and of a first part that is not paid: nothing of it is owed, and nobody collects it.
ALTER TABLE instalment
ADD COLUMN settlement_id uuid REFERENCES settlement (id),
ADD COLUMN replaced_by uuid REFERENCES settlement (id),
ADD COLUMN counts boolean NOT NULL DEFAULT true,
ADD CONSTRAINT instalment_counts CHECK (counts OR state IN ('unpaid', 'in_progress', 'cancelled')),
ADD CONSTRAINT instalment_taken_over CHECK (counts OR num_nonnulls(settlement_id, replaced_by) > 0);
CREATE INDEX instalment_settlement ON instalment (settlement_id) WHERE settlement_id IS NOT NULL;
CREATE INDEX instalment_replaced ON instalment (replaced_by) WHERE replaced_by IS NOT NULL;
-- Parts have numbers after those of the plan; so many tries there are at most.
ALTER TABLE instalment DROP CONSTRAINT instalment_number_check;
ALTER TABLE instalment ADD CONSTRAINT instalment_number_check CHECK (
    number BETWEEN 1 AND 10 OR (settlement_id IS NOT NULL AND number BETWEEN 1 AND 250)
);

-- migrate:down
ALTER TABLE instalment DROP CONSTRAINT instalment_number_check;
ALTER TABLE instalment ADD CONSTRAINT instalment_number_check CHECK (number BETWEEN 1 AND 10);
DROP INDEX instalment_replaced;
DROP INDEX instalment_settlement;
ALTER TABLE instalment
DROP CONSTRAINT instalment_taken_over,
DROP CONSTRAINT instalment_counts,
DROP COLUMN counts,
DROP COLUMN replaced_by,
DROP COLUMN settlement_id;
DROP TABLE settlement;

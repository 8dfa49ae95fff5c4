-- migrate:up
-- An attempt to collect an instalment. Its identifier is that of the transaction by which it was made.
CREATE SEQUENCE stored_card_stan MINVALUE 1 MAXVALUE 999999 CYCLE CACHE 32;
CREATE SEQUENCE virtual_terminal_number MINVALUE 1 MAXVALUE 9999999;

CREATE TABLE debit (
    id uuid PRIMARY KEY, -- attempt.id, whether or not the attempt was armed
    instalment_id uuid NOT NULL REFERENCES instalment (id),
    order_id uuid NOT NULL, -- that of the instalment: no key of its own, whose check would wait for whoever changes the order
    company_id uuid NOT NULL,
    card_id uuid NOT NULL,
    terminal_id uuid NOT NULL, -- the virtual point of sale
    stan integer NOT NULL,
    business_date date NOT NULL, -- of the transaction
    initiator text NOT NULL CHECK (initiator IN ('customer', 'merchant')),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    run_on date NOT NULL, -- the day in Paris of the run that claimed it, by the calendar of schedules
    claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'declined', 'reversed', 'not_sent')),
    reason smallint NOT NULL DEFAULT 0, -- contracts.reasons.Reason
    ended_at timestamptz,
    CONSTRAINT debit_ended CHECK ((state = 'open') = (ended_at IS NULL))
);
-- SCH-3: an instalment is in one attempt at a time, and nothing is sent once one was approved or while one is unknown.
CREATE UNIQUE INDEX debit_standing ON debit (instalment_id) WHERE state IN ('open', 'approved');
CREATE INDEX debit_instalment ON debit (instalment_id, id);
CREATE INDEX debit_open ON debit (id) WHERE state = 'open';
CREATE INDEX debit_run ON debit USING brin (run_on) WITH (pages_per_range = 32);

-- When an instalment that was not collected is tried again: never before.
ALTER TABLE instalment ADD COLUMN collect_after timestamptz;
-- Scanned from where the last claim ended, so that a run never reads what it has claimed already.
-- The table is new, and nothing is in it yet.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX instalment_to_collect ON instalment (due_on, id) WHERE state = 'upcoming';
-- The virtual point of sale by which an order is paid, from its first debit on.
-- The column is new, so that there is nothing to scan.
-- squawk-ignore adding-foreign-key-constraint
ALTER TABLE purchase_order ADD COLUMN terminal_id uuid REFERENCES terminal (id);
-- A bank said that it will never let this card pay what was agreed.
ALTER TABLE stored_card ADD COLUMN refused_reason smallint, ADD COLUMN refused_at timestamptz;

-- How a decline that may pass is tried again: so many days after the first try, within the limits of the schemes
-- (docs/collecting.md). What is due on a day is tried by the version of that day.
CREATE TABLE retry_policy (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    brand smallint CHECK (brand BETWEEN 0 AND 4), -- contracts.states.Brand; NULL: those that have none of their own
    valid_from date NOT NULL CHECK (isfinite(valid_from)),
    days smallint[] NOT NULL,
    customer_days smallint NOT NULL CHECK (customer_days BETWEEN 0 AND 30), -- to act, where only the customer can
    CONSTRAINT retry_policy_version UNIQUE NULLS NOT DISTINCT (brand, valid_from),
    -- Mastercard counts 10 a day and 35 in 30 days, Visa 15 in 30 days: one a day, ten in all, stays below both.
    CONSTRAINT retry_policy_days CHECK (
        cardinality(days) <= 9 AND (array_ndims(days) IS NULL OR array_ndims(days) = 1)
        AND 1 <= ALL (days) AND 30 >= ALL (days) AND array_position(days, NULL) IS NULL
    )
);
INSERT INTO retry_policy (brand, valid_from, days, customer_days) VALUES (NULL, '2026-01-01', '{2,5,9}', 7);

-- A day on which the run collects, for people to read.
CREATE TABLE collection_run (
    run_on date PRIMARY KEY, -- in Paris, by the calendar of schedules
    began_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Nothing is claimed while one stands; it is read by the statement that claims.
CREATE TABLE collection_pause (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    reason text NOT NULL CHECK (length(reason) BETWEEN 3 AND 500),
    paused_by uuid NOT NULL REFERENCES agent (id),
    paused_at timestamptz NOT NULL,
    resumed_by uuid REFERENCES agent (id),
    resumed_at timestamptz,
    resume_reason text CHECK (length(resume_reason) BETWEEN 3 AND 500),
    CONSTRAINT collection_pause_ended CHECK (num_nulls(resumed_by, resumed_at, resume_reason) IN (0, 3))
);
CREATE UNIQUE INDEX collection_pause_standing ON collection_pause ((true)) WHERE resumed_at IS NULL;

-- migrate:down
DROP TABLE collection_pause;
DROP TABLE collection_run;
DROP TABLE retry_policy;
ALTER TABLE stored_card DROP COLUMN refused_at, DROP COLUMN refused_reason;
ALTER TABLE purchase_order DROP COLUMN terminal_id;
DROP INDEX instalment_to_collect;
ALTER TABLE instalment DROP COLUMN collect_after;
DROP TABLE debit;
DROP SEQUENCE virtual_terminal_number;
DROP SEQUENCE stored_card_stan;

-- migrate:up
-- Attempts, their events and their ledger entries. All three are partitioned by month of the business date.

CREATE TABLE attempt (
    id uuid NOT NULL,
    business_date date NOT NULL,
    terminal_id uuid NOT NULL,
    store_id uuid,
    company_id uuid,
    received_at timestamptz NOT NULL,
    sent_at timestamptz,
    reverse_after timestamptz, -- the armed reversal: with state "sent", due from this moment on
    decided_at timestamptz,
    body_hash bigint NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    approved_minor bigint NOT NULL DEFAULT 0 CHECK (approved_minor >= 0),
    captured_minor bigint NOT NULL DEFAULT 0 CHECK (captured_minor >= 0),
    refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0 AND refunded_minor <= captured_minor),
    card_fingerprint bigint NOT NULL,
    original_id uuid,
    original_date date,
    stan integer NOT NULL,
    host_sent_us integer,
    host_replied_us integer,
    kind smallint NOT NULL,
    message_class smallint NOT NULL,
    acquirer_id smallint NOT NULL,
    state smallint NOT NULL,
    reason smallint NOT NULL DEFAULT 0,
    card_brand smallint NOT NULL,
    partial_ok boolean NOT NULL DEFAULT false,
    currency text NOT NULL,
    card_bin text NOT NULL,
    card_last_four text NOT NULL,
    card_expiry text NOT NULL,
    entry_mode text NOT NULL,
    transmitted_at text NOT NULL, -- data element 7 as received: the host must see it again in a reversal
    local_time text NOT NULL,
    host_code text NOT NULL DEFAULT '',
    approval_code text NOT NULL DEFAULT '',
    card_ciphertext bytea NOT NULL,
    request bytea NOT NULL, -- the terminal's message, masked; empty where the event of the outcome holds it
    PRIMARY KEY (id, business_date)
) PARTITION BY RANGE (business_date);

-- The natural key of AUT-1: a repeat finds its first answer here. Also serves "this terminal's day".
CREATE UNIQUE INDEX attempt_once ON attempt (terminal_id, business_date, message_class, stan, acquirer_id);
-- Same card, amount and store within minutes; also every attempt of a card.
CREATE INDEX attempt_card ON attempt (card_fingerprint);
-- Refunds and completions of a payment; empty for what stands alone, which is nearly all.
CREATE INDEX attempt_original ON attempt (original_id) WHERE original_id IS NOT NULL;

-- What happened, in order; also the outbox that the relay reads.
-- (txid, seq) is a position that never lets a late commit slip in behind a reader: the relay reads only below
-- the oldest transaction still running.
CREATE TABLE event (
    txid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    seq bigint GENERATED ALWAYS AS IDENTITY,
    attempt_id uuid NOT NULL,
    business_date date NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind smallint NOT NULL,
    state smallint NOT NULL,
    reason smallint NOT NULL,
    cause text NOT NULL DEFAULT '', -- who or what, when it is not the host: an agent, the sweeper
    summary bytea, -- contracts.feed.TransactionSummary; NULL: whoever reads it joins the attempt
    detail bytea -- masked messages: msgpack array of 1 (terminal), 2 (host) or 3 (terminal, then host) maps
) PARTITION BY RANGE (business_date);
CREATE INDEX event_position ON event (txid, seq);
CREATE INDEX event_attempt ON event (attempt_id);

CREATE TABLE ledger_entry (
    attempt_id uuid NOT NULL,
    business_date date NOT NULL,
    posted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    owner_id uuid NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0), -- debits positive, credits negative
    operation smallint NOT NULL, -- contracts.states.Operation
    part smallint NOT NULL DEFAULT 0, -- 0, or the n-th refund of one attempt
    leg smallint NOT NULL,
    layer smallint NOT NULL,
    account smallint NOT NULL,
    currency text NOT NULL,
    PRIMARY KEY (attempt_id, operation, part, leg, business_date)
) PARTITION BY RANGE (business_date);

-- Entries and events are facts: nobody updates them, whatever the role.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Creates the monthly partitions that cover [first, last]; called at start and every day by the worker.
-- SECURITY DEFINER: the run-time role may add a month and nothing else.
CREATE FUNCTION ensure_partitions(first date, last date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month date := date_trunc('month', first)::date;
    parent text;
    child text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ensure_partitions'));
    WHILE month <= last LOOP
        FOREACH parent IN ARRAY ARRAY['attempt', 'event', 'ledger_entry'] LOOP
            child := parent || '_' || to_char(month, 'YYYYMM');
            IF to_regclass(child) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L) WITH (%s)',
                    child, parent, month, (month + interval '1 month')::date,
                    CASE parent WHEN 'attempt'
                        -- Room on the page for every attempt's outcome beside it (HOT update): a batch decides
                        -- whole pages at once, before any of their old versions can go.
                        THEN 'fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1'
                        ELSE 'autovacuum_vacuum_insert_scale_factor = 0.2' END);
                made := made + 1;
            END IF;
        END LOOP;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END $$;
-- Few: a statement locks every partition that its plan names, used or not.
SELECT ensure_partitions(current_date - 8, current_date + 35);

-- What must reach the host, however often it takes: reversals, advices, completions.
CREATE TABLE delivery (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    attempt_id uuid NOT NULL,
    business_date date NOT NULL,
    kind smallint NOT NULL, -- contracts.states.DeliveryKind
    reason smallint NOT NULL,
    amount_minor bigint NOT NULL,
    acquirer_id smallint NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    accepted_at timestamptz,
    last_result text NOT NULL DEFAULT '',
    UNIQUE (attempt_id, kind)
) WITH (fillfactor = 80);
CREATE INDEX delivery_due ON delivery (due_at) WHERE accepted_at IS NULL;

-- The sweeper has looked at every attempt received before `swept_until` (see transactions.sweeper).
CREATE TABLE sweep (
    name text PRIMARY KEY,
    swept_until timestamptz NOT NULL
);

CREATE TABLE relay_position (
    name text PRIMARY KEY,
    txid xid8 NOT NULL,
    seq bigint NOT NULL
);

-- One row a consumer and batch of events, written in the transaction of the batch's effect.
CREATE TABLE inbox (
    consumer text NOT NULL,
    from_txid xid8 NOT NULL, -- exclusive
    from_seq bigint NOT NULL,
    to_txid xid8 NOT NULL, -- inclusive
    to_seq bigint NOT NULL,
    events integer NOT NULL,
    processed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, to_txid, to_seq)
);

CREATE TABLE dead_letter (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    consumer text NOT NULL,
    subject text NOT NULL,
    payload bytea NOT NULL,
    error text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);

-- Volume by minute, the projection that consumes the events; charts and usual levels read it.
CREATE TABLE activity_minute (
    minute timestamptz NOT NULL,
    store_id uuid NOT NULL,
    state smallint NOT NULL,
    reason smallint NOT NULL,
    currency text NOT NULL,
    transactions integer NOT NULL,
    amount_minor bigint NOT NULL,
    PRIMARY KEY (minute, store_id, state, reason, currency)
) WITH (fillfactor = 80);

CREATE TABLE batch_total (
    id uuid PRIMARY KEY,
    terminal_id uuid NOT NULL,
    business_date date NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    in_balance boolean NOT NULL,
    declared bigint[] NOT NULL, -- debit count, sum, credit count, sum, reversal count, sum
    ours bigint[] NOT NULL
);
CREATE INDEX batch_total_terminal ON batch_total (terminal_id, business_date);

-- migrate:down
DROP TABLE batch_total;
DROP TABLE activity_minute;
DROP TABLE dead_letter;
DROP TABLE inbox;
DROP TABLE relay_position;
DROP TABLE sweep;
DROP TABLE delivery;
DROP FUNCTION ensure_partitions(date, date);
DROP TABLE ledger_entry;
DROP TABLE event;
DROP FUNCTION refuse_change();
DROP TABLE attempt;

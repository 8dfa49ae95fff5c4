-- migrate:up
-- A purchase paid in instalments. `state` follows from the facts beside it (core.schedules.orders.rules.state_of), is written
-- with them by one function, and is here for lists alone.
CREATE TABLE purchase_order (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    company_id uuid NOT NULL REFERENCES company (id),
    store_id uuid REFERENCES store (id),
    reference text NOT NULL CHECK (length(reference) BETWEEN 1 AND 64), -- the merchant's own number
    plan_id uuid NOT NULL REFERENCES plan (id),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount_minor bigint NOT NULL CHECK (amount_minor BETWEEN 1 AND 1000000000),
    fee_minor bigint NOT NULL CHECK (fee_minor BETWEEN 0 AND 1000000000), -- on top of the amount, with the first instalment
    email text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
    email_key text NOT NULL CHECK (length(email_key) BETWEEN 3 AND 254), -- whose it is: as the customer proves it
    customer_name text NOT NULL CHECK (length(customer_name) BETWEEN 1 AND 200),
    phone text CHECK (length(phone) BETWEEN 4 AND 20),
    language text NOT NULL CHECK (language IN ('fr', 'en')),
    purchased_on date NOT NULL, -- the day in Paris from which instalments are counted
    made_at timestamptz NOT NULL,
    activated_at timestamptz, -- the first debit was approved
    abandoned_at timestamptz, -- it never was
    settling_since timestamptz, -- the customer settles what is unpaid
    card_id uuid,
    return_url text CHECK (length(return_url) BETWEEN 8 AND 2000),
    state text NOT NULL DEFAULT 'awaiting_payment' CHECK (
        state IN ('awaiting_payment', 'abandoned', 'in_progress', 'settled', 'unpaid', 'being_settled', 'cancelled')
    ),
    CONSTRAINT purchase_order_reference UNIQUE (company_id, reference),
    CONSTRAINT purchase_order_begun CHECK (activated_at IS NULL OR abandoned_at IS NULL),
    CONSTRAINT purchase_order_day CHECK (isfinite(purchased_on))
);
CREATE INDEX purchase_order_email ON purchase_order (email_key, id);
CREATE INDEX purchase_order_company ON purchase_order (company_id, id);

-- What is due on a day, its part of the fee within. What it is of follows from the balance of its order.
CREATE TABLE instalment (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    order_id uuid NOT NULL REFERENCES purchase_order (id),
    number smallint NOT NULL CHECK (number BETWEEN 1 AND 10),
    due_on date NOT NULL CHECK (isfinite(due_on)), -- a day in Paris
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0), -- 0: nothing is left of it
    fee_minor bigint NOT NULL DEFAULT 0 CHECK (fee_minor >= 0),
    state text NOT NULL DEFAULT 'upcoming' CHECK (state IN ('upcoming', 'in_progress', 'paid', 'unpaid', 'cancelled')),
    paid_at timestamptz,
    CONSTRAINT instalment_number UNIQUE (order_id, number),
    CONSTRAINT instalment_fee CHECK (fee_minor <= amount_minor),
    CONSTRAINT instalment_paid CHECK ((state = 'paid') = (paid_at IS NOT NULL)),
    CONSTRAINT instalment_nothing CHECK ((amount_minor = 0) = (state = 'cancelled'))
) WITH (fillfactor = 80);
CREATE INDEX instalment_due ON instalment (due_on) WHERE state = 'upcoming';

-- What the merchant took off a purchase: from what is still to be paid first (cancellation), or given back (refund).
CREATE TABLE order_cancellation (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    order_id uuid NOT NULL REFERENCES purchase_order (id),
    kind text NOT NULL CHECK (kind IN ('cancellation', 'refund')),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    reason text NOT NULL CHECK (length(reason) BETWEEN 3 AND 500),
    by_kind text NOT NULL CHECK (by_kind IN ('integrator', 'agent')),
    by_id uuid NOT NULL,
    at timestamptz NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255), -- under which it was asked for
    before jsonb NOT NULL, -- instalments as the customer saw them
    after jsonb NOT NULL,
    CONSTRAINT order_cancellation_once UNIQUE (order_id, key)
);

-- Money owed back to the customer, once for what made it owed; the daily run sends it.
CREATE TABLE order_refund (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    order_id uuid NOT NULL REFERENCES purchase_order (id),
    cause_id uuid NOT NULL, -- a row of order_cancellation, or the instalment that was paid in spite of one
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    asked_at timestamptz NOT NULL,
    sent_at timestamptz,
    CONSTRAINT order_refund_once UNIQUE (order_id, cause_id)
);
CREATE INDEX order_refund_owed ON order_refund (asked_at) WHERE sent_at IS NULL;

-- What happened to an order, for people to read. Append-only.
CREATE TABLE order_event (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    order_id uuid NOT NULL REFERENCES purchase_order (id),
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind ~ '^[a-z_]{3,40}$'), -- contracts.orders.OrderEventKind
    by_kind text NOT NULL CHECK (by_kind IN ('integrator', 'agent', 'customer', 'run')),
    by_id uuid,
    about_id uuid NOT NULL, -- the instalment, cancellation or refund; else the order
    facts jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT order_event_once UNIQUE (order_id, kind, about_id)
);
CREATE TRIGGER order_event_append_only BEFORE UPDATE OR DELETE ON order_event
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- migrate:down
DROP TABLE order_event;
DROP TABLE order_refund;
DROP TABLE order_cancellation;
DROP TABLE instalment;
DROP TABLE purchase_order;

-- migrate:up
-- The directory: who may take cards, where, and under which rules.

CREATE TABLE account (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE company (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id uuid NOT NULL REFERENCES account (id),
    legal_name text NOT NULL CHECK (length(legal_name) BETWEEN 1 AND 200),
    siren text NOT NULL UNIQUE CHECK (siren ~ '^[0-9]{9}$'),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX company_account ON company (account_id);

CREATE TABLE store (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    company_id uuid NOT NULL REFERENCES company (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    siret text NOT NULL UNIQUE CHECK (siret ~ '^[0-9]{14}$'),
    acceptor text NOT NULL UNIQUE CHECK (length(acceptor) = 15), -- ISO 8583 data element 42
    merchant_category text NOT NULL CHECK (merchant_category ~ '^[0-9]{4}$'), -- data element 18
    street text NOT NULL DEFAULT '',
    postcode text NOT NULL DEFAULT '',
    city text NOT NULL DEFAULT '',
    department text NOT NULL CHECK (department ~ '^[0-9AB]{2,3}$'),
    blocked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX store_company ON store (company_id);

CREATE TABLE acquirer (
    id smallint PRIMARY KEY,
    code text NOT NULL UNIQUE CHECK (code ~ '^[a-z0-9]{1,16}$'), -- last token of the bus subject
    name text NOT NULL,
    ledger_owner uuid NOT NULL UNIQUE DEFAULT uuidv7() -- owns the receivable in the ledger
);

CREATE TABLE service (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    store_id uuid NOT NULL REFERENCES store (id),
    kind text NOT NULL CHECK (kind IN ('pax', 'softpos', 'onsite', 'ecommerce')),
    acquirer_id smallint NOT NULL REFERENCES acquirer (id),
    active boolean NOT NULL DEFAULT false,
    blocked_at timestamptz,
    currency text NOT NULL DEFAULT 'EUR',
    brands smallint[] NOT NULL DEFAULT '{1,2,3}', -- contracts.states.Brand
    transaction_max_minor bigint NOT NULL DEFAULT 500000 CHECK (transaction_max_minor > 0),
    terminal_day_max_minor bigint CHECK (terminal_day_max_minor > 0), -- NULL: no such limit
    store_day_max_minor bigint CHECK (store_day_max_minor > 0),
    duplicate_window_s integer CHECK (duplicate_window_s BETWEEN 1 AND 86400), -- same card, amount and store
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (store_id, kind)
);

CREATE TABLE terminal (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    store_id uuid NOT NULL REFERENCES store (id),
    service_id uuid NOT NULL REFERENCES service (id),
    terminal text NOT NULL UNIQUE CHECK (length(terminal) = 8), -- data element 41
    model text NOT NULL DEFAULT '',
    dialect text NOT NULL DEFAULT 'ascii1987',
    activated_at timestamptz,
    blocked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX terminal_store ON terminal (store_id);

-- Presence moves every few seconds, so it stays out of the rows that the hot statement joins.
CREATE TABLE terminal_presence (
    terminal_id uuid PRIMARY KEY REFERENCES terminal (id),
    edge text NOT NULL,
    address text NOT NULL DEFAULT '',
    firmware text NOT NULL DEFAULT '',
    connected boolean NOT NULL,
    connected_since timestamptz,
    last_seen_at timestamptz NOT NULL
) WITH (fillfactor = 70);

-- A block is a row with its person and reason; `blocked_at` on the target is its echo, set in the same commit,
-- for the hot statement to read by primary key.
CREATE TABLE block (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    target_kind smallint NOT NULL CHECK (target_kind BETWEEN 1 AND 3), -- contracts.states.BlockTarget
    target_id uuid NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 3 AND 500),
    blocked_by uuid NOT NULL,
    blocked_at timestamptz NOT NULL DEFAULT now(),
    lifted_by uuid,
    lifted_at timestamptz,
    lift_reason text CHECK (length(lift_reason) BETWEEN 3 AND 500),
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL))
);
CREATE UNIQUE INDEX block_standing ON block (target_kind, target_id) WHERE lifted_at IS NULL;
CREATE INDEX block_target ON block (target_id, blocked_at DESC);

-- migrate:down
DROP TABLE block;
DROP TABLE terminal_presence;
DROP TABLE terminal;
DROP TABLE service;
DROP TABLE acquirer;
DROP TABLE store;
DROP TABLE company;
DROP TABLE account;

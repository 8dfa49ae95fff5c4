-- migrate:up
-- Where a company wants to be told of what happens to its orders.
CREATE TABLE webhook_endpoint (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    company_id uuid NOT NULL REFERENCES company (id),
    url text NOT NULL CHECK (length(url) BETWEEN 10 AND 500),
    description text NOT NULL DEFAULT '' CHECK (length(description) <= 120),
    kinds text[] NOT NULL DEFAULT '{}' CHECK (cardinality(kinds) <= 40), -- of events that it wants; none: all
    made_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    failing_since timestamptz, -- the first refusal after what it took last
    failing_why text NOT NULL DEFAULT '',
    disabled_at timestamptz,
    disabled_why text CHECK (disabled_why IN ('asked', 'failing', 'gone')),
    removed_at timestamptz,
    CONSTRAINT webhook_endpoint_disabled CHECK ((disabled_at IS NULL) = (disabled_why IS NULL))
);
CREATE UNIQUE INDEX webhook_endpoint_url ON webhook_endpoint (company_id, url) WHERE removed_at IS NULL;

-- What its messages are signed with. While one follows another, both are in use.
CREATE TABLE webhook_secret (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    endpoint_id uuid NOT NULL REFERENCES webhook_endpoint (id),
    sealed bytea NOT NULL, -- under a key that the database never has
    made_at timestamptz NOT NULL,
    ends_at timestamptz
);
CREATE INDEX webhook_secret_endpoint ON webhook_secret (endpoint_id, made_at);

-- What a company is told. It is written with what it tells of, and only for a company that has an endpoint.
CREATE TABLE webhook_event (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    company_id uuid NOT NULL REFERENCES company (id),
    kind text NOT NULL CHECK (kind ~ '^[a-z][a-z_]{1,39}\.[a-z][a-z_]{1,39}$'),
    facts jsonb NOT NULL CHECK (jsonb_typeof(facts) = 'object'),
    at timestamptz NOT NULL,
    once_key text NOT NULL DEFAULT '' CHECK (length(once_key) <= 120) -- tells the same thing once; empty: each time
);
CREATE INDEX webhook_event_company ON webhook_event (company_id, id);
CREATE UNIQUE INDEX webhook_event_once ON webhook_event (company_id, kind, once_key) WHERE once_key <> '';

-- An event on its way to an endpoint.
CREATE TABLE webhook_delivery (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    event_id uuid NOT NULL REFERENCES webhook_event (id) ON DELETE CASCADE,
    endpoint_id uuid NOT NULL REFERENCES webhook_endpoint (id),
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed', 'dropped')),
    tries smallint NOT NULL DEFAULT 0, -- since it was last set going; the gaps grow with them
    attempts integer NOT NULL DEFAULT 0, -- all there were
    due_at timestamptz NOT NULL, -- moved on by whoever takes it, so that nobody else does meanwhile
    done_at timestamptz,
    UNIQUE (event_id, endpoint_id)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, due_at) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_endpoint ON webhook_delivery (endpoint_id, id);

-- The log: what an endpoint answered, each time.
CREATE TABLE webhook_attempt (
    delivery_id uuid NOT NULL REFERENCES webhook_delivery (id) ON DELETE CASCADE,
    number integer NOT NULL,
    at timestamptz NOT NULL,
    duration_ms integer NOT NULL CHECK (duration_ms >= 0),
    outcome text NOT NULL,
    status smallint CHECK (status BETWEEN 100 AND 999),
    answer text NOT NULL DEFAULT '' CHECK (length(answer) <= 300), -- how it began
    PRIMARY KEY (delivery_id, number)
);

-- migrate:down
DROP TABLE webhook_attempt;
DROP TABLE webhook_delivery;
DROP TABLE webhook_event;
DROP TABLE webhook_secret;
DROP TABLE webhook_endpoint;

-- migrate:up
-- Agents, their sessions and the keys that make a repeated write harmless.

CREATE TABLE agent (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    email text NOT NULL UNIQUE CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    password_hash text NOT NULL, -- argon2id, encoded
    role text NOT NULL CHECK (role IN (
        'hotline', 'shop_seller', 'technician', 'back_office', 'sales', 'legal', 'supervisor', 'administrator')),
    departments text[], -- NULL: the whole country
    locale text NOT NULL DEFAULT 'fr' CHECK (locale IN ('fr', 'en')),
    disabled_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE session (
    token_hash bytea PRIMARY KEY, -- SHA-256; the token itself is only ever with its bearer
    agent_id uuid NOT NULL REFERENCES agent (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    user_agent text NOT NULL DEFAULT '',
    ip text NOT NULL DEFAULT ''
) WITH (fillfactor = 80);
CREATE INDEX session_agent ON session (agent_id);

-- Failed logins by subject ("email:…", "ip:…"); a subject above its bound waits.
CREATE TABLE login_failure (
    subject text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX login_failure_subject ON login_failure (subject, at);

CREATE TABLE idempotency (
    principal_id uuid NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    path text NOT NULL,
    body_hash bytea NOT NULL,
    result bytea, -- NULL while the first call runs
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (principal_id, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- Who did what; append-only.
CREATE TABLE action (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    agent_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL,
    target_kind text NOT NULL,
    target_id uuid,
    facts jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX action_target ON action (target_id, at DESC);
CREATE TRIGGER action_append_only BEFORE UPDATE OR DELETE ON action
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- migrate:down
DROP TABLE action;
DROP TABLE idempotency;
DROP TABLE login_failure;
DROP TABLE session;
DROP TABLE agent;

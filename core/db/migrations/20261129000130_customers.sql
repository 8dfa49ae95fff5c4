-- migrate:up
-- People who bought something and see what is theirs: a realm of their own beside agents, with the same columns where the
-- same code reads them (core/identity/people). What a customer sees follows from the addresses that they proved.
CREATE TABLE customer (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    name text NOT NULL CHECK (length(name) <= 200), -- empty where nobody said
    password_hash text NOT NULL, -- argon2id, encoded
    locale text NOT NULL CHECK (locale IN ('fr', 'en')),
    created_at timestamptz NOT NULL,
    disabled_at timestamptz -- joined into another access of the same person
);

-- An address whose mail its customer has proved to read, of one customer at a time.
CREATE TABLE customer_email (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    customer_id uuid NOT NULL REFERENCES customer (id),
    email text NOT NULL UNIQUE CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    is_main boolean NOT NULL, -- where they are written to
    proved_at timestamptz NOT NULL
);
CREATE INDEX customer_email_customer ON customer_email (customer_id);
CREATE UNIQUE INDEX customer_email_main ON customer_email (customer_id) WHERE is_main;

CREATE TABLE customer_session (
    token_hash bytea PRIMARY KEY, -- SHA-256; the token itself is only ever with its bearer
    customer_id uuid NOT NULL REFERENCES customer (id),
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    confirmed_at timestamptz NOT NULL, -- when they last proved in it who they are
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    user_agent text NOT NULL DEFAULT '',
    ip text NOT NULL DEFAULT '',
    enrolling boolean NOT NULL DEFAULT false CHECK (NOT enrolling), -- customers need no second factor
    challenge bytea -- of a passkey that is being added
) WITH (fillfactor = 80);
CREATE INDEX customer_session_customer ON customer_session (customer_id);
CREATE INDEX customer_session_expiry ON customer_session (expires_at);

CREATE TABLE customer_factor (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    customer_id uuid NOT NULL REFERENCES customer (id),
    kind text NOT NULL CHECK (kind IN ('totp', 'passkey')),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    secret bytea, -- of a TOTP, sealed by a key that the database does not have
    last_step bigint NOT NULL DEFAULT 0, -- of a TOTP: the newest time step that was used, so that none is used twice
    credential_id bytea, -- of a passkey
    public_key bytea,
    sign_count bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz, -- NULL: shown and not proved yet
    last_used_at timestamptz,
    CHECK ((kind = 'totp') = (secret IS NOT NULL)),
    CHECK ((kind = 'passkey') = (credential_id IS NOT NULL AND public_key IS NOT NULL))
);
CREATE INDEX customer_factor_customer ON customer_factor (customer_id);
CREATE UNIQUE INDEX customer_factor_credential ON customer_factor (credential_id) WHERE credential_id IS NOT NULL;

CREATE TABLE customer_recovery_code (
    customer_id uuid NOT NULL REFERENCES customer (id),
    code_hash bytea NOT NULL, -- keyed, by the key that seals the factors
    used_at timestamptz,
    PRIMARY KEY (customer_id, code_hash)
);

-- Between the password and the second factor: opens nothing but the second step, once.
CREATE TABLE customer_pending_login (
    token_hash bytea PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES customer (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    challenge bytea, -- of a passkey, one at a time
    first_factor text NOT NULL CHECK (first_factor IN ('password', 'link')),
    device_hash bytea, -- the known device that asked
    wants_device boolean NOT NULL,
    user_agent text NOT NULL DEFAULT '',
    ip text NOT NULL DEFAULT ''
);
CREATE INDEX customer_pending_login_age ON customer_pending_login (expires_at);

-- A browser that asked to be remembered: a stranger's guesses at the same address do not keep it out.
CREATE TABLE customer_device (
    token_hash bytea PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES customer (id),
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX customer_device_customer ON customer_device (customer_id, last_used_at DESC);

-- A link in a mail, good once. Of `access`: whoever has it reads mail of the address, and chooses the password of whose
-- address it is, or of a new customer. Of `email`: it proves one more address of a customer, in that customer's session.
CREATE TABLE customer_link (
    token_hash bytea PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('access', 'email')),
    email text NOT NULL CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    customer_id uuid REFERENCES customer (id), -- of `email`
    password_digest bytea, -- of `access`: of the password of that moment, so that a change of it ends every link
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    replaced_at timestamptz, -- a newer one took its place
    CHECK ((purpose = 'email') = (customer_id IS NOT NULL))
);
CREATE UNIQUE INDEX customer_link_open ON customer_link (purpose, email, customer_id) NULLS NOT DISTINCT
WHERE used_at IS NULL AND replaced_at IS NULL;
CREATE INDEX customer_link_age ON customer_link (expires_at);
CREATE INDEX customer_link_customer ON customer_link (customer_id) WHERE customer_id IS NOT NULL;

-- What a customer did about their own access. Append-only.
CREATE TABLE customer_event (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    customer_id uuid NOT NULL REFERENCES customer (id),
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind ~ '^[a-z_]+\.[a-z_]+$'),
    facts jsonb NOT NULL DEFAULT '{}',
    ip text NOT NULL DEFAULT ''
);
CREATE INDEX customer_event_customer ON customer_event (customer_id, id);
CREATE TRIGGER customer_event_append_only BEFORE UPDATE OR DELETE ON customer_event
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER customer_event_keep BEFORE TRUNCATE ON customer_event
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- migrate:down
DROP TABLE customer_event;
DROP TABLE customer_link;
DROP TABLE customer_device;
DROP TABLE customer_pending_login;
DROP TABLE customer_recovery_code;
DROP TABLE customer_factor;
DROP TABLE customer_session;
DROP TABLE customer_email;
DROP TABLE customer;

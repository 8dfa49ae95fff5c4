-- migrate:up
-- How agents get in: second factors, devices that are known, invitations, single sign-on.

CREATE TABLE agent_factor (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    agent_id uuid NOT NULL REFERENCES agent (id),
    kind text NOT NULL CHECK (kind IN ('totp', 'passkey')),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    secret bytea, -- of a TOTP, sealed by a key that the database does not have
    last_step bigint NOT NULL DEFAULT 0, -- of a TOTP: the newest time step that was used, so that none is used twice
    credential_id bytea, -- of a passkey
    public_key bytea,
    sign_count bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz, -- NULL: shown to the agent and not proved yet
    last_used_at timestamptz,
    CHECK ((kind = 'totp') = (secret IS NOT NULL)),
    CHECK ((kind = 'passkey') = (credential_id IS NOT NULL AND public_key IS NOT NULL))
);
CREATE INDEX agent_factor_agent ON agent_factor (agent_id);
CREATE UNIQUE INDEX agent_factor_credential ON agent_factor (credential_id) WHERE credential_id IS NOT NULL;

-- Ten at a time; a used one stays until the next ten replace all.
CREATE TABLE recovery_code (
    agent_id uuid NOT NULL REFERENCES agent (id),
    code_hash bytea NOT NULL, -- keyed, by the key that seals the factors
    used_at timestamptz,
    PRIMARY KEY (agent_id, code_hash)
);

-- Between the password and the second factor: opens nothing but the second step, once.
CREATE TABLE pending_login (
    token_hash bytea PRIMARY KEY,
    agent_id uuid NOT NULL REFERENCES agent (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    challenge bytea, -- of a passkey, one at a time
    first_factor text NOT NULL CHECK (first_factor IN ('password', 'single_sign_on')),
    device_hash bytea, -- the known device that asked
    wants_device boolean NOT NULL,
    user_agent text NOT NULL DEFAULT '',
    ip text NOT NULL DEFAULT ''
);
CREATE INDEX pending_login_age ON pending_login (expires_at);

-- A browser that its agent has logged in with before: it has its own bound on guesses, so that a stranger's guesses
-- at the same e-mail do not keep the agent out.
CREATE TABLE known_device (
    token_hash bytea PRIMARY KEY,
    agent_id uuid NOT NULL REFERENCES agent (id),
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX known_device_agent ON known_device (agent_id, last_used_at DESC);

CREATE TABLE agent_invitation (
    token_hash bytea PRIMARY KEY,
    agent_id uuid NOT NULL REFERENCES agent (id),
    invited_by uuid NOT NULL REFERENCES agent (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    replaced_at timestamptz, -- a newer one took its place
    resets_factors boolean NOT NULL DEFAULT false -- for who has lost phone and recovery codes
);
-- One that stands for each agent.
CREATE UNIQUE INDEX agent_invitation_open ON agent_invitation (agent_id)
WHERE accepted_at IS NULL AND replaced_at IS NULL;

-- Between our redirection to the identity provider and its answer.
CREATE TABLE sign_on_request (
    state_hash bytea PRIMARY KEY,
    nonce text NOT NULL,
    code_verifier text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_on_request_age ON sign_on_request (expires_at);

-- A session that may only add a second factor: its agent's grants count for nothing in it.
ALTER TABLE session ADD COLUMN enrolling boolean NOT NULL DEFAULT false;
-- When the agent last proved who they are in this session; changes of credentials want it recent.
ALTER TABLE session ADD COLUMN confirmed_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE session ADD COLUMN challenge bytea; -- of a passkey that is being added

-- migrate:down
ALTER TABLE session DROP COLUMN challenge, DROP COLUMN confirmed_at, DROP COLUMN enrolling;
DROP TABLE sign_on_request;
DROP TABLE agent_invitation;
DROP TABLE known_device;
DROP TABLE pending_login;
DROP TABLE recovery_code;
DROP TABLE agent_factor;

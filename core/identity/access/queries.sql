-- name: agent_of
-- Primary key of agent.
SELECT email, name, role, locale, password_hash, disabled_at FROM agent WHERE id = $1;

-- name: add_agent
-- Unique e-mail: of two invitations at once one makes the agent.
INSERT INTO agent (email, name, password_hash, role, locale) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (email) DO NOTHING
RETURNING id;

-- name: role_exists
SELECT EXISTS (SELECT FROM role WHERE code = $1);

-- name: replace_invitation
-- Partial unique index agent_invitation_open: at most one stands.
UPDATE agent_invitation SET replaced_at = $2 WHERE agent_id = $1 AND accepted_at IS NULL AND replaced_at IS NULL;

-- name: add_invitation
INSERT INTO agent_invitation (token_hash, agent_id, invited_by, created_at, expires_at, resets_factors)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: invitation
-- Primary key.
SELECT i.token_hash, i.agent_id, i.expires_at, i.resets_factors, a.email, a.name, a.locale, a.password_hash
FROM agent_invitation i JOIN agent a ON a.id = i.agent_id
WHERE i.token_hash = $1 AND i.accepted_at IS NULL AND i.replaced_at IS NULL AND i.expires_at > $2
    AND a.disabled_at IS NULL;

-- name: accept_invitation
-- The condition lets one acceptance through.
UPDATE agent_invitation SET accepted_at = $2
WHERE token_hash = $1 AND accepted_at IS NULL AND replaced_at IS NULL
RETURNING agent_id;

-- name: add_sign_on
-- Index sign_on_request_age. Anybody may begin, so what has expired goes at once and what waits is bounded.
WITH expired AS (
    DELETE FROM sign_on_request WHERE expires_at < $4
)
INSERT INTO sign_on_request (state_hash, nonce, code_verifier, created_at, expires_at)
SELECT $1, $2, $3, $4, $5
WHERE (SELECT count(*) FROM sign_on_request WHERE expires_at >= $4) < $6
RETURNING expires_at;

-- name: take_sign_on
-- A state comes back once.
DELETE FROM sign_on_request WHERE state_hash = $1 AND expires_at > $2 RETURNING nonce, code_verifier;

-- name: agent_by_email
-- Unique index on agent.email.
SELECT id FROM agent WHERE email = $1 AND disabled_at IS NULL;

-- name: forget_old_sign_ons
-- Index sign_on_request_age.
DELETE FROM sign_on_request WHERE expires_at < $1;

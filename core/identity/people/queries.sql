-- Written of agents; `core.identity.people.store` reads the same statements of customers, whose tables have the same columns.

-- name: open_session
INSERT INTO session (token_hash, agent_id, created_at, last_seen_at, confirmed_at, expires_at, user_agent, ip, enrolling)
VALUES ($1, $2, $3, $3, $3, $4, $5, $6, $7);

-- name: note_seen
-- Primary key; the condition keeps parallel calls to one write.
UPDATE session SET last_seen_at = $2 WHERE token_hash = $1 AND last_seen_at < $3 AND ended_at IS NULL;

-- name: end_session
UPDATE session SET ended_at = $2 WHERE token_hash = $1 AND ended_at IS NULL RETURNING true;

-- name: prune_sessions
-- Index session_expiry: what ended by itself long ago. Whoever opened it is in the audit.
WITH due AS MATERIALIZED (
    SELECT s.token_hash FROM session s WHERE s.expires_at < $1 ORDER BY s.expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
DELETE FROM session USING due WHERE session.token_hash = due.token_hash;

-- name: lock_person
-- One change of a person's credentials at a time.
SELECT id FROM agent WHERE id = $1 FOR UPDATE;

-- name: put_password
UPDATE agent SET password_hash = $2 WHERE id = $1;

-- name: factors
-- Index agent_factor_agent.
SELECT id, agent_id AS person_id, kind, name, secret, last_step, credential_id, public_key, sign_count, created_at, confirmed_at,
       last_used_at
FROM agent_factor WHERE agent_id = $1 ORDER BY created_at, id;

-- name: add_totp
-- One at a time is shown and not confirmed.
WITH replaced AS (
    DELETE FROM agent_factor WHERE agent_id = $1 AND kind = 'totp' AND confirmed_at IS NULL
)
INSERT INTO agent_factor (agent_id, kind, name, secret, created_at) VALUES ($1, 'totp', '-', $2, $3) RETURNING id;

-- name: confirm_totp
UPDATE agent_factor SET confirmed_at = $3, last_used_at = $3, last_step = $4, name = $5
WHERE id = $1 AND agent_id = $2 AND confirmed_at IS NULL;

-- name: add_passkey
-- Unique index agent_factor_credential: a passkey belongs to one person.
INSERT INTO agent_factor (agent_id, kind, name, credential_id, public_key, sign_count, created_at, confirmed_at)
VALUES ($1, 'passkey', $2, $3, $4, $5, $6, $6)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: use_step
-- The condition lets one use of a time step through, whoever else tries it now.
UPDATE agent_factor SET last_step = $2, last_used_at = $3 WHERE id = $1 AND last_step < $2 RETURNING id;

-- name: use_passkey
UPDATE agent_factor SET sign_count = $2, last_used_at = $3 WHERE id = $1;

-- name: remove_factor
DELETE FROM agent_factor WHERE id = $1;

-- name: remove_factors
DELETE FROM agent_factor WHERE agent_id = $1;

-- name: drop_recovery_codes
DELETE FROM recovery_code WHERE agent_id = $1;

-- name: add_recovery_codes
INSERT INTO recovery_code (agent_id, code_hash) SELECT $1, h FROM unnest($2::bytea[]) AS h;

-- name: recovery_codes_left
SELECT count(*)::int FROM recovery_code WHERE agent_id = $1 AND used_at IS NULL;

-- name: use_recovery_code
-- Primary key; the condition lets one use through.
UPDATE recovery_code SET used_at = $3 WHERE agent_id = $1 AND code_hash = $2 AND used_at IS NULL RETURNING used_at;

-- name: add_pending
INSERT INTO pending_login
(token_hash, agent_id, created_at, expires_at, first_factor, device_hash, wants_device, user_agent, ip)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: pending
-- Primary key; somebody who was disabled meanwhile goes no further.
SELECT p.token_hash, p.agent_id AS person_id, p.first_factor, p.challenge, p.device_hash, p.wants_device, p.user_agent, p.ip
FROM pending_login p JOIN agent a ON a.id = p.agent_id
WHERE p.token_hash = $1 AND p.used_at IS NULL AND p.expires_at > $2 AND a.disabled_at IS NULL;

-- name: use_pending
-- The condition lets one session come of it.
UPDATE pending_login SET used_at = $2, challenge = NULL WHERE token_hash = $1 AND used_at IS NULL RETURNING true;

-- name: put_pending_challenge
UPDATE pending_login SET challenge = $2 WHERE token_hash = $1 AND used_at IS NULL;

-- name: device_of
-- Primary key; a device is known for its own person only.
SELECT d.token_hash FROM known_device d WHERE d.token_hash = $1 AND d.agent_id = $2 AND d.expires_at > $3;

-- name: note_device
UPDATE known_device SET last_used_at = $2, expires_at = $3 WHERE token_hash = $1;

-- name: add_device
-- Index known_device_agent: the oldest above the bound are forgotten.
WITH forgotten AS (
    DELETE FROM known_device WHERE token_hash IN (
        SELECT d.token_hash FROM known_device d WHERE d.agent_id = $2 ORDER BY d.last_used_at DESC OFFSET $5
    )
)
INSERT INTO known_device (token_hash, agent_id, created_at, last_used_at, expires_at) VALUES ($1, $2, $3, $3, $4);

-- name: forget_devices
DELETE FROM known_device WHERE agent_id = $1;

-- name: sessions_of
-- Index session_agent; those that still stand.
SELECT token_hash, created_at, last_seen_at, expires_at, user_agent, ip FROM session
WHERE agent_id = $1 AND ended_at IS NULL AND expires_at > $2 AND last_seen_at > $3
ORDER BY last_seen_at DESC
LIMIT 100;

-- name: end_session_of
-- Index session_agent. A session is named by the first half of its hash.
UPDATE session SET ended_at = $3
WHERE agent_id = $1 AND substring(token_hash FOR 16) = $2 AND ended_at IS NULL
RETURNING token_hash;

-- name: end_sessions_of
-- Index session_agent. All of them, or all but one.
UPDATE session SET ended_at = $2
WHERE agent_id = $1 AND ended_at IS NULL AND token_hash IS DISTINCT FROM $3::bytea
RETURNING token_hash;

-- name: confirm_session
UPDATE session SET confirmed_at = $2 WHERE token_hash = $1;

-- name: finish_enrolling
UPDATE session SET enrolling = false, challenge = NULL WHERE token_hash = $1;

-- name: put_challenge
UPDATE session SET challenge = $2 WHERE token_hash = $1;

-- name: take_challenge
-- A challenge is answered once. The row before the update is read under its lock.
UPDATE session s SET challenge = NULL
FROM (SELECT token_hash, challenge FROM session WHERE token_hash = $1 FOR UPDATE) AS old
WHERE s.token_hash = old.token_hash
RETURNING old.challenge;

-- name: forget_unfinished
-- Index pending_login_age.
DELETE FROM pending_login WHERE expires_at < $1;

-- name: forget_old_devices
-- Devices are few.
DELETE FROM known_device WHERE expires_at < $1;

-- name: credential
-- Unique index on agent.email.
SELECT id, password_hash, disabled_at FROM agent WHERE email = $1;

-- name: lock_subject
-- One log in at a time for a subject, until its failure is counted: parallel guesses cannot slip below the bound.
SELECT pg_advisory_xact_lock(hashtextextended($1, 7));

-- name: failures
-- Index login_failure_subject.
SELECT count(*)::int AS count, min(at) AS oldest_at FROM login_failure WHERE subject = $1 AND at > $2;

-- name: note_failure
INSERT INTO login_failure (subject, at) VALUES ($1, $2);

-- name: forget_failures
-- Index login_failure_subject. A success clears its e-mail whole.
DELETE FROM login_failure WHERE subject = $1;

-- name: forget_failure
-- A success takes back only what itself counted against its address.
DELETE FROM login_failure WHERE subject = $1 AND at = $2;

-- name: signed_in
-- Primary keys of session and agent, partial index agent_grant_standing, primary key of role_permission.
-- A session that may only add a second factor has no grants.
SELECT s.token_hash, s.agent_id, s.created_at, s.last_seen_at, s.expires_at, s.ended_at, s.confirmed_at, s.enrolling,
       a.email, a.name, a.role, a.locale, a.disabled_at,
       (SELECT coalesce(json_agg(json_build_object(
                   'role', g.role, 'regions', g.regions, 'departments', g.departments, 'stores', g.stores,
                   'companies', g.companies, 'services', g.services, 'amount_max_minor', g.amount_max_minor,
                   'permissions', ARRAY(SELECT p.permission FROM role_permission p WHERE p.role = g.role)
               ) ORDER BY g.id), '[]')::text
        FROM agent_grant g WHERE g.agent_id = a.id AND g.revoked_at IS NULL AND NOT s.enrolling) AS grants
FROM session s JOIN agent a ON a.id = s.agent_id
WHERE s.token_hash = $1;

-- name: signed_in_many
-- Primary keys of session and agent; at most a thousand hashes at a time.
SELECT s.token_hash, s.agent_id, s.created_at, s.last_seen_at, s.expires_at, s.ended_at, s.confirmed_at, s.enrolling,
       a.email, a.name, a.role, a.locale, a.disabled_at,
       (SELECT coalesce(json_agg(json_build_object(
                   'role', g.role, 'regions', g.regions, 'departments', g.departments, 'stores', g.stores,
                   'companies', g.companies, 'services', g.services, 'amount_max_minor', g.amount_max_minor,
                   'permissions', ARRAY(SELECT p.permission FROM role_permission p WHERE p.role = g.role)
               ) ORDER BY g.id), '[]')::text
        FROM agent_grant g WHERE g.agent_id = a.id AND g.revoked_at IS NULL AND NOT s.enrolling) AS grants
FROM session s JOIN agent a ON a.id = s.agent_id
WHERE s.token_hash = ANY($1::bytea[]);

-- name: holders
-- Primary key of role_permission, partial index agent_grant_standing: agents with the grants that give a permission.
SELECT a.id,
       json_agg(json_build_object(
           'role', g.role, 'regions', g.regions, 'departments', g.departments, 'stores', g.stores,
           'companies', g.companies, 'services', g.services, 'amount_max_minor', g.amount_max_minor,
           'permissions', ARRAY[$1::text]
       ) ORDER BY g.id)::text AS grants
FROM agent_grant g
JOIN role_permission p ON p.role = g.role AND p.permission = $1
JOIN agent a ON a.id = g.agent_id
WHERE g.revoked_at IS NULL AND a.disabled_at IS NULL
GROUP BY a.id
ORDER BY a.id
LIMIT 500;

-- name: record_action
-- The trigger chains it to the one before and waits for whoever writes at the same time.
INSERT INTO action (agent_id, at, kind, target_kind, target_id, facts, ip)
VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7);

-- name: last_change
-- Index action_target.
SELECT a.at, coalesce(g.name, k.name) AS name
FROM action a LEFT JOIN agent g ON g.id = a.agent_id LEFT JOIN api_key k ON k.id = a.agent_id
WHERE a.target_id = $2 AND ($1::text IS NULL OR a.target_kind = $1)
ORDER BY a.at DESC, a.seq DESC
LIMIT 1;

-- name: last_change_by_code
-- Index action_target, over what has no identifier. Only a late save asks this.
SELECT a.at, g.name FROM action a JOIN agent g ON g.id = a.agent_id
WHERE a.target_id IS NULL AND a.target_kind = $1 AND $2 IN (a.facts ->> 'code', a.facts ->> 'role')
ORDER BY a.at DESC, a.seq DESC
LIMIT 1;

-- name: last_doer
-- Index action_target.
SELECT a.agent_id, a.at, coalesce(g.name, k.name) AS name
FROM action a LEFT JOIN agent g ON g.id = a.agent_id LEFT JOIN api_key k ON k.id = a.agent_id
WHERE a.target_id = $1 AND a.kind = ANY($2::text[])
ORDER BY a.at DESC, a.seq DESC
LIMIT 1;

-- name: claim_key
-- The primary key (principal_id, key) lets one call in; the others get no row.
INSERT INTO idempotency (principal_id, key, path, body_hash, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (principal_id, key) DO NOTHING
RETURNING created_at;

-- name: key_taken
SELECT path, body_hash, result, created_at FROM idempotency WHERE principal_id = $1 AND key = $2;

-- name: lock_key
-- Primary key; the row stays locked until the effect and its answer are committed.
SELECT result FROM idempotency WHERE principal_id = $1 AND key = $2 FOR UPDATE;

-- name: keep_result
-- The first result stands.
UPDATE idempotency SET result = $3 WHERE principal_id = $1 AND key = $2 AND result IS NULL;

-- name: release_key
-- A refused call had no effect, so its key is free again.
DELETE FROM idempotency WHERE principal_id = $1 AND key = $2 AND result IS NULL;

-- name: forget_old_keys
-- Index idempotency_age.
DELETE FROM idempotency WHERE created_at < $1;

-- name: forget_old_failures
DELETE FROM login_failure WHERE at < $1;

-- name: record_names
-- Primary key. $1 kinds and $2 identifiers, side by side.
SELECT w.kind, w.id, a.name FROM unnest($1::text[], $2::uuid[]) AS w (kind, id) JOIN agent a ON a.id = w.id;

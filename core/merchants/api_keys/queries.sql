-- name: integrator
-- Unique index on key_hash, then the primary key of company.
SELECT k.id, k.company_id, k.name, k.used_at, c.legal_name, c.siren
FROM api_key AS k JOIN company AS c ON c.id = k.company_id
WHERE k.key_hash = $1 AND k.revoked_at IS NULL;

-- name: note_used
-- Primary key; the condition keeps parallel calls to one write. $2 now, $3 the moment before which it is noted again.
UPDATE api_key SET used_at = $2 WHERE id = $1 AND (used_at IS NULL OR used_at < $3);

-- name: keys_of
-- Index api_key_company, backwards. $1 company, $2 limit.
SELECT k.id, k.company_id, k.name, k.prefix, k.made_at, k.used_at, k.revoked_at, k.made_by, m.name AS made_by_name,
       k.revoked_by, r.name AS revoked_by_name
FROM api_key AS k JOIN agent AS m ON m.id = k.made_by LEFT JOIN agent AS r ON r.id = k.revoked_by
WHERE k.company_id = $1
ORDER BY k.id DESC
LIMIT $2;

-- name: one_key
-- Primary key.
SELECT k.id, k.company_id, k.name, k.prefix, k.made_at, k.used_at, k.revoked_at, k.made_by, m.name AS made_by_name,
       k.revoked_by, r.name AS revoked_by_name
FROM api_key AS k JOIN agent AS m ON m.id = k.made_by LEFT JOIN agent AS r ON r.id = k.revoked_by
WHERE k.id = $1;

-- name: count_good
-- Index api_key_name; its company is locked, so that two who make keys take turns.
SELECT count(*)::int FROM api_key WHERE company_id = $1 AND revoked_at IS NULL;

-- name: add_key
-- None when a key that is good has the name: unique index api_key_name.
INSERT INTO api_key (id, company_id, name, prefix, key_hash, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING RETURNING id;

-- name: endpoints_touched
-- Index action_agent: of a program the audit has only what it did to webhooks.
SELECT count(DISTINCT a.target_id)::int FROM action AS a WHERE a.agent_id = $1 AND a.target_kind = 'webhook_endpoint';

-- name: revoke_key
-- Primary key; once.
UPDATE api_key SET revoked_by = $2, revoked_at = $3 WHERE id = $1 AND revoked_at IS NULL RETURNING id;

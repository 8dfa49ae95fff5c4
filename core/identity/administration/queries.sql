-- name: agents
-- The staff is small (thousands at most): a scan in the order of names; grants by agent_grant_standing, the last log
-- in by session_agent. Within a scope, an agent is seen by any standing grant that lies inside it.
-- $1 everything, $2 scope, $3 region codes, $4 their departments, $5 pattern, $6 disabled, $7 role, $8 name after,
-- $9 id after, $10 limit.
SELECT a.id, a.name, a.email, a.role, a.disabled_at,
       ARRAY(SELECT DISTINCT g.role FROM agent_grant g
             WHERE g.agent_id = a.id AND g.revoked_at IS NULL AND ($1 OR grant_within($2::area[], $3, $4, g))
             ORDER BY g.role) AS roles,
       (SELECT max(s.created_at) FROM session s WHERE s.agent_id = a.id) AS last_log_in_at
FROM agent a
WHERE ($1::boolean OR EXISTS (
          SELECT FROM agent_grant g
          WHERE g.agent_id = a.id AND g.revoked_at IS NULL
            AND grant_within($2::area[], $3::text[], $4::text[], g)))
  AND ($5::text = '' OR a.name ILIKE $5 OR a.email ILIKE $5)
  AND ($6::boolean IS NULL OR (a.disabled_at IS NOT NULL) = $6)
  AND ($7::text IS NULL OR EXISTS (
          SELECT FROM agent_grant g WHERE g.agent_id = a.id AND g.revoked_at IS NULL AND g.role = $7))
  AND (a.name, a.id) > ($8, $9)
ORDER BY a.name, a.id
LIMIT $10;

-- name: agent_by_id
-- Primary key, within the scope as in the list. `inside` is whether every standing grant lies within it.
-- $1 everything, $2 scope, $3 region codes, $4 their departments, $5 agent, $6 idle since, $7 now.
SELECT a.id, a.name, a.email, a.role, a.locale, a.created_at, a.disabled_at,
       (SELECT max(s.created_at) FROM session s WHERE s.agent_id = a.id) AS last_log_in_at,
       (SELECT count(*)::int FROM session s
        WHERE s.agent_id = a.id AND s.ended_at IS NULL AND s.expires_at > $7 AND s.last_seen_at > $6) AS open_sessions,
       $1::boolean OR NOT EXISTS (
           SELECT FROM agent_grant g WHERE g.agent_id = a.id AND g.revoked_at IS NULL
             AND NOT grant_within($2::area[], $3, $4, g)) AS inside
FROM agent a
WHERE a.id = $5
  AND ($1 OR EXISTS (
          SELECT FROM agent_grant g
          WHERE g.agent_id = a.id AND g.revoked_at IS NULL
            AND grant_within($2::area[], $3::text[], $4::text[], g)));

-- name: grants_of
-- Grants of one agent, standing ones first; names of places by primary keys.
-- $1 everything, $2 scope, $3 region codes, $4 their departments, $5 agent, $6 limit.
SELECT g.id, g.role, g.regions, g.departments, g.services, g.amount_max_minor, g.granted_at, g.revoked_at,
       g.granted_by, giver.name AS granted_by_name, g.revoked_by, taker.name AS revoked_by_name,
       CASE WHEN g.stores IS NULL THEN NULL ELSE (
           SELECT coalesce(json_agg(json_build_object('id', s.id, 'name', s.name, 'department', s.department)
                                    ORDER BY s.name), '[]')::text
           FROM store s WHERE s.id = ANY (g.stores)) END AS stores,
       CASE WHEN g.companies IS NULL THEN NULL ELSE (
           SELECT coalesce(json_agg(json_build_object('id', c.id, 'name', c.legal_name) ORDER BY c.legal_name), '[]')::text
           FROM company c WHERE c.id = ANY (g.companies)) END AS companies
FROM agent_grant g
LEFT JOIN agent giver ON giver.id = g.granted_by
LEFT JOIN agent taker ON taker.id = g.revoked_by
WHERE g.agent_id = $5 AND ($1::boolean OR grant_within($2::area[], $3::text[], $4::text[], g))
ORDER BY g.revoked_at IS NOT NULL, g.granted_at DESC, g.id DESC
LIMIT $6;

-- name: lock_administrators
-- One change of rights at a time, so that two administrators cannot take the last rights of each other.
SELECT code FROM role WHERE code = 'administrator' FOR UPDATE;

-- name: lock_agent
-- Primary key; the row stays locked until the change is written.
SELECT id, disabled_at FROM agent WHERE id = $1 FOR UPDATE;

-- name: administrators_left
-- Standing administrators of the whole, but for one agent and one grant.
SELECT count(DISTINCT a.id)::int FROM agent_grant g JOIN agent a ON a.id = g.agent_id
WHERE g.role = 'administrator' AND g.revoked_at IS NULL AND a.disabled_at IS NULL
  AND num_nonnulls(g.regions, g.departments, g.stores, g.companies, g.services, g.amount_max_minor) = 0
  AND a.id IS DISTINCT FROM $1::uuid AND g.id IS DISTINCT FROM $2::uuid;

-- name: switch_agent
UPDATE agent SET disabled_at = $2 WHERE id = $1;

-- name: end_sessions
-- Index session_agent.
UPDATE session SET ended_at = $2 WHERE agent_id = $1 AND ended_at IS NULL;

-- name: role_permissions
-- Primary key of role_permission; no row when there is no such role, an empty array when it allows nothing.
SELECT ARRAY(SELECT p.permission FROM role_permission p WHERE p.role = r.code ORDER BY 1) AS permissions
FROM role r WHERE r.code = $1 FOR SHARE OF r;

-- name: stores_seen
-- Those of the stores that exist within the scope; primary key.
SELECT s.id FROM store s WHERE s.id = ANY ($2::uuid[]) AND sees($1::area[], s.department, s.id, s.company_id, NULL);

-- name: companies_seen
-- Those of the companies that exist and that the scope holds whole, or by one of their stores.
SELECT c.id FROM company c
WHERE c.id = ANY ($2::uuid[])
  AND (sees($1::area[], NULL, NULL, c.id, NULL)
       OR EXISTS (SELECT FROM store s WHERE s.company_id = c.id
                    AND sees($1::area[], s.department, s.id, s.company_id, NULL)));

-- name: standing_grants
-- Index agent_grant_standing.
SELECT count(*)::int AS standing,
       coalesce(bool_or(g.role = $2 AND g.regions IS NOT DISTINCT FROM $3::text[]
           AND g.departments IS NOT DISTINCT FROM $4::text[] AND g.stores IS NOT DISTINCT FROM $5::uuid[]
           AND g.companies IS NOT DISTINCT FROM $6::uuid[] AND g.services IS NOT DISTINCT FROM $7::text[]
           AND g.amount_max_minor IS NOT DISTINCT FROM $8::bigint), false) AS same
FROM agent_grant g WHERE g.agent_id = $1 AND g.revoked_at IS NULL;

-- name: give_grant
INSERT INTO agent_grant (agent_id, role, regions, departments, stores, companies, services, amount_max_minor,
                         granted_by, granted_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
RETURNING id;

-- name: grant_lies_within
-- Primary key. $1 grant, $2 scope, $3 region codes, $4 their departments.
SELECT grant_within($2::area[], $3::text[], $4::text[], g) FROM agent_grant g WHERE g.id = $1;

-- name: lock_grant
-- Primary key; the grant stays locked until it is ended.
SELECT g.agent_id, g.role, g.amount_max_minor, g.revoked_at,
       num_nonnulls(g.regions, g.departments, g.stores, g.companies, g.services, g.amount_max_minor) = 0 AS whole
FROM agent_grant g
WHERE g.id = $5 AND ($1::boolean OR grant_within($2::area[], $3::text[], $4::text[], g))
FOR UPDATE OF g;

-- name: revoke_grant
UPDATE agent_grant SET revoked_by = $2, revoked_at = $3 WHERE id = $1 AND revoked_at IS NULL;

-- name: roles
-- A few dozen rows.
SELECT r.code, r.name_fr, r.name_en, r.built_in,
       ARRAY(SELECT p.permission FROM role_permission p WHERE p.role = r.code ORDER BY 1) AS permissions
FROM role r
WHERE $1::text IS NULL OR r.code = $1
ORDER BY r.built_in DESC, r.created_at, r.code;

-- name: lock_role
-- Primary key; two changes of one role follow each other.
SELECT code, built_in FROM role WHERE code = $1 FOR UPDATE;

-- name: add_role
-- Primary key on the code.
INSERT INTO role (code, name_fr, name_en, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (code) DO NOTHING RETURNING code;

-- name: name_role
UPDATE role SET name_fr = coalesce($2, name_fr), name_en = coalesce($3, name_en) WHERE code = $1;

-- name: drop_permissions
DELETE FROM role_permission WHERE role = $1 AND permission <> ALL ($2::text[]);

-- name: add_permissions
INSERT INTO role_permission (role, permission) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING;

-- name: views
-- Unique index of the owner and list, index saved_view_shared.
-- $1 agent, $2 list, $3 the roles that the agent holds, $4 one view.
SELECT v.id, v.list, v.name, v.filters::text, v.columns, v.shared_role, v.owner_id, a.name AS owner_name,
       d.view_id IS NOT NULL AS is_default
FROM saved_view v
JOIN agent a ON a.id = v.owner_id
LEFT JOIN saved_view_default d ON d.view_id = v.id AND d.agent_id = $1 AND d.list = v.list
WHERE (v.owner_id = $1 OR v.shared_role = ANY($3::text[]))
  AND ($2::text IS NULL OR v.list = $2) AND ($4::uuid IS NULL OR v.id = $4)
ORDER BY v.name, v.id
LIMIT 200;

-- name: lock_owner
-- An agent's views are counted and added one at a time.
SELECT id FROM agent WHERE id = $1 FOR NO KEY UPDATE;

-- name: count_views
SELECT count(*)::int AS views FROM saved_view WHERE owner_id = $1;

-- name: add_view
-- Unique (owner_id, list, name): nothing comes back when the name is taken.
INSERT INTO saved_view (list, owner_id, name, shared_role, filters, columns, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
ON CONFLICT (owner_id, list, name) DO NOTHING
RETURNING id;

-- name: name_taken
SELECT id FROM saved_view WHERE owner_id = $1 AND list = $2 AND name = $3 AND id <> $4;

-- name: change_view
-- Primary key; only the owner's.
UPDATE saved_view SET name = $3, shared_role = $4, filters = $5, columns = $6, updated_at = $7
WHERE id = $1 AND owner_id = $2 AND list = $8
RETURNING id;

-- name: delete_view
-- Primary key; only the owner's. Whoever opened the list with it opens it plainly from now on.
DELETE FROM saved_view WHERE id = $1 AND owner_id = $2 RETURNING name;

-- name: choose_default
INSERT INTO saved_view_default (agent_id, list, view_id) VALUES ($1, $2, $3)
ON CONFLICT (agent_id, list) DO UPDATE SET view_id = excluded.view_id;

-- name: choose_no_default
DELETE FROM saved_view_default WHERE agent_id = $1 AND list = $2;

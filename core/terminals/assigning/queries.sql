-- The list of terminals, and what technicians change. $1 is the scope; $2 whether it is everything, which spares one
-- call of `sees` for each row that is passed over.
-- The lists take $3 store, $4 number after, $5 limit, $6 department, $7 service, $8 condition, $9 seen since, $10 now.

-- name: list_terminals
-- Unique index on terminal.terminal in its order, or terminal_store for one store; the rest of a row is looked up until
-- the limit is reached. What is rare is narrowed by its own table first: one branch of the first CASE is planned.
SELECT t.id, t.terminal, t.model, s.id AS store_id, s.name AS store_name, s.department, s.time_zone, v.kind AS service,
       p.connected, p.last_seen_at, state.condition
FROM (
    SELECT w.id, w.terminal, w.model, w.activated_at, w.blocked_at, w.store_id, w.service_id FROM terminal w
    WHERE w.terminal > $4
      AND ($3::uuid IS NULL OR w.store_id = $3)
      AND CASE $8::text
          WHEN 'failing' THEN w.id IN (SELECT terminal_id FROM terminal_level WHERE failing)
          WHEN 'retired' THEN w.id IN (SELECT terminal_id FROM terminal_profile WHERE retired_at IS NOT NULL)
          WHEN 'blocked' THEN w.blocked_at IS NOT NULL
              OR w.store_id IN (SELECT id FROM store WHERE blocked_at IS NOT NULL)
              OR w.service_id IN (SELECT id FROM service WHERE blocked_at IS NOT NULL)
          WHEN 'not_active' THEN w.activated_at IS NULL
              OR w.service_id IN (SELECT id FROM service WHERE NOT active)
          WHEN 'never_seen' THEN w.id NOT IN (SELECT terminal_id FROM terminal_presence)
          ELSE true END
    ORDER BY w.terminal OFFSET 0
) AS t
JOIN store s ON s.id = t.store_id
JOIN service v ON v.id = t.service_id
LEFT JOIN terminal_presence p ON p.terminal_id = t.id
LEFT JOIN terminal_profile o ON o.terminal_id = t.id
LEFT JOIN terminal_level l ON l.terminal_id = t.id
CROSS JOIN LATERAL (
    SELECT terminal_condition(
        o.retired_at, t.blocked_at, s.blocked_at, v.blocked_at, t.activated_at, v.active, p.connected, p.last_seen_at,
        l.failing, $9, is_trading(s.time_zone, $10)
    ) AS condition
) AS state
WHERE ($2 OR sees($1::area[], s.department, s.id, s.company_id, v.kind))
  AND ($6::text IS NULL OR s.department = $6)
  AND ($7::text IS NULL OR v.kind = $7)
  AND CASE WHEN $8::text IS NULL THEN o.retired_at IS NULL ELSE state.condition = $8 END
ORDER BY t.terminal
LIMIT $5;

-- name: stores_up_to
-- Index store_department alone: whether departments have many stores. $1 departments, $2 as many as are counted.
SELECT count(*)::int FROM (SELECT FROM store WHERE department = ANY($1::text[]) LIMIT $2) AS n;

-- name: list_terminals_of_places
-- A narrow scope, with or without words: the stores of its departments (store_department), companies (store_company)
-- and its own (primary key), their terminals by terminal_store, in order; the rest of a row is looked up until the
-- limit is reached. $11 departments, $12 stores, $13 companies, $14 pattern or empty.
WITH place AS MATERIALIZED (
    SELECT s.id, $14::text = '' OR s.name ILIKE $14 OR s.city ILIKE $14 AS named FROM store s
    WHERE (s.department = ANY($11::text[]) OR s.id = ANY($12::uuid[]) OR s.company_id = ANY($13::uuid[]))
      AND ($6::text IS NULL OR s.department = $6)
), found AS MATERIALIZED (
    SELECT t.id, t.terminal
    FROM place
    CROSS JOIN LATERAL (
        SELECT w.id, w.terminal, w.model FROM terminal w WHERE w.store_id = place.id AND w.terminal > $4 OFFSET 0
    ) AS t
    WHERE place.named OR t.terminal ILIKE $14 OR t.model ILIKE $14
       OR EXISTS (SELECT FROM terminal_profile f WHERE f.terminal_id = t.id AND f.serial = upper(trim(BOTH '%' FROM $14)))
    ORDER BY t.terminal
)
SELECT t.id, t.terminal, t.model, s.id AS store_id, s.name AS store_name, s.department, s.time_zone, v.kind AS service,
       p.connected, p.last_seen_at, state.condition
FROM (SELECT f.id, f.terminal FROM found f ORDER BY f.terminal OFFSET 0) AS found
JOIN terminal t ON t.id = found.id
JOIN store s ON s.id = t.store_id
JOIN service v ON v.id = t.service_id
LEFT JOIN terminal_presence p ON p.terminal_id = t.id
LEFT JOIN terminal_profile o ON o.terminal_id = t.id
LEFT JOIN terminal_level l ON l.terminal_id = t.id
CROSS JOIN LATERAL (
    SELECT terminal_condition(
        o.retired_at, t.blocked_at, s.blocked_at, v.blocked_at, t.activated_at, v.active, p.connected, p.last_seen_at,
        l.failing, $9, is_trading(s.time_zone, $10)
    ) AS condition
) AS state
WHERE ($2 OR sees($1::area[], s.department, s.id, s.company_id, v.kind))
  AND ($3::uuid IS NULL OR t.store_id = $3)
  AND ($6::text IS NULL OR s.department = $6)
  AND ($7::text IS NULL OR v.kind = $7)
  AND CASE WHEN $8::text IS NULL THEN o.retired_at IS NULL ELSE state.condition = $8 END
ORDER BY found.terminal
LIMIT $5;

-- name: list_terminals_with_words
-- Trigram indexes terminal_number_words, terminal_model_words and store_place_words find what holds the words, in
-- order; the rest of a row is looked up until the limit is reached. $11 pattern.
WITH found AS MATERIALIZED (
    SELECT id, terminal FROM terminal WHERE (terminal ILIKE $11 OR model ILIKE $11) AND terminal > $4
    UNION
    SELECT t.id, t.terminal
    FROM (SELECT id FROM store WHERE name ILIKE $11 OR city ILIKE $11) AS place
    CROSS JOIN LATERAL (
        SELECT w.id, w.terminal FROM terminal w WHERE w.store_id = place.id AND w.terminal > $4 OFFSET 0
    ) AS t
    UNION
    SELECT t.id, t.terminal FROM terminal_profile f JOIN terminal t ON t.id = f.terminal_id
    WHERE f.serial = upper(trim(BOTH '%' FROM $11)) AND t.terminal > $4
)
SELECT t.id, t.terminal, t.model, s.id AS store_id, s.name AS store_name, s.department, s.time_zone, v.kind AS service,
       p.connected, p.last_seen_at, state.condition
FROM (SELECT f.id, f.terminal FROM found f ORDER BY f.terminal OFFSET 0) AS found
JOIN terminal t ON t.id = found.id
JOIN store s ON s.id = t.store_id
JOIN service v ON v.id = t.service_id
LEFT JOIN terminal_presence p ON p.terminal_id = t.id
LEFT JOIN terminal_profile o ON o.terminal_id = t.id
LEFT JOIN terminal_level l ON l.terminal_id = t.id
CROSS JOIN LATERAL (
    SELECT terminal_condition(
        o.retired_at, t.blocked_at, s.blocked_at, v.blocked_at, t.activated_at, v.active, p.connected, p.last_seen_at,
        l.failing, $9, is_trading(s.time_zone, $10)
    ) AS condition
) AS state
WHERE ($2 OR sees($1::area[], s.department, s.id, s.company_id, v.kind))
  AND ($3::uuid IS NULL OR t.store_id = $3)
  AND ($6::text IS NULL OR s.department = $6)
  AND ($7::text IS NULL OR v.kind = $7)
  AND CASE WHEN $8::text IS NULL THEN o.retired_at IS NULL ELSE state.condition = $8 END
ORDER BY found.terminal
LIMIT $5;

-- name: profile_of
-- Primary keys, within the scope.
SELECT t.id, t.terminal, t.model, t.dialect, t.activated_at, s.id AS store_id, s.name AS store_name, s.department,
       s.time_zone, s.company_id, v.kind AS service, o.serial, o.connectivity, o.tip, o.tip_percent_max, o.preauthorisation,
       o.contactless_max_minor, o.reload_wanted_at, o.retired_at,
       l.recent_count, l.recent_failed, l.usual_count, l.usual_failed,
       terminal_condition(
           o.retired_at, t.blocked_at, s.blocked_at, v.blocked_at, t.activated_at, v.active, p.connected, p.last_seen_at,
           l.failing, $3, is_trading(s.time_zone, $4)
       ) AS condition
FROM terminal t
JOIN store s ON s.id = t.store_id
JOIN service v ON v.id = t.service_id
LEFT JOIN terminal_presence p ON p.terminal_id = t.id
LEFT JOIN terminal_profile o ON o.terminal_id = t.id
LEFT JOIN terminal_level l ON l.terminal_id = t.id
WHERE t.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, v.kind);

-- name: changes_of
-- Index action_target: what people did to it, from the chain itself.
SELECT a.at, a.kind, a.facts, g.name AS by FROM action a LEFT JOIN agent g ON g.id = a.agent_id
WHERE a.target_id = $1 AND a.kind LIKE 'terminal.%' ORDER BY a.at DESC LIMIT 30;

-- name: notes_of
-- Index estate_note_target.
SELECT n.written_at, n.text, g.name AS by FROM estate_note n JOIN agent g ON g.id = n.written_by
WHERE n.target_id = $1 ORDER BY n.written_at DESC LIMIT 20;

-- name: find_service
-- Primary key of store, unique index on (store_id, kind); the store stays as it is until the commit.
SELECT v.id, v.active FROM store s JOIN service v ON v.store_id = s.id AND v.kind = $3
WHERE s.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, v.kind) FOR SHARE OF s, v;

-- name: sees_store
-- Primary key.
SELECT s.id FROM store s WHERE s.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, $3);

-- name: lock_terminal
-- Primary key; the row stays locked until the change is written.
SELECT t.id, t.terminal, t.dialect, t.activated_at, t.store_id, t.service_id, s.name AS store_name, v.kind AS service,
       v.active AS service_active, o.retired_at, o.connectivity, o.tip, o.tip_percent_max, o.preauthorisation,
       o.contactless_max_minor
FROM terminal t
JOIN store s ON s.id = t.store_id
JOIN service v ON v.id = t.service_id
LEFT JOIN terminal_profile o ON o.terminal_id = t.id
WHERE t.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, v.kind) FOR UPDATE OF t;

-- name: add_terminal
-- Unique index on terminal.terminal: a number that is taken adds nothing.
INSERT INTO terminal (store_id, service_id, terminal, model, dialect, created_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (terminal) DO NOTHING RETURNING id;

-- name: serial_owner
-- Unique index on terminal_profile.serial.
SELECT terminal_id FROM terminal_profile WHERE serial = $1;

-- name: add_profile
INSERT INTO terminal_profile (terminal_id, serial) VALUES ($1, $2);

-- name: move_terminal
UPDATE terminal SET store_id = $2, service_id = $3 WHERE id = $1;

-- name: activate_terminal
UPDATE terminal SET activated_at = coalesce(activated_at, $2) WHERE id = $1;

-- name: stop_terminal
UPDATE terminal SET activated_at = NULL WHERE id = $1;

-- name: set_retired
-- Primary key.
INSERT INTO terminal_profile (terminal_id, retired_at) VALUES ($1, $2)
ON CONFLICT (terminal_id) DO UPDATE SET retired_at = excluded.retired_at;

-- name: want_reload
-- Primary key.
INSERT INTO terminal_profile (terminal_id, reload_wanted_at) VALUES ($1, $2)
ON CONFLICT (terminal_id) DO UPDATE SET reload_wanted_at = excluded.reload_wanted_at;

-- name: set_dialect
UPDATE terminal SET dialect = $2 WHERE id = $1;

-- name: set_options
-- Primary key.
INSERT INTO terminal_profile (
    terminal_id, connectivity, tip, tip_percent_max, preauthorisation, contactless_max_minor, reload_wanted_at
) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (terminal_id) DO UPDATE SET
    connectivity = excluded.connectivity, tip = excluded.tip, tip_percent_max = excluded.tip_percent_max,
    preauthorisation = excluded.preauthorisation, contactless_max_minor = excluded.contactless_max_minor,
    reload_wanted_at = excluded.reload_wanted_at;

-- name: stores_to_equip
-- Primary key of service_change from $2 on, which is a time: what was started lately; then primary keys, and
-- terminal_store for what stands there: nothing in service, at most one that was assigned. $3 limit.
SELECT s.id, s.name, s.city, v.kind AS service, c.at, assigned.id AS terminal_id
FROM service_change c
JOIN service v ON v.id = c.service_id AND v.active AND v.kind IN ('pax', 'softpos')
JOIN store s ON s.id = v.store_id
LEFT JOIN LATERAL (
    SELECT t.id FROM terminal t LEFT JOIN terminal_profile o ON o.terminal_id = t.id
    WHERE t.store_id = s.id AND t.service_id = v.id AND o.retired_at IS NULL
    ORDER BY t.created_at DESC LIMIT 1
) AS assigned ON true
WHERE c.id >= $2 AND c.kind = 'started' AND sees($1::area[], s.department, s.id, s.company_id, v.kind)
  AND NOT EXISTS (
      SELECT FROM terminal t WHERE t.store_id = s.id AND t.service_id = v.id AND t.activated_at IS NOT NULL
  )
  AND NOT EXISTS (
      SELECT FROM service_change n WHERE n.service_id = c.service_id AND n.id > c.id AND n.kind = 'started'
  )
ORDER BY c.id
LIMIT $3;

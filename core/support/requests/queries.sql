-- Who sees a request: within the scope when it is about a store or a company (a company without a store yet, when the
-- scope names it or has no limit); otherwise its author, its assignee and the teams that have its queue.

-- name: list_requests
-- Partial indexes request_assignee and request_team when one box is asked for; open requests are few.
-- $1 scope, $2 agent, $3 teams of the agent, $4 one request, $5 one code, $6 box, $7 closed, $8 today, $9 late only,
-- $10 type, $11 company, $12 store, $13 priority, $14 pattern, $15 to $17 rank, due date and id after, $18 limit.
SELECT r.id, r.code, r.title, r.details, r.answers::text AS answers, r.type, y.name_fr AS type_fr, y.name_en AS type_en,
       r.status, u.name_fr AS status_fr, u.name_en AS status_en, u.final, r.priority, r.team, o.name_fr AS team_fr,
       o.name_en AS team_en, r.author_id, a.name AS author_name, r.assignee_id, g.name AS assignee_name, r.due_on,
       r.company_id, c.legal_name, r.store_id, s.name AS store_name, s.department, r.terminal_id, t.terminal,
       r.transaction_id, r.contract_id, r.created_at, r.changed_at, r.closed_at, k.rank, k.due
FROM request r
JOIN request_type y ON y.code = r.type
JOIN request_status u ON u.type = r.type AND u.code = r.status
JOIN role o ON o.code = r.team
JOIN agent a ON a.id = r.author_id
LEFT JOIN agent g ON g.id = r.assignee_id
LEFT JOIN company c ON c.id = r.company_id
LEFT JOIN store s ON s.id = r.store_id
LEFT JOIN terminal t ON t.id = r.terminal_id
LEFT JOIN service v ON v.id = t.service_id
CROSS JOIN LATERAL (SELECT CASE WHEN r.closed_at IS NOT NULL THEN 2 WHEN r.due_on < $8::date THEN 0
    ELSE 1 END AS rank,
                           coalesce(r.due_on, '9999-12-31'::date) AS due) k
WHERE CASE WHEN r.company_id IS NULL
           THEN r.author_id = $2 OR r.assignee_id IS NOT DISTINCT FROM $2 OR r.team = ANY ($3::text[])
           WHEN r.store_id IS NOT NULL THEN sees($1::area[], s.department, s.id, s.company_id, v.kind)
           ELSE sees($1::area[], NULL, NULL, r.company_id, NULL)
                OR EXISTS (SELECT FROM store w WHERE w.company_id = r.company_id
                                                 AND sees($1::area[], w.department, w.id, w.company_id, NULL)) END
  AND ($4::uuid IS NULL OR r.id = $4)
  AND ($5::text IS NULL OR r.code = $5)
  AND CASE $6::text WHEN 'mine' THEN r.assignee_id = $2
                    WHEN 'free' THEN r.team = ANY ($3::text[]) AND r.assignee_id IS NULL
                    WHEN 'team' THEN r.team = ANY ($3::text[])
                    WHEN 'written' THEN r.author_id = $2
                    ELSE true END
  AND ($7::boolean IS NULL OR (r.closed_at IS NOT NULL) = $7)
  AND (NOT $9::boolean OR k.rank = 0)
  AND ($10::text IS NULL OR r.type = $10)
  AND ($11::uuid IS NULL OR r.company_id = $11)
  AND ($12::uuid IS NULL OR r.store_id = $12)
  AND ($13::text IS NULL OR r.priority = $13)
  AND ($14::text = '' OR r.code ILIKE $14 OR r.title ILIKE $14 OR c.legal_name ILIKE $14)
  AND ($15::integer IS NULL OR (k.rank, k.due, r.id) > ($15, $16::date, $17::uuid))
ORDER BY k.rank, k.due, r.id
LIMIT $18;

-- name: count_boxes
-- Open requests only, by the partial indexes; the rule of who sees is that of the lists.
SELECT count(*) FILTER (WHERE r.assignee_id = $2)::int AS mine,
       count(*) FILTER (WHERE r.team = ANY ($3::text[]) AND r.assignee_id IS NULL)::int AS free,
       count(*) FILTER (WHERE r.team = ANY ($3::text[]))::int AS team,
       count(*) FILTER (WHERE r.author_id = $2)::int AS written,
       count(*)::int AS "all",
       count(*) FILTER (WHERE r.assignee_id = $2 AND r.due_on < $4::date)::int AS late
FROM request r
LEFT JOIN store s ON s.id = r.store_id
LEFT JOIN terminal t ON t.id = r.terminal_id
LEFT JOIN service v ON v.id = t.service_id
WHERE r.closed_at IS NULL
  AND CASE WHEN r.company_id IS NULL
           THEN r.author_id = $2 OR r.assignee_id IS NOT DISTINCT FROM $2 OR r.team = ANY ($3::text[])
           WHEN r.store_id IS NOT NULL THEN sees($1::area[], s.department, s.id, s.company_id, v.kind)
           ELSE sees($1::area[], NULL, NULL, r.company_id, NULL)
                OR EXISTS (SELECT FROM store w WHERE w.company_id = r.company_id
                                                 AND sees($1::area[], w.department, w.id, w.company_id, NULL)) END;

-- name: lock_request
-- Primary key; whether the caller may see it has been asked.
SELECT id FROM request WHERE id = $1 FOR UPDATE;

-- name: place_of_company
-- Primary key, index store_company.
SELECT c.id AS company_id, NULL::uuid AS store_id, NULL::uuid AS terminal_id FROM company c
WHERE c.id = $2 AND (sees($1::area[], NULL, NULL, c.id, NULL)
                     OR EXISTS (SELECT FROM store w WHERE w.company_id = c.id
                                                      AND sees($1::area[], w.department, w.id, w.company_id, NULL)));

-- name: place_of_store
-- Primary key.
SELECT s.company_id, s.id AS store_id, NULL::uuid AS terminal_id FROM store s
WHERE s.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, NULL);

-- name: place_of_terminal
-- Primary keys.
SELECT s.company_id, s.id AS store_id, t.id AS terminal_id
FROM terminal t JOIN store s ON s.id = t.store_id JOIN service v ON v.id = t.service_id
WHERE t.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, v.kind);

-- name: place_of_transaction
-- Primary key; the dates keep it to a few partitions.
SELECT s.company_id, s.id AS store_id, t.id AS terminal_id
FROM attempt a JOIN store s ON s.id = a.store_id JOIN terminal t ON t.id = a.terminal_id
JOIN service v ON v.id = t.service_id
WHERE a.id = $2 AND a.business_date BETWEEN $3 AND $4 AND sees($1::area[], s.department, s.id, s.company_id, v.kind);

-- name: place_of_contract
-- Primary key, index store_company.
SELECT k.company_id, NULL::uuid AS store_id, NULL::uuid AS terminal_id FROM contract k
WHERE k.id = $2 AND (sees($1::area[], NULL, NULL, k.company_id, NULL)
                     OR EXISTS (SELECT FROM store w WHERE w.company_id = k.company_id
                                                      AND sees($1::area[], w.department, w.id, w.company_id, NULL)));

-- name: add_request
INSERT INTO request (id, code, type, status, title, details, answers, priority, team, author_id, assignee_id, due_on,
                     company_id, store_id, terminal_id, contract_id, transaction_id, created_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18);

-- name: assign_request
-- Primary key, locked before.
UPDATE request SET assignee_id = $2, changed_at = $3 WHERE id = $1;

-- name: move_request
-- Primary key, locked before. $4 says whether the status closes.
UPDATE request SET status = $2, changed_at = $3, closed_at = CASE WHEN $4::boolean THEN $3::timestamptz END
WHERE id = $1;

-- name: change_request
-- Primary key, locked before.
UPDATE request SET title = $2, priority = $3, due_on = $4, team = $5, changed_at = $6 WHERE id = $1;

-- name: touch_request
-- Primary key, locked before.
UPDATE request SET changed_at = $2 WHERE id = $1;

-- name: add_entry
INSERT INTO request_entry (request_id, agent_id, at, kind, body, facts) VALUES ($1, $2, $3, $4, $5, $6::text::jsonb);

-- name: entries
-- Index request_entry_request; the newest that a page can hold, shown oldest first.
SELECT e.id, e.kind, e.at, e.body, e.facts::text AS facts, e.agent_id, a.name AS agent_name
FROM (SELECT id, request_id, agent_id, at, kind, body, facts FROM request_entry WHERE request_id = $1
      ORDER BY id DESC LIMIT 500) e
JOIN agent a ON a.id = e.agent_id
ORDER BY e.id;

-- name: types
-- A handful of rows.
SELECT code, name_fr, name_en, team, due_days, fields::text AS fields, retired_at IS NOT NULL AS retired
    FROM request_type
WHERE $1::text IS NULL OR code = $1
ORDER BY retired_at IS NOT NULL, name_fr;

-- name: statuses
-- Primary key by the type; those that are retired are only shown on requests that have them.
SELECT type, code, name_fr, name_en, final FROM request_status
WHERE NOT retired AND ($1::text IS NULL OR type = $1)
ORDER BY type, place;

-- name: lock_types
-- One change of the configuration at a time.
SELECT pg_advisory_xact_lock(hashtext('guichet request types'));

-- name: put_type
-- Primary key.
INSERT INTO request_type AS y (code, name_fr, name_en, team, due_days, fields, retired_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, CASE WHEN $7::boolean THEN $8::timestamptz END, $8)
ON CONFLICT (code) DO UPDATE SET
    name_fr = excluded.name_fr, name_en = excluded.name_en, team = excluded.team, due_days = excluded.due_days,
    fields = excluded.fields, changed_at = excluded.changed_at,
    retired_at = CASE WHEN excluded.retired_at IS NULL THEN NULL ELSE coalesce(y.retired_at, excluded.retired_at) END;

-- name: retire_statuses
-- Primary key. Requests keep the status that they have.
UPDATE request_status SET retired = true WHERE type = $1 AND NOT code = ANY ($2::text[]);

-- name: put_statuses
-- Primary key.
INSERT INTO request_status (type, code, name_fr, name_en, place, final)
SELECT $1, u.code, u.name_fr, u.name_en, u.place, u.final
FROM unnest($2::text[], $3::text[], $4::text[], $5::boolean[]) WITH ORDINALITY AS u (code, name_fr, name_en, final, place)
ON CONFLICT (type, code) DO UPDATE SET
    name_fr = excluded.name_fr, name_en = excluded.name_en, place = excluded.place, final = excluded.final,
    retired = false;

-- name: final_in_use
-- A status that open requests have cannot become one that closes, nor the other way about.
SELECT r.status FROM request r JOIN request_status u ON u.type = r.type AND u.code = r.status
JOIN unnest($2::text[], $3::boolean[]) AS w (code, final) ON w.code = r.status
WHERE r.type = $1 AND w.final <> u.final
LIMIT 1;

-- name: teams
-- A handful of rows: roles whose agents work on requests.
SELECT o.code, o.name_fr, o.name_en FROM role o
WHERE EXISTS (SELECT FROM role_permission p WHERE p.role = o.code AND p.permission = 'requests.use')
ORDER BY o.name_fr;

-- name: people
-- Primary keys and partial index agent_grant_standing: agents who use requests, with the grants that say where.
SELECT a.id, a.name, a.email, a.locale,
       json_agg(json_build_object('role', g.role, 'regions', g.regions, 'departments', g.departments, 'stores', g.stores,
                                  'companies', g.companies, 'services', g.services))::text AS grants
FROM agent a
JOIN agent_grant g ON g.agent_id = a.id AND g.revoked_at IS NULL
WHERE a.disabled_at IS NULL
  AND EXISTS (SELECT FROM role_permission p WHERE p.role = g.role AND p.permission = 'requests.use')
GROUP BY a.id
ORDER BY a.name
LIMIT 500;

-- name: named_agents
-- Sequential scan of agent, which is small, for the few comments that name somebody who is not among the request's people.
SELECT name FROM agent
WHERE disabled_at IS NULL AND lower(split_part(email, '@', 1)) = ANY($1::text[])
ORDER BY name LIMIT 20;

-- name: places_of_company
-- Index store_company; a company of thousands of stores is judged by the first of them.
SELECT department, id FROM store WHERE company_id = $1 ORDER BY id LIMIT 200;

-- name: held_by_disabled
-- Partial index request_assignee: open requests of agents who are disabled, and who disabled them by the audit (index
-- action_target). Rows that somebody is changing wait for the next round.
SELECT r.id, r.code, a.id AS held_by,
       coalesce((SELECT x.agent_id FROM action x WHERE x.target_id = a.id AND x.kind = 'agent.disabled'
                 ORDER BY x.seq DESC LIMIT 1), a.id) AS disabled_by
FROM request r JOIN agent a ON a.id = r.assignee_id
WHERE r.closed_at IS NULL AND a.disabled_at IS NOT NULL
ORDER BY r.id LIMIT $1 FOR UPDATE OF r SKIP LOCKED;

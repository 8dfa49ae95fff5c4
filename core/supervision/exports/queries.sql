-- name: lock_exports
-- One at a time decides which export begins, or counts what an agent has under way; held until the transaction ends.
SELECT pg_advisory_xact_lock(hashtext('guichet exports'));

-- name: count_open
-- Partial index export_job_open.
SELECT count(*)::int AS open FROM export_job WHERE agent_id = $1 AND state IN ('waiting', 'running');

-- name: add_job
-- The id comes from the caller's key: a repeat after a crash finds its first row.
INSERT INTO export_job (
    id, agent_id, kind, format, compressed, locale, columns, asked, filter, scope, until, created_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
ON CONFLICT (id) DO NOTHING;

-- name: jobs
-- Index export_job_agent, or the primary key for one.
-- $1 agent, $2 one job, $3 id before, $4 limit.
SELECT id, agent_id, kind, format, compressed, locale, columns, asked::text, filter::text, scope::text, until, state,
       failure, rows_done, rows_total, bytes, file, runs, created_at, finished_at, expires_at
FROM export_job
WHERE agent_id = $1 AND ($2::uuid IS NULL OR id = $2) AND ($3::uuid IS NULL OR id < $3)
ORDER BY id DESC
LIMIT $4;

-- name: cancel_job
-- Primary key. A finished file is given back at once.
UPDATE export_job SET state = 'cancelled', finished_at = $3, file = '', expires_at = NULL
WHERE id = $1 AND agent_id = $2 AND state IN ('waiting', 'running', 'done')
RETURNING state;

-- name: take_job
-- The oldest that waits, or one whose worker has gone ($2: no heartbeat since). At most $3 run at once, one an agent.
-- Partial index export_job_open; called under lock_exports.
UPDATE export_job
SET state = 'running', runs = runs + 1, rows_done = 0, started_at = coalesce(started_at, $1), heartbeat_at = $1
WHERE id = (
    SELECT j.id FROM export_job j
    WHERE (j.state = 'waiting' OR (j.state = 'running' AND j.heartbeat_at < $2))
      AND NOT EXISTS (
          SELECT FROM export_job r WHERE r.agent_id = j.agent_id AND r.state = 'running' AND r.heartbeat_at >= $2
      )
      AND (SELECT count(*) FROM export_job r WHERE r.state = 'running' AND r.heartbeat_at >= $2) < $3::int
    ORDER BY j.id LIMIT 1
)
RETURNING id, agent_id, kind, format, compressed, locale, columns, asked::text, filter::text, scope::text, until, state,
          failure, rows_done, rows_total, bytes, file, runs, created_at, finished_at, expires_at;

-- name: note_progress
-- Primary key. No row comes back when the job was cancelled or another worker took it over ($2).
UPDATE export_job SET rows_done = $3, rows_total = coalesce($4, rows_total), heartbeat_at = $5
WHERE id = $1 AND state = 'running' AND runs = $2
RETURNING id;

-- name: finish_job
UPDATE export_job
SET state = 'done', rows_done = $3, rows_total = $3, bytes = $4, file = $5, finished_at = $6, expires_at = $7
WHERE id = $1 AND state = 'running' AND runs = $2
RETURNING id;

-- name: fail_job
UPDATE export_job SET state = 'failed', failure = $3, finished_at = $4
WHERE id = $1 AND state = 'running' AND runs = $2;

-- name: release_job
-- A worker that stops gives its job back for the next one to begin anew.
UPDATE export_job SET state = 'waiting', rows_done = 0 WHERE id = $1 AND state = 'running' AND runs = $2;

-- name: expire_jobs
-- Partial index export_job_expiry.
UPDATE export_job SET state = 'expired', file = '' WHERE state = 'done' AND expires_at <= $1 RETURNING id;

-- name: files_in_use
SELECT id FROM export_job WHERE state IN ('running', 'done');

-- name: rights_of
-- Primary key of agent, partial index agent_grant_standing: what the permission holds for somebody just now.
SELECT g.regions, g.departments, g.stores, g.companies, g.services
FROM agent a
JOIN agent_grant g ON g.agent_id = a.id AND g.revoked_at IS NULL
JOIN role_permission p ON p.role = g.role AND p.permission = $2
WHERE a.id = $1 AND a.disabled_at IS NULL;

-- name: count_rows
-- How many rows an export will have, at most $13 and one. The same conditions as core.transactions.desk.list_transactions.
SELECT count(*) AS rows FROM (
    SELECT
    FROM attempt a
    LEFT JOIN terminal t ON t.id = a.terminal_id
    LEFT JOIN service v ON v.id = t.service_id
    LEFT JOIN store s ON s.id = a.store_id
    WHERE a.id >= $2 AND a.id < $3
      AND sees($1::area[], s.department, s.id, s.company_id, v.kind)
      AND ($4::uuid IS NULL OR a.store_id = $4)
      AND ($5::smallint[] IS NULL OR a.state = ANY($5))
      AND ($6::smallint IS NULL OR a.reason = $6)
      AND ($7::smallint IS NULL OR a.card_brand = $7)
      AND ($8::bigint IS NULL OR a.amount_minor >= $8)
      AND ($9::bigint IS NULL OR a.amount_minor <= $9)
      AND ($10::text IS NULL OR a.card_last_four = $10)
      AND ($11::integer IS NULL OR a.stan = $11)
      AND ($12::text IS NULL OR a.approval_code = $12)
      AND ($14::smallint IS NULL OR a.kind = $14)
      AND ($15::uuid IS NULL OR a.terminal_id = $15)
      AND ($16::text IS NULL OR t.terminal = $16)
      AND ($17::text IS NULL OR figure_has($17, a.kind, a.state, a.approved_minor, a.sent_at))
    LIMIT $13 + 1
) AS taken;

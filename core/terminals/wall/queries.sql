-- The wall: the estate in one statement.

-- name: wall_of_country
-- A pass over terminal with its neighbours hashed, for everybody who sees whole departments: cells.py keeps the
-- answer for a while. $1 seen since, $2 now.
SELECT s.department, v.kind AS service, state.condition, count(*)::int AS count
FROM terminal t
JOIN store s ON s.id = t.store_id
JOIN service v ON v.id = t.service_id
LEFT JOIN terminal_presence p ON p.terminal_id = t.id
LEFT JOIN terminal_profile o ON o.terminal_id = t.id
LEFT JOIN terminal_level l ON l.terminal_id = t.id AND l.failing
CROSS JOIN LATERAL (
    SELECT terminal_condition(
        o.retired_at, t.blocked_at, s.blocked_at, v.blocked_at, t.activated_at, v.active, p.connected, p.last_seen_at,
        l.failing, $1, is_trading(s.time_zone, $2)
    ) AS condition
) AS state
WHERE o.retired_at IS NULL
GROUP BY s.department, v.kind, state.condition;

-- name: wall_of_places
-- For a scope that names stores or companies: they are found first (store_department, store_company, primary key),
-- then their terminals by terminal_store. $1 scope, $2 seen since, $3 now, $4 departments, $5 stores, $6 companies,
-- $7 whether another part of the scope names no place.
SELECT s.department, v.kind AS service, state.condition, count(*)::int AS count
FROM store s
JOIN terminal t ON t.store_id = s.id
JOIN service v ON v.id = t.service_id
LEFT JOIN terminal_presence p ON p.terminal_id = t.id
LEFT JOIN terminal_profile o ON o.terminal_id = t.id
LEFT JOIN terminal_level l ON l.terminal_id = t.id AND l.failing
CROSS JOIN LATERAL (
    SELECT terminal_condition(
        o.retired_at, t.blocked_at, s.blocked_at, v.blocked_at, t.activated_at, v.active, p.connected, p.last_seen_at,
        l.failing, $2, is_trading(s.time_zone, $3)
    ) AS condition
) AS state
WHERE (s.department = ANY($4::text[]) OR s.id = ANY($5::uuid[]) OR s.company_id = ANY($6::uuid[]) OR $7)
  AND sees($1::area[], s.department, s.id, s.company_id, v.kind)
  AND o.retired_at IS NULL
GROUP BY s.department, v.kind, state.condition;

-- name: wall_by_store
-- Index store_department, then terminal_store; the most troubled stores first. $1 scope, $2 whether it is everything,
-- $3 department, $4 service (NULL: all), $5 seen since, $6 now, $7 limit; $8 departments, $9 stores, $10 companies of
-- the scope, which spare a call of `sees` for each terminal of the others.
SELECT s.id, s.name, count(*)::int AS total,
       count(*) FILTER (WHERE condition = 'active')::int AS active,
       count(*) FILTER (WHERE condition = 'failing')::int AS failing,
       count(*) FILTER (WHERE condition = 'silent')::int AS silent,
       count(*) FILTER (WHERE condition = 'resting')::int AS resting,
       count(*) FILTER (WHERE condition = 'blocked')::int AS blocked,
       count(*) FILTER (WHERE condition = 'never_seen')::int AS never_seen,
       count(*) FILTER (WHERE condition = 'not_active')::int AS not_active
FROM store s
JOIN terminal t ON t.store_id = s.id
JOIN service v ON v.id = t.service_id
LEFT JOIN terminal_presence p ON p.terminal_id = t.id
LEFT JOIN terminal_profile o ON o.terminal_id = t.id
LEFT JOIN terminal_level l ON l.terminal_id = t.id AND l.failing
CROSS JOIN LATERAL (
    SELECT terminal_condition(
        o.retired_at, t.blocked_at, s.blocked_at, v.blocked_at, t.activated_at, v.active, p.connected, p.last_seen_at,
        l.failing, $5, is_trading(s.time_zone, $6)
    ) AS condition
) AS state
WHERE ($2 OR s.department = ANY($8::text[]) OR s.id = ANY($9::uuid[]) OR s.company_id = ANY($10::uuid[]))
  AND ($2 OR sees($1::area[], s.department, s.id, s.company_id, v.kind))
  AND s.department = $3
  AND ($4::text IS NULL OR v.kind = $4)
  AND o.retired_at IS NULL
GROUP BY s.id, s.name
ORDER BY count(*) FILTER (WHERE condition IN ('failing', 'silent', 'blocked')) DESC, s.name, s.id
LIMIT $7;

-- name: refresh_usual
-- Primary key of attempt: its ids are times. One pass over two weeks, in the worker, once an hour.
-- $1 id from, $2 id below, $3 now.
INSERT INTO terminal_level AS l (
    terminal_id, recent_count, recent_failed, usual_count, usual_failed, failing, computed_at
)
SELECT a.terminal_id, 0, 0, sum(a.approved + a.declined), sum(a.declined), false, $3
FROM attempt_figure a JOIN terminal t ON t.id = a.terminal_id
WHERE a.id >= $1 AND a.id < $2 AND a.payments > 0
GROUP BY a.terminal_id
ORDER BY a.terminal_id
ON CONFLICT (terminal_id) DO UPDATE SET
    usual_count = excluded.usual_count, usual_failed = excluded.usual_failed, computed_at = excluded.computed_at;

-- name: refresh_recent
-- Primary key of attempt for the last hour; then those that were recent and are no more.
-- $1 id from, $2 now, $3 recent count at least, $4 failed at least, $5 usual count at least, $6 worse by at least.
WITH recent AS (
    SELECT a.terminal_id, sum(a.approved + a.declined)::int AS decided, sum(a.declined)::int AS failed
    FROM attempt_figure a JOIN terminal t ON t.id = a.terminal_id
    WHERE a.id >= $1 AND a.payments > 0
    GROUP BY a.terminal_id
), quiet AS (
    UPDATE terminal_level l SET recent_count = 0, recent_failed = 0, failing = false, computed_at = $2
    WHERE l.recent_count > 0 AND NOT EXISTS (SELECT FROM recent r WHERE r.terminal_id = l.terminal_id)
)
INSERT INTO terminal_level AS l (
    terminal_id, recent_count, recent_failed, usual_count, usual_failed, failing, computed_at
)
SELECT r.terminal_id, r.decided, r.failed, 0, 0, false, $2 FROM recent r ORDER BY r.terminal_id
ON CONFLICT (terminal_id) DO UPDATE SET
    recent_count = excluded.recent_count, recent_failed = excluded.recent_failed, computed_at = excluded.computed_at,
    failing = excluded.recent_count >= $3 AND excluded.recent_failed >= $4 AND l.usual_count >= $5
        AND excluded.recent_failed::float8 / nullif(excluded.recent_count, 0)
            >= greatest(l.usual_failed::float8 / nullif(l.usual_count, 0) + $6::float8,
                        2 * l.usual_failed::float8 / nullif(l.usual_count, 0));

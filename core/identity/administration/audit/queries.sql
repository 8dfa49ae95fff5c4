-- name: actions
-- Unique index action_seq backwards; a person by action_agent, a target by action_target when those are few.
-- Whoever reads the audit of a part sees what was done to places of that part; actions on people and settings are
-- for those who read all of it. Each place is looked up by its own key; OFFSET 0 keeps the planner from hashing every
-- store of the country instead.
-- $1 everything, $2 scope, $3 agent, $4 kind, $5 target kind, $6 target, $7 from, $8 to, $9 pattern, $10 number
-- before, $11 limit.
SELECT x.seq, x.at, x.agent_id, coalesce(who.name, key.name) AS agent_name, key.id IS NOT NULL AS is_key, x.kind, x.target_kind, x.target_id, x.facts::text AS facts, x.ip
FROM action x
LEFT JOIN agent who ON who.id = x.agent_id
LEFT JOIN api_key key ON key.id = x.agent_id
WHERE ($1::boolean OR CASE x.target_kind
          WHEN 'store' THEN EXISTS (
              SELECT FROM store s
              WHERE s.id = x.target_id AND sees($2::area[], s.department, s.id, s.company_id, NULL) OFFSET 0)
          WHEN 'company' THEN EXISTS (
              SELECT FROM store s
              WHERE s.company_id = x.target_id AND sees($2::area[], s.department, s.id, s.company_id, NULL) OFFSET 0)
          WHEN 'service' THEN EXISTS (
              SELECT FROM service v JOIN store s ON s.id = v.store_id
              WHERE v.id = x.target_id AND sees($2::area[], s.department, s.id, s.company_id, v.kind) OFFSET 0)
          WHEN 'terminal' THEN EXISTS (
              SELECT FROM terminal t JOIN service v ON v.id = t.service_id JOIN store s ON s.id = v.store_id
              WHERE t.id = x.target_id AND sees($2::area[], s.department, s.id, s.company_id, v.kind) OFFSET 0)
          WHEN 'transaction' THEN EXISTS (
              SELECT FROM attempt p JOIN terminal t ON t.id = p.terminal_id JOIN service v ON v.id = t.service_id
              JOIN store s ON s.id = v.store_id
              WHERE p.id = x.target_id AND sees($2::area[], s.department, s.id, s.company_id, v.kind) OFFSET 0)
          ELSE false
      END)
  AND ($3::uuid IS NULL OR x.agent_id = $3)
  AND ($4::text = '' OR x.kind LIKE $4)
  AND ($5::text = '' OR x.target_kind = $5)
  AND ($6::uuid IS NULL OR x.target_id = $6)
  AND ($7::timestamptz IS NULL OR x.at >= $7)
  AND ($8::timestamptz IS NULL OR x.at < $8)
  AND ($9::text = '' OR x.kind ILIKE $9 OR x.facts::text ILIKE $9 OR who.name ILIKE $9 OR who.email ILIKE $9
      OR key.name ILIKE $9 OR key.prefix = trim(both '%' FROM $9) OR x.ip ILIKE $9)
  AND ($10::bigint IS NULL OR x.seq < $10)
ORDER BY x.seq DESC
LIMIT $11;

-- name: names_of_codes
-- Some dozens of rows: roles, types of request, and the statuses of each type. $1 whether in English.
SELECT 'role' AS kind, '' AS type, r.code, CASE WHEN $1::boolean THEN r.name_en ELSE r.name_fr END AS name FROM role r
UNION ALL
SELECT 'type', '', y.code, CASE WHEN $1 THEN y.name_en ELSE y.name_fr END FROM request_type y
UNION ALL
SELECT 'status', u.type, u.code, CASE WHEN $1 THEN u.name_en ELSE u.name_fr END FROM request_status u;

-- name: checked
SELECT seq, hash, at FROM action_checked;

-- name: newest
-- Unique index action_seq backwards.
SELECT x.seq, x.hash FROM action x WHERE x.seq IS NOT NULL ORDER BY x.seq DESC LIMIT 1;

-- name: check_on
-- The next links after a number that was checked, by action_seq: up to where the chain is whole, and its first break.
-- $1 number, $2 its hash, $3 how many at most.
WITH links AS (
    SELECT x.seq, x.hash,
           x.seq = $1::bigint + row_number() OVER (ORDER BY x.seq)
           AND x.previous_hash = lag(x.hash, 1, $2::bytea) OVER (ORDER BY x.seq)
           AND x.hash = action_digest(x.previous_hash, x.seq, x.id, x.agent_id, x.at, x.kind, x.target_kind,
                                      x.target_id, x.facts, x.ip) AS whole
    FROM (SELECT * FROM action WHERE seq > $1 ORDER BY seq LIMIT $3) AS x
), broken AS (
    SELECT min(seq) AS seq FROM links WHERE NOT whole
)
SELECT b.seq AS broken_at, l.seq, l.hash
FROM broken b
LEFT JOIN LATERAL (
    SELECT seq, hash FROM links WHERE b.seq IS NULL OR seq < b.seq ORDER BY seq DESC LIMIT 1
) AS l ON true;

-- name: stands
-- Whether what was found at a number is found there still; unique index action_seq.
SELECT EXISTS (SELECT FROM action x WHERE x.seq = $1 AND x.hash = $2);

-- name: keep_checked
-- The mark only moves on.
INSERT INTO action_checked (seq, hash, at) VALUES ($1, $2, $3)
ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, at = excluded.at
WHERE action_checked.seq <= excluded.seq;

-- name: silent_lately
-- A pass over terminal_presence, a narrow table: an index on what each sign of life changes would cost every one of
-- them more. Then the primary keys of the latest, until there are enough: OFFSET 0 keeps the planner from joining all
-- of them before it sorts. $1 scope, $2 seen since, $3 and not since, $4 limit.
SELECT t.id, t.terminal, p.last_seen_at, s.name AS store_name, s.city
FROM (
    SELECT n.terminal_id, n.last_seen_at FROM terminal_presence n
    WHERE NOT n.connected AND n.last_seen_at >= $2 AND n.last_seen_at < $3
    ORDER BY n.last_seen_at DESC, n.terminal_id OFFSET 0
) p
CROSS JOIN LATERAL (
    SELECT f.id, f.terminal, f.service_id, f.store_id FROM terminal f
    WHERE f.id = p.terminal_id AND f.activated_at IS NOT NULL AND f.blocked_at IS NULL OFFSET 0
) t
CROSS JOIN LATERAL (
    SELECT f.id, f.name, f.city, f.department, f.company_id FROM store f
    WHERE f.id = t.store_id AND f.blocked_at IS NULL OFFSET 0
) s
CROSS JOIN LATERAL (
    SELECT f.kind FROM service f WHERE f.id = t.service_id AND f.active AND f.blocked_at IS NULL OFFSET 0
) v
WHERE sees($1::area[], s.department, s.id, s.company_id, v.kind)
  AND NOT EXISTS (SELECT FROM terminal_profile o WHERE o.terminal_id = t.id AND o.retired_at IS NOT NULL)
ORDER BY p.last_seen_at DESC, t.id
LIMIT $4;

-- name: silent_lately_of_places
-- For a narrow scope: its stores by store_department, store_company and the primary key, their terminals by
-- terminal_store. Parameters as above; $5 departments, $6 stores, $7 companies.
SELECT t.id, t.terminal, p.last_seen_at, s.name AS store_name, s.city
FROM store s
JOIN terminal t ON t.store_id = s.id
JOIN service v ON v.id = t.service_id
JOIN terminal_presence p ON p.terminal_id = t.id
LEFT JOIN terminal_profile o ON o.terminal_id = t.id
WHERE (s.department = ANY($5::text[]) OR s.id = ANY($6::uuid[]) OR s.company_id = ANY($7::uuid[]))
  AND NOT p.connected AND p.last_seen_at >= $2 AND p.last_seen_at < $3
  AND t.activated_at IS NOT NULL AND t.blocked_at IS NULL AND s.blocked_at IS NULL AND v.active
  AND v.blocked_at IS NULL AND o.retired_at IS NULL
  AND sees($1::area[], s.department, s.id, s.company_id, v.kind)
ORDER BY p.last_seen_at DESC, t.id
LIMIT $4;

-- name: silent_lately
-- A pass over terminal_presence, a narrow table: an index on what each sign of life changes would cost every one of
-- them more. Then the primary keys of the latest, until there are enough: OFFSET 0 keeps the planner from joining all
-- of them before it sorts. What silent means is said by terminal_condition; the bound on last_seen_at only narrows.
-- $1 scope, $2 lately, $3 seen since, $4 now, $5 limit.
SELECT t.id, t.terminal, p.last_seen_at, s.name AS store_name, s.city, s.time_zone
FROM (
    SELECT n.terminal_id, n.connected, n.last_seen_at FROM terminal_presence n
    WHERE NOT n.connected AND n.last_seen_at >= $2 AND n.last_seen_at < $3
    ORDER BY n.last_seen_at DESC, n.terminal_id OFFSET 0
) p
CROSS JOIN LATERAL (
    SELECT f.id, f.terminal, f.service_id, f.store_id, f.activated_at, f.blocked_at FROM terminal f
    WHERE f.id = p.terminal_id OFFSET 0
) t
CROSS JOIN LATERAL (
    SELECT f.id, f.name, f.city, f.department, f.company_id, f.time_zone, f.blocked_at FROM store f
    WHERE f.id = t.store_id OFFSET 0
) s
CROSS JOIN LATERAL (
    SELECT f.kind, f.active, f.blocked_at FROM service f WHERE f.id = t.service_id OFFSET 0
) v
LEFT JOIN terminal_profile o ON o.terminal_id = t.id
WHERE sees($1::area[], s.department, s.id, s.company_id, v.kind)
  AND terminal_condition(
      o.retired_at, t.blocked_at, s.blocked_at, v.blocked_at, t.activated_at, v.active, p.connected, p.last_seen_at, false,
      $3, is_trading(s.time_zone, $4)
  ) = 'silent'
ORDER BY p.last_seen_at DESC, t.id
LIMIT $5;

-- name: silent_lately_of_places
-- For a narrow scope: its stores by store_department, store_company and the primary key, their terminals by
-- terminal_store. Parameters as above; $6 departments, $7 stores, $8 companies.
SELECT t.id, t.terminal, p.last_seen_at, s.name AS store_name, s.city, s.time_zone
FROM store s
JOIN terminal t ON t.store_id = s.id
JOIN service v ON v.id = t.service_id
JOIN terminal_presence p ON p.terminal_id = t.id
LEFT JOIN terminal_profile o ON o.terminal_id = t.id
WHERE (s.department = ANY($6::text[]) OR s.id = ANY($7::uuid[]) OR s.company_id = ANY($8::uuid[]))
  AND p.last_seen_at >= $2
  AND terminal_condition(
      o.retired_at, t.blocked_at, s.blocked_at, v.blocked_at, t.activated_at, v.active, p.connected, p.last_seen_at, false,
      $3, is_trading(s.time_zone, $4)
  ) = 'silent'
  AND sees($1::area[], s.department, s.id, s.company_id, v.kind)
ORDER BY p.last_seen_at DESC, t.id
LIMIT $5;

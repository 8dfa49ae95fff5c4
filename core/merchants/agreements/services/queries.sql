-- name: service_by_id
-- Primary keys, within the scope. The contract that covers it: index contract_service_store, then contract_in_force.
SELECT v.id, v.kind, v.active, v.blocked_at, v.currency, v.brands, v.transaction_max_minor,
       v.terminal_day_max_minor, v.store_day_max_minor, v.duplicate_window_s, s.id AS store_id, s.name AS store_name,
       s.department, c.id AS company_id, c.legal_name, o.options::text AS options, k.contract_id, k.number,
       k.contract_state
FROM service v
JOIN store s ON s.id = v.store_id
JOIN company c ON c.id = s.company_id
LEFT JOIN service_option o ON o.service_id = v.id
LEFT JOIN LATERAL (
    SELECT t.id AS contract_id, t.number, t.state AS contract_state
    FROM contract_service x
    JOIN contract_version w ON w.contract_id = x.contract_id AND w.version = x.version AND w.state = 'in_force'
    JOIN contract t ON t.id = x.contract_id AND t.state IN ('active', 'suspended')
    WHERE x.store_id = v.store_id AND x.kind = v.kind LIMIT 1
) k ON true
WHERE v.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, v.kind);

-- name: lock_service
-- Primary key, within the scope; the engine reads the row without a lock, so a payment never waits for this.
SELECT v.id FROM service v JOIN store s ON s.id = v.store_id
WHERE v.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, v.kind) FOR UPDATE OF v;

-- name: store_seen
SELECT EXISTS (
    SELECT FROM store s WHERE s.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, $3::text)
);

-- name: add_service
-- Unique index (store_id, kind). It waits inactive for a contract; the acquirer is the institution's first one.
INSERT INTO service (store_id, kind, acquirer_id, active)
SELECT $1, $2, a.id, false FROM acquirer a ORDER BY a.id LIMIT 1
ON CONFLICT (store_id, kind) DO NOTHING
RETURNING id;

-- name: put_options
INSERT INTO service_option (service_id, options) VALUES ($1, $2::text::jsonb)
ON CONFLICT (service_id) DO UPDATE SET options = excluded.options;

-- name: set_limits
UPDATE service SET transaction_max_minor = $2, terminal_day_max_minor = $3, store_day_max_minor = $4,
                   duplicate_window_s = $5, brands = $6
WHERE id = $1;

-- name: add_change
INSERT INTO service_change (service_id, at, agent_id, kind, reason, before, after)
VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7::text::jsonb);

-- name: changes
-- Index service_change_of, newest first.
SELECT h.at, h.agent_id, a.name AS agent_name, h.kind, h.reason, h.before::text AS before, h.after::text AS after
FROM service_change h LEFT JOIN agent a ON a.id = h.agent_id
WHERE h.service_id = $1 ORDER BY h.id DESC LIMIT 100;

-- name: count_changes
-- Index service_change_of.
SELECT count(*)::int FROM service_change WHERE service_id = $1;

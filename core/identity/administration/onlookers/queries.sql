-- name: look
-- Primary key. Whoever was away for longer than a look lasts begins anew.
-- $1 kind, $2 record, $3 agent, $4 editing, $5 now, $6 stale before.
INSERT INTO looking AS l (kind, record_id, agent_id, editing, since, seen_at) VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT (kind, record_id, agent_id) DO UPDATE SET
    editing = excluded.editing, seen_at = excluded.seen_at,
    since = CASE WHEN l.seen_at < $6 THEN excluded.since ELSE l.since END;

-- name: leave
DELETE FROM looking WHERE kind = $1 AND record_id = $2 AND agent_id = $3;

-- name: forget_looks
-- Index looking_seen; a few rows at a time, by whoever comes next.
DELETE FROM looking WHERE seen_at < $1;

-- name: onlookers
-- Primary key: the others who have the record open.
SELECT l.agent_id, a.name, l.editing, l.since
FROM looking l JOIN agent a ON a.id = l.agent_id
WHERE l.kind = $1 AND l.record_id = $2 AND l.agent_id <> $3 AND l.seen_at >= $4 AND a.disabled_at IS NULL
ORDER BY l.since, l.agent_id
LIMIT $5;

-- name: account_seen
SELECT EXISTS (SELECT FROM company c JOIN store s ON s.company_id = c.id
               WHERE c.account_id = $2 AND sees($1::area[], s.department, s.id, s.company_id, NULL));

-- name: company_seen
SELECT EXISTS (SELECT FROM store s
               WHERE s.company_id = $2 AND sees($1::area[], s.department, s.id, s.company_id, NULL));

-- name: store_seen
SELECT EXISTS (SELECT FROM store s WHERE s.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, NULL));

-- name: terminal_seen
SELECT EXISTS (SELECT FROM terminal t JOIN store s ON s.id = t.store_id JOIN service v ON v.id = t.service_id
               WHERE t.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, v.kind));

-- name: transaction_seen
-- The partitions' primary key begins with the id.
SELECT EXISTS (SELECT FROM attempt p JOIN terminal t ON t.id = p.terminal_id JOIN store s ON s.id = p.store_id
               JOIN service v ON v.id = t.service_id
               WHERE p.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, v.kind));

-- name: contract_seen
-- A contract is seen by whoever sees one of the services that it covers.
SELECT EXISTS (SELECT FROM contract_service k JOIN store s ON s.id = k.store_id
               WHERE k.contract_id = $2 AND sees($1::area[], s.department, s.id, s.company_id, k.kind));

-- name: request_seen
-- A request about nothing of the directory is everybody's who works on requests.
SELECT EXISTS (SELECT FROM request r LEFT JOIN store s ON s.id = r.store_id
               WHERE r.id = $2
                 AND (r.company_id IS NULL
                      OR sees($1::area[], s.department, s.id, r.company_id, NULL)
                      OR (r.store_id IS NULL AND EXISTS (
                              SELECT FROM store o WHERE o.company_id = r.company_id
                                AND sees($1::area[], o.department, o.id, o.company_id, NULL)))));

-- name: agent_seen
-- $1 scope, $2 agent, $3 region codes, $4 their departments, $5 everything.
SELECT EXISTS (SELECT FROM agent a
               WHERE a.id = $2
                 AND ($5::boolean OR EXISTS (
                         SELECT FROM agent_grant g WHERE g.agent_id = a.id AND g.revoked_at IS NULL
                           AND grant_within($1::area[], $3::text[], $4::text[], g))));

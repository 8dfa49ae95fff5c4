-- Journals. The scope is asked once, of the subject; everything else is read by what the subject holds.

-- name: subject_terminal
-- Primary key, within the scope.
SELECT t.terminal AS title, s.time_zone, ARRAY[t.id] AS terminals, ARRAY[v.id] AS services,
       ARRAY[t.id, v.id, s.id] AS targets
FROM terminal t
JOIN store s ON s.id = t.store_id
JOIN service v ON v.id = t.service_id
WHERE t.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, v.kind);

-- name: subject_store
-- Primary key, then indexes terminal_store and (store_id, kind). Only services that the scope allows.
SELECT s.name AS title, s.time_zone,
       coalesce((SELECT array_agg(t.id) FROM terminal t JOIN service v ON v.id = t.service_id
                 WHERE t.store_id = s.id AND sees($1::area[], s.department, s.id, s.company_id, v.kind)),
                '{}') AS terminals,
       coalesce((SELECT array_agg(v.id) FROM service v
                 WHERE v.store_id = s.id AND sees($1::area[], s.department, s.id, s.company_id, v.kind)),
                '{}') AS services
FROM store s
WHERE s.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, NULL);

-- name: subject_contract
-- Primary key; the company's own area, or that of one of its stores.
SELECT k.number AS title
FROM contract k
WHERE k.id = $2 AND (
    sees($1::area[], NULL, NULL, k.company_id, NULL)
    OR EXISTS (SELECT FROM store s WHERE s.company_id = k.company_id
               AND sees($1::area[], s.department, s.id, s.company_id, NULL)));

-- name: subject_agent
-- Primary key. What a colleague did is shown to who sees the whole country.
SELECT g.name AS title FROM agent g WHERE g.id = $2 AND sees($1::area[], NULL, NULL, NULL, NULL);

-- name: subject_contact
-- Primary key of search_entry, which every contact is in.
SELECT e.title
FROM search_entry e
LEFT JOIN store s ON s.id = e.store_id
WHERE e.kind = 'contact' AND e.target_id = $2 AND CASE
    WHEN e.store_id IS NOT NULL THEN sees($1::area[], s.department, s.id, s.company_id, NULL)
    ELSE sees($1::area[], NULL, NULL, e.company_id, NULL)
        OR EXISTS (SELECT FROM store o WHERE o.company_id = e.company_id
                   AND sees($1::area[], o.department, o.id, o.company_id, NULL)) END;

-- name: entries
-- One branch a source, each by its own index and bounded by itself: terminal_event_terminal, attempt_once,
-- block_target, service_change_of, contract_event_of, action_target and action_agent.
-- $1 terminals, $2 services, $3 targets of blocks and actions, $4 contracts, $5 whose actions, $6 from, $7 to,
-- $8 and $9 moment and reference before, $10 kinds, $11 rows, $12 terminals whose payments the caller may read,
-- $13 whether the caller may read payments anywhere.
SELECT x.at, x.ref, x.kind, x.code, x.what, x.target_kind, x.target_id, x.by_id, g.name AS by_name, x.facts
FROM (
    (SELECT e.at, 'p' || e.id AS ref, 'presence' AS kind, e.kind AS code, t.terminal AS what,
            'terminal' AS target_kind, e.terminal_id AS target_id, NULL::uuid AS by_id,
            jsonb_build_object('edge', e.edge, 'address', e.address, 'firmware', e.firmware, 'reason', e.reason,
                               'text', e.text) AS facts
     FROM terminal_event e JOIN terminal t ON t.id = e.terminal_id
     WHERE 'presence' = ANY ($10::text[]) AND e.terminal_id = ANY ($1::uuid[])
       AND e.at >= $6 AND e.at < $7 AND (e.at, 'p' || e.id) < ($8::timestamptz, $9::text)
     ORDER BY 1 DESC, 2 DESC LIMIT $11)
    UNION ALL
    (SELECT a.received_at, 't' || a.id, 'payment', a.state::text, t.terminal, 'transaction', a.id, NULL,
            jsonb_build_object(
                'reason', a.reason, 'currency', a.currency,
                'amount', CASE WHEN a.kind = :Kind.REFUND THEN -a.amount_minor
                    ELSE a.amount_minor END -- A refund gives back.
            )
     FROM attempt a JOIN terminal t ON t.id = a.terminal_id
     WHERE 'payment' = ANY ($10) AND a.terminal_id = ANY ($12::uuid[]) AND a.state IN (:State.DECLINED, :State.UNKNOWN,
         :State.REVERSED)
       AND a.business_date BETWEEN ($6::timestamptz - interval '1 day')::date
           AND ($7::timestamptz + interval '1 day')::date
       AND a.received_at >= $6 AND a.received_at < $7 AND (a.received_at, 't' || a.id) < ($8, $9)
     ORDER BY 1 DESC, 2 DESC LIMIT $11)
    UNION ALL
    (SELECT b.blocked_at, 'b' || b.id, 'block', 'blocked', '', CASE b.target_kind WHEN 1 THEN 'store' WHEN 2 THEN 'service' ELSE 'terminal' END,
            b.target_id, b.blocked_by, jsonb_build_object('text', b.reason)
     FROM block b
     WHERE 'block' = ANY ($10) AND b.target_id = ANY ($3::uuid[])
       AND b.blocked_at >= $6 AND b.blocked_at < $7 AND (b.blocked_at, 'b' || b.id) < ($8, $9)
     ORDER BY 1 DESC, 2 DESC LIMIT $11)
    UNION ALL
    (SELECT b.lifted_at, 'l' || b.id, 'block', 'lifted', '', CASE b.target_kind WHEN 1 THEN 'store' WHEN 2 THEN 'service' ELSE 'terminal' END,
            b.target_id, b.lifted_by, jsonb_build_object('text', b.lift_reason)
     FROM block b
     WHERE 'block' = ANY ($10) AND b.target_id = ANY ($3)
       AND b.lifted_at >= $6 AND b.lifted_at < $7 AND (b.lifted_at, 'l' || b.id) < ($8, $9)
     ORDER BY 1 DESC, 2 DESC LIMIT $11)
    UNION ALL
    (SELECT c.at, 's' || c.id, 'change', 'service.' || c.kind, v.kind, 'service', c.service_id, c.agent_id,
            jsonb_build_object('text', c.reason)
     FROM service_change c JOIN service v ON v.id = c.service_id
     WHERE 'change' = ANY ($10) AND c.service_id = ANY ($2::uuid[])
       AND c.at >= $6 AND c.at < $7 AND (c.at, 's' || c.id) < ($8, $9)
     ORDER BY 1 DESC, 2 DESC LIMIT $11)
    UNION ALL
    (SELECT c.at, 'k' || c.id, 'change', 'contract.' || c.act, '', 'contract', c.contract_id, c.agent_id,
            jsonb_build_object('text', c.reason, 'version', c.version, 'before', c.state_before, 'after', c.state_after)
     FROM contract_event c
     WHERE 'change' = ANY ($10) AND c.contract_id = ANY ($4::uuid[])
       AND c.at >= $6 AND c.at < $7 AND (c.at, 'k' || c.id) < ($8, $9)
     ORDER BY 1 DESC, 2 DESC LIMIT $11)
    UNION ALL
    -- Blocks and changes have said theirs already, except where a person's own doings are asked for.
    (SELECT a.at, 'a' || a.id, 'action', a.kind, '', a.target_kind, a.target_id, a.agent_id, a.facts
     FROM action a
     WHERE 'action' = ANY ($10) AND a.target_id = ANY ($3)
       AND (a.kind NOT LIKE 'block.%' AND a.kind NOT LIKE 'contract.%' AND a.kind NOT LIKE 'service.%')
       AND a.at >= $6 AND a.at < $7 AND (a.at, 'a' || a.id) < ($8, $9)
     ORDER BY 1 DESC, 2 DESC LIMIT $11)
    UNION ALL
    (SELECT a.at, 'a' || a.id, 'action', a.kind, '', a.target_kind, a.target_id, a.agent_id, a.facts
     FROM action a
     WHERE 'action' = ANY ($10) AND a.agent_id = $5::uuid AND a.target_id IS DISTINCT FROM $5
       AND ($13::boolean OR a.target_kind IS DISTINCT FROM 'transaction')
       AND a.at >= $6 AND a.at < $7 AND (a.at, 'a' || a.id) < ($8, $9)
     ORDER BY 1 DESC, 2 DESC LIMIT $11)
) x
LEFT JOIN agent g ON g.id = x.by_id
ORDER BY x.at DESC, x.ref DESC
LIMIT $11;

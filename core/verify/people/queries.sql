-- V12. Each statement returns how many rows it looked at, how many break the rule, and a few of them in words. Actions
-- are found by what their facts name; every statement reads `action` once, by its kind.

-- name: refunds_by_people
-- Class 12 is the engine's own for what people cause: what edge sends is refused with it. The limit is the one that
-- stood when the refund's action was chained; what was given back before it and still stands counts with it.
WITH given_back AS (
    SELECT
        a.id, a.original_id, a.amount_minor, a.currency, a.sent_at, a.message_class = 12 AS by_person,
        coalesce(sum(a.amount_minor) FILTER (WHERE a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED,
            :State.CAPTURED, :State.SETTLED)) OVER (
            PARTITION BY a.original_id ORDER BY a.sent_at, a.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) + a.amount_minor AS altogether_minor
    FROM attempt AS a
    WHERE a.kind = :Kind.REFUND
), refund AS (
    SELECT g.*, public_id('txn', g.id) AS shown FROM given_back AS g WHERE g.by_person
), told AS (
    SELECT x.seq, x.agent_id, x.target_id, x.facts FROM action AS x WHERE x.kind = 'transaction.refunded'
), limits AS (
    SELECT x.seq, x.agent_id, x.facts FROM action AS x
    WHERE x.kind = 'limit.changed' AND x.facts ->> 'limit' = 'transaction.refund'
), judged AS (
    SELECT
        r.shown,
        CASE
            WHEN t.seq IS NULL THEN 'refund.no_action'
            WHEN t.target_id IS DISTINCT FROM r.original_id OR t.facts ->> 'amount_minor' <> r.amount_minor::text
                THEN 'refund.of_another'
            WHEN NOT EXISTS (SELECT FROM agent AS g WHERE g.id = t.agent_id) THEN 'refund.by_nobody'
            WHEN r.sent_at IS NULL AND p.state = 'done' THEN 'refund.done_and_refused'
            WHEN r.sent_at IS NULL THEN NULL -- refused before any money moved
            WHEN p.id IS NULL AND r.altogether_minor > coalesce(
                (
                    SELECT CASE WHEN l.agent_id = t.agent_id
                        THEN least((l.facts ->> 'before_minor')::bigint, (l.facts ->> 'amount_minor')::bigint)
                        ELSE (l.facts ->> 'amount_minor')::bigint END
                    FROM limits AS l
                    WHERE l.facts ->> 'currency' = r.currency AND l.seq < t.seq ORDER BY l.seq DESC LIMIT 1
                ), (
                    SELECT coalesce((l.facts ->> 'before_minor')::bigint, 0) FROM limits AS l
                    WHERE l.facts ->> 'currency' = r.currency AND l.seq > t.seq ORDER BY l.seq LIMIT 1
                ), (
                    SELECT m.amount_minor FROM approval_limit AS m
                    WHERE m.kind = 'transaction.refund' AND m.currency = r.currency
                ), 0
            ) THEN 'refund.above_limit'
            WHEN p.id IS NULL THEN NULL
            WHEN p.target_id IS DISTINCT FROM r.original_id OR p.amount_minor <> r.amount_minor
                OR p.currency <> r.currency OR p.state NOT IN ('approved', 'done')
                THEN 'refund.approval_of_another'
            WHEN p.decided_by = p.asked_by OR p.decided_by IS DISTINCT FROM t.agent_id
                THEN 'refund.one_person'
            WHEN NOT EXISTS (
                SELECT FROM action AS x WHERE x.kind = 'approval.asked' AND x.agent_id = p.asked_by
                    AND x.target_id = p.target_id AND x.facts ->> 'approval' = public_id('apr', p.id)
            ) OR NOT EXISTS (
                SELECT FROM action AS x WHERE x.kind = 'approval.approved' AND x.agent_id = p.decided_by
                    AND x.target_id = p.target_id AND x.facts ->> 'approval' = public_id('apr', p.id)
            ) THEN 'refund.approval_without_action'
            WHEN NOT EXISTS (
                SELECT FROM agent_grant AS g
                WHERE g.agent_id = p.decided_by AND owes_nothing(g.id, p.asked_by)
                    AND g.granted_at <= p.decided_at AND (g.revoked_at IS NULL OR g.revoked_at > p.decided_at)
                    AND (
                        EXISTS (
                            SELECT FROM role_permission AS m
                            WHERE m.role = g.role AND m.permission = 'transactions.refund_approve'
                        )
                        OR EXISTS (
                            SELECT FROM action AS x WHERE x.kind = 'role.changed' AND x.at > p.decided_at
                                AND x.facts ->> 'role' = g.role
                                AND x.facts -> 'removed' ? 'transactions.refund_approve'
                        )
                    )
                    AND NOT EXISTS (
                        SELECT FROM action AS x WHERE x.kind = 'role.changed' AND x.agent_id = p.asked_by
                            AND x.at > g.granted_at AND x.at <= p.decided_at AND x.facts ->> 'role' = g.role
                            AND x.facts -> 'added' ? 'transactions.refund_approve'
                    )
            ) THEN 'refund.right_from_the_first'
        END AS verdict
    FROM refund AS r
    LEFT JOIN told AS t ON t.facts ->> 'refund' = r.shown
    LEFT JOIN approval AS p ON p.result_id = r.id
)
SELECT
    count(*) AS checked,
    count(j.verdict) AS breaches,
    (array_agg(jsonb_build_object('code', j.verdict, 'facts', jsonb_build_object('id', j.shown)))
        FILTER (WHERE j.verdict IS NOT NULL))[1:5] AS examples
FROM judged AS j;

-- name: cancellations_by_people
WITH judged AS (
    SELECT
        public_id('txn', a.id) AS shown,
        EXISTS (
            SELECT FROM action AS x INNER JOIN agent AS g ON g.id = x.agent_id
            WHERE x.kind = 'transaction.cancelled' AND x.target_id = a.id
        ) AS kept
    FROM attempt AS a
    WHERE a.reason = :Reason.CANCELLED_BY_AGENT
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE NOT j.kept) AS breaches,
    (array_agg(jsonb_build_object('code', 'cancellation.no_action', 'facts', jsonb_build_object('id', j.shown)))
        FILTER (WHERE NOT j.kept))[1:5] AS examples
FROM judged AS j;

-- name: closed_matters_by_people
WITH closed AS (
    SELECT d.id, d.closed_by FROM delivery AS d WHERE d.closed_by IS NOT NULL
    -- A cut-over (3) waits for nobody.
    UNION ALL SELECT m.id, m.closed_by FROM host_message AS m WHERE m.closed_at IS NOT NULL
        AND m.kind <> :HostMessageKind.CUT_OVER
    UNION ALL SELECT t.id, t.closed_by FROM doubt AS t WHERE t.closed_at IS NOT NULL
    UNION ALL SELECT r.id, r.closed_by FROM reversal AS r WHERE r.closed_at IS NOT NULL
    UNION ALL SELECT l.id, l.closed_by FROM dead_letter AS l WHERE l.closed_at IS NOT NULL
), judged AS (
    SELECT
        public_id('hmt', c.id) AS shown,
        EXISTS (
            SELECT FROM action AS x INNER JOIN agent AS g ON g.id = x.agent_id
            WHERE x.kind = 'host_matter.closed' AND x.target_id = c.id AND x.agent_id = c.closed_by
        ) AS kept
    FROM closed AS c
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE NOT j.kept) AS breaches,
    (array_agg(jsonb_build_object('code', 'matter.no_action', 'facts', jsonb_build_object('id', j.shown)))
        FILTER (WHERE NOT j.kept))[1:5] AS examples
FROM judged AS j;

-- name: acts_without_outcome
-- Something came of what a person wanted, or they were told that nothing did: the desk asks again within a minute.
WITH judged AS (
    SELECT
        public_id('txn', a.target_id) AS shown,
        a.outcome IS NULL AND a.recorded_at < clock_timestamp() - interval '5 minutes' AS is_left
    FROM act AS a
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE j.is_left) AS breaches,
    (array_agg(jsonb_build_object('code', 'act.without_outcome', 'facts', jsonb_build_object('id', j.shown)))
        FILTER (WHERE j.is_left))[1:5] AS examples
FROM judged AS j;

-- name: blocks_by_people
-- Blocks, their ends, and the echo on what they stop, which is what the engine reads.
WITH made AS (
    SELECT x.agent_id, x.target_id, x.facts ->> 'block' AS block FROM action AS x WHERE x.kind = 'block.made'
), lifted AS (
    SELECT x.agent_id, x.target_id, x.facts ->> 'block' AS block FROM action AS x WHERE x.kind = 'block.lifted'
), shown AS (
    SELECT b.*, public_id('blk', b.id) AS public FROM block AS b
), judged AS (
    SELECT
        jsonb_build_object('id', b.public) AS facts,
        CASE
            WHEN NOT EXISTS (
                SELECT FROM made AS m
                WHERE m.block = b.public AND m.agent_id = b.blocked_by AND m.target_id = b.target_id
            ) THEN 'block.no_action'
            WHEN b.lifted_at IS NOT NULL AND NOT EXISTS (
                SELECT FROM lifted AS l
                WHERE l.block = b.public AND l.agent_id = b.lifted_by AND l.target_id = b.target_id
            ) THEN 'block.lifted_without_action'
            WHEN b.lifted_at IS NULL AND EXISTS (SELECT FROM lifted AS l WHERE l.block = b.public)
                THEN 'block.stands'
        END AS verdict
    FROM shown AS b
), places AS (
    SELECT 1 AS kind, s.id, 'sto' AS prefix, s.blocked_at FROM store AS s
    UNION ALL
    SELECT 2, v.id, 'svc', v.blocked_at FROM service AS v
    UNION ALL
    SELECT 3, t.id, 'ter', t.blocked_at FROM terminal AS t
), echoes AS (
    SELECT
        jsonb_build_object('id', public_id(coalesce(p.prefix, 'blk'), coalesce(p.id, b.id))) AS facts,
        CASE WHEN b.id IS NULL THEN 'echo.without_block' ELSE 'echo.not_in_force' END AS verdict
    FROM (SELECT * FROM places WHERE blocked_at IS NOT NULL) AS p
    FULL JOIN (SELECT * FROM block WHERE lifted_at IS NULL) AS b ON b.target_id = p.id AND b.target_kind = p.kind
    WHERE b.id IS NULL OR p.id IS NULL OR p.blocked_at <> b.blocked_at
), together AS (
    SELECT facts, verdict FROM judged
    UNION ALL
    SELECT facts, verdict FROM echoes
)
SELECT
    count(*) AS checked,
    count(t.verdict) AS breaches,
    (array_agg(jsonb_build_object('code', t.verdict, 'facts', t.facts)) FILTER (WHERE t.verdict IS NOT NULL))[1:5]
        AS examples
FROM together AS t;

-- name: limits_by_people
-- Limits of what one person may do alone, and what a service takes: each is what its last action says. The one that
-- came with the institution is 500.00 EUR (migration 14). A service that nobody changed has what it was made with.
WITH newest AS (
    SELECT DISTINCT ON (x.facts ->> 'limit', x.facts ->> 'currency')
        x.facts ->> 'limit' AS kind, x.facts ->> 'currency' AS currency, x.agent_id,
        (x.facts ->> 'amount_minor')::bigint AS amount_minor
    FROM action AS x
    WHERE x.kind = 'limit.changed'
    ORDER BY x.facts ->> 'limit', x.facts ->> 'currency', x.seq DESC
), alone AS (
    SELECT
        jsonb_build_object(
            'limit', coalesce(l.kind, n.kind), 'currency', coalesce(l.currency, n.currency)
        ) AS facts,
        CASE
            WHEN l.kind IS NULL THEN 'limit.gone'
            WHEN n.kind IS NULL AND (l.kind, l.currency, l.amount_minor, l.before_minor)
                IS DISTINCT FROM ('transaction.refund', 'EUR', 50000, 0) THEN 'limit.no_action'
            WHEN n.kind IS NOT NULL AND (l.amount_minor, l.set_by) IS DISTINCT FROM (n.amount_minor, n.agent_id)
                THEN 'limit.differs'
        END AS verdict
    FROM approval_limit AS l
    FULL JOIN newest AS n ON n.kind = l.kind AND n.currency = l.currency
), taken AS (
    SELECT DISTINCT ON (x.target_id, f.name) x.target_id, f.name, f.value
    FROM action AS x
    CROSS JOIN LATERAL jsonb_each(x.facts -> 'after') AS f (name, value)
    WHERE x.kind = 'service.limits'
    ORDER BY x.target_id, f.name, x.seq DESC
), services AS (
    SELECT
        jsonb_build_object('limit', t.name, 'service', public_id('svc', t.target_id)) AS facts,
        CASE WHEN to_jsonb(v) -> t.name IS DISTINCT FROM t.value THEN 'limit.of_service_differs' END AS verdict
    FROM taken AS t
    LEFT JOIN service AS v ON v.id = t.target_id
    -- Brands are names in the audit and numbers in the row.
    WHERE t.name <> 'brands'
), together AS (
    SELECT facts, verdict FROM alone
    UNION ALL
    SELECT facts, verdict FROM services
)
SELECT
    count(*) AS checked,
    count(t.verdict) AS breaches,
    (array_agg(jsonb_build_object('code', t.verdict, 'facts', t.facts)) FILTER (WHERE t.verdict IS NOT NULL))[1:5]
        AS examples
FROM together AS t;

-- name: rights_by_people
-- Grants with their bounds, their ends, and what each role allows.
WITH given AS (
    SELECT x.agent_id, x.target_id, x.facts FROM action AS x WHERE x.kind = 'grant.given'
), revoked AS (
    SELECT x.agent_id, x.facts ->> 'grant' AS id FROM action AS x WHERE x.kind = 'grant.revoked'
), shown AS (
    SELECT g.*, public_id('grn', g.id) AS public FROM agent_grant AS g
), grants AS (
    SELECT
        jsonb_build_object('id', g.public) AS facts,
        CASE
            WHEN n.facts IS NULL THEN 'grant.no_action'
            WHEN n.agent_id <> coalesce(g.granted_by, g.agent_id) OR n.target_id <> g.agent_id
                OR n.facts ->> 'role' <> g.role THEN 'grant.of_another'
            WHEN n.facts ->> 'amount_max_minor' IS DISTINCT FROM g.amount_max_minor::text
                OR n.facts -> 'regions' IS DISTINCT FROM to_jsonb(g.regions)
                OR n.facts -> 'departments' IS DISTINCT FROM to_jsonb(g.departments)
                OR n.facts -> 'services' IS DISTINCT FROM to_jsonb(g.services)
                OR jsonb_array_length(n.facts -> 'stores') IS DISTINCT FROM cardinality(g.stores)
                OR jsonb_array_length(n.facts -> 'companies') IS DISTINCT FROM cardinality(g.companies)
                OR EXISTS (
                    SELECT FROM unnest(g.stores) AS s (id) WHERE NOT n.facts -> 'stores' ? public_id('sto', s.id)
                )
                OR EXISTS (
                    SELECT FROM unnest(g.companies) AS c (id) WHERE NOT n.facts -> 'companies' ? public_id('com', c.id)
                ) THEN 'grant.elsewhere'
            WHEN g.revoked_at IS NOT NULL AND NOT EXISTS (
                SELECT FROM revoked AS r WHERE r.id = g.public AND r.agent_id = g.revoked_by
            ) THEN 'grant.revoked_without_action'
            WHEN g.revoked_at IS NULL AND EXISTS (SELECT FROM revoked AS r WHERE r.id = g.public)
                THEN 'grant.stands'
        END AS verdict
    FROM shown AS g
    LEFT JOIN LATERAL (SELECT * FROM given AS n WHERE n.facts ->> 'grant' = g.public LIMIT 1) AS n ON true
), changes AS (
    SELECT x.seq, x.facts ->> 'role' AS role, p.permission, p.present
    FROM action AS x
    CROSS JOIN LATERAL (
        SELECT c.permission, true AS present
        FROM jsonb_array_elements_text(
            coalesce(x.facts -> 'permissions', '[]'::jsonb) || coalesce(x.facts -> 'added', '[]'::jsonb)
        ) AS c (permission)
        UNION ALL
        SELECT c.permission, false
        FROM jsonb_array_elements_text(coalesce(x.facts -> 'removed', '[]'::jsonb)) AS c (permission)
    ) AS p
    WHERE x.kind IN ('role.created', 'role.changed') AND x.seq > (SELECT m.seq FROM founding_mark AS m)
    UNION ALL
    SELECT 0, f.role, f.permission, true FROM founding_permission AS f
), allowed AS (
    SELECT DISTINCT ON (c.role, c.permission) c.role, c.permission, c.present
    FROM changes AS c
    ORDER BY c.role, c.permission, c.seq DESC
), roles AS (
    SELECT
        jsonb_build_object(
            'role', coalesce(r.role, a.role), 'permission', coalesce(r.permission, a.permission)
        ) AS facts,
        CASE
            WHEN r.role IS NULL THEN 'role.taken_away'
            WHEN a.role IS NULL THEN 'role.allowed'
        END AS verdict
    FROM role_permission AS r
    FULL JOIN (SELECT * FROM allowed WHERE present) AS a ON a.role = r.role AND a.permission = r.permission
), together AS (
    SELECT facts, verdict FROM grants
    UNION ALL
    SELECT facts, verdict FROM roles
)
SELECT
    count(*) AS checked,
    count(t.verdict) AS breaches,
    (array_agg(jsonb_build_object('code', t.verdict, 'facts', t.facts)) FILTER (WHERE t.verdict IS NOT NULL))[1:5]
        AS examples
FROM together AS t;

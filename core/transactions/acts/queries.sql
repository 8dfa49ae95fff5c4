-- Acts of people on money: recorded by the desk, carried out by the engine.

-- name: record_act
-- Primary key: the same wish recorded again is the same row.
INSERT INTO act (id, kind, agent_id, target_id, target_date, amount_minor, currency, reason, approval_id, ip, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (id) DO NOTHING;

-- name: find_act
-- Primary key.
SELECT a.id, a.kind, a.agent_id, a.target_id, a.target_date, a.amount_minor, a.currency, a.reason, a.approval_id, a.ip,
       a.outcome
FROM act a WHERE a.id = $1;

-- name: lock_act
-- Primary key; the row stays locked until the act is carried out, so that repeats take turns.
SELECT a.outcome FROM act a WHERE a.id = $1 FOR UPDATE;

-- name: lock_approval_of_act
-- Primary keys. An approval counts for the act that it was given to: the same thing, the same amount, asked by one
-- person and agreed by another in its time, and nothing has come of it yet.
SELECT p.asked_by,
       p.kind = a.kind AND p.result_id = a.id AND p.target_id = a.target_id AND p.amount_minor = a.amount_minor
           AND p.currency = a.currency AND p.state = 'approved' AND p.decided_by = a.agent_id
           AND p.asked_by <> a.agent_id AND p.decided_at < p.expires_at AS counts
FROM act a JOIN approval p ON p.id = a.approval_id
WHERE a.id = $1
FOR UPDATE OF p;

-- name: judge_act
-- Primary keys of attempt, terminal, service and store; agent_grant_standing inside right_reaches.
-- $1 original, $2 its date, $3 who, $4 permission, $5 from whom the right may not come, $6 region codes,
-- $7 their departments.
SELECT right_reaches($3, $4, s.department, s.id, s.company_id, v.kind, $5, $6::text[], $7::text[]) AS reach_minor,
       o.refunded_minor, o.currency
FROM attempt o
JOIN terminal t ON t.id = o.terminal_id
JOIN service v ON v.id = t.service_id
JOIN store s ON s.id = o.store_id
WHERE o.id = $1 AND o.business_date = $2;

-- name: hold_limit
-- Primary key. Held until the commit: the limit by which a refund was judged stands before it in the audit.
-- $3 who, for whom a limit that they set themselves is the one before, when that was lower.
SELECT CASE WHEN l.set_by = $3 THEN least(l.before_minor, l.amount_minor) ELSE l.amount_minor END AS amount_minor
FROM approval_limit l WHERE l.kind = $1 AND l.currency = $2
FOR SHARE;

-- name: take_up_acts
-- Index act_without_outcome, nearly empty. Acts without an outcome that nobody is at ($2: since when), each for one process
-- alone until then; those that were not tried for longest first, so that one that cannot be done holds up no other. What
-- was approved is taken up by its approval.
WITH untouched AS (
    -- Read once: as a condition of the update it could be read again for each row, beyond its bound.
    SELECT o.id FROM act AS o
    WHERE o.outcome IS NULL AND o.recorded_at < $2 AND (o.taken_up_at IS NULL OR o.taken_up_at < $2)
        AND o.approval_id IS NULL
    ORDER BY coalesce(o.taken_up_at, o.recorded_at)
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
UPDATE act AS a SET taken_up_at = $1
FROM untouched AS u WHERE a.id = u.id
RETURNING a.id, a.kind, a.agent_id, a.target_id, a.target_date, a.amount_minor, a.currency, a.reason, a.approval_id, a.ip,
    a.outcome, a.recorded_at;

-- name: end_act
-- Primary key, the row locked before.
UPDATE act SET carried_out_at = $3, outcome = $2 WHERE id = $1 AND outcome IS NULL;

-- name: end_approval_of_act
-- Primary key, the row locked before.
UPDATE approval SET state = $2, result_code = $3, ended_at = $4 WHERE id = $1 AND state = 'approved'
RETURNING asked_by;

-- name: right_reaches
-- $1 who, $2 permission, $3 store, $4 kind of service, $5 from whom the right may not come, $6 region codes,
-- $7 their departments.
SELECT right_reaches($1, $2, s.department, s.id, s.company_id, $4, $5, $6::text[], $7::text[])
FROM store s WHERE s.id = $3;

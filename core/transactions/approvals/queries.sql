-- Two-person acts. $1 is the scope; whoever asked sees their own wherever it stands.

-- name: find_limit
-- Primary key. For $3, if they set it themselves, the one before when that was lower (core.transactions.limits).
SELECT CASE WHEN set_by = $3 THEN least(before_minor, amount_minor) ELSE amount_minor END AS amount_minor
FROM approval_limit WHERE kind = $1 AND currency = $2;

-- name: lock_target
-- An advisory lock until the commit: two wishes about one thing are looked at one after the other.
SELECT pg_advisory_xact_lock(hashtextextended($1::text, 14));

-- name: find_waiting
-- Index approval_target.
SELECT id FROM approval WHERE target_id = $1 AND kind = $2 AND state = 'waiting' AND expires_at > $3 LIMIT 1;

-- name: ask
-- Primary key: the same wish asked again is the same row.
INSERT INTO approval (
    id, kind, target_kind, target_id, store_id, service, payload, amount_minor, currency, reason, asked_by, asked_at,
    expires_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (id) DO NOTHING;

-- name: lock_approval
-- Primary key; the row stays locked until the decision is written, so that two deciders take turns.
SELECT a.id, a.kind, a.target_id, a.payload, a.amount_minor, a.currency, a.reason, a.state, a.asked_by, a.expires_at,
       a.decided_by, a.result_id, a.store_id, a.service, s.department, s.company_id
FROM approval a JOIN store s ON s.id = a.store_id
WHERE a.id = $2 AND (a.asked_by = $3 OR sees($1::area[], s.department, s.id, s.company_id, a.service))
FOR UPDATE OF a;

-- name: decide
-- Primary key, the row locked before.
UPDATE approval SET state = $2, decided_by = $3, decided_at = $4, decision_reason = $5, result_id = $6
WHERE id = $1 AND state = 'waiting';

-- name: list_approvals
-- The primary key backwards, or the index of what is named: approval_asked, approval_decided, approval_target,
-- approval_waiting.
-- $2 caller, $3 one, $4 target, $5 asked by, $6 decided by, $7 waiting at this time for the caller, $8 id before, $9 limit,
-- $10 what whoever approves must hold, $11 region codes, $12 their departments. `free_reach_minor` is how far the caller's
-- right reaches without what the asker gave. The payment is looked up by its primary key.
SELECT a.id, a.kind, a.target_id, a.payload, a.amount_minor, a.currency, a.reason, a.state, a.asked_by, a.asked_at,
       a.expires_at, a.decided_by, a.decided_at, a.decision_reason, a.result_id, a.result_code, a.service,
       s.id AS store_id, s.name AS store_name, s.department, s.company_id,
       asker.name AS asked_by_name, decider.name AS decided_by_name,
       CASE WHEN a.state = 'waiting' THEN
           right_reaches($2, $10, s.department, s.id, s.company_id, a.service, a.asked_by, $11::text[], $12::text[])
       END AS free_reach_minor,
       EXISTS (SELECT FROM attempt p
               WHERE p.id = a.target_id AND p.business_date = (a.payload ->> 'original_date')::date) AS target_known
FROM approval a
JOIN store s ON s.id = a.store_id
JOIN agent asker ON asker.id = a.asked_by
LEFT JOIN agent decider ON decider.id = a.decided_by
WHERE (a.asked_by = $2 OR sees($1::area[], s.department, s.id, s.company_id, a.service))
  AND ($3::uuid IS NULL OR a.id = $3)
  AND ($4::uuid IS NULL OR a.target_id = $4)
  AND ($5::uuid IS NULL OR a.asked_by = $5)
  AND ($6::uuid IS NULL OR a.decided_by = $6)
  AND ($7::timestamptz IS NULL OR (a.state = 'waiting' AND a.expires_at > $7 AND a.asked_by <> $2))
  AND ($8::uuid IS NULL OR a.id < $8)
ORDER BY a.id DESC
LIMIT $9;

-- name: left_under_way
-- Index approval_under_way: approved, and whoever carried it out died.
SELECT id FROM approval WHERE state = 'approved' AND decided_at < $1 ORDER BY decided_at LIMIT $2;

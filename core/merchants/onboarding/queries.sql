-- name: onboardings
-- Index onboarding_waiting by each state. A file without a place is for who holds it or sees the whole country.
-- $1 scope, $2 agent, $3 state or NULL for all that are open, $4 only what the agent holds,
-- $5 changed before, $6 id before, $7 limit.
SELECT o.id, o.state, o.version, o.name, o.siren, o.department, o.answers::text AS answers, o.return_reason,
       o.created_by, maker.name AS created_by_name, o.created_at, o.held_by, holder.name AS held_by_name,
       o.changed_at, o.submitted_by, submitter.name AS submitted_by_name, o.submitted_at,
       o.decided_by, decider.name AS decided_by_name, o.decided_at,
       o.account_id, a.name AS account_name, o.company_id, c.legal_name AS company_name
FROM onboarding o
JOIN agent maker ON maker.id = o.created_by
JOIN agent holder ON holder.id = o.held_by
LEFT JOIN agent submitter ON submitter.id = o.submitted_by
LEFT JOIN agent decider ON decider.id = o.decided_by
LEFT JOIN account a ON a.id = o.account_id
LEFT JOIN company c ON c.id = o.company_id
WHERE (sees($1::area[], o.department, NULL, o.company_id, NULL) OR o.held_by = $2 OR o.created_by = $2)
  AND (o.state = $3 OR ($3::text IS NULL AND o.state NOT IN ('done', 'abandoned')))
  AND (NOT $4::boolean OR o.held_by = $2)
  AND ($5::timestamptz IS NULL OR (o.changed_at, o.id) < ($5, $6))
ORDER BY o.changed_at DESC, o.id DESC
LIMIT $7;

-- name: onboarding_by_id
-- Primary key, within the scope.
SELECT o.id, o.state, o.version, o.name, o.siren, o.department, o.answers::text AS answers, o.return_reason,
       o.created_by, maker.name AS created_by_name, o.created_at, o.held_by, holder.name AS held_by_name,
       o.changed_at, o.submitted_by, submitter.name AS submitted_by_name, o.submitted_at,
       o.decided_by, decider.name AS decided_by_name, o.decided_at,
       o.account_id, a.name AS account_name, o.company_id, c.legal_name AS company_name
FROM onboarding o
JOIN agent maker ON maker.id = o.created_by
JOIN agent holder ON holder.id = o.held_by
LEFT JOIN agent submitter ON submitter.id = o.submitted_by
LEFT JOIN agent decider ON decider.id = o.decided_by
LEFT JOIN account a ON a.id = o.account_id
LEFT JOIN company c ON c.id = o.company_id
WHERE o.id = $3
  AND (sees($1::area[], o.department, NULL, o.company_id, NULL) OR o.held_by = $2 OR o.created_by = $2);

-- name: lock_onboarding
-- Primary key, within the scope; the row stays locked until the change is written. The name is not joined: who has
-- waited for the lock would keep the agent of the row as it was before, and find no row at all.
SELECT o.state, o.version, o.held_by, o.answers::text AS answers, o.changed_at, o.changed_by,
       (SELECT g.name FROM agent g WHERE g.id = o.changed_by) AS changed_by_name
FROM onboarding o
WHERE o.id = $3
  AND (sees($1::area[], o.department, NULL, o.company_id, NULL) OR o.held_by = $2 OR o.created_by = $2)
FOR UPDATE OF o;

-- name: start_onboarding
INSERT INTO onboarding (id, state, name, siren, answers, created_by, created_at, held_by, changed_by, changed_at)
VALUES ($1, 'draft', $2, $3, $4::text::jsonb, $5, $6, $5, $5, $6);

-- name: save_onboarding
-- Primary key; locked before.
UPDATE onboarding SET answers = $2::text::jsonb, name = $3, siren = $4, department = $5, changed_by = $6,
    changed_at = $7, version = version + 1
WHERE id = $1;

-- name: take_onboarding
-- Primary key; locked before.
UPDATE onboarding SET held_by = $2, changed_by = $2, changed_at = $3 WHERE id = $1;

-- name: submit_onboarding
-- Primary key; locked before.
UPDATE onboarding SET state = 'submitted', submitted_by = $2, submitted_at = $3, return_reason = '',
    changed_by = $2, changed_at = $3
WHERE id = $1;

-- name: return_onboarding
-- Primary key; locked before.
UPDATE onboarding SET state = 'returned', return_reason = $4, decided_by = $2, decided_at = $3, changed_by = $2,
    changed_at = $3
WHERE id = $1;

-- name: validate_onboarding
-- Primary key; locked before. The company belongs to one file, by its unique index.
UPDATE onboarding SET state = 'validated', account_id = $4, company_id = $5, decided_by = $2, decided_at = $3,
    changed_by = $2, changed_at = $3
WHERE id = $1;

-- name: move_onboarding
-- Primary key; locked before.
UPDATE onboarding SET state = $4, return_reason = $5, changed_by = $2, changed_at = $3 WHERE id = $1;

-- name: sirets_taken
-- Unique index on siret. Which of these have a store already, wherever: only that they are taken is told.
SELECT s.siret FROM store s WHERE s.siret = ANY($1::text[]);

-- name: siren_taken
-- Unique index on siren; only that it is taken is told.
SELECT EXISTS (SELECT FROM company c WHERE c.siren = $1);

-- name: services_wanted
-- Unique index on company_id.
SELECT o.answers -> 'services' ->> 'kinds' FROM onboarding o WHERE o.company_id = $1;

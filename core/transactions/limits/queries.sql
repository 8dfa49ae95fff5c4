-- Limits of what one person may do alone: a handful of rows.

-- name: limits
-- Primary key. $1 caller, for whom a limit that they set themselves is the one before, when that was lower.
SELECT l.kind, l.currency, l.amount_minor, l.set_by, l.set_at, who.name AS set_by_name,
       CASE WHEN l.set_by = $1 THEN least(l.before_minor, l.amount_minor) ELSE l.amount_minor END AS caller_minor
FROM approval_limit l
LEFT JOIN agent who ON who.id = l.set_by
ORDER BY l.kind, l.currency;

-- name: lock_limits
-- An advisory lock until the commit: two changes of a limit that does not exist yet take turns as well.
SELECT pg_advisory_xact_lock(hashtext('guichet approval limits'));

-- name: find_set
-- Primary key.
SELECT amount_minor, set_by FROM approval_limit WHERE kind = $1 AND currency = $2;

-- name: set_limit
-- Primary key. Who sets it twice in a row stays under what stood before the first time.
INSERT INTO approval_limit AS l (kind, currency, amount_minor, set_by, set_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (kind, currency) DO UPDATE SET
    before_minor = CASE WHEN l.set_by = $4 THEN least(l.before_minor, l.amount_minor) ELSE l.amount_minor END,
    amount_minor = excluded.amount_minor,
    set_by = excluded.set_by,
    set_at = excluded.set_at;

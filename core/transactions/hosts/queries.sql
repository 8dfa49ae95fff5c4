-- name: keep_message
-- Once under the host's own key; a repeat only counts. A cut-over waits for nobody.
INSERT INTO host_message AS m (
    acquirer_id, kind, message_key, at, host_date, reference, terminal, amount_minor, currency, attempt_id,
    business_date, message, closed_at
)
SELECT
    q.id, $2::smallint, $3, $4::timestamptz, $5, $6, $7, $8, $9, $10, $11, $12,
    CASE WHEN $2::smallint = 3 THEN $4::timestamptz END
FROM acquirer AS q
WHERE q.code = $1
ON CONFLICT (acquirer_id, message_key) DO UPDATE SET repeats = m.repeats + 1
RETURNING m.repeats > 0 AS known;

-- name: find_named
-- The reference is a range of the primary key (values.ids.id_range_of_rrn); this acquirer's alone.
SELECT a.id, a.business_date
FROM attempt AS a
INNER JOIN acquirer AS q ON q.id = a.acquirer_id AND q.code = $3
WHERE a.id BETWEEN $1 AND $2
LIMIT 1;

-- name: matters
-- What waits: what keeps a customer's money first, then newest first. Partial indexes delivery_due, host_message_open, doubt_open, reversal_open,
-- reversal_refused_open and dead_letter_open: what is open is little. $1 scope, $2 stuck before, $3 kinds or NULL, $4 id before, $5 limit,
-- $6 store, $7 terminal and $8 company or NULL, $9 whether the id before is of what may wait.
-- What names no payment and no terminal is for who sees everything. hold_id: what a completion captures. What is settled
-- waits for nobody: the payment that it was about no longer stands.
SELECT
    m.id, m.kind, m.at_once, m.since, m.attempt_id, m.business_date, m.amount_minor, m.currency, m.attempt_kind, m.tries,
    m.last_result, m.closed_at, m.closed_reason, m.reference, m.causes, m.payload, m.terminal, m.terminal_id,
    m.acquirer, m.store_id, m.store_name, m.department, s.time_zone, h.original_id AS hold_id,
    m.kind NOT LIKE '%reversal_not_accepted' AS may_wait
FROM matter AS m
LEFT JOIN attempt AS h ON m.kind = 'completion_not_accepted' AND h.id = m.attempt_id AND h.business_date = m.business_date
LEFT JOIN store AS s ON s.id = m.store_id
WHERE m.closed_at IS NULL AND NOT m.settled AND (m.at_once OR m.since < $2::timestamptz)
    AND sees($1::area[], m.department, m.store_id, m.company_id, m.service)
    AND ($3::text[] IS NULL OR m.kind = ANY ($3))
    AND (
        $4::uuid IS NULL
        OR (m.kind NOT LIKE '%reversal_not_accepted') > $9::boolean
        OR (m.kind NOT LIKE '%reversal_not_accepted') = $9 AND m.id < $4
    )
    AND ($6::uuid IS NULL OR m.store_id = $6)
    AND ($7::uuid IS NULL OR m.terminal_id = $7)
    AND ($8::uuid IS NULL OR m.company_id = $8)
ORDER BY may_wait, m.id DESC
LIMIT $5;

-- name: count_matters
-- As above, and bounded ($3). $4 store, $5 terminal and $6 company or NULL.
SELECT w.kind, count(*) AS count
FROM (
    SELECT m.kind
    FROM matter AS m
    WHERE m.closed_at IS NULL AND NOT m.settled AND (m.at_once OR m.since < $2::timestamptz)
        AND sees($1::area[], m.department, m.store_id, m.company_id, m.service)
        AND ($4::uuid IS NULL OR m.store_id = $4)
        AND ($5::uuid IS NULL OR m.terminal_id = $5)
        AND ($6::uuid IS NULL OR m.company_id = $6)
    LIMIT $3
) AS w
GROUP BY w.kind;

-- name: matter
-- One of them, whether it still waits or not: primary keys, and doubt_id.
SELECT
    m.id, m.kind, m.at_once, m.since, m.attempt_id, m.business_date, m.amount_minor, m.currency, m.attempt_kind, m.tries,
    m.last_result, m.closed_at, m.closed_reason, m.reference, m.causes, m.payload, m.terminal, m.terminal_id,
    m.acquirer, m.store_id, m.store_name, m.department, s.time_zone, m.settled, h.original_id AS hold_id
FROM matter AS m
LEFT JOIN attempt AS h ON m.kind = 'completion_not_accepted' AND h.id = m.attempt_id AND h.business_date = m.business_date
LEFT JOIN store AS s ON s.id = m.store_id
WHERE m.id = $2 AND sees($1::area[], m.department, m.store_id, m.company_id, m.service);

-- name: terminals
-- Where dead letters came from, by primary key.
SELECT t.id AS terminal_id, t.terminal, s.id AS store_id, s.name AS store_name, s.department, s.time_zone
FROM terminal AS t
INNER JOIN store AS s ON s.id = t.store_id
WHERE t.id = ANY ($1::uuid[]);

-- name: close_delivery
-- The caller holds the attempt's row, as whoever accepts a delivery does.
UPDATE delivery
SET accepted_at = $2::timestamptz, closed_by = $3, closed_reason = $4
WHERE id = $1 AND accepted_at IS NULL
RETURNING id;

-- name: retry_delivery
UPDATE delivery SET refused_at = NULL, due_at = $2::timestamptz
WHERE id = $1 AND accepted_at IS NULL
RETURNING id;

-- name: close_message
UPDATE host_message SET closed_at = $2::timestamptz, closed_by = $3, closed_reason = $4
WHERE id = $1 AND closed_at IS NULL
RETURNING id;

-- name: close_doubt
UPDATE doubt SET closed_at = $2::timestamptz, closed_by = $3, closed_reason = $4
WHERE id = $1 AND closed_at IS NULL
RETURNING id;

-- name: close_reversal
UPDATE reversal SET closed_at = $2::timestamptz, closed_by = $3, closed_reason = $4
WHERE id = $1 AND closed_at IS NULL
RETURNING id;

-- name: close_dead_letter
UPDATE dead_letter SET closed_at = $2::timestamptz, closed_by = $3, closed_reason = $4
WHERE id = $1 AND closed_at IS NULL
RETURNING id;

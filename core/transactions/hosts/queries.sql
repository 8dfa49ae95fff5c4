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
-- Partial indexes delivery_due and host_message_open: what is open is little. $1 scope, $2 stuck before, $3 one of them,
-- closed or not, $4 id before, $5 limit. What names no payment is for who sees everything.
SELECT
    w.*, q.name AS acquirer, s.name AS store_name, s.department
FROM (
    SELECT
        d.id, d.kind::integer AS kind, false AS by_host, d.acquirer_id, d.created_at AS since, d.attempt_id,
        d.business_date, d.amount_minor, a.currency, t.terminal, a.store_id, v.kind AS service, d.tries, d.last_result,
        d.refused_at IS NOT NULL AS refused, d.accepted_at AS closed_at, d.closed_reason, '' AS reference
    FROM delivery AS d
    INNER JOIN attempt AS a ON a.id = d.attempt_id AND a.business_date = d.business_date
    LEFT JOIN terminal AS t ON t.id = a.terminal_id
    LEFT JOIN service AS v ON v.id = t.service_id
    WHERE CASE
        WHEN $3::uuid IS NULL
            THEN d.accepted_at IS NULL AND (d.refused_at IS NOT NULL OR d.created_at < $2::timestamptz)
        ELSE d.id = $3
    END
    UNION ALL
    SELECT
        h.id, h.kind::integer, true, h.acquirer_id, h.at, h.attempt_id,
        h.business_date, h.amount_minor, h.currency, h.terminal, a.store_id, v.kind, h.repeats + 1, '',
        false, h.closed_at, h.closed_reason, h.reference
    FROM host_message AS h
    LEFT JOIN attempt AS a ON a.id = h.attempt_id AND a.business_date = h.business_date
    LEFT JOIN terminal AS t ON t.id = a.terminal_id
    LEFT JOIN service AS v ON v.id = t.service_id
    WHERE CASE WHEN $3::uuid IS NULL THEN h.closed_at IS NULL ELSE h.id = $3 END
) AS w
INNER JOIN acquirer AS q ON q.id = w.acquirer_id
LEFT JOIN store AS s ON s.id = w.store_id
WHERE sees($1::area[], s.department, s.id, s.company_id, w.service)
    AND ($4::uuid IS NULL OR w.id < $4)
ORDER BY w.id DESC
LIMIT $5;

-- name: close_delivery
-- The caller holds the attempt's row, as whoever accepts a delivery does.
UPDATE delivery
SET accepted_at = $2::timestamptz, closed_by = $3, closed_reason = $4, last_result = 'closed'
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

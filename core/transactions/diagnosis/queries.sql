-- How much is declined around a payment and how much usually is. $1 is the scope. Payments are those of the view
-- attempt_figure (docs/figures.md): decided ones are approved or declined, and what got no answer is counted beside them
-- as neither. Every statement is bounded, whatever the volume.

-- name: place_of
-- Primary key, by its first column in each partition.
SELECT a.terminal_id, t.terminal, a.store_id, s.name AS store_name, s.time_zone, a.card_brand, a.acquirer_id,
       a.received_at, q.name AS acquirer_name
FROM attempt a
JOIN terminal t ON t.id = a.terminal_id
JOIN service v ON v.id = t.service_id
JOIN store s ON s.id = a.store_id
LEFT JOIN acquirer q ON q.id = a.acquirer_id
WHERE a.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, v.kind);

-- name: level_of_terminal
-- Index attempt_once by terminal and date, newest dates first, at most $7 rows.
-- $2 terminal, $3 date from, $4 date to, $5 recent from, $6 recent to.
SELECT coalesce(sum(approved + declined) FILTER (WHERE recent), 0)::int AS recent_count,
       coalesce(sum(declined) FILTER (WHERE recent), 0)::int AS recent_declined,
       coalesce(sum(unknown) FILTER (WHERE recent), 0)::int AS recent_unknown,
       coalesce(sum(approved + declined) FILTER (WHERE NOT recent), 0)::int AS usual_count,
       coalesce(sum(declined) FILTER (WHERE NOT recent), 0)::int AS usual_declined,
       min(received_at) FILTER (WHERE recent AND declined > 0) AS since
FROM (
    SELECT a.received_at, a.received_at >= $5 AS recent, a.approved, a.declined, a.unknown
    FROM attempt_figure a
    JOIN terminal t ON t.id = a.terminal_id
    JOIN service v ON v.id = t.service_id
    JOIN store s ON s.id = t.store_id
    WHERE a.terminal_id = $2 AND a.business_date BETWEEN $3 AND $4 AND a.received_at < $6 AND a.payments > 0
      AND sees($1::area[], s.department, s.id, s.company_id, v.kind)
    ORDER BY a.business_date DESC
    LIMIT $7
) AS one;

-- name: level_of_store
-- Index activity_minute_store_level; two weeks of one store are some thousands of rows.
-- $2 store, $3 usual from, $4 recent from, $5 recent to.
SELECT coalesce(sum(m.approved + m.declined) FILTER (WHERE m.minute >= $4), 0)::int AS recent_count,
       coalesce(sum(m.declined) FILTER (WHERE m.minute >= $4), 0)::int AS recent_declined,
       coalesce(sum(m.unknown) FILTER (WHERE m.minute >= $4), 0)::int AS recent_unknown,
       coalesce(sum(m.approved + m.declined) FILTER (WHERE m.minute < $4), 0)::int AS usual_count,
       coalesce(sum(m.declined) FILTER (WHERE m.minute < $4), 0)::int AS usual_declined,
       min(m.minute) FILTER (WHERE m.minute >= $4 AND m.declined > 0) AS since
FROM figure_minute m JOIN store s ON s.id = m.store_id
WHERE m.store_id = $2 AND m.minute >= $3 AND m.minute < $5
  AND sees($1::area[], s.department, s.id, s.company_id, nullif(m.service, ''));

-- name: level_of_network
-- Primary key backwards: the ids are times. One sample of at most $9 rows a span: around the payment, and at the same
-- hours of days before. The payment's own store is left out: it is what the others are compared with.
-- $2 whether the scope is everything, $3 ids from, $4 ids below, $5 which spans are recent, $6 brand, $7 acquirer,
-- $8 own store.
SELECT coalesce(sum(one.approved + one.declined) FILTER (WHERE span.recent), 0)::int AS recent_count,
       coalesce(sum(one.declined) FILTER (WHERE span.recent), 0)::int AS recent_declined,
       coalesce(sum(one.unknown) FILTER (WHERE span.recent), 0)::int AS recent_unknown,
       coalesce(sum(one.approved + one.declined) FILTER (WHERE NOT span.recent), 0)::int AS usual_count,
       coalesce(sum(one.declined) FILTER (WHERE NOT span.recent), 0)::int AS usual_declined,
       min(one.received_at) FILTER (WHERE span.recent AND one.declined > 0) AS since
FROM unnest($3::uuid[], $4::uuid[], $5::boolean[]) AS span (low, high, recent)
CROSS JOIN LATERAL (
    SELECT a.received_at, a.store_id, a.terminal_id, a.brand, a.acquirer_id, a.approved, a.declined, a.unknown
    FROM attempt_figure a
    WHERE a.id >= span.low AND a.id < span.high AND a.payments > 0
    ORDER BY a.id DESC
    LIMIT $9
) AS one
JOIN terminal t ON t.id = one.terminal_id
JOIN service v ON v.id = t.service_id
JOIN store s ON s.id = t.store_id
WHERE one.brand = $6 AND one.acquirer_id = $7 AND one.store_id <> $8
  AND ($2 OR sees($1::area[], s.department, s.id, s.company_id, v.kind));

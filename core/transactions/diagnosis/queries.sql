-- How much fails around a payment and how much usually does. $1 is the scope. Failed: declined (5), unknown (6), or
-- taken back because the host was silent or unclear (7 with reason 51, 58 or 59). Every statement is bounded, whatever the volume.

-- name: place_of
-- Primary key, by its first column in each partition.
SELECT a.terminal_id, t.terminal, a.store_id, s.name AS store_name, a.card_brand, a.acquirer_id, a.received_at,
       q.name AS acquirer_name
FROM attempt a
JOIN terminal t ON t.id = a.terminal_id
JOIN service v ON v.id = t.service_id
JOIN store s ON s.id = a.store_id
LEFT JOIN acquirer q ON q.id = a.acquirer_id
WHERE a.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, v.kind);

-- name: level_of_terminal
-- Index attempt_once by terminal and date, newest dates first, at most $7 rows.
-- $2 terminal, $3 date from, $4 date to, $5 recent from, $6 recent to.
SELECT count(*) FILTER (WHERE recent)::int AS recent_count,
       count(*) FILTER (WHERE recent AND failed)::int AS recent_failed,
       count(*) FILTER (WHERE NOT recent)::int AS usual_count,
       count(*) FILTER (WHERE NOT recent AND failed)::int AS usual_failed,
       min(received_at) FILTER (WHERE recent AND failed) AS since
FROM (
    SELECT a.received_at, a.received_at >= $5 AS recent,
           (a.state IN (5, 6) OR (a.state = 7 AND a.reason IN (51, 58, 59))) AS failed
    FROM attempt a
    JOIN terminal t ON t.id = a.terminal_id
    JOIN service v ON v.id = t.service_id
    JOIN store s ON s.id = t.store_id
    WHERE a.terminal_id = $2 AND a.business_date BETWEEN $3 AND $4 AND a.received_at < $6 AND a.kind IN (1, 2)
      AND a.state >= 3 AND sees($1::area[], s.department, s.id, s.company_id, v.kind)
    ORDER BY a.business_date DESC
    LIMIT $7
) AS one;

-- name: level_of_store
-- Index activity_minute_store_level; two weeks of one store are some thousands of rows.
-- $2 store, $3 usual from, $4 recent from, $5 recent to.
SELECT coalesce(sum(m.transactions) FILTER (WHERE m.minute >= $4), 0)::int AS recent_count,
       coalesce(sum(m.transactions) FILTER (WHERE m.minute >= $4 AND m.state IN (5, 6)), 0)::int AS recent_failed,
       coalesce(sum(m.transactions) FILTER (WHERE m.minute < $4), 0)::int AS usual_count,
       coalesce(sum(m.transactions) FILTER (WHERE m.minute < $4 AND m.state IN (5, 6)), 0)::int AS usual_failed,
       min(m.minute) FILTER (WHERE m.minute >= $4 AND m.state IN (5, 6)) AS since
FROM activity_minute m JOIN store s ON s.id = m.store_id
WHERE m.store_id = $2 AND m.minute >= $3 AND m.minute < $5
  AND sees($1::area[], s.department, s.id, s.company_id, nullif(m.service, ''));

-- name: level_of_network
-- Primary key backwards: the ids are times. One sample of at most $9 rows a span: around the payment, and at the same
-- hours of days before. The payment's own store is left out: it is what the others are compared with.
-- $2 whether the scope is everything, $3 ids from, $4 ids below, $5 which spans are recent, $6 brand, $7 acquirer,
-- $8 own store.
SELECT count(*) FILTER (WHERE span.recent)::int AS recent_count,
       count(*) FILTER (WHERE span.recent AND one.failed)::int AS recent_failed,
       count(*) FILTER (WHERE NOT span.recent)::int AS usual_count,
       count(*) FILTER (WHERE NOT span.recent AND one.failed)::int AS usual_failed,
       min(one.received_at) FILTER (WHERE span.recent AND one.failed) AS since
FROM unnest($3::uuid[], $4::uuid[], $5::boolean[]) AS span (low, high, recent)
CROSS JOIN LATERAL (
    SELECT a.received_at, a.store_id, a.terminal_id, a.card_brand, a.acquirer_id,
           (a.state IN (5, 6) OR (a.state = 7 AND a.reason IN (51, 58, 59))) AS failed
    FROM attempt a
    WHERE a.id >= span.low AND a.id < span.high AND a.kind IN (1, 2) AND a.state >= 3
    ORDER BY a.id DESC
    LIMIT $9
) AS one
JOIN terminal t ON t.id = one.terminal_id
JOIN service v ON v.id = t.service_id
JOIN store s ON s.id = t.store_id
WHERE one.card_brand = $6 AND one.acquirer_id = $7 AND one.store_id <> $8
  AND ($2 OR sees($1::area[], s.department, s.id, s.company_id, v.kind));

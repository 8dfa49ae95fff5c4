-- Charts read the projection, never the attempts. $1 is the scope, $2 whether it is everything (then nothing is asked
-- of each row), $3 and $4 the moments, $5 a store, $6 a brand.

-- name: by_hour
-- Primary key of activity_minute by its first column, $3 to $4; called a second time for the week before.
SELECT date_trunc('hour', m.minute) AS at,
       coalesce(sum(m.transactions) FILTER (WHERE m.state IN (3, 4)), 0)::int AS approved,
       coalesce(sum(m.transactions) FILTER (WHERE m.state = 5), 0)::int AS declined,
       coalesce(sum(m.transactions) FILTER (WHERE m.state = 6), 0)::int AS unknown,
       coalesce(sum(m.amount_minor) FILTER (WHERE m.state IN (3, 4) AND m.currency = 'EUR'), 0)::bigint AS amount_minor,
       sum(m.timed)::int AS timed,
       sum(m.within_100ms)::int AS within_100ms, sum(m.within_250ms)::int AS within_250ms,
       sum(m.within_500ms)::int AS within_500ms, sum(m.within_1000ms)::int AS within_1000ms,
       sum(m.within_2000ms)::int AS within_2000ms, sum(m.within_5000ms)::int AS within_5000ms
FROM activity_minute m
JOIN store s ON s.id = m.store_id
WHERE m.minute >= $3 AND m.minute < $4
  AND ($2::boolean OR sees($1::area[], s.department, s.id, s.company_id, m.service))
  AND ($5::uuid IS NULL OR m.store_id = $5)
  AND ($6::smallint IS NULL OR m.brand = $6)
GROUP BY 1 ORDER BY 1;

-- name: by_store
-- As above; the busiest first.
SELECT s.id, s.name, s.department,
       coalesce(sum(m.transactions) FILTER (WHERE m.state IN (3, 4)), 0)::int AS approved,
       coalesce(sum(m.transactions) FILTER (WHERE m.state = 5), 0)::int AS declined,
       coalesce(sum(m.transactions) FILTER (WHERE m.state = 6), 0)::int AS unknown,
       coalesce(sum(m.amount_minor) FILTER (WHERE m.state IN (3, 4) AND m.currency = 'EUR'), 0)::bigint AS amount_minor
FROM activity_minute m
JOIN store s ON s.id = m.store_id
WHERE m.minute >= $3 AND m.minute < $4
  AND ($2::boolean OR sees($1::area[], s.department, s.id, s.company_id, m.service))
  AND ($5::uuid IS NULL OR m.store_id = $5)
  AND ($6::smallint IS NULL OR m.brand = $6)
GROUP BY s.id ORDER BY sum(m.transactions) DESC, s.name LIMIT $7;

-- name: by_brand
SELECT m.brand,
       coalesce(sum(m.transactions) FILTER (WHERE m.state IN (3, 4)), 0)::int AS approved,
       coalesce(sum(m.transactions) FILTER (WHERE m.state = 5), 0)::int AS declined,
       coalesce(sum(m.transactions) FILTER (WHERE m.state = 6), 0)::int AS unknown,
       coalesce(sum(m.amount_minor) FILTER (WHERE m.state IN (3, 4) AND m.currency = 'EUR'), 0)::bigint AS amount_minor
FROM activity_minute m
JOIN store s ON s.id = m.store_id
WHERE m.minute >= $3 AND m.minute < $4
  AND ($2::boolean OR sees($1::area[], s.department, s.id, s.company_id, m.service))
  AND ($5::uuid IS NULL OR m.store_id = $5)
  AND ($6::smallint IS NULL OR m.brand = $6)
GROUP BY m.brand ORDER BY sum(m.transactions) DESC, m.brand;

-- name: by_reason
SELECT m.reason, sum(m.transactions)::int AS count
FROM activity_minute m
JOIN store s ON s.id = m.store_id
WHERE m.minute >= $3 AND m.minute < $4 AND m.state IN (5, 6)
  AND ($2::boolean OR sees($1::area[], s.department, s.id, s.company_id, m.service))
  AND ($5::uuid IS NULL OR m.store_id = $5)
  AND ($6::smallint IS NULL OR m.brand = $6)
GROUP BY m.reason ORDER BY 2 DESC, 1 LIMIT $7;

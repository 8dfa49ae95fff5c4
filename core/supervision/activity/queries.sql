-- Charts read the projection by its view figure_minute, never the attempts: a figure is defined there (docs/figures.md).
-- One row for each currency: they are never added up. $1 is the scope, $2 whether it is everything (then nothing is asked
-- of each row), $3 and $4 the moments, $5 a store, $6 a brand.

-- name: by_hour
-- Primary key of activity_minute by its first column, $3 to $4; called a second time for the week before.
SELECT date_trunc('hour', m.minute) AS at, m.currency,
       sum(m.payments)::int AS payments, sum(m.approved)::int AS approved, sum(m.cancelled)::int AS cancelled,
       sum(m.declined)::int AS declined, sum(m.unknown)::int AS unknown, sum(m.refunds)::int AS refunds,
       sum(m.gross_minor)::bigint AS gross_minor, sum(m.refunded_minor)::bigint AS refunded_minor,
       sum(m.timed)::int AS timed,
       sum(m.within_100ms)::int AS within_100ms, sum(m.within_250ms)::int AS within_250ms,
       sum(m.within_500ms)::int AS within_500ms, sum(m.within_1000ms)::int AS within_1000ms,
       sum(m.within_2000ms)::int AS within_2000ms, sum(m.within_5000ms)::int AS within_5000ms
FROM figure_minute m
JOIN store s ON s.id = m.store_id
WHERE m.minute >= $3 AND m.minute < $4
  AND ($2::boolean OR sees($1::area[], s.department, s.id, s.company_id, nullif(m.service, '')))
  AND ($5::uuid IS NULL OR m.store_id = $5)
  AND ($6::smallint IS NULL OR m.brand = $6)
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: by_store
-- As above; the busiest first.
WITH counted AS (
    SELECT m.store_id, m.currency,
       sum(m.payments)::int AS payments, sum(m.approved)::int AS approved, sum(m.cancelled)::int AS cancelled,
       sum(m.declined)::int AS declined, sum(m.unknown)::int AS unknown, sum(m.refunds)::int AS refunds,
       sum(m.gross_minor)::bigint AS gross_minor, sum(m.refunded_minor)::bigint AS refunded_minor
    FROM figure_minute m
    JOIN store s ON s.id = m.store_id
    WHERE m.minute >= $3 AND m.minute < $4
      AND ($2::boolean OR sees($1::area[], s.department, s.id, s.company_id, nullif(m.service, '')))
      AND ($5::uuid IS NULL OR m.store_id = $5)
      AND ($6::smallint IS NULL OR m.brand = $6)
    GROUP BY m.store_id, m.currency
), busiest AS (
    SELECT c.store_id, sum(c.payments) AS payments, sum(c.refunds) AS refunds FROM counted c GROUP BY c.store_id
    HAVING sum(c.payments) + sum(c.refunds) > 0
    ORDER BY 2 DESC, 3 DESC, c.store_id LIMIT $7
)
SELECT s.id, s.name, s.department, c.currency, c.payments, c.approved, c.cancelled, c.declined, c.unknown, c.refunds,
       c.gross_minor, c.refunded_minor
FROM busiest b
JOIN counted c ON c.store_id = b.store_id
JOIN store s ON s.id = b.store_id
ORDER BY b.payments DESC, s.name, s.id, c.currency;

-- name: by_brand
SELECT m.brand, m.currency,
       sum(m.payments)::int AS payments, sum(m.approved)::int AS approved, sum(m.cancelled)::int AS cancelled,
       sum(m.declined)::int AS declined, sum(m.unknown)::int AS unknown, sum(m.refunds)::int AS refunds,
       sum(m.gross_minor)::bigint AS gross_minor, sum(m.refunded_minor)::bigint AS refunded_minor
FROM figure_minute m
JOIN store s ON s.id = m.store_id
WHERE m.minute >= $3 AND m.minute < $4
  AND ($2::boolean OR sees($1::area[], s.department, s.id, s.company_id, nullif(m.service, '')))
  AND ($5::uuid IS NULL OR m.store_id = $5)
  AND ($6::smallint IS NULL OR m.brand = $6)
GROUP BY m.brand, m.currency ORDER BY sum(sum(m.payments)) OVER (PARTITION BY m.brand) DESC, m.brand, m.currency;

-- name: by_reason
-- Why payments were declined. What is unknown was declined by nobody.
SELECT m.reason, sum(m.declined)::int AS count
FROM figure_minute m
JOIN store s ON s.id = m.store_id
WHERE m.minute >= $3 AND m.minute < $4
  AND ($2::boolean OR sees($1::area[], s.department, s.id, s.company_id, nullif(m.service, '')))
  AND ($5::uuid IS NULL OR m.store_id = $5)
  AND ($6::smallint IS NULL OR m.brand = $6)
  AND m.declined > 0
GROUP BY m.reason ORDER BY 2 DESC, 1 LIMIT $7;

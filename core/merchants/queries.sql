-- name: search_stores
-- The directory is small (tens of thousands of stores), so the words are looked for by a scan in name order.
-- $1 scope, $2 pattern, $3 name after, $4 id after, $5 limit.
SELECT s.id, s.name, s.siret, s.acceptor, s.city, s.postcode, s.department, s.blocked_at,
       c.id AS company_id, c.legal_name,
       (SELECT count(*)::int FROM terminal t WHERE t.store_id = s.id) AS terminal_count
FROM store s JOIN company c ON c.id = s.company_id
WHERE sees($1::area[], s.department, s.id, s.company_id, NULL)
  AND ($2::text = '' OR s.name ILIKE $2 OR s.city ILIKE $2 OR c.legal_name ILIKE $2
       OR s.siret LIKE $2 OR s.postcode LIKE $2 OR s.acceptor ILIKE $2)
  AND (s.name, s.id) > ($3, $4)
ORDER BY s.name, s.id
LIMIT $5;

-- name: store_by_id
-- Primary key, within the scope.
SELECT s.id, s.name, s.siret, s.acceptor, s.city, s.postcode, s.department, s.blocked_at, s.street,
       s.merchant_category, c.id AS company_id, c.legal_name,
       (SELECT count(*)::int FROM terminal t WHERE t.store_id = s.id) AS terminal_count
FROM store s JOIN company c ON c.id = s.company_id
WHERE s.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, NULL);

-- name: services_of_store
-- Unique index on (store_id, kind).
SELECT id, kind, active, blocked_at, currency, brands, transaction_max_minor, terminal_day_max_minor,
       store_day_max_minor, duplicate_window_s
FROM service WHERE store_id = $1 ORDER BY kind;

-- name: search_stores
-- Without words: index store_name, in order, up to the limit. With words: index store_words (trigrams), or index
-- store_company for the companies that companies_named has found.
-- $1 scope, $2 pattern, $3 name after, $4 id after, $5 limit, $6 companies whose name holds the words,
-- $7, $8, $9 the scope's departments (NULL: everything), stores and companies: planned anew at each call, the
-- statement keeps one branch of the CASE.
SELECT s.id, s.name, s.siret, s.acceptor, s.city, s.postcode, s.department, s.blocked_at,
       c.id AS company_id, c.legal_name,
       (SELECT count(*)::int FROM terminal t WHERE t.store_id = s.id) AS terminal_count
FROM store s JOIN company c ON c.id = s.company_id
WHERE CASE WHEN $7::text[] IS NULL THEN sees($1::area[], s.department, s.id, s.company_id, NULL)
           ELSE s.department = ANY($7) OR s.id = ANY($8::uuid[]) OR s.company_id = ANY($9::uuid[]) END
  AND ($2::text = '' OR s.words LIKE merchant_words($2) OR s.company_id = ANY($6::uuid[]))
  AND (s.name, s.id) > ($3, $4)
ORDER BY s.name, s.id
LIMIT $5;

-- name: companies_named
-- Index company_words (trigrams). Only to find stores by: nothing of a company is shown from here, and its stores
-- are within the scope. $1 pattern, $2 limit.
SELECT c.id FROM company c WHERE c.words LIKE merchant_words($1) LIMIT $2;

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

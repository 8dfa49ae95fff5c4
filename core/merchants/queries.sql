-- name: search_stores
-- For who sees the whole country. Index store_name, in order, up to the limit. $1 name after, $2 id after, $3 limit.
SELECT s.id, s.name, s.siret, s.acceptor, s.city, s.postcode, s.department, s.blocked_at,
       c.id AS company_id, c.legal_name,
       (SELECT count(*)::int FROM terminal t WHERE t.store_id = s.id) AS terminal_count
FROM store s JOIN company c ON c.id = s.company_id
WHERE (s.name, s.id) > ($1, $2)
ORDER BY s.name, s.id
LIMIT $3;

-- name: search_stores_with_words
-- The same, with words: index store_words (trigrams), and index store_company for the companies that companies_named
-- has found. $4 pattern, $5 companies.
SELECT s.id, s.name, s.siret, s.acceptor, s.city, s.postcode, s.department, s.blocked_at,
       c.id AS company_id, c.legal_name,
       (SELECT count(*)::int FROM terminal t WHERE t.store_id = s.id) AS terminal_count
FROM (
    SELECT id FROM store WHERE words LIKE merchant_words($4)
    UNION SELECT id FROM store WHERE company_id = ANY($5::uuid[])
) AS named
JOIN store s ON s.id = named.id
JOIN company c ON c.id = s.company_id
WHERE (s.name, s.id) > ($1, $2)
ORDER BY s.name, s.id
LIMIT $3;

-- name: search_stores_of_places
-- The stores of the scope's places: few of them by indexes store_department, store_company and the primary key, many by
-- a walk of store_name that soon meets a page of them; which of both the planner knows from the places themselves.
-- $4 pattern or empty, $5 companies named so, $6 departments, $7 stores, $8 companies.
SELECT s.id, s.name, s.siret, s.acceptor, s.city, s.postcode, s.department, s.blocked_at,
       c.id AS company_id, c.legal_name,
       (SELECT count(*)::int FROM terminal t WHERE t.store_id = s.id) AS terminal_count
FROM store s JOIN company c ON c.id = s.company_id
WHERE (s.department = ANY($6::text[]) OR s.id = ANY($7::uuid[]) OR s.company_id = ANY($8::uuid[]))
  AND ($4::text = '' OR s.words LIKE merchant_words($4) OR s.company_id = ANY($5::uuid[]))
  AND (s.name, s.id) > ($1, $2)
ORDER BY s.name, s.id
LIMIT $3;

-- name: stores_up_to
-- Index store_department alone: whether departments have many stores. $1 departments, $2 as many as are counted.
SELECT count(*)::int FROM (SELECT FROM store WHERE department = ANY($1::text[]) LIMIT $2) AS n;

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

-- name: record_names
-- Primary keys; places only as far as the reader sees them.
-- $1 kinds and $2 identifiers, side by side; $3 everything, $4 scope.
SELECT n.kind, n.id, n.name, n.name IS NOT NULL AS seen FROM (SELECT w.kind, w.id,
       CASE w.kind
           WHEN 'account' THEN (SELECT a.name FROM account a WHERE a.id = w.id)
           WHEN 'company' THEN (
               SELECT c.legal_name FROM company c
               WHERE c.id = w.id AND ($3::boolean OR EXISTS (
                   SELECT FROM store s
                   WHERE s.company_id = c.id AND sees($4::area[], s.department, s.id, s.company_id, NULL))))
           WHEN 'store' THEN (
               SELECT s.name FROM store s
               WHERE s.id = w.id AND ($3 OR sees($4, s.department, s.id, s.company_id, NULL)))
           WHEN 'service' THEN (
               SELECT s.name || ' · ' || v.kind FROM service v JOIN store s ON s.id = v.store_id
               WHERE v.id = w.id AND ($3 OR sees($4, s.department, s.id, s.company_id, v.kind)))
           WHEN 'contact' THEN (SELECT p.name FROM contact p WHERE p.id = w.id)
           WHEN 'contract' THEN (SELECT k.number FROM contract k WHERE k.id = w.id)
           WHEN 'onboarding' THEN (SELECT coalesce(o.name, '') FROM onboarding o WHERE o.id = w.id)
           WHEN 'fee_grid' THEN (SELECT g.name FROM fee_grid g WHERE g.id = w.id)
           WHEN 'fee_version' THEN (
               SELECT g.name || ' · ' || f.version FROM fee_version f JOIN fee_grid g ON g.id = f.grid_id WHERE f.id = w.id)
           WHEN 'template' THEN (SELECT p.version::text FROM contract_template p WHERE p.id = w.id)
       END AS name
FROM unnest($1::text[], $2::uuid[]) AS w (kind, id)) AS n;

-- name: search_companies
-- For who sees the whole country. Without words: index company_name, in order, up to the limit. With words: index
-- company_words (trigrams). $1 scope, $2 pattern, $3 name after, $4 id after, $5 limit.
SELECT c.id, c.legal_name, c.siren, c.vat, c.city, c.postcode, c.department, c.iban, c.validated_at,
       a.id AS account_id, a.name AS account_name,
       (SELECT count(*)::int FROM store s
        WHERE s.company_id = c.id AND sees($1::area[], s.department, s.id, s.company_id, NULL)) AS store_count
FROM company c JOIN account a ON a.id = c.account_id
WHERE ($2::text = '' OR c.words LIKE merchant_words($2))
  AND (c.legal_name, c.id) > ($3, $4)
ORDER BY c.legal_name, c.id
LIMIT $5;

-- name: search_companies_of_places
-- The companies of the scope's places first, by indexes company_department, store_department and the primary keys:
-- a walk in the order of names would pass over the rest of the country. $6 departments, $7 stores, $8 companies.
SELECT c.id, c.legal_name, c.siren, c.vat, c.city, c.postcode, c.department, c.iban, c.validated_at,
       a.id AS account_id, a.name AS account_name,
       (SELECT count(*)::int FROM store s
        WHERE s.company_id = c.id AND sees($1::area[], s.department, s.id, s.company_id, NULL)) AS store_count
FROM (
    SELECT id FROM company WHERE department = ANY($6::text[])
    UNION SELECT company_id FROM store WHERE department = ANY($6::text[])
    UNION SELECT company_id FROM store WHERE id = ANY($7::uuid[])
    UNION SELECT unnest($8::uuid[])
) AS place
JOIN company c ON c.id = place.id
JOIN account a ON a.id = c.account_id
WHERE ($2::text = '' OR c.words LIKE merchant_words($2))
  AND (c.legal_name, c.id) > ($3, $4)
ORDER BY c.legal_name, c.id
LIMIT $5;

-- name: search_companies_of_many
-- As search_companies_of_places, where the places are many: as for the whole country, each asked whether it is of them.
SELECT c.id, c.legal_name, c.siren, c.vat, c.city, c.postcode, c.department, c.iban, c.validated_at,
       a.id AS account_id, a.name AS account_name,
       (SELECT count(*)::int FROM store s
        WHERE s.company_id = c.id AND sees($1::area[], s.department, s.id, s.company_id, NULL)) AS store_count
FROM company c JOIN account a ON a.id = c.account_id
WHERE ($2::text = '' OR c.words LIKE merchant_words($2))
  AND (c.legal_name, c.id) > ($3, $4)
  AND (c.department = ANY($6::text[]) OR c.id = ANY($8::uuid[])
       OR EXISTS (SELECT FROM store s WHERE s.company_id = c.id
                  AND (s.department = ANY($6::text[]) OR s.id = ANY($7::uuid[]))))
ORDER BY c.legal_name, c.id
LIMIT $5;

-- name: companies_of
-- Index company_account; $1 scope, $2 account, $3 limit.
SELECT c.id, c.legal_name, c.siren, c.vat, c.city, c.postcode, c.department, c.iban, c.validated_at,
       a.id AS account_id, a.name AS account_name,
       (SELECT count(*)::int FROM store s
        WHERE s.company_id = c.id AND sees($1::area[], s.department, s.id, s.company_id, NULL)) AS store_count
FROM company c JOIN account a ON a.id = c.account_id
WHERE c.account_id = $2
  AND (sees($1::area[], c.department, NULL, c.id, NULL)
       OR EXISTS (SELECT FROM store s WHERE s.company_id = c.id
                  AND sees($1::area[], s.department, s.id, s.company_id, NULL)))
ORDER BY c.legal_name, c.id
LIMIT $3;

-- name: lock_company
-- Primary key, within the scope; the row stays locked until the edit is written.
SELECT c.id, c.legal_name, c.siren, c.legal_form, coalesce(c.vat, '') AS vat, c.activity, c.street, c.postcode,
       c.city, coalesce(c.iban, '') AS iban, c.version, c.department, c.validated_at,
       EXISTS (SELECT FROM store s WHERE s.company_id = c.id) AS has_stores
FROM company c
WHERE c.id = $2 AND sees($1::area[], c.department, NULL, c.id, NULL)
FOR UPDATE OF c;

-- name: insert_company
-- Unique index on siren: of two at once, the second is refused.
INSERT INTO company (id, account_id, legal_name, siren, legal_form, vat, activity, street, postcode, city, iban,
                     department, created_at, changed_at, validated_at, validated_by)
VALUES ($1, $2, $3, $4, $5, nullif($6::text, ''), $7, $8, $9, $10, nullif($11::text, ''), $12, $13, $13, $14, $15);

-- name: update_company
-- Primary key; locked before.
UPDATE company SET legal_name = $2, siren = $3, legal_form = $4, vat = nullif($5::text, ''), activity = $6,
    street = $7, postcode = $8, city = $9, iban = nullif($10::text, ''), department = $11,
    version = version + 1, changed_at = $12
WHERE id = $1;

-- name: validate_company
-- Primary key; once.
UPDATE company SET validated_at = $2, validated_by = $3 WHERE id = $1 AND validated_at IS NULL;

-- name: company_is_validated
-- Primary key.
SELECT validated_at IS NOT NULL FROM company WHERE id = $1;

-- name: search_accounts
-- For who sees the whole country. Index account_name in order, or account_words; the companies of each by index
-- company_account. The counts are made for the page alone.
-- $1 scope, $2 pattern, $3 name after, $4 id after, $5 limit.
WITH page AS (
    SELECT a.id, a.name, a.version, a.changed_at
    FROM account a
    WHERE ($2::text = '' OR a.words LIKE merchant_words($2))
      AND (a.name, a.id) > ($3, $4)
    ORDER BY a.name, a.id
    LIMIT $5
)
SELECT a.id, a.name, a.version, a.changed_at, n.company_count, n.store_count
FROM page a
CROSS JOIN LATERAL (
    SELECT count(*)::int AS company_count,
           coalesce(sum((SELECT count(*) FROM store s WHERE s.company_id = c.id
                         AND sees($1::area[], s.department, s.id, s.company_id, NULL))), 0)::int AS store_count
    FROM company c WHERE c.account_id = a.id
      AND (sees($1::area[], c.department, NULL, c.id, NULL)
           OR EXISTS (SELECT FROM store s WHERE s.company_id = c.id
                      AND sees($1::area[], s.department, s.id, s.company_id, NULL)))
) AS n
ORDER BY a.name, a.id;

-- name: search_accounts_of_places
-- The accounts of the scope's places first, as search_companies_of_places finds their companies; an account without
-- a company is for who sees the whole country. $6 departments, $7 stores, $8 companies.
WITH page AS (
    SELECT a.id, a.name, a.version, a.changed_at
    FROM (
        SELECT account_id FROM company WHERE department = ANY($6::text[]) OR id = ANY($8::uuid[])
        UNION SELECT c.account_id FROM store s JOIN company c ON c.id = s.company_id
        WHERE s.department = ANY($6::text[]) OR s.id = ANY($7::uuid[])
    ) AS place
    JOIN account a ON a.id = place.account_id
    WHERE ($2::text = '' OR a.words LIKE merchant_words($2))
      AND (a.name, a.id) > ($3, $4)
    ORDER BY a.name, a.id
    LIMIT $5
)
SELECT a.id, a.name, a.version, a.changed_at, n.company_count, n.store_count
FROM page a
CROSS JOIN LATERAL (
    SELECT count(*)::int AS company_count,
           coalesce(sum((SELECT count(*) FROM store s WHERE s.company_id = c.id
                         AND sees($1::area[], s.department, s.id, s.company_id, NULL))), 0)::int AS store_count
    FROM company c WHERE c.account_id = a.id
      AND (sees($1::area[], c.department, NULL, c.id, NULL)
           OR EXISTS (SELECT FROM store s WHERE s.company_id = c.id
                      AND sees($1::area[], s.department, s.id, s.company_id, NULL)))
) AS n
ORDER BY a.name, a.id;

-- name: search_accounts_of_many
-- As search_accounts_of_places, where the places are many: as for the whole country, each asked whether it is of them.
WITH page AS (
    SELECT a.id, a.name, a.version, a.changed_at
    FROM account a
    WHERE ($2::text = '' OR a.words LIKE merchant_words($2))
      AND (a.name, a.id) > ($3, $4)
      AND EXISTS (
          SELECT FROM company c
          WHERE c.account_id = a.id
            AND (c.department = ANY($6::text[]) OR c.id = ANY($8::uuid[])
                 OR EXISTS (SELECT FROM store s WHERE s.company_id = c.id
                            AND (s.department = ANY($6::text[]) OR s.id = ANY($7::uuid[]))))
          OFFSET 0)
    ORDER BY a.name, a.id
    LIMIT $5
)
SELECT a.id, a.name, a.version, a.changed_at, n.company_count, n.store_count
FROM page a
CROSS JOIN LATERAL (
    SELECT count(*)::int AS company_count,
           coalesce(sum((SELECT count(*) FROM store s WHERE s.company_id = c.id
                         AND sees($1::area[], s.department, s.id, s.company_id, NULL))), 0)::int AS store_count
    FROM company c WHERE c.account_id = a.id
      AND (sees($1::area[], c.department, NULL, c.id, NULL)
           OR EXISTS (SELECT FROM store s WHERE s.company_id = c.id
                      AND sees($1::area[], s.department, s.id, s.company_id, NULL)))
) AS n
ORDER BY a.name, a.id;

-- name: account_by_id
-- Primary key, within the scope.
SELECT a.id, a.name, a.version, a.changed_at, n.company_count, n.store_count
FROM account a
CROSS JOIN LATERAL (
    SELECT count(*)::int AS company_count,
           coalesce(sum((SELECT count(*) FROM store s WHERE s.company_id = c.id
                         AND sees($1::area[], s.department, s.id, s.company_id, NULL))), 0)::int AS store_count
    FROM company c WHERE c.account_id = a.id AND sees($1::area[], c.department, NULL, c.id, NULL)
) AS n
WHERE a.id = $2 AND (n.company_count > 0 OR sees($1::area[], NULL, NULL, NULL, NULL));

-- name: lock_account
-- Primary key, within the scope.
SELECT a.name, a.version FROM account a
WHERE a.id = $2
  AND (EXISTS (SELECT FROM company c
               WHERE c.account_id = a.id AND sees($1::area[], c.department, NULL, c.id, NULL))
       OR sees($1::area[], NULL, NULL, NULL, NULL))
FOR UPDATE OF a;

-- name: insert_account
INSERT INTO account (id, name, created_at, changed_at) VALUES ($1, $2, $3, $3);

-- name: update_account
-- Primary key; locked before.
UPDATE account SET name = $2, version = version + 1, changed_at = $3 WHERE id = $1;

-- name: stores_of_company
-- Index store_company; $1 scope, $2 company, $3 limit.
SELECT s.id, s.name, s.siret, s.acceptor, s.city, s.postcode, s.department, s.blocked_at,
       c.id AS company_id, c.legal_name,
       (SELECT count(*)::int FROM terminal t WHERE t.store_id = s.id) AS terminal_count
FROM store s JOIN company c ON c.id = s.company_id
WHERE s.company_id = $2 AND sees($1::area[], s.department, s.id, s.company_id, NULL)
ORDER BY s.name, s.id
LIMIT $3;

-- name: store_made
-- Primary key, within the scope.
SELECT s.id, s.name, s.siret, s.acceptor, s.city, s.postcode, s.department, s.blocked_at, s.street,
       s.merchant_category, s.opening, s.time_zone, s.version, s.changed_at, c.id AS company_id, c.legal_name,
       a.id AS account_id, a.name AS account_name,
       (SELECT count(*)::int FROM terminal t WHERE t.store_id = s.id) AS terminal_count
FROM store s JOIN company c ON c.id = s.company_id JOIN account a ON a.id = c.account_id
WHERE s.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, NULL);

-- name: lock_store
-- Primary key, within the scope; the row stays locked until the edit is written.
SELECT s.name, s.siret, s.merchant_category, s.street, s.postcode, s.city, s.opening, s.time_zone, s.version,
       s.company_id,
       c.siren
FROM store s JOIN company c ON c.id = s.company_id
WHERE s.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, NULL)
FOR UPDATE OF s;

-- name: insert_store
-- Unique index on siret: of two at once, the second is refused. The acceptor number is made here; a time zone that
-- nobody says is that of the department, by the trigger.
INSERT INTO store (id, company_id, name, siret, acceptor, merchant_category, street, postcode, city, opening,
                   department, created_at, changed_at, time_zone)
VALUES ($1, $2, $3, $4, 'GCT2' || lpad(nextval('acceptor_number')::text, 11, '0'), $5, $6, $7, $8, $9, $10, $11,
        $11, $12);

-- name: update_store
-- Primary key; locked before.
UPDATE store SET name = $2, siret = $3, merchant_category = $4, street = $5, postcode = $6, city = $7,
    opening = $8, department = $9, version = version + 1, changed_at = $10, time_zone = $11
WHERE id = $1;

-- name: edits_since
-- Index action_target. $1 target, $2 the version that was read.
SELECT a.at, g.name, a.facts::text AS facts
FROM action a JOIN agent g ON g.id = a.agent_id
WHERE a.target_id = $1 AND (a.facts ->> 'version')::int > $2
ORDER BY a.at, a.seq
LIMIT 20;

-- name: contacts_of
-- Indexes contact_account, contact_company, contact_store, one of them.
SELECT k.id, k.name, k.role, k.email, k.phone, k.version FROM contact k
WHERE k.account_id = $1 OR k.company_id = $1 OR k.store_id = $1
ORDER BY k.name, k.id
LIMIT 100;

-- name: contact_by_id
-- Primary key; the row stays locked until the edit is written.
SELECT k.id, k.name, k.role, k.email, k.phone, k.version, k.account_id, k.company_id, k.store_id
FROM contact k WHERE k.id = $1 FOR UPDATE;

-- name: insert_contact
INSERT INTO contact (id, account_id, company_id, store_id, name, role, email, phone, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: update_contact
-- Primary key; locked before.
UPDATE contact SET name = $2, role = $3, email = $4, phone = $5, version = version + 1 WHERE id = $1;

-- name: delete_contact
-- Primary key; locked before.
DELETE FROM contact WHERE id = $1;

-- name: company_seen
-- Primary key, then index store_company: the company within the scope, or one of its stores. To read, never to write:
-- what changes a company locks it by its own place.
SELECT c.id, c.legal_name, c.siren, c.vat, c.city, c.postcode, c.department, c.iban, c.validated_at,
       c.legal_form, c.activity, c.street, c.version, c.changed_at,
       a.id AS account_id, a.name AS account_name,
       (SELECT count(*)::int FROM store s
        WHERE s.company_id = c.id AND sees($1::area[], s.department, s.id, s.company_id, NULL)) AS store_count
FROM company c JOIN account a ON a.id = c.account_id
WHERE c.id = $2
  AND (sees($1::area[], c.department, NULL, c.id, NULL)
       OR EXISTS (SELECT FROM store s WHERE s.company_id = c.id
                  AND sees($1::area[], s.department, s.id, s.company_id, NULL)));

-- name: account_seen
-- Primary key, then indexes company_account and store_company: an account of which the scope sees a company, or a
-- store of one. To read, never to write. `held`: whether it sees a company of it, and not only a store.
SELECT a.id, a.name, a.version, a.changed_at, n.company_count, n.store_count, n.held
FROM account a
CROSS JOIN LATERAL (
    SELECT count(*)::int AS company_count,
           coalesce(sum((SELECT count(*) FROM store s WHERE s.company_id = c.id
                         AND sees($1::area[], s.department, s.id, s.company_id, NULL))), 0)::int AS store_count,
           coalesce(bool_or(sees($1::area[], c.department, NULL, c.id, NULL)),
                    sees($1::area[], NULL, NULL, NULL, NULL)) AS held
    FROM company c WHERE c.account_id = a.id
      AND (sees($1::area[], c.department, NULL, c.id, NULL)
           OR EXISTS (SELECT FROM store s WHERE s.company_id = c.id
                      AND sees($1::area[], s.department, s.id, s.company_id, NULL)))
) AS n
WHERE a.id = $2 AND (n.company_count > 0 OR sees($1::area[], NULL, NULL, NULL, NULL));

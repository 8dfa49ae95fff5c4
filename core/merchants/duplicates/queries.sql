-- name: like_companies
-- Unique index on siren, company_vat, company_iban; company_words (trigrams) near the same postcode or city; the
-- people by contact_email and contact_phone.
-- $1 scope, $2 siren, $3 VAT, $4 IBAN, $5 name, $6 postcode, $7 city, $8 phone, $9 e-mail, $10 limit.
WITH hit AS (
    SELECT id, 'siren' AS reason, 100 AS score FROM company WHERE $2::text <> '' AND siren = $2
    UNION ALL
    SELECT id, 'vat', 100 FROM company WHERE $3::text <> '' AND vat = $3
    UNION ALL
    SELECT id, 'iban', 100 FROM company WHERE $4::text <> '' AND iban = $4
    UNION ALL
    (SELECT id, 'name', (word_similarity(merchant_words($5), words) * 90)::int FROM company
     WHERE merchant_words($5::text) <> '' AND merchant_words($5) <% words
       AND (postcode = $6::text OR (merchant_words($7::text) <> '' AND words LIKE '%' || merchant_words($7)))
     ORDER BY 3 DESC LIMIT $10)
    UNION ALL
    (SELECT c.id, 'phone', 70 FROM contact k JOIN company c ON c.id = k.company_id OR c.account_id = k.account_id
     WHERE $8::text <> '' AND k.phone <> '' AND k.phone = $8 LIMIT $10)
    UNION ALL
    (SELECT c.id, 'email', 70 FROM contact k JOIN company c ON c.id = k.company_id OR c.account_id = k.account_id
     WHERE $9::text <> '' AND k.email <> '' AND lower(k.email) = lower($9) LIMIT $10)
)
SELECT c.id, c.legal_name AS label, c.postcode || ' ' || c.city AS place, hit.reason, hit.score,
       sees($1::area[], c.department, NULL, c.id, NULL) AS visible
FROM hit JOIN company c ON c.id = hit.id;

-- name: like_stores
-- Unique index on siret; store_words (trigrams) near the same postcode or city; contact_email, contact_phone.
-- $1 scope, $2 siret, $3 name, $4 postcode, $5 city, $6 phone, $7 e-mail, $8 limit.
WITH hit AS (
    SELECT id, 'siret' AS reason, 100 AS score FROM store WHERE $2::text <> '' AND siret = $2
    UNION ALL
    (SELECT id, 'name', (word_similarity(merchant_words($3), words) * 90)::int FROM store
     WHERE merchant_words($3::text) <> '' AND merchant_words($3) <% words
       AND (postcode = $4::text OR (merchant_words($5::text) <> '' AND words LIKE '%' || merchant_words($5) || '%'))
     ORDER BY 3 DESC LIMIT $8)
    UNION ALL
    (SELECT k.store_id, 'phone', 70 FROM contact k
     WHERE k.store_id IS NOT NULL AND $6::text <> '' AND k.phone <> '' AND k.phone = $6 LIMIT $8)
    UNION ALL
    (SELECT k.store_id, 'email', 70 FROM contact k
     WHERE k.store_id IS NOT NULL AND $7::text <> '' AND k.email <> '' AND lower(k.email) = lower($7) LIMIT $8)
)
SELECT s.id, s.name AS label, s.postcode || ' ' || s.city AS place, hit.reason, hit.score,
       sees($1::area[], s.department, s.id, s.company_id, NULL) AS visible
FROM hit JOIN store s ON s.id = hit.id;

-- name: like_onboardings
-- Index onboarding_siren, and the few files that are open by their names.
-- $1 scope, $2 siren, $3 name, $4 agent, $5 the file that asks, $6 limit.
SELECT o.id, o.name AS label, coalesce(o.department, '') AS place,
       CASE WHEN $2::text <> '' AND o.siren = $2 THEN 'siren' ELSE 'name' END AS reason,
       CASE WHEN $2 <> '' AND o.siren = $2 THEN 100
            ELSE (similarity(merchant_words($3), merchant_words(o.name)) * 90)::int END AS score,
       sees($1::area[], o.department, NULL, NULL, NULL) OR o.held_by = $4 AS visible
FROM onboarding o
WHERE o.state IN ('draft', 'submitted', 'returned') AND ($5::uuid IS NULL OR o.id <> $5)
  AND (($2 <> '' AND o.siren = $2) OR ($3::text <> ''
      AND similarity(merchant_words($3), merchant_words(o.name)) > 0.6))
ORDER BY score DESC
LIMIT $6;

-- name: brand_of_host
-- Unique index on brand.host, then brand_institution; a handful of rows. A partner's face before the institution's.
SELECT b.id, b.host, b.account_id, a.name AS account_name, b.name, b.accent_light, b.accent_dark, b.logo, b.logo_type,
       b.contact_email, b.contact_phone, b.contact_hours_fr, b.contact_hours_en, b.space_url, b.changed_by, b.changed_at,
       p.name AS changed_by_name
FROM brand b
LEFT JOIN account a ON a.id = b.account_id
LEFT JOIN agent p ON p.id = b.changed_by
WHERE b.host = $1 OR (b.host IS NULL AND b.account_id IS NULL)
ORDER BY b.host NULLS LAST
LIMIT 1;

-- name: brand_of_account
-- Unique index on brand.account_id, then brand_institution.
SELECT name, accent_light, contact_email, contact_phone, contact_hours_fr, contact_hours_en, space_url FROM brand
WHERE account_id = $1 OR (host IS NULL AND account_id IS NULL)
ORDER BY account_id NULLS LAST
LIMIT 1;

-- name: brands
-- A handful of rows; primary key when one is named.
SELECT b.id, b.host, b.account_id, a.name AS account_name, b.name, b.accent_light, b.accent_dark, b.logo, b.logo_type,
       b.contact_email, b.contact_phone, b.contact_hours_fr, b.contact_hours_en, b.space_url, b.changed_by, b.changed_at,
       p.name AS changed_by_name
FROM brand b
LEFT JOIN account a ON a.id = b.account_id
LEFT JOIN agent p ON p.id = b.changed_by
WHERE $1::uuid IS NULL OR b.id = $1
ORDER BY (b.host IS NULL AND b.account_id IS NULL) DESC, b.name, b.id
LIMIT 200;

-- name: lock_brands
-- One change at a time, so that two agents cannot make two faces of one partner.
SELECT pg_advisory_xact_lock(hashtext('guichet brands'));

-- name: brand_to_replace
-- Unique indexes on brand.host and brand.account_id, and brand_institution.
SELECT id, host, account_id FROM brand
WHERE ($1::text IS NOT NULL AND host = $1) OR ($2::uuid IS NOT NULL AND account_id = $2)
   OR ($1 IS NULL AND $2 IS NULL AND host IS NULL AND account_id IS NULL);

-- name: account_exists
-- Primary key.
SELECT id FROM account WHERE id = $1;

-- name: put_brand
-- Primary key. $7 the logo: NULL keeps the one that is there, empty takes it away.
INSERT INTO brand AS b (id, host, account_id, name, accent_light, accent_dark, logo, logo_type, contact_email,
                        contact_phone, contact_hours_fr, contact_hours_en, space_url, changed_by, changed_at)
VALUES (coalesce($1::uuid, uuidv7()), $2, $3, $4, $5, $6, nullif($7::bytea, ''::bytea), $8, $9, $10, $11, $12, $13,
        $14, $15)
ON CONFLICT (id) DO UPDATE SET
    host = excluded.host, account_id = excluded.account_id, name = excluded.name,
    accent_light = excluded.accent_light, accent_dark = excluded.accent_dark,
    logo = CASE WHEN $7 IS NULL THEN b.logo ELSE excluded.logo END,
    logo_type = CASE WHEN $7 IS NULL THEN b.logo_type ELSE excluded.logo_type END,
    contact_email = excluded.contact_email, contact_phone = excluded.contact_phone,
    contact_hours_fr = excluded.contact_hours_fr, contact_hours_en = excluded.contact_hours_en,
    space_url = excluded.space_url, changed_by = excluded.changed_by, changed_at = excluded.changed_at
RETURNING id;

-- name: remove_brand
-- Primary key. The institution's own stays, it is only ever changed.
DELETE FROM brand WHERE id = $1 AND (host IS NOT NULL OR account_id IS NOT NULL) RETURNING name;

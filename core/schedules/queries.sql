-- name: plans
-- One by its primary key, or a page of a few dozen rows that are sorted: by the number of payments, then by code.
-- $1 plan or none, $2 a day or none, $3 payments with code and $4 plan after which, $5 limit.
SELECT p.id, p.code, p.name_fr, p.name_en, p.parts, p.step_unit, p.step_count, p.currency, p.amount_min_minor,
       p.amount_max_minor, p.valid_from::text AS valid_from, p.valid_to::text AS valid_to, p.fee_bp, p.fee_minor, p.markets, p.made_at,
       p.made_by, a.name AS made_by_name
FROM plan p LEFT JOIN agent a ON a.id = p.made_by
WHERE ($1::uuid IS NULL OR p.id = $1) AND ($2::date IS NULL OR $2 <@ daterange(p.valid_from, p.valid_to))
  AND (to_char(p.parts, 'FM00 ') || p.code, p.id) > ($3, $4)
ORDER BY to_char(p.parts, 'FM00 ') || p.code, p.id
LIMIT $5;

-- name: add_plan
-- None when another version of the code has some of its days: exclusion constraint plan_days.
INSERT INTO plan (
    code, name_fr, name_en, parts, step_unit, step_count, currency, amount_min_minor, amount_max_minor, valid_from,
    valid_to, fee_bp, fee_minor, markets, made_by, made_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT DO NOTHING RETURNING id;

-- name: overlapping_plan
-- The first of those that exclusion constraint plan_days found in the way, by its index. $1 code, $2 and $3 days.
SELECT name_fr, name_en, valid_from, valid_to FROM plan
WHERE code = $1 AND daterange(valid_from, valid_to) && daterange($2, $3) AND NOT isempty(daterange(valid_from, valid_to))
ORDER BY valid_from LIMIT 1;

-- name: lock_plan
-- Primary key; two who retire it take turns.
SELECT valid_from, valid_to FROM plan WHERE id = $1 FOR NO KEY UPDATE;

-- name: retire_plan
-- Primary key, on a row that is locked.
UPDATE plan SET valid_to = $2 WHERE id = $1;

-- name: record_names
-- Primary keys; an order only as far as the reader sees it. $1 kinds and $2 identifiers, side by side; $3 everything, $4 scope.
SELECT w.kind, w.id, p.name_fr AS name, p.name_en, true AS seen
FROM unnest($1::text[], $2::uuid[]) AS w (kind, id) JOIN plan p ON p.id = w.id
WHERE w.kind = 'plan'
UNION ALL
SELECT w.kind, w.id, o.reference AS name, NULL AS name_en, true AS seen
FROM unnest($1::text[], $2::uuid[]) AS w (kind, id)
JOIN purchase_order o ON o.id = w.id
JOIN company c ON c.id = o.company_id
LEFT JOIN store s ON s.id = o.store_id
WHERE w.kind = 'order' AND ($3::boolean
    OR sees($4::area[], coalesce(s.department, c.department), o.store_id, o.company_id, 'ecommerce'));

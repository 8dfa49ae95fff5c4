-- name: grids
-- A few dozen rows at most. The version in force is the approved one with the latest date not after $1 (index
-- fee_version_date); the pending one is unique by fee_version_pending.
SELECT g.id, g.name, g.currency, f.id AS force_id, p.id AS pending_id,
       (SELECT count(*)::int FROM company_fee c WHERE c.grid_id = g.id) AS companies
FROM fee_grid g
LEFT JOIN LATERAL (
    SELECT v.id FROM fee_version v
    WHERE v.grid_id = g.id AND v.state = 'approved' AND v.effective_on <= $1::date
    ORDER BY v.effective_on DESC LIMIT 1
) f ON true
LEFT JOIN fee_version p ON p.grid_id = g.id AND p.state IN ('draft', 'submitted')
WHERE $2::uuid IS NULL OR g.id = $2
ORDER BY lower(g.name), g.id
LIMIT 500;

-- name: versions
-- Of some grids, newest first; unique index (grid_id, version).
SELECT v.id, v.grid_id, v.version, v.state, v.effective_on, v.made_by, a.name AS made_by_name, v.made_at
FROM fee_version v LEFT JOIN agent a ON a.id = v.made_by
WHERE v.grid_id = ANY($1::uuid[])
ORDER BY v.grid_id, v.version DESC;

-- name: paying
-- Index company_fee_grid, then the company's stores, within the scope.
SELECT c.id, c.legal_name FROM company_fee f JOIN company c ON c.id = f.company_id
WHERE f.grid_id = $2 AND EXISTS (
    SELECT FROM company one LEFT JOIN store s ON s.company_id = one.id
    WHERE one.id = c.id AND sees($1::area[], s.department, s.id, c.id, NULL)
)
ORDER BY c.legal_name, c.id LIMIT 200;

-- name: lock_grid
-- Primary key: one change of a grid's versions at a time.
SELECT id, currency FROM fee_grid WHERE id = $1 FOR UPDATE;

-- name: add_grid
-- Unique index fee_grid_name.
INSERT INTO fee_grid (name, currency, created_by, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (lower(name)) DO NOTHING
RETURNING id;

-- name: add_version
-- Unique index fee_version_pending: nothing is returned when a version is on its way already.
INSERT INTO fee_version (grid_id, version, effective_on, made_by, made_at)
VALUES ($1, 1 + coalesce((SELECT max(v.version) FROM fee_version v WHERE v.grid_id = $1), 0), $2, $3, $4)
ON CONFLICT (grid_id) WHERE state IN ('draft', 'submitted') DO NOTHING
RETURNING id;

-- name: newest_version
SELECT id FROM fee_version WHERE grid_id = $1 AND state <> 'withdrawn' ORDER BY version DESC LIMIT 1;

-- name: version_by_id
-- Primary key.
SELECT v.id, v.grid_id, g.name AS grid_name, g.currency, v.version, v.state, v.effective_on, v.made_by,
       m.name AS made_by_name, v.made_at, v.submitted_by, s.name AS submitted_by_name, v.approved_by,
       p.name AS approved_by_name
FROM fee_version v
JOIN fee_grid g ON g.id = v.grid_id
LEFT JOIN agent m ON m.id = v.made_by
LEFT JOIN agent s ON s.id = v.submitted_by
LEFT JOIN agent p ON p.id = v.approved_by
WHERE v.id = $1;

-- name: lock_version
-- Primary key; two people acting on one version go one after the other.
SELECT id, grid_id, state, effective_on, submitted_by FROM fee_version WHERE id = $1 FOR UPDATE;

-- name: in_force
-- Index fee_version_date.
SELECT id, effective_on FROM fee_version
WHERE grid_id = $1 AND state = 'approved' AND effective_on <= $2::date ORDER BY effective_on DESC LIMIT 1;

-- name: date_taken
-- Index fee_version_date.
SELECT EXISTS (SELECT FROM fee_version WHERE grid_id = $1 AND state = 'approved' AND effective_on = $2::date);

-- name: rows_of
-- Primary key of fee_row.
SELECT brand, region, card_type, rate_bp, fixed_minor, minimum_minor FROM fee_row WHERE version_id = $1
ORDER BY brand, array_position('{eea,uk,rest}'::text[], region),
         array_position('{debit,credit,commercial}'::text[], card_type);

-- name: drop_rows
DELETE FROM fee_row WHERE version_id = $1;

-- name: add_rows
INSERT INTO fee_row (version_id, brand, region, card_type, rate_bp, fixed_minor, minimum_minor)
SELECT $1, * FROM unnest($2::smallint[], $3::text[], $4::text[], $5::int[], $6::bigint[], $7::bigint[]);

-- name: copy_rows
INSERT INTO fee_row (version_id, brand, region, card_type, rate_bp, fixed_minor, minimum_minor)
SELECT $2, brand, region, card_type, rate_bp, fixed_minor, minimum_minor FROM fee_row WHERE version_id = $1;

-- name: set_date
UPDATE fee_version SET effective_on = $2 WHERE id = $1;

-- name: move_version
-- Primary key, on a row that is locked. Sending back forgets who submitted: whoever submits next counts.
UPDATE fee_version SET
    state = $2,
    submitted_by = CASE $3::text WHEN 'submit' THEN $4 WHEN 'send_back' THEN NULL ELSE submitted_by END,
    submitted_at = CASE $3::text WHEN 'submit' THEN $5 WHEN 'send_back' THEN NULL ELSE submitted_at END,
    approved_by = CASE $3::text WHEN 'approve' THEN $4 END,
    approved_at = CASE $3::text WHEN 'approve' THEN $5::timestamptz END
WHERE id = $1;

-- name: add_event
INSERT INTO fee_event (version_id, at, act, agent_id, reason) VALUES ($1, $2, $3, $4, $5);

-- name: events
-- Index fee_event_of.
SELECT e.at, e.act, e.agent_id, a.name AS agent_name, e.reason
FROM fee_event e LEFT JOIN agent a ON a.id = e.agent_id
WHERE e.version_id = $1 ORDER BY e.id;

-- name: company_held
-- Primary key. What a company pays is changed by whoever sees it as a whole, not through one of its stores.
SELECT EXISTS (SELECT FROM company c WHERE c.id = $2 AND sees($1::area[], c.department, NULL, c.id, NULL));

-- name: assign
-- Primary key of company_fee.
INSERT INTO company_fee (company_id, grid_id, since) VALUES ($1, $2, $3)
ON CONFLICT (company_id) DO UPDATE SET grid_id = excluded.grid_id, since = excluded.since;

-- name: preview
-- One pass over the partitions of these days: every captured payment of the companies that pay by the grid, within
-- the scope, priced twice. Region and card type are not on an attempt, so each counts as EEA and debit. The rounding
-- is fees.rules.fee_of: nearest minor unit for each payment, half upwards.
-- $1 scope, $2 grid, $3 version in force or NULL, $4 version to look at, $5 first day, $6 last day, $7 currency.
WITH priced AS (
    SELECT a.card_brand, a.captured_minor, old.brand IS NULL AS no_old, new.brand IS NULL AS no_new,
           greatest(old.minimum_minor, (a.captured_minor * old.rate_bp + 5000) / 10000 + old.fixed_minor) AS before_minor,
           greatest(new.minimum_minor, (a.captured_minor * new.rate_bp + 5000) / 10000 + new.fixed_minor) AS after_minor
    FROM company_fee f
    JOIN attempt a ON a.company_id = f.company_id
    JOIN terminal t ON t.id = a.terminal_id
    JOIN service v ON v.id = t.service_id
    JOIN store s ON s.id = a.store_id
    LEFT JOIN fee_row old ON old.version_id = $3 AND old.brand = a.card_brand
                         AND old.region = 'eea' AND old.card_type = 'debit'
    LEFT JOIN fee_row new ON new.version_id = $4 AND new.brand = a.card_brand
                         AND new.region = 'eea' AND new.card_type = 'debit'
    WHERE f.grid_id = $2
      AND a.business_date BETWEEN $5::date AND $6::date
      AND a.captured_minor > 0 AND a.kind <> :Kind.REFUND AND a.currency = $7
      AND sees($1::area[], s.department, s.id, s.company_id, v.kind)
)
SELECT card_brand, count(*)::bigint AS payments, sum(captured_minor)::bigint AS captured_minor,
       coalesce(sum(before_minor) FILTER (WHERE NOT no_old), 0)::bigint AS before_minor,
       coalesce(sum(after_minor) FILTER (WHERE NOT no_new), 0)::bigint AS after_minor,
       count(*) FILTER (WHERE no_old)::bigint AS without_row_before,
       count(*) FILTER (WHERE no_new)::bigint AS without_row_after
FROM priced GROUP BY card_brand ORDER BY card_brand;

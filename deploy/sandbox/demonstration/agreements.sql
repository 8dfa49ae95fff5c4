-- name: add_grid
INSERT INTO fee_grid (id, name, created_at) VALUES ($1, $2, now()) ON CONFLICT DO NOTHING;

-- name: add_version
-- In force since the first day of this year, as if two people had agreed on it.
INSERT INTO fee_version (id, grid_id, version, state, effective_on, made_at, submitted_at, approved_at)
VALUES ($1, $2, 1, 'approved', date_trunc('year', now())::date, now(), now(), now())
ON CONFLICT DO NOTHING;

-- name: add_rows
INSERT INTO fee_row (version_id, brand, region, card_type, rate_bp, fixed_minor, minimum_minor)
SELECT $1, * FROM unnest($2::smallint[], $3::text[], $4::text[], $5::int[], $6::bigint[], $7::bigint[])
ON CONFLICT DO NOTHING;

-- name: assign_companies
-- Companies of the demonstration's accounts that pay by no grid yet; those made for load stay without one.
INSERT INTO company_fee (company_id, grid_id, since)
SELECT c.id, $1, now() FROM company c JOIN account a ON a.id = c.account_id WHERE a.name = ANY($2::text[])
ON CONFLICT DO NOTHING;

-- name: add_acquirer
INSERT INTO acquirer (id, code, name) VALUES (1, 'acq1', 'Banque Acquéreur de démonstration')
ON CONFLICT DO NOTHING;

-- name: add_accounts
INSERT INTO account (id, name) SELECT * FROM unnest($1::uuid[], $2::text[]) ON CONFLICT DO NOTHING;

-- name: add_companies
INSERT INTO company (id, account_id, legal_name, siren)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING;

-- name: add_stores
INSERT INTO store (id, company_id, name, siret, acceptor, merchant_category, street, postcode, city, department)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                     $8::text[], $9::text[], $10::text[])
ON CONFLICT DO NOTHING;

-- name: add_services
INSERT INTO service (store_id, kind, acquirer_id, active, transaction_max_minor, duplicate_window_s)
SELECT s, 'pax', 1, true, 500000, 120 FROM unnest($1::uuid[]) AS s ON CONFLICT DO NOTHING;

-- name: add_terminals
INSERT INTO terminal (store_id, service_id, terminal, model, dialect, activated_at)
SELECT u.store_id, v.id, u.terminal, u.model, 'ascii1987', CASE WHEN u.active THEN now() END
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[]) AS u (store_id, terminal, model, active)
JOIN service v ON v.store_id = u.store_id AND v.kind = 'pax'
ON CONFLICT DO NOTHING;

-- name: agents_hashes
SELECT id, email, password_hash FROM agent WHERE email = ANY($1::text[]);

-- name: put_agent
INSERT INTO agent (email, name, password_hash, role, locale) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (email) DO UPDATE SET password_hash = excluded.password_hash
RETURNING id;

-- name: put_first_grant
-- The grant of somebody's job; none is added to who has had one already.
INSERT INTO agent_grant (agent_id, role, departments)
SELECT $1, $2, $3::text[]
WHERE NOT EXISTS (SELECT FROM agent_grant AS g WHERE g.agent_id = $1)
RETURNING id;

-- name: put_demonstration_factor
-- Factors that the agent added stay as they are.
WITH replaced AS (
    DELETE FROM agent_factor WHERE agent_id = $1 AND kind = 'totp' AND name = $2
)
INSERT INTO agent_factor (agent_id, kind, name, secret, confirmed_at) VALUES ($1, 'totp', $2, $3, now());

-- name: has_factor
-- Index agent_factor_agent.
SELECT EXISTS (SELECT FROM agent_factor WHERE agent_id = $1 AND confirmed_at IS NOT NULL);

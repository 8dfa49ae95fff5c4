-- name: maker
-- Unique index on the agent's address.
SELECT id, email, name, role FROM agent WHERE email = $1;

-- name: places_without_contract
-- Unique index on siren. The services that a company's stores have, where no contract was made for it yet.
SELECT c.id AS company_id, f.grid_id, s.id AS store_id, v.kind
FROM company c
JOIN company_fee f ON f.company_id = c.id
JOIN store s ON s.company_id = c.id
JOIN service v ON v.store_id = s.id
WHERE c.siren = $1 AND NOT EXISTS (SELECT FROM contract k WHERE k.company_id = c.id)
ORDER BY s.id, v.kind
LIMIT 50;

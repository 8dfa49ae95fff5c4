-- name: company_named
SELECT id FROM company WHERE legal_name = $1;

-- name: put_key
-- Made by the administrator of the demonstration; one that is there stays as it is.
INSERT INTO api_key (id, company_id, name, prefix, key_hash, made_by, made_at)
SELECT $1, c.id, $2, $3, $4, a.id, now()
FROM company AS c CROSS JOIN agent AS a
WHERE c.legal_name = $5 AND a.email = 'admin@guichet.example'
ON CONFLICT DO NOTHING;

-- name: add_web_service
-- What the sandbox shop sells through, at the company's first store; once.
INSERT INTO service (store_id, kind, acquirer_id, active)
SELECT s.id, 'ecommerce', 1, true
FROM store AS s
WHERE s.id = (
    SELECT f.id FROM store AS f INNER JOIN company AS c ON c.id = f.company_id WHERE c.legal_name = $1 ORDER BY f.id LIMIT 1
) AND NOT EXISTS (SELECT FROM service AS v WHERE v.store_id = s.id AND v.kind = 'ecommerce');

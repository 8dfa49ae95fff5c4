-- name: company_named
SELECT id FROM company WHERE legal_name = $1;

-- name: put_key
-- Made by the administrator of the demonstration; one that is there stays as it is.
INSERT INTO api_key (id, company_id, name, prefix, key_hash, made_by, made_at)
SELECT $1, c.id, $2, $3, $4, a.id, now()
FROM company AS c CROSS JOIN agent AS a
WHERE c.legal_name = $5 AND a.email = 'admin@guichet.example'
ON CONFLICT DO NOTHING;

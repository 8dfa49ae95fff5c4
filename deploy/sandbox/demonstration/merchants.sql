-- name: fill_company
-- Unique index on siren; a company that somebody has filled in is left alone.
UPDATE company SET legal_form = $2, activity = $3, street = $4, postcode = $5, city = $6, department = $7,
    iban = $8, vat = $9
WHERE siren = $1 AND department IS NULL;

-- name: add_person
-- Unique index on siren.
INSERT INTO contact (id, company_id, name, role, email, phone, created_at)
SELECT $1, c.id, $3, $4, $5, $6, $7 FROM company c WHERE c.siren = $2
ON CONFLICT DO NOTHING;

-- name: add_file
-- Unique index on the agent's address.
INSERT INTO onboarding (id, state, name, siren, department, answers, created_by, created_at, held_by, changed_by,
                        changed_at, submitted_by, submitted_at)
SELECT $1, $2, $3, $4, $5, $6::text::jsonb, g.id, $7, g.id, g.id, $7,
       CASE WHEN $2 = 'submitted' THEN g.id END, CASE WHEN $2 = 'submitted' THEN $7::timestamptz END
FROM agent g WHERE g.email = 'vendeur@guichet.example'
ON CONFLICT DO NOTHING;

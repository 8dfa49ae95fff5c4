-- name: expire
-- $1 subject, $2 card, by the unique index on what is open; $3 now.
UPDATE card_authentication
SET state = CASE state WHEN 'asked' THEN 'unavailable' ELSE 'timed_out' END, decided_at = $3, decided_by = 'deadline',
    liability = 'merchant'
WHERE subject_id = $1 AND card_id = $2 AND state IN ('asked', 'challenged') AND expires_at <= $3;

-- name: expire_one
-- Primary key, on a row that is locked. $1 authentication, $2 now.
UPDATE card_authentication
SET state = CASE state WHEN 'asked' THEN 'unavailable' ELSE 'timed_out' END, decided_at = $2, decided_by = 'deadline',
    liability = 'merchant'
WHERE id = $1 AND state IN ('asked', 'challenged') AND expires_at <= $2;

-- name: expire_all
-- Index on expires_at of what is open; what another worker holds is left to it. $1 now, $2 rows.
WITH due AS MATERIALIZED (
    SELECT id FROM card_authentication WHERE state IN ('asked', 'challenged') AND expires_at <= $1
    ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE card_authentication AS a
SET state = CASE a.state WHEN 'asked' THEN 'unavailable' ELSE 'timed_out' END, decided_at = $1, decided_by = 'deadline',
    liability = 'merchant'
FROM due WHERE a.id = due.id;

-- name: add
-- None where one is open: unique index on subject and card.
INSERT INTO card_authentication (
    card_id, company_id, purpose, subject_id, amount_minor, currency, language, return_url, asked_at, expires_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (subject_id, card_id) WHERE state IN ('asked', 'challenged') DO NOTHING RETURNING id;

-- name: latest
-- Index on subject; of one card, the newest. $1 subject, $2 card.
SELECT id, card_id, purpose, subject_id, amount_minor, currency, state, directory_id, eci, proof, liability, decided_at,
       expires_at
FROM card_authentication WHERE subject_id = $1 AND card_id = $2 ORDER BY id DESC LIMIT 1;

-- name: one
-- Primary key.
SELECT id, card_id, purpose, subject_id, amount_minor, currency, state, directory_id, eci, proof, liability, decided_at,
       expires_at
FROM card_authentication WHERE id = $1;

-- name: state
-- Primary key.
SELECT state FROM card_authentication WHERE id = $1;

-- name: challenge
-- Primary keys.
SELECT a.state, a.acs_url, a.acs_id, a.return_url, a.language, a.expires_at, c.legal_name AS payee
FROM card_authentication a JOIN company c ON c.id = a.company_id
WHERE a.id = $1;

-- name: lock
-- Primary keys; two who bring a word on one authentication take turns.
SELECT a.state, a.acs_id, a.directory_id, a.expires_at, a.return_url, a.language, c.brand, c.bin
FROM card_authentication a JOIN stored_card c ON c.id = a.card_id
WHERE a.id = $1 FOR UPDATE OF a;

-- name: set_challenged
-- Primary key, where nobody decided meanwhile: one statement against the deadline.
UPDATE card_authentication SET state = 'challenged', acs_id = $2, directory_id = $3, acs_url = $4, expires_at = $5
WHERE id = $1 AND state = 'asked';

-- name: decide
-- Primary key, where nobody decided yet.
UPDATE card_authentication
SET state = $2, liability = $3, eci = $4, proof = $5, decided_at = $6, decided_by = $7,
    acs_id = coalesce($8, acs_id), directory_id = coalesce($9, directory_id)
WHERE id = $1 AND state IN ('asked', 'challenged');

-- name: add_return
-- Unique index on authentication, path and word: a replay adds nothing.
INSERT INTO authentication_return (authentication_id, path, said, has_decided, came_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (authentication_id, path, said) DO NOTHING;

-- name: add_session
INSERT INTO frame_session (
    secret_hash, company_id, purpose, subject_id, origin, return_url, language, amount_minor, currency, needed_until,
    opened_at, expires_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id;

-- name: session
-- Unique index on secret_hash; its token, if there is one, by the unique index on session_id.
SELECT s.purpose, s.origin, s.return_url, s.language, s.amount_minor, s.currency, s.needed_until, s.expires_at, c.legal_name AS payee,
       t.id IS NOT NULL AS has_token
FROM frame_session s
JOIN company c ON c.id = s.company_id
LEFT JOIN card_token t ON t.session_id = s.id
WHERE s.secret_hash = $1;

-- name: count_open
-- Index on subject. $1 subjects, $2 now.
SELECT count(*) FROM frame_session WHERE subject_id = ANY($1::uuid[]) AND expires_at > $2;

-- name: count_try
-- Primary key. $1 subjects, $2 day.
INSERT INTO card_try_day (subject, day, tries) SELECT w.subject, $2, 1 FROM unnest($1::bytea[]) AS w (subject)
ON CONFLICT (subject, day) DO UPDATE SET tries = card_try_day.tries + 1;

-- name: tries
-- Primary key: the days of an order, of which there are few, and one of a payer. $1 order, $2 payer, $3 day.
SELECT
    coalesce(sum(tries) FILTER (WHERE subject = $1), 0)::integer AS of_order,
    coalesce(sum(tries) FILTER (WHERE subject = $1 AND day = $3), 0)::integer AS of_order_today,
    coalesce(sum(tries) FILTER (WHERE subject = $2), 0)::integer AS of_payer_today
FROM card_try_day WHERE subject = $1 OR (subject = $2 AND day = $3);

-- name: prune_tries
-- Index card_try_day_age. $1 since when they stay, $2 rows.
WITH due AS MATERIALIZED (
    SELECT t.subject, t.day FROM card_try_day AS t WHERE t.day < ($1::timestamptz AT TIME ZONE 'Europe/Paris')::date
    ORDER BY t.day LIMIT $2 FOR UPDATE SKIP LOCKED
)
DELETE FROM card_try_day USING due WHERE card_try_day.subject = due.subject AND card_try_day.day = due.day;

-- name: lock_session
-- Unique index on secret_hash; two who type a card on one page take turns.
SELECT id, needed_until, expires_at FROM frame_session WHERE secret_hash = $1 FOR UPDATE;

-- name: token_of_session
-- Unique index on session_id, under the lock of the session.
SELECT id, fingerprint, expiry, expires_at, spent_at FROM card_token WHERE session_id = $1;

-- name: add_token
-- Under the lock of the session, which has none.
INSERT INTO card_token (
    session_id, ciphertext, fingerprint, bin, last_four, expiry, brand, frame, made_at, expires_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id;

-- name: lock_token
-- Primary keys; two who spend one token take turns.
SELECT t.ciphertext, t.fingerprint, t.bin, t.last_four, t.expiry, t.brand, t.frame, t.expires_at, t.spent_at,
       s.company_id, s.purpose, s.subject_id
FROM card_token t JOIN frame_session s ON s.id = t.session_id
WHERE t.id = $1 FOR UPDATE OF t;

-- name: spend_token
-- Primary key, on a row that is locked; the sealed number goes from here to the card that is kept.
UPDATE card_token SET spent_at = $2, ciphertext = NULL WHERE id = $1;

-- name: add_card
-- Unique index on token_id: a token makes one card.
INSERT INTO stored_card (token_id, company_id, ciphertext, fingerprint, bin, last_four, expiry, brand, stored_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id;

-- name: card
-- Primary keys; its token goes after a day.
SELECT k.id, k.company_id, k.ciphertext, k.fingerprint, k.bin, k.last_four, k.expiry, k.brand, k.network_transaction_id,
       k.released_at, k.token_id, t.frame
FROM stored_card k LEFT JOIN card_token t ON t.id = k.token_id
WHERE k.id = $1;

-- name: keep_network_id
-- Primary key; what names the series and the moment from which it does stay as they are.
UPDATE stored_card SET network_transaction_id = coalesce(network_transaction_id, $2), verified_at = coalesce(verified_at, $3)
WHERE id = $1 AND (network_transaction_id IS NULL OR verified_at IS NULL);

-- name: release_card
-- Primary key.
UPDATE stored_card SET released_at = $2 WHERE id = $1 AND released_at IS NULL;

-- name: prune_tokens
-- Primary key. $1 lowest id that stays, $2 rows.
WITH due AS MATERIALIZED (
    SELECT id FROM card_token WHERE id < $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
)
DELETE FROM card_token USING due WHERE card_token.id = due.id;

-- name: prune_sessions
-- Primary key; what is younger than its tokens' time keeps them. $1 lowest id that stays, $2 rows.
WITH due AS MATERIALIZED (
    SELECT id FROM frame_session WHERE id < $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
)
DELETE FROM frame_session USING due WHERE frame_session.id = due.id;

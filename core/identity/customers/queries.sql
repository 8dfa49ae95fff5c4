-- name: credential
-- Unique index on customer_email.email: any address that they proved lets them in.
SELECT c.id, c.password_hash, c.disabled_at
FROM customer_email e JOIN customer c ON c.id = e.customer_id
WHERE e.email = $1;

-- name: customer_of
-- Primary key, unique index customer_email_main.
SELECT e.email, c.name, c.locale, c.password_hash, c.disabled_at
FROM customer c JOIN customer_email e ON e.customer_id = c.id AND e.is_main
WHERE c.id = $1;

-- name: signed_in
-- Primary keys of customer_session and customer, index customer_email_customer.
SELECT s.token_hash, s.customer_id, s.created_at, s.last_seen_at, s.expires_at, s.ended_at, s.confirmed_at,
       c.name, c.locale, c.created_at AS customer_since, c.disabled_at,
       (SELECT e.email FROM customer_email e WHERE e.customer_id = c.id AND e.is_main) AS email,
       ARRAY(SELECT e.email FROM customer_email e WHERE e.customer_id = c.id ORDER BY e.email) AS emails
FROM customer_session s JOIN customer c ON c.id = s.customer_id
WHERE s.token_hash = $1;

-- name: replace_link
-- Unique index customer_link_open: at most one stands for an address, a purpose and who asks.
UPDATE customer_link SET replaced_at = $4
WHERE purpose = $1 AND email = $2 AND customer_id IS NOT DISTINCT FROM $3 AND asked_from = $5
    AND used_at IS NULL AND replaced_at IS NULL;

-- name: add_access_link
-- Unique index on customer_email.email. The digest is that of nothing where the address is nobody's yet.
INSERT INTO customer_link (token_hash, purpose, email, password_digest, created_at, expires_at, asked_from)
VALUES (
    $1, 'access', $2,
    (
        SELECT sha256(convert_to(c.password_hash, 'UTF8'))
        FROM customer_email e JOIN customer c ON c.id = e.customer_id WHERE e.email = $2
    ),
    $3, $4, $5
);

-- name: access_link
-- Primary key. Whose the address is now, with the password that they had when the link was made, or nobody's as then.
SELECT l.token_hash, l.email, l.expires_at, e.customer_id
FROM customer_link l
LEFT JOIN customer_email e ON e.email = l.email
LEFT JOIN customer c ON c.id = e.customer_id
WHERE l.token_hash = $1 AND l.purpose = 'access'
    AND l.used_at IS NULL AND l.replaced_at IS NULL AND l.expires_at > $2 AND c.disabled_at IS NULL
    AND l.password_digest IS NOT DISTINCT FROM sha256(convert_to(c.password_hash, 'UTF8'));

-- name: use_link
-- Primary key; the condition lets one use through.
UPDATE customer_link SET used_at = $2
WHERE token_hash = $1 AND used_at IS NULL AND replaced_at IS NULL AND expires_at > $2
RETURNING true;

-- name: add_customer
INSERT INTO customer (name, password_hash, locale, created_at) VALUES ($1, $2, $3, $4) RETURNING id;

-- name: add_email
-- Unique address: of two at once one takes it.
INSERT INTO customer_email (customer_id, email, is_main, proved_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (email) DO NOTHING
RETURNING id;

-- name: emails
-- Index customer_email_customer.
SELECT id, email, is_main, proved_at FROM customer_email WHERE customer_id = $1 ORDER BY is_main DESC, proved_at, id;

-- name: add_email_link
INSERT INTO customer_link (token_hash, purpose, email, customer_id, created_at, expires_at)
VALUES ($1, 'email', $2, $3, $4, $5);

-- name: email_link
-- Primary key; only for who asked for it.
SELECT email FROM customer_link
WHERE token_hash = $1 AND purpose = 'email' AND customer_id = $2
    AND used_at IS NULL AND replaced_at IS NULL AND expires_at > $3;

-- name: waiting_emails
-- Index customer_link_customer.
SELECT email FROM customer_link
WHERE customer_id = $1 AND used_at IS NULL AND replaced_at IS NULL AND expires_at > $2
ORDER BY created_at;

-- name: owner_of
-- Unique index on customer_email.email.
SELECT customer_id FROM customer_email WHERE email = $1;

-- name: hold
-- Primary keys, in their order: two who prove each other's address wait for one another and never both. Who was joined into
-- another access meanwhile is left out. $1 customers.
SELECT id FROM customer WHERE id = ANY($1::uuid[]) AND disabled_at IS NULL ORDER BY id FOR UPDATE;

-- name: email_owner
-- Unique index on customer_email.email; the row is held until the address has moved or stays.
SELECT customer_id FROM customer_email WHERE email = $1 FOR UPDATE;

-- name: move_emails
-- Index customer_email_customer.
UPDATE customer_email SET customer_id = $2, is_main = false WHERE customer_id = $1;

-- name: disable
UPDATE customer SET disabled_at = $2 WHERE id = $1;

-- name: clear_main
-- Unique index customer_email_main.
UPDATE customer_email SET is_main = false WHERE customer_id = $1 AND is_main RETURNING email;

-- name: set_main
UPDATE customer_email SET is_main = true WHERE id = $1 AND customer_id = $2 RETURNING email;

-- name: remove_email
-- Primary key; the main one stays.
DELETE FROM customer_email WHERE id = $1 AND customer_id = $2 AND NOT is_main RETURNING email;

-- name: change_customer
UPDATE customer SET name = coalesce($2, name), locale = coalesce($3, locale) WHERE id = $1;

-- name: record_event
INSERT INTO customer_event (customer_id, at, kind, facts, ip) VALUES ($1, $2, $3, $4::text::jsonb, $5);

-- name: prune_links
-- Index customer_link_age.
WITH due AS MATERIALIZED (
    SELECT l.token_hash FROM customer_link l WHERE l.expires_at < $1 ORDER BY l.expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
DELETE FROM customer_link USING due WHERE customer_link.token_hash = due.token_hash;

-- name: order_of_customer
-- Primary key; only of who proved its address. $1 order, $2 addresses.
SELECT p.id FROM purchase_order AS p
WHERE p.id = $1 AND p.email_key = ANY ($2::text[]) AND p.state NOT IN ('awaiting_payment', 'abandoned');

-- name: change_of_customer
-- Primary keys; only of who proved the address of its order. $1 change, $2 addresses.
SELECT
    x.id, x.order_id, x.state, x.failure, x.asked_at, x.card_id, coalesce(s.name, c.legal_name) AS shop,
    b.brand AS old_brand, b.last_four AS old_last_four, b.expiry AS old_expiry,
    k.brand AS new_brand, k.last_four AS new_last_four, k.expiry AS new_expiry
FROM card_change AS x
JOIN purchase_order AS p ON p.id = x.order_id
JOIN company AS c ON c.id = p.company_id
JOIN stored_card AS b ON b.id = x.old_card_id
LEFT JOIN store AS s ON s.id = p.store_id
LEFT JOIN stored_card AS k ON k.id = x.card_id
WHERE x.id = $1 AND p.email_key = ANY ($2::text[]);

-- name: order_of_change
-- Primary key; it never changes. $1 change.
SELECT order_id FROM card_change WHERE id = $1;

-- name: lock_order
-- Primary keys. Whoever changes a card holds its order first, then its instalments, then the change.
SELECT
    p.id, p.company_id, p.store_id, p.state, p.currency, p.card_id, p.terminal_id, p.language, p.email, p.email_key,
    p.reference, coalesce(s.name, c.legal_name) AS shop
FROM purchase_order AS p
JOIN company AS c ON c.id = p.company_id
LEFT JOIN store AS s ON s.id = p.store_id
WHERE p.id = $1
FOR NO KEY UPDATE OF p;

-- name: lock_dues
-- Constraint instalment_number, of an order that is held. A claim of what is due may hold one of them: it is waited for, and
-- then seen. A claim that comes later passes these by (SKIP LOCKED). $1 order.
SELECT greatest(due_on, paused_until) AS due_on, amount_minor, state, collect_after IS NOT NULL AS waits
FROM instalment WHERE order_id = $1
ORDER BY number
FOR NO KEY UPDATE;

-- name: dues
-- Constraint instalment_number. $1 order.
SELECT greatest(due_on, paused_until) AS due_on, amount_minor, state, collect_after IS NOT NULL AS waits
FROM instalment WHERE order_id = $1 ORDER BY number;

-- name: open_change
-- Unique index card_change_open, of an order that is held. $1 order.
SELECT id, state, card_id, old_card_id FROM card_change WHERE order_id = $1 AND state IN ('opened', 'typed', 'verifying') FOR NO KEY UPDATE;

-- name: latest_changes
-- Index card_change_order. $1 order, $2 limit.
SELECT id FROM card_change WHERE order_id = $1 ORDER BY id DESC LIMIT $2;

-- name: add_change
-- Unique index card_change_open lets one be open; its order is held. $1 order, $2 customer, $3 card, $4 when.
INSERT INTO card_change (order_id, customer_id, old_card_id, asked_at) VALUES ($1, $2, $3, $4) RETURNING id;

-- name: change
-- Primary key. $1 change.
SELECT
    id, order_id, state, card_id, old_card_id, typed_at, verification_id, business_date,
    verified_from < clock_timestamp() - $2::integer * interval '1 second' AS is_armed_no_more
FROM card_change WHERE id = $1;

-- name: lock_change
-- Primary key, of an order that is held; what is open alone. $1 change.
SELECT id, order_id, state, card_id, old_card_id, verification_id, business_date FROM card_change
WHERE id = $1 AND state IN ('opened', 'typed', 'verifying')
FOR NO KEY UPDATE;

-- name: set_typed
-- Primary key, of a change that is held. $1 change, $2 card, $3 when.
UPDATE card_change SET state = 'typed', card_id = $2, typed_at = $3 WHERE id = $1;

-- name: set_verifying
-- Primary keys, of a change that is held. $1 change, $2 verification, $3 terminal, $4 the moment in its identifier.
UPDATE card_change AS x
SET state = 'verifying', verification_id = $2, terminal_id = t.id, stan = nextval('stored_card_stan')::integer,
    business_date = ($4::timestamptz AT TIME ZONE s.time_zone)::date, verified_from = clock_timestamp()
FROM terminal AS t JOIN store AS s ON s.id = t.store_id
WHERE x.id = $1 AND t.id = $3
RETURNING x.verification_id;

-- name: give_terminal
-- Primary key, of an order that is held. $1 order, $2 terminal.
UPDATE purchase_order SET terminal_id = $2 WHERE id = $1;

-- name: verification
-- Unique index on verification_id, then primary keys: what is verified, while it is. $1 verification.
SELECT
    x.verification_id AS id, x.terminal_id, x.stan, s.time_zone, p.currency, k.ciphertext, k.fingerprint, k.bin, k.last_four,
    k.expiry, k.brand
FROM card_change AS x
JOIN purchase_order AS p ON p.id = x.order_id
JOIN stored_card AS k ON k.id = x.card_id
JOIN terminal AS t ON t.id = x.terminal_id
JOIN store AS s ON s.id = t.store_id
WHERE x.verification_id = $1 AND x.state = 'verifying';

-- name: verified
-- Primary key within its month. $1 verification, $2 its business date.
SELECT state, reason FROM attempt WHERE id = $1 AND business_date = $2;

-- name: set_done
-- Primary key, of a change that is held. $1 change, $2 when.
UPDATE card_change SET state = 'done', decided_at = $2 WHERE id = $1;

-- name: set_failed
-- Primary key, of a change that is held. $1 change, $2 why, $3 reason of its verification or none, $4 when.
UPDATE card_change SET state = 'failed', failure = $2, reason = $3, decided_at = $4 WHERE id = $1;

-- name: give_card
-- Primary key, of an order that is held. $1 order, $2 card.
UPDATE purchase_order SET card_id = $2 WHERE id = $1;

-- name: digits_of
-- Primary keys. $1 the old card, $2 the new one.
SELECT o.last_four AS old, n.last_four AS new FROM stored_card AS o, stored_card AS n WHERE o.id = $1 AND n.id = $2;

-- name: token_of_typed
-- Primary keys. Of which token a change has its card. $1 change.
SELECT k.token_id FROM card_change AS c JOIN stored_card AS k ON k.id = c.card_id WHERE c.id = $1;

-- name: pays_more
-- Index purchase_order_card. Whether another order that is not over is paid by a card. $1 card.
SELECT EXISTS (
    SELECT FROM purchase_order WHERE card_id = $1 AND state NOT IN ('settled', 'cancelled', 'abandoned')
);

-- name: left_changes
-- Partial index card_change_left: what is open and older than an identifier. $1 identifier, $2 limit.
SELECT id FROM card_change WHERE state IN ('opened', 'typed', 'verifying') AND id < $1 ORDER BY id LIMIT $2;

-- name: collect_now
-- Constraint instalment_number, on rows that are locked; debit_instalment. What failed by another card than the order's; nothing
-- of an order that is paused. $1 order, $2 its card, $3 today.
UPDATE instalment AS i SET collect_after = NULL
WHERE i.order_id = $1 AND i.state = 'upcoming' AND i.collect_after IS NOT NULL
    AND coalesce(i.paused_until <= $3, true)
    AND (SELECT d.card_id FROM debit AS d WHERE d.instalment_id = i.id ORDER BY d.id DESC LIMIT 1) <> $2
RETURNING i.amount_minor;

-- name: waits_by_other_card
-- Constraint instalment_number; debit_instalment. What collect_now would let be tried at once. $1 order, $2 today.
SELECT p.currency, sum(i.amount_minor)::bigint AS amount_minor
FROM instalment AS i JOIN purchase_order AS p ON p.id = i.order_id
WHERE i.order_id = $1 AND i.state = 'upcoming' AND i.collect_after IS NOT NULL
    AND coalesce(i.paused_until <= $2, true)
    AND (SELECT d.card_id FROM debit AS d WHERE d.instalment_id = i.id ORDER BY d.id DESC LIMIT 1) <> p.card_id
GROUP BY p.currency;

-- name: changes_of_order
-- Index card_change_order, then primary keys. $1 order, $2 limit.
SELECT
    x.id, x.state, x.failure, x.reason, x.asked_at, x.decided_at,
    b.brand AS old_brand, b.last_four AS old_last_four, b.expiry AS old_expiry,
    k.brand AS new_brand, k.last_four AS new_last_four, k.expiry AS new_expiry
FROM card_change AS x
JOIN stored_card AS b ON b.id = x.old_card_id
LEFT JOIN stored_card AS k ON k.id = x.card_id
WHERE x.order_id = $1
ORDER BY x.id DESC
LIMIT $2;

-- name: facts_for_bank
-- Primary keys: what the bank of a card is told of an order. $1 order.
SELECT p.currency, c.legal_name AS payee
FROM purchase_order AS p JOIN company AS c ON c.id = p.company_id WHERE p.id = $1;

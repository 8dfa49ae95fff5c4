-- name: open_settlement
-- Index settlement_open, of an order that is held.
SELECT id, parts, amount_minor, state, card_id, key FROM settlement
WHERE order_id = $1 AND state IN ('asked', 'running');

-- name: settlement_of_key
-- Constraint settlement_once.
SELECT id, parts, amount_minor FROM settlement WHERE order_id = $1 AND key = $2;

-- name: latest_settlement
-- Index settlement_order. One that another one took the place of is left out. $1 order.
SELECT id, parts, amount_minor, state, card_id, asked_at, begun_at, ended_at, refusal FROM settlement
WHERE order_id = $1 AND refusal IS DISTINCT FROM 'superseded'
ORDER BY id DESC LIMIT 1;

-- name: count_settlements
-- Index settlement_order; a few dozen rows a day at most. $1 order, $2 since when.
SELECT count(*)::integer FROM settlement WHERE order_id = $1 AND asked_at >= $2;

-- name: newest_settlements
-- Index settlement_order. $1 order, $2 limit.
SELECT id FROM settlement WHERE order_id = $1 ORDER BY id DESC LIMIT $2;

-- name: add_settlement
-- Index settlement_open refuses a second one.
INSERT INTO settlement (order_id, parts, amount_minor, asked_at) VALUES ($1, $2, $3, $4) RETURNING id;

-- name: set_card
-- Primary key, of an order that is held. $1 settlement, $2 card, $3 key or none.
UPDATE settlement SET card_id = $2, key = $3 WHERE id = $1 AND state = 'asked' RETURNING id;

-- name: is_under_way
-- Index instalment_settlement. $1 settlement.
SELECT EXISTS (SELECT FROM instalment WHERE settlement_id = $1 AND NOT counts AND state = 'in_progress');

-- name: take_over
-- Constraint instalment_number, of an order that is held. What it takes over is owed until it has begun. $1 order, $2 settlement.
UPDATE instalment SET replaced_by = $2 WHERE order_id = $1 AND counts AND state = 'unpaid' RETURNING amount_minor;

-- name: add_first_part
-- Constraint instalment_number, of an order that is held. $1 order, $2 settlement, $3 today, $4 amount.
INSERT INTO instalment (order_id, number, due_on, amount_minor, state, settlement_id, counts)
SELECT $1, max(i.number) + 1, $3, $4, 'in_progress', $2, false FROM instalment AS i WHERE i.order_id = $1
RETURNING id;

-- name: drop_first_part
-- Index instalment_settlement, of an order that is held. $1 settlement.
UPDATE instalment SET state = 'cancelled', amount_minor = 0
WHERE settlement_id = $1 AND NOT counts AND state = 'in_progress';

-- name: give_up
-- Primary key, of an order that is held. Its card goes, but where the order has it. $1 settlement, $2 why, $3 when.
UPDATE settlement AS s SET state = 'given_up', refusal = $2, ended_at = $3
FROM purchase_order AS o
WHERE s.id = $1 AND s.state = 'asked' AND o.id = s.order_id
RETURNING CASE WHEN s.card_id <> o.card_id THEN s.card_id END AS card_id;

-- name: begin
-- Primary key, of an order that is held. $1 settlement, $2 when.
UPDATE settlement AS s SET state = 'running', begun_at = $2
FROM purchase_order AS o
WHERE s.id = $1 AND s.state = 'asked' AND o.id = s.order_id
RETURNING s.order_id, s.parts, s.amount_minor, s.card_id, o.card_id AS card_before;

-- name: count_first_part
-- Primary key. $1 instalment.
UPDATE instalment SET counts = true WHERE id = $1 RETURNING due_on, amount_minor;

-- name: taken_over
-- Index instalment_replaced, of an order that is held: what a cancellation left of them. $1 settlement.
UPDATE instalment SET counts = false WHERE replaced_by = $1 AND counts AND state = 'unpaid' RETURNING amount_minor;

-- name: add_parts
-- Constraint instalment_number, of an order that is held; index order_pause_standing: a pause holds them too. $1 order,
-- $2 settlement; days and amounts side by side.
INSERT INTO instalment (order_id, number, due_on, amount_minor, settlement_id, paused_until)
SELECT $1, (SELECT max(i.number) FROM instalment AS i WHERE i.order_id = $1) + w.place, w.due_on, w.amount_minor, $2,
       (SELECT p.until_on FROM order_pause AS p WHERE p.order_id = $1 AND p.ended_at IS NULL)
FROM unnest($3::date[], $4::bigint[]) WITH ORDINALITY AS w (due_on, amount_minor, place);

-- name: set_order_card
-- Primary key, of an order that is held. $1 order, $2 card, $3 when.
UPDATE purchase_order SET card_id = $2, settling_since = coalesce(settling_since, $3) WHERE id = $1;

-- name: find_order
-- Primary key; only of who proved its address. The last day of what else is to come by constraint instalment_number, its pause
-- by order_pause_standing.
-- $1 order, $2 addresses.
SELECT o.id, o.company_id, o.reference, o.email_key, o.state, o.currency, c.legal_name AS payee, coalesce(s.name, c.legal_name) AS shop,
       o.card_id, k.brand, k.last_four, k.expiry, k.refused_reason IS NOT NULL AS is_refused,
       (SELECT max(greatest(i.due_on, i.paused_until)) FROM instalment AS i
        WHERE i.order_id = o.id AND i.counts AND i.state IN ('upcoming', 'in_progress')) AS last_due_on,
       (SELECT h.until_on FROM order_pause AS h WHERE h.order_id = o.id AND h.ended_at IS NULL) AS paused_until
FROM purchase_order AS o
INNER JOIN company AS c ON c.id = o.company_id
LEFT JOIN store AS s ON s.id = o.store_id
LEFT JOIN stored_card AS k ON k.id = o.card_id AND k.released_at IS NULL
WHERE o.id = $1 AND o.email_key = ANY($2::text[]) AND o.activated_at IS NOT NULL;

-- name: settlements
-- Index settlement_order, then primary key. $1 order, $2 limit.
SELECT s.id, s.parts, s.amount_minor, s.state, s.asked_at, s.begun_at, s.ended_at, s.refusal, k.brand, k.last_four, k.expiry,
       (SELECT coalesce(sum(i.amount_minor), 0)::bigint FROM instalment AS i
        WHERE i.settlement_id = s.id AND i.state = 'paid') AS settled_minor
FROM settlement AS s LEFT JOIN stored_card AS k ON k.id = s.card_id
WHERE s.order_id = $1
ORDER BY s.id DESC
LIMIT $2;

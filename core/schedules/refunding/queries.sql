-- Refunds of orders: shared over payments in one transaction, sent in another, settled in a third.

-- name: refunds_to_share
-- Partial index order_refund_owed; orders by primary key, parts by order_refund_part_standing. None whose part is under way.
-- $1 now, $2 how many.
SELECT r.id, r.order_id FROM order_refund AS r
WHERE r.sent_at IS NULL AND (r.send_after IS NULL OR r.send_after <= $1)
    AND NOT EXISTS (SELECT FROM order_refund_part AS p WHERE p.refund_id = r.id AND p.state = 'open')
ORDER BY r.asked_at, r.id
LIMIT $2;

-- name: left_of_refund
-- Primary key, of an order that is held; order_refund_part_refund. Whether it is to be shared is asked again: another worker may
-- have been faster. $1 refund, $2 now.
SELECT
    r.amount_minor - coalesce(sum(p.amount_minor) FILTER (WHERE p.state IN ('open', 'approved')), 0)::bigint AS left_minor,
    r.sent_at IS NULL AND (r.send_after IS NULL OR r.send_after <= $2) AND count(*) FILTER (WHERE p.state = 'open') = 0 AS is_due
FROM order_refund AS r
LEFT JOIN order_refund_part AS p ON p.refund_id = r.id
WHERE r.id = $1
GROUP BY r.id;

-- name: payments_of_order
-- Debits of instalments of an order that is held (instalment_number, debit_standing), the first one first, and what may still
-- be given back of each (order_refund_part_debit). $1 order.
SELECT d.id, d.amount_minor - coalesce(
    (SELECT sum(p.amount_minor) FROM order_refund_part AS p WHERE p.debit_id = d.id AND p.state IN ('open', 'approved')), 0
)::bigint AS left_minor
FROM instalment AS i INNER JOIN debit AS d ON d.instalment_id = i.id AND d.state = 'approved'
WHERE i.order_id = $1
ORDER BY i.number;

-- name: add_part
-- None where one of the same payment is under way: order_refund_part_standing. $1 part, $2 refund, $3 debit, $4 amount, $5 the
-- moment in the identifier.
INSERT INTO order_refund_part (id, refund_id, order_id, debit_id, amount_minor, stan, business_date, made_at)
SELECT
    $1::uuid, $2::uuid, d.order_id, d.id, $4::bigint, nextval('stored_card_stan')::integer,
    ($5::timestamptz AT TIME ZONE s.time_zone)::date, $5::timestamptz
FROM debit AS d
INNER JOIN terminal AS t ON t.id = d.terminal_id
INNER JOIN store AS s ON s.id = t.store_id
WHERE d.id = $3
ON CONFLICT DO NOTHING
RETURNING id;

-- name: parts_to_send
-- order_refund_part_open, from where the last round ended; the attempts within their day. $1 part after which, $2 how many.
SELECT p.id, p.order_id, p.debit_id, d.business_date AS debit_date, p.amount_minor, o.currency, p.stan, p.business_date
FROM order_refund_part AS p
INNER JOIN debit AS d ON d.id = p.debit_id
INNER JOIN purchase_order AS o ON o.id = p.order_id
WHERE p.state = 'open' AND p.id > $1
    AND NOT EXISTS (SELECT FROM attempt AS a WHERE a.id = p.id AND a.business_date = p.business_date)
ORDER BY p.id
LIMIT $2;

-- name: parts_decided
-- order_refund_part_open, from where the last round ended; the attempts within their day. $1 part after which, $2 how many.
SELECT p.id, p.order_id
FROM order_refund_part AS p
INNER JOIN attempt AS a ON a.id = p.id AND a.business_date = p.business_date
WHERE p.state = 'open' AND p.id > $1 AND a.state NOT IN (:State.RECEIVED, :State.SENT, :State.UNKNOWN)
ORDER BY p.id
LIMIT $2;

-- name: end_part
-- Primary key, of an order that is held; what its attempt says. $1 part, $2 now.
UPDATE order_refund_part AS p
SET state = CASE
        WHEN a.state IN (:State.APPROVED, :State.CAPTURED, :State.REFUNDED, :State.SETTLED) THEN 'approved'
        WHEN a.state = :State.REVERSED THEN 'reversed'
        WHEN a.reason >= :Reason.APPROVED THEN 'declined'
        ELSE 'not_sent'
    END,
    reason = a.reason, ended_at = $2
FROM attempt AS a
WHERE p.id = $1 AND p.state = 'open' AND a.id = p.id AND a.business_date = p.business_date
    AND a.state NOT IN (:State.RECEIVED, :State.SENT, :State.UNKNOWN)
RETURNING p.refund_id, p.order_id, p.debit_id, p.amount_minor, p.state, p.reason;

-- name: end_unarmed_part
-- Primary keys, of an order that is held: a part of which nothing is recorded, and never will be. $1 part, $2 why, $3 now.
UPDATE order_refund_part AS p SET state = 'not_sent', reason = $2, ended_at = $3
WHERE p.id = $1 AND p.state = 'open'
    AND NOT EXISTS (SELECT FROM attempt AS a WHERE a.id = p.id AND a.business_date = p.business_date)
RETURNING p.refund_id, p.order_id, p.debit_id, p.amount_minor, p.state, p.reason;

-- name: failures_of_refund
-- Seldom more than one: order_refund_part_refund. $1 refund.
SELECT count(*)::integer FROM order_refund_part AS p
WHERE p.refund_id = $1 AND p.state IN ('declined', 'reversed', 'not_sent');

-- name: send_refund_after
-- Primary key. $1 refund, $2 when, or none for never.
UPDATE order_refund SET send_after = coalesce($2::timestamptz, 'infinity') WHERE id = $1;

-- name: is_refunded
-- Primary key; order_refund_part_refund. $1 refund.
SELECT r.amount_minor = coalesce(sum(p.amount_minor), 0) AS is_whole
FROM order_refund AS r LEFT JOIN order_refund_part AS p ON p.refund_id = r.id AND p.state = 'approved'
WHERE r.id = $1 AND r.sent_at IS NULL
GROUP BY r.id;

-- name: purchase
-- An order of a company that is held, with its first instalment, its card and the last debit of that by it; primary keys,
-- constraint instalment_number and index debit_instalment. A statement of its own, for it must see what was committed by
-- whoever held the order before. $1 order, $2 company.
SELECT
    o.id, o.state, o.activated_at IS NOT NULL AS is_active, o.currency, o.card_id, o.terminal_id, o.store_id, o.language,
    o.return_url, o.email_key, i.id AS instalment_id, i.amount_minor, c.legal_name AS payee, k.token_id,
    (SELECT max(n.due_on) FROM instalment AS n WHERE n.order_id = o.id AND n.state <> 'cancelled') AS needed_until,
    (
        SELECT d.state FROM debit AS d
        WHERE d.instalment_id = i.id AND d.card_id = o.card_id ORDER BY d.id DESC LIMIT 1
    ) AS debit_state
FROM purchase_order AS o
INNER JOIN instalment AS i ON i.order_id = o.id AND i.number = 1
INNER JOIN company AS c ON c.id = o.company_id
LEFT JOIN stored_card AS k ON k.id = o.card_id
WHERE o.id = $1 AND o.company_id = $2;

-- name: give_terminal
-- Primary key, of an order that is locked.
UPDATE purchase_order SET terminal_id = $2 WHERE id = $1;

-- name: give_card
-- Primary key, of an order that is locked and not paid for yet.
UPDATE purchase_order SET card_id = $2 WHERE id = $1 AND activated_at IS NULL;

-- name: payment_facts
-- How the payment of an order stands: primary keys, constraint instalment_number and index debit_instalment. $1 order.
SELECT
    o.activated_at IS NOT NULL AS is_active, o.activated_at IS NULL AND o.state <> 'awaiting_payment' AS is_closed,
    o.currency, o.card_id, i.amount_minor, d.state AS debit_state, d.reason
FROM purchase_order AS o
INNER JOIN instalment AS i ON i.order_id = o.id AND i.number = 1
LEFT JOIN LATERAL (
    SELECT e.state, e.reason FROM debit AS e
    WHERE e.instalment_id = i.id AND e.card_id = o.card_id ORDER BY e.id DESC LIMIT 1
) AS d ON true
WHERE o.id = $1;

-- name: paid_by_token
-- Whether an order was paid by the card of a token: constraint on token_id, index debit_instalment. $1 instalment, $2 token.
SELECT EXISTS (
    SELECT FROM stored_card AS k INNER JOIN debit AS d ON d.card_id = k.id
    WHERE k.token_id = $2 AND d.instalment_id = $1 AND d.state = 'approved'
);

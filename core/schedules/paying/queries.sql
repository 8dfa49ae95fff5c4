-- name: lock_purchase
-- An order of a company, locked, with its first instalment; primary keys and constraint instalment_number. $1 order, $2 company.
SELECT
    o.id, o.state, o.currency, o.terminal_id, o.store_id, o.language, o.return_url, i.amount_minor,
    (SELECT max(d.due_on) FROM instalment AS d WHERE d.order_id = o.id AND d.state <> 'cancelled') AS needed_until
FROM purchase_order AS o
INNER JOIN instalment AS i ON i.order_id = o.id AND i.number = 1
WHERE o.id = $1 AND o.company_id = $2
FOR UPDATE OF o;

-- name: give_terminal
-- Primary key, of an order that is locked.
UPDATE purchase_order SET terminal_id = $2 WHERE id = $1;

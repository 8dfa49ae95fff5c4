-- migrate:up

-- Nothing is owed of an order that was given up before its first debit: its instalments are cancelled like those of any other of
-- which nothing is left.
UPDATE instalment AS i SET amount_minor = 0, fee_minor = 0, state = 'cancelled'
FROM purchase_order AS p
WHERE p.id = i.order_id AND p.abandoned_at IS NOT NULL AND i.state = 'upcoming';

-- migrate:down

-- What they were of is told by the plan and the amount of the order; nothing read it.
SELECT 1;

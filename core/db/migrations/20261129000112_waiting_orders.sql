-- migrate:up
-- squawk-ignore-file require-concurrent-index-creation
-- (The table is new: nobody waits for an index of it.)
-- Orders whose first debit has not come: given up after a while.
CREATE INDEX purchase_order_waiting ON purchase_order (made_at) WHERE state = 'awaiting_payment';

-- migrate:down
DROP INDEX purchase_order_waiting;

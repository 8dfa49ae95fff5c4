-- migrate:up
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion
-- (A few rows for each order of which something was given back: they are locked for as long as it takes to read them.)
-- What is left of a refund may go to a payment that a part of it went to before: another refund of that payment was taken back,
-- and left it room. Nothing is sent of one payment while nobody knows of what was sent, and never more than is owed: whoever
-- shares holds the order.
DROP INDEX order_refund_part_standing;
CREATE UNIQUE INDEX order_refund_part_standing ON order_refund_part (refund_id, debit_id) WHERE state = 'open';
CREATE INDEX order_refund_part_refund ON order_refund_part (refund_id);

-- migrate:down
DROP INDEX order_refund_part_refund;
DROP INDEX order_refund_part_standing;
CREATE UNIQUE INDEX order_refund_part_standing ON order_refund_part (refund_id, debit_id) WHERE state IN ('open', 'approved');

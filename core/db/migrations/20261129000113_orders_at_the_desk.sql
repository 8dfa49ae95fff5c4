-- migrate:up
-- squawk-ignore-file require-concurrent-index-creation
-- (The table is new: nobody waits for an index of it.)
-- What agents find an order by.
CREATE INDEX purchase_order_words ON purchase_order
USING gin (merchant_words(reference || ' ' || email || ' ' || customer_name) gin_trgm_ops);
CREATE INDEX purchase_order_card ON purchase_order (card_id) WHERE card_id IS NOT NULL;

SELECT allow_at_first(
    'orders.read', '{hotline,technician,back_office,sales,legal,supervisor,administrator}'
);
SELECT allow_at_first('orders.write', '{hotline,back_office,supervisor,administrator}');

-- migrate:down
DELETE FROM role_permission WHERE permission IN ('orders.read', 'orders.write');
DELETE FROM founding_permission WHERE permission IN ('orders.read', 'orders.write');
DROP INDEX purchase_order_card;
DROP INDEX purchase_order_words;

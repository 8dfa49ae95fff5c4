-- name: expected
-- Index purchase_order_email: the latest says what they are called.
SELECT customer_name AS name, language FROM purchase_order
WHERE email_key = $1 AND abandoned_at IS NULL ORDER BY id DESC LIMIT 1;

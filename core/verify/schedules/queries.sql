-- name: orders_after
-- Primary key, a chunk after the one before.
SELECT id FROM purchase_order WHERE id > $1 ORDER BY id LIMIT $2;

-- name: instalments_by_events
-- V8. Constraint order_event_once leaves one event of a payment at most; here, that each payment has it and each of them
-- its payment.
SELECT count(*) AS checked,
       count(*) FILTER (WHERE i.id IS NULL OR e.id IS NULL) AS breaches,
       (array_agg(coalesce(i.id, e.about_id)) FILTER (WHERE i.id IS NULL OR e.id IS NULL))[1:5] AS examples
FROM (SELECT id FROM instalment WHERE state = 'paid') AS i
FULL JOIN (SELECT id, about_id FROM order_event WHERE kind = 'instalment_paid') AS e ON e.about_id = i.id;

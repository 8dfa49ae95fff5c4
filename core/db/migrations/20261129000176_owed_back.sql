-- migrate:up
-- What an order owes back and has not given back yet: of a refund that was sent in part, the rest of it.
-- By order_refund_once and order_refund_part_refund.
CREATE FUNCTION owed_back_minor(of_order uuid) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(sum(r.amount_minor - (
        SELECT coalesce(sum(p.amount_minor), 0) FROM order_refund_part AS p
        WHERE p.refund_id = r.id AND p.state = 'approved'
    )), 0)::bigint
    FROM order_refund AS r WHERE r.order_id = of_order AND r.sent_at IS NULL
$$;

-- migrate:down
DROP FUNCTION owed_back_minor(uuid);

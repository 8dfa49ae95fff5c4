-- migrate:up
-- attempt.refunded_minor counts what refunds have reserved, so that nobody gives back too much. Of that, what no host has
-- answered for yet (sent, or unknown until its reversal is accepted) is not refunded: a person reads it as pending.

CREATE FUNCTION refund_pending_minor(original uuid) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(sum(r.amount_minor), 0)::bigint
    FROM attempt AS r
    WHERE r.original_id = original AND r.kind = 4 AND r.state IN (2, 6)
$$;

-- migrate:down
DROP FUNCTION refund_pending_minor(uuid);

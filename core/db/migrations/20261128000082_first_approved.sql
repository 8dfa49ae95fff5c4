-- migrate:up
-- What was approved of an attempt before its terminal took a part back. Primary key of ledger_entry: the release of a
-- part (operation 2, part 1), on the acquirer's leg.
CREATE FUNCTION first_approved(attempt_id uuid, business_date date, approved_minor bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT approved_minor + coalesce((
        SELECT -e.amount_minor FROM ledger_entry AS e
        WHERE e.attempt_id = first_approved.attempt_id AND e.business_date = first_approved.business_date
            AND e.operation = 2 AND e.part = 1 AND e.leg = 1
    ), 0)
$$;

-- migrate:down
DROP FUNCTION first_approved(uuid, date, bigint);

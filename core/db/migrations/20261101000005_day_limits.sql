-- migrate:up
-- What a terminal or a store has had approved on a business date, or waits to hear about from the host; called by arm_attempts for services that have such
-- a limit. PL/pgSQL keeps their plans apart from that statement, which then opens nothing for services without one.

CREATE FUNCTION approved_of_terminal(wanted_terminal uuid, wanted_date date) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT coalesce(sum(CASE a.state WHEN 2 THEN a.amount_minor ELSE a.approved_minor END), 0)
        FROM attempt AS a
        WHERE a.terminal_id = wanted_terminal AND a.business_date = wanted_date
            AND a.kind IN (1, 2, 5) AND a.state IN (2, 3, 4, 8, 10)
    );
END $$;

CREATE FUNCTION approved_of_store(wanted_store uuid, wanted_date date) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT coalesce(sum(CASE a.state WHEN 2 THEN a.amount_minor ELSE a.approved_minor END), 0)
        FROM terminal AS t
        INNER JOIN attempt AS a ON a.terminal_id = t.id
        WHERE t.store_id = wanted_store AND a.business_date = wanted_date
            AND a.kind IN (1, 2, 5) AND a.state IN (2, 3, 4, 8, 10)
    );
END $$;

-- migrate:down
DROP FUNCTION approved_of_store(uuid, date);
DROP FUNCTION approved_of_terminal(uuid, date);

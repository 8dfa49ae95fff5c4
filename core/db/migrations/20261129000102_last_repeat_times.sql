-- migrate:up
-- A reversal names the last time that its terminal knows: the last twenty of a message are kept, not the first.
ALTER TABLE repeat_time ADD COLUMN at timestamptz;
ALTER TABLE repeat_time ALTER COLUMN at SET DEFAULT clock_timestamp();

CREATE OR REPLACE FUNCTION keep_repeat_time(of_id uuid, of_date date, of_sending text, of_clock text) RETURNS boolean
LANGUAGE sql AS $$
    INSERT INTO repeat_time (attempt_id, business_date, transmitted_at, local_time)
    SELECT a.id, a.business_date, of_sending, of_clock
    FROM attempt AS a
    WHERE a.id = of_id AND a.business_date = of_date AND (a.transmitted_at, a.local_time) <> (of_sending, of_clock)
        AND length(of_sending) IN (0, 10) AND length(of_clock) = 10
    ON CONFLICT DO NOTHING;
    DELETE FROM repeat_time AS t
    WHERE t.attempt_id = of_id AND t.business_date = of_date AND (t.transmitted_at, t.local_time) IN (
        SELECT o.transmitted_at, o.local_time FROM repeat_time AS o
        WHERE o.attempt_id = of_id AND o.business_date = of_date
        ORDER BY o.at DESC NULLS LAST OFFSET 20
    );
    SELECT true
$$;

-- Shows a person a payment whose repeat came so late that it may have been a sale of its own.
CREATE FUNCTION doubt_repeat(of_id uuid, of_date date) RETURNS boolean
LANGUAGE sql AS $$
    WITH new AS (
        INSERT INTO doubt (attempt_id, business_date, cause) VALUES (of_id, of_date, 'repeated_late')
        ON CONFLICT DO NOTHING
        RETURNING attempt_id, business_date, cause
    )
    INSERT INTO event (attempt_id, business_date, kind, state, reason, cause)
    SELECT a.id, a.business_date, 15, a.state, a.reason, n.cause
    FROM new AS n
    INNER JOIN attempt AS a ON a.id = n.attempt_id AND a.business_date = n.business_date;
    SELECT true
$$;

-- migrate:down
DROP FUNCTION doubt_repeat(uuid, date);
CREATE OR REPLACE FUNCTION keep_repeat_time(of_id uuid, of_date date, of_sending text, of_clock text) RETURNS boolean
LANGUAGE sql AS $$
    INSERT INTO repeat_time (attempt_id, business_date, transmitted_at, local_time)
    SELECT a.id, a.business_date, of_sending, of_clock
    FROM attempt AS a
    WHERE a.id = of_id AND a.business_date = of_date AND (a.transmitted_at, a.local_time) <> (of_sending, of_clock)
        AND length(of_sending) IN (0, 10) AND length(of_clock) = 10
        AND (SELECT count(*) FROM repeat_time AS t WHERE t.attempt_id = of_id AND t.business_date = of_date) < 20
    ON CONFLICT DO NOTHING
    RETURNING true
$$;
ALTER TABLE repeat_time DROP COLUMN at;

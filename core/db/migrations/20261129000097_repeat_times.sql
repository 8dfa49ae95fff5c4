-- migrate:up
-- The times that repeats of a message bore, where they are not those of its first sending: its reversal may name the last
-- one. Few messages are repeated, and fewer are stamped anew.
CREATE TABLE repeat_time (
    attempt_id uuid NOT NULL,
    business_date date NOT NULL,
    transmitted_at text NOT NULL CHECK (length(transmitted_at) IN (0, 10)),
    local_time text NOT NULL CHECK (length(local_time) = 10),
    PRIMARY KEY (attempt_id, business_date, transmitted_at, local_time)
);

-- Keeps the times of a repeat; of the first twenty of a message.
CREATE FUNCTION keep_repeat_time(of_id uuid, of_date date, of_sending text, of_clock text) RETURNS boolean
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

-- When the last repeat of a reversal came: what it may mean may have come since the first.
ALTER TABLE reversal ADD COLUMN last_at timestamptz;

-- Our reference of an attempt, as data element 37: core.values.ids.rrn_of. A test holds the two equal.
CREATE FUNCTION reference_of(id uuid) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT string_agg(
        substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', ((v.bits >> (55 - 5 * n.place)) & 31)::integer + 1, 1), ''
        ORDER BY n.place
    )
    FROM (
        SELECT (
            ('x' || substr(h.hex, 3, 10) || substr(h.hex, 14, 3))::bit(52)
            || substring(('x' || substr(h.hex, 17, 3))::bit(12) FROM 3 FOR 8)
        )::bit(60)::bigint AS bits
        FROM (SELECT replace(id::text, '-', '') AS hex) AS h
    ) AS v
    CROSS JOIN generate_series(0, 11) AS n (place)
$$;

-- migrate:down
DROP FUNCTION reference_of(uuid);
ALTER TABLE reversal DROP COLUMN last_at;
DROP FUNCTION keep_repeat_time(uuid, date, text, text);
DROP TABLE repeat_time;

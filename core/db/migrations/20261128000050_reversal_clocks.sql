-- migrate:up
-- Which later message a reversal that found nothing was about. The functions of before stay for the version that calls
-- them: what they took for one instant could be any two a multiple of a quarter of an hour apart.

-- MMDDhhmmss in the year that brings it nearest to a day; NULL for what is no moment there. Of no known zone.
CREATE FUNCTION moment_near(said text, day date) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN said ~ '^(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([01][0-9]|2[0-3])([0-5][0-9]){2}$' THEN (
        SELECT m.first + (substr(said, 3, 2)::integer - 1) * interval '1 day'
            + make_interval(
                hours => substr(said, 5, 2)::integer, mins => substr(said, 7, 2)::integer,
                secs => substr(said, 9, 2)::integer
            )
        FROM generate_series(-1, 1) AS y
        CROSS JOIN LATERAL (
            SELECT make_date(extract(year FROM day)::integer + y, substr(said, 1, 2)::integer, 1)::timestamp AS first
        ) AS m
        WHERE substr(said, 3, 2)::integer
            <= extract(day FROM m.first + interval '1 month' - interval '1 day')
        ORDER BY abs(m.first::date + substr(said, 3, 2)::integer - 1 - day)
        LIMIT 1
    ) END
$$;

-- By how much the clocks of UTC, of Paris and of a zone differ around a time that one of them shows:
-- transactions.bookings.rules.clock_differences; a test holds them equal.
CREATE FUNCTION clock_differences(reading timestamp, zone text) RETURNS interval[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(DISTINCT d.difference)
    FROM (VALUES (interval '-12 hours'), (interval '12 hours')) AS a (away)
    CROSS JOIN LATERAL (
        SELECT
            (i.at AT TIME ZONE 'Europe/Paris') - (i.at AT TIME ZONE 'UTC') AS here,
            (i.at AT TIME ZONE zone) - (i.at AT TIME ZONE 'UTC') AS there
        FROM (SELECT (reading + a.away) AT TIME ZONE 'UTC' AS at) AS i
    ) AS o
    CROSS JOIN LATERAL (
        VALUES (o.here), (-o.here), (o.there), (-o.there), (o.here - o.there), (o.there - o.here)
    ) AS d (difference)
    WHERE d.difference <> interval '0'
$$;

-- Whether a message was sent at a time read off a third clock: as far from each time that it shows as that clock is from
-- the one that showed it. The time of a payment and that of its sending may lie two minutes apart besides.
CREATE FUNCTION is_same_instant(said text, sent_at text, local_time text, day date, zone text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(
        abs(moment_near(said, day)::date - day) <= 2 AND bool_or(g.gap = ANY (g.allowed)) AND bool_and(
            EXISTS (
                SELECT FROM unnest(g.allowed || interval '0') AS e (difference)
                WHERE g.gap - e.difference BETWEEN interval '-2 minutes' AND interval '2 minutes'
            )
        ), false
    )
    FROM (
        SELECT
            moment_near(said, day) - moment_near(t.shown, day) AS gap,
            clock_differences(moment_near(t.shown, day), zone) AS allowed
        FROM (VALUES (sent_at), (local_time)) AS t (shown)
        WHERE t.shown <> ''
    ) AS g
$$;

-- Whether a reversal that found nothing was about this message after all: transactions.bookings.rules, for what
-- arrives later. A message sent with exactly its time is; else all that both say must agree, and where the reversal
-- tells no time, it must have overtaken the message by minutes.
CREATE FUNCTION forestalls(
    said reversal, sent_at text, local_time text, business_date date, amount_minor bigint, currency text,
    card_fingerprint bigint, received_at timestamptz, zone text
) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT said.sent_at <> '' AND said.sent_at = sent_at
        OR coalesce(said.amount_minor, amount_minor) = amount_minor
        AND said.currency IN ('', currency)
        AND coalesce(said.card_fingerprint, card_fingerprint) = card_fingerprint
        AND CASE WHEN said.sent_at = '' THEN
            abs(said.original_day - business_date) <= 1
            AND received_at - said.received_at BETWEEN interval '-10 minutes' AND interval '10 minutes'
        ELSE
            said.sent_at = local_time OR is_same_instant(said.sent_at, sent_at, local_time, business_date, zone)
        END
$$;

-- migrate:down
DROP FUNCTION forestalls(reversal, text, text, date, bigint, text, bigint, timestamptz, text);
DROP FUNCTION is_same_instant(text, text, text, date, text);
DROP FUNCTION clock_differences(timestamp, text);
DROP FUNCTION moment_near(text, date);

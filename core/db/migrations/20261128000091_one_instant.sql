-- migrate:up
-- A time that a reversal says is one instant, whoever's clock it was read off: each time that the message shows must be
-- that same instant by some clock. How far two clocks are apart said so of each time by itself, by clocks that did not agree.

-- The instants, in UTC, that a time may be when nobody says by which clock it was read: that of UTC, of Paris or of a
-- zone, by each offset in force within half a day: transactions.bookings.rules.instants_of; a test holds them equal.
CREATE FUNCTION instants_of(reading timestamp, zone text) RETURNS timestamp[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(DISTINCT reading - o.ahead)
    FROM (VALUES (interval '-12 hours'), (interval '12 hours')) AS a (away)
    CROSS JOIN LATERAL (SELECT (reading + a.away) AT TIME ZONE 'UTC' AS at) AS i
    CROSS JOIN LATERAL (
        VALUES
        (interval '0'),
        ((i.at AT TIME ZONE 'Europe/Paris') - (i.at AT TIME ZONE 'UTC')),
        ((i.at AT TIME ZONE zone) - (i.at AT TIME ZONE 'UTC'))
    ) AS o (ahead)
    WHERE reading IS NOT NULL
$$;

-- Whether a message was sent at a time read off another clock: at the very instant of one time that it shows, and within
-- two minutes of the others, for the time of a payment and that of its sending lie apart.
CREATE OR REPLACE FUNCTION is_same_instant(said text, sent_at text, local_time text, day date, zone text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(
        abs(moment_near(said, day)::date - day) <= 2 AND EXISTS (
            SELECT FROM unnest(instants_of(moment_near(said, day), zone)) AS i (at)
            WHERE (
                SELECT bool_or(coalesce(g.gap = interval '0', false))
                    AND bool_and(coalesce(g.gap <= interval '2 minutes', false))
                FROM (
                    SELECT (
                        SELECT min(greatest(s.at - i.at, i.at - s.at))
                        FROM unnest(instants_of(moment_near(t.shown, day), zone)) AS s (at)
                    ) AS gap
                    FROM (VALUES (sent_at), (local_time)) AS t (shown)
                    WHERE t.shown <> ''
                ) AS g
            )
        ), false
    )
$$;
-- Nobody but the function above called it.
-- squawk-ignore ban-drop-function
DROP FUNCTION clock_differences(timestamp, text);

-- migrate:down
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
CREATE OR REPLACE FUNCTION is_same_instant(said text, sent_at text, local_time text, day date, zone text) RETURNS boolean
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
DROP FUNCTION instants_of(timestamp, text);

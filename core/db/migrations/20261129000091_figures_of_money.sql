-- migrate:up
-- The rows behind the approval rate and behind sums of money too, so that these figures lead to what makes them
-- (docs/figures.md): the rate is of payments that were approved or declined, gross and net are of what moved money.
CREATE OR REPLACE FUNCTION figure_has(
    figure text, kind smallint, state smallint, approved_minor bigint, sent_at timestamptz
)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE figure
    WHEN 'approved' THEN kind IN (1, 2, 5) AND (state IN (3, 4, 8, 9, 10) OR state = 7 AND approved_minor > 0)
    WHEN 'cancelled' THEN kind IN (1, 2, 5) AND state = 7 AND approved_minor > 0
    WHEN 'declined' THEN kind IN (1, 2, 5) AND state = 5
    WHEN 'unknown' THEN kind IN (1, 2, 5) AND (state = 6 OR state = 7 AND approved_minor = 0 AND sent_at IS NOT NULL)
    WHEN 'payments' THEN kind IN (1, 2, 5)
        AND (state IN (3, 4, 5, 6, 8, 9, 10) OR state = 7 AND (approved_minor > 0 OR sent_at IS NOT NULL))
    WHEN 'rate' THEN kind IN (1, 2, 5) AND (state IN (3, 4, 5, 8, 9, 10) OR state = 7 AND approved_minor > 0)
    WHEN 'refunds' THEN kind = 4 AND state IN (3, 8, 10)
    WHEN 'gross' THEN kind IN (2, 5, 6) AND state IN (3, 4, 8, 9, 10)
    WHEN 'net' THEN kind IN (2, 5, 6) AND state IN (3, 4, 8, 9, 10) OR kind = 4 AND state IN (3, 8, 10)
    ELSE false
END;

-- migrate:down
CREATE OR REPLACE FUNCTION figure_has(
    figure text, kind smallint, state smallint, approved_minor bigint, sent_at timestamptz
)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE figure
    WHEN 'approved' THEN kind IN (1, 2, 5) AND (state IN (3, 4, 8, 9, 10) OR state = 7 AND approved_minor > 0)
    WHEN 'cancelled' THEN kind IN (1, 2, 5) AND state = 7 AND approved_minor > 0
    WHEN 'declined' THEN kind IN (1, 2, 5) AND state = 5
    WHEN 'unknown' THEN kind IN (1, 2, 5) AND (state = 6 OR state = 7 AND approved_minor = 0 AND sent_at IS NOT NULL)
    WHEN 'payments' THEN kind IN (1, 2, 5)
        AND (state IN (3, 4, 5, 6, 8, 9, 10) OR state = 7 AND (approved_minor > 0 OR sent_at IS NOT NULL))
    WHEN 'refunds' THEN kind = 4 AND state IN (3, 8, 10)
    ELSE false
END;

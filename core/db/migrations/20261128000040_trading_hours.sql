-- migrate:up
-- Whether shops are open at a moment by the clock of their own place: the same hours as wall.rules; a test holds them
-- equal. Inlined, so that only terminals that say nothing are asked.
CREATE FUNCTION is_trading(time_zone text, at timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN extract(hour FROM at AT TIME ZONE time_zone) BETWEEN 8 AND 19;

-- migrate:down
DROP FUNCTION is_trading(text, timestamptz);

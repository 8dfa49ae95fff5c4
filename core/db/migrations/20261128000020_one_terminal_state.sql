-- migrate:up
-- One state of a terminal for every page: a service that is not active takes no payment, so neither does its terminal.
-- The function of ten arguments stays for the version before this one.
CREATE FUNCTION terminal_condition(
    retired_at timestamptz,
    terminal_blocked_at timestamptz,
    store_blocked_at timestamptz,
    service_blocked_at timestamptz,
    activated_at timestamptz,
    service_active boolean,
    connected boolean,
    last_seen_at timestamptz,
    failing boolean,
    seen_since timestamptz,
    trading boolean
)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN retired_at IS NOT NULL THEN 'retired'
    WHEN terminal_blocked_at IS NOT NULL OR store_blocked_at IS NOT NULL OR service_blocked_at IS NOT NULL THEN 'blocked'
    WHEN activated_at IS NULL OR NOT service_active THEN 'not_active'
    WHEN connected IS NULL THEN 'never_seen'
    WHEN NOT (connected OR last_seen_at >= seen_since) THEN CASE WHEN trading THEN 'silent' ELSE 'resting' END
    WHEN failing THEN 'failing'
    ELSE 'active'
END;

-- migrate:down
DROP FUNCTION terminal_condition(
    timestamptz, timestamptz, timestamptz, timestamptz, timestamptz, boolean, boolean, timestamptz, boolean, timestamptz,
    boolean
);

-- migrate:up
-- Whether a reversal that found nothing may be about a message that comes now: which it is, and what it says otherwise, is
-- judged by transactions.bookings.rules, one rule for either order. This says only what need not be asked: no time that the
-- message shows, no day near that of the reversal, not within minutes of it. forestalls stays for the version that calls it.
CREATE FUNCTION may_mark(
    said reversal, sent_at text, local_time text, business_date date, received_at timestamptz
) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT said.sent_at <> '' AND said.sent_at IN (sent_at, local_time)
        OR abs(said.original_day - business_date) <= 2
        OR abs((said.received_at AT TIME ZONE 'UTC')::date - business_date) <= 2
        OR abs((coalesce(said.last_at, said.received_at) AT TIME ZONE 'UTC')::date - business_date) <= 2
        OR received_at - said.received_at BETWEEN interval '-15 minutes' AND interval '15 minutes'
        OR received_at - coalesce(said.last_at, said.received_at) BETWEEN interval '-15 minutes' AND interval '15 minutes'
$$;

-- migrate:down
DROP FUNCTION may_mark(reversal, text, text, date, timestamptz);

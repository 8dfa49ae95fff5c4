-- migrate:up
-- A reversal without a time that overtook its payment is known by the minutes between them, whatever date its clock says:
-- one that lost its battery says the first of January.
CREATE OR REPLACE FUNCTION forestalls(
    said reversal, sent_at text, local_time text, business_date date, amount_minor bigint, currency text,
    card_fingerprint bigint, received_at timestamptz, zone text
) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT said.sent_at <> '' AND said.sent_at = sent_at
        OR coalesce(said.amount_minor, amount_minor) = amount_minor
        AND said.currency IN ('', currency)
        AND coalesce(said.card_fingerprint, card_fingerprint) = card_fingerprint
        AND CASE WHEN said.sent_at = '' THEN
            received_at - said.received_at BETWEEN interval '-10 minutes' AND interval '10 minutes'
        ELSE
            said.sent_at = local_time OR is_same_instant(said.sent_at, sent_at, local_time, business_date, zone)
        END
$$;


-- migrate:down
CREATE OR REPLACE FUNCTION forestalls(
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


-- migrate:up
-- What each reversal said of the message that it takes back, and what its terminal was told.

CREATE TABLE reversal (
    id uuid PRIMARY KEY, -- of the first message that said it; repeats count
    terminal_id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    said bigint NOT NULL, -- hash over what follows: a repeat says the same
    -- The original as the reversal describes it; NULL and '' where it does not say.
    message_class smallint NOT NULL,
    stan integer NOT NULL,
    original_day date NOT NULL, -- the date of sent_at, else the reversal's own
    sent_at text NOT NULL DEFAULT '', -- the time in data element 90, MMDDhhmmss as received
    reference text NOT NULL DEFAULT '', -- data element 37
    approval_code text NOT NULL DEFAULT '',
    currency text NOT NULL DEFAULT '',
    amount_minor bigint,
    replacement_minor bigint, -- data element 95: what stays; NULL: nothing does
    card_fingerprint bigint,
    card_bin text NOT NULL DEFAULT '',
    card_last_four text NOT NULL DEFAULT '',
    request bytea NOT NULL, -- masked
    -- What became of it.
    finding smallint NOT NULL, -- contracts.states.ReversalFinding
    reason smallint NOT NULL, -- contracts.reasons.Reason: what the terminal was told
    differs text[] NOT NULL DEFAULT '{}', -- which facts disagree with the message that was found
    attempt_id uuid, -- the message found; NULL: none stood on any date
    attempt_date date,
    repeats integer NOT NULL DEFAULT 0,
    CHECK ((attempt_id IS NULL) = (attempt_date IS NULL))
);
CREATE UNIQUE INDEX reversal_once ON reversal (terminal_id, said);
-- What must be refused should it still come: nearly empty, and read once for every payment.
CREATE INDEX reversal_forestalls ON reversal (terminal_id, message_class, stan) WHERE attempt_id IS NULL;
CREATE INDEX reversal_attempt ON reversal (attempt_id) WHERE attempt_id IS NOT NULL;

-- Whether two times may be one instant read off clocks of two zones: zones differ by quarters of an hour.
CREATE FUNCTION same_instant_elsewhere(one text, other text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT one ~ '^[0-9]{10}$' AND other ~ '^[0-9]{10}$' AND substr(one, 9, 2) = substr(other, 9, 2)
        AND mod(CASE WHEN one ~ '^[0-9]{10}$' THEN substr(one, 7, 2)::integer ELSE 0 END, 15)
        = mod(CASE WHEN other ~ '^[0-9]{10}$' THEN substr(other, 7, 2)::integer ELSE 0 END, 15)
$$;

-- Whether a reversal that found nothing was about this message after all: transactions.bookings.rules, for what
-- arrives later. A message with exactly its time is; else all that both say must agree.
CREATE FUNCTION forestalls(
    said reversal, sent_at text, local_time text, business_date date, amount_minor bigint, currency text,
    card_fingerprint bigint
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT said.sent_at <> '' AND said.sent_at IN (sent_at, local_time)
        OR coalesce(said.amount_minor, amount_minor) = amount_minor
        AND said.currency IN ('', currency)
        AND coalesce(said.card_fingerprint, card_fingerprint) = card_fingerprint
        AND abs(said.original_day - business_date) <= 1
        AND (
            said.sent_at = ''
            OR same_instant_elsewhere(said.sent_at, sent_at)
            OR same_instant_elsewhere(said.sent_at, local_time)
        )
$$;

-- migrate:down
DROP FUNCTION forestalls(reversal, text, text, date, bigint, text, bigint);
DROP FUNCTION same_instant_elsewhere(text, text);
DROP TABLE reversal;

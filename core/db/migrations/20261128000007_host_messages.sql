-- migrate:up
-- What hosts say on their own. A reversal waits for a person; a cut-over says which business date the host is in.
CREATE TABLE host_message (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    acquirer_id smallint NOT NULL,
    kind smallint NOT NULL, -- contracts.host_messages.HostMessageKind
    message_key bytea NOT NULL, -- equal for a message and its repeats
    at timestamptz NOT NULL DEFAULT now(),
    repeats integer NOT NULL DEFAULT 0,
    host_date date, -- of a cut-over: the business date that begins
    reference text NOT NULL DEFAULT '',
    terminal text NOT NULL DEFAULT '',
    amount_minor bigint NOT NULL DEFAULT 0,
    currency text NOT NULL DEFAULT '', -- numeric, as the host sends it
    attempt_id uuid, -- the payment that it names, where we have it
    business_date date,
    message bytea NOT NULL, -- masked: msgpack map of field number to text
    closed_at timestamptz,
    closed_by uuid,
    closed_reason text NOT NULL DEFAULT '',
    UNIQUE (acquirer_id, message_key)
);
-- What waits for a person is little.
CREATE INDEX host_message_open ON host_message (id) WHERE closed_at IS NULL;

-- migrate:down
DROP TABLE host_message;

-- migrate:up
-- squawk-ignore-file require-concurrent-index-creation
-- (The table of cards is new: nobody waits for an index of it.)
-- What a scheme said of a card that is kept: it was renewed, or its account was closed.
CREATE TABLE card_update (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    card_id uuid NOT NULL REFERENCES stored_card (id),
    says text NOT NULL CHECK (says IN ('renewed', 'closed')),
    expiry_before text NOT NULL CHECK (expiry_before ~ '^[0-9]{2}(0[1-9]|1[0-2])$'), -- YYMM
    expiry text CHECK (expiry ~ '^[0-9]{2}(0[1-9]|1[0-2])$'),
    told_at timestamptz NOT NULL,
    CONSTRAINT card_update_once UNIQUE NULLS NOT DISTINCT (card_id, says, expiry),
    CONSTRAINT card_update_renewed CHECK ((says = 'renewed') = (expiry IS NOT NULL))
);
ALTER TABLE stored_card ADD COLUMN updates_asked_at timestamptz;
CREATE INDEX stored_card_ending ON stored_card (expiry, id) WHERE released_at IS NULL AND refused_at IS NULL;

-- migrate:down
DROP INDEX stored_card_ending;
ALTER TABLE stored_card DROP COLUMN updates_asked_at;
DROP TABLE card_update;

-- migrate:up
-- One page on which a card may be typed: for whom, for what, and in whose page it may stand. It gives one token.
CREATE TABLE frame_session (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    secret_hash bytea NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32), -- of what stands in its address
    company_id uuid NOT NULL REFERENCES company (id),
    purpose text NOT NULL CHECK (purpose IN ('purchase', 'change', 'settlement')),
    subject_id uuid NOT NULL, -- the order, the change of card, the settlement
    origin text NOT NULL CHECK (length(origin) BETWEEN 8 AND 300),
    return_url text CHECK (length(return_url) BETWEEN 8 AND 1000),
    language text NOT NULL CHECK (language IN ('fr', 'en')),
    amount_minor bigint CHECK (amount_minor BETWEEN 0 AND 1000000000), -- what is paid at once
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    needed_until date NOT NULL, -- the last debit: the card must still be good on that day
    opened_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > opened_at)
);
CREATE INDEX frame_session_subject ON frame_session (subject_id);
CREATE INDEX frame_session_company ON frame_session (company_id);

-- A card that was typed, sealed: good once, for a quarter of an hour, for what its page was opened for.
CREATE TABLE card_token (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    session_id uuid NOT NULL UNIQUE REFERENCES frame_session (id) ON DELETE CASCADE,
    ciphertext bytea CHECK (octet_length(ciphertext) BETWEEN 1 AND 128), -- gone when it is spent
    fingerprint bigint NOT NULL,
    bin text NOT NULL CHECK (length(bin) <= 6),
    last_four text NOT NULL CHECK (last_four ~ '^[0-9]{4}$'),
    expiry text NOT NULL CHECK (expiry ~ '^[0-9]{2}(0[1-9]|1[0-2])$'), -- YYMM
    brand smallint NOT NULL CHECK (brand BETWEEN 0 AND 4),
    frame text NOT NULL CHECK (length(frame) BETWEEN 1 AND 64), -- the process that has its security code in memory
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > made_at),
    spent_at timestamptz,
    CONSTRAINT card_token_sealed CHECK ((spent_at IS NULL) = (ciphertext IS NOT NULL))
);

-- A card that is kept for the debits to come. The security code is in no table.
CREATE TABLE stored_card (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    token_id uuid NOT NULL UNIQUE, -- tokens go after a day
    company_id uuid NOT NULL REFERENCES company (id),
    ciphertext bytea NOT NULL CHECK (octet_length(ciphertext) BETWEEN 1 AND 128),
    fingerprint bigint NOT NULL,
    bin text NOT NULL CHECK (length(bin) <= 6),
    last_four text NOT NULL CHECK (last_four ~ '^[0-9]{4}$'),
    expiry text NOT NULL CHECK (expiry ~ '^[0-9]{2}(0[1-9]|1[0-2])$'), -- YYMM
    brand smallint NOT NULL CHECK (brand BETWEEN 0 AND 4),
    network_transaction_id text CHECK (length(network_transaction_id) BETWEEN 1 AND 64), -- of the first payment
    stored_at timestamptz NOT NULL,
    verified_at timestamptz,
    released_at timestamptz
);
CREATE INDEX stored_card_company ON stored_card (company_id);
CREATE INDEX stored_card_fingerprint ON stored_card (fingerprint);
CREATE INDEX stored_card_last_four ON stored_card (last_four);

-- migrate:down
DROP TABLE stored_card;
DROP TABLE card_token;
DROP TABLE frame_session;

-- migrate:up
-- One authentication of the holder of a card by its issuer (3-D Secure): asked, perhaps challenged, decided once.
CREATE TABLE card_authentication (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    card_id uuid NOT NULL REFERENCES stored_card (id),
    company_id uuid NOT NULL REFERENCES company (id),
    purpose text NOT NULL CHECK (purpose IN ('purchase', 'change', 'settlement')),
    subject_id uuid NOT NULL, -- the order, the change of card, the settlement
    amount_minor bigint NOT NULL CHECK (amount_minor BETWEEN 0 AND 1000000000), -- what the holder is shown; 0: none
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    language text NOT NULL CHECK (language IN ('fr', 'en')),
    return_url text NOT NULL CHECK (length(return_url) BETWEEN 8 AND 1000), -- where the browser goes afterwards
    state text NOT NULL DEFAULT 'asked' CHECK (
        state IN (
            'asked', 'challenged', 'authenticated', 'attempted', 'failed', 'abandoned', 'timed_out', 'unavailable'
        )
    ),
    acs_id text CHECK (length(acs_id) BETWEEN 1 AND 64), -- what the issuer's access control server calls it
    directory_id text CHECK (length(directory_id) BETWEEN 1 AND 64), -- what the scheme's directory server calls it
    acs_url text CHECK (length(acs_url) BETWEEN 8 AND 1000), -- where its holder is challenged
    eci text CHECK (eci ~ '^[0-9]{2}$'),
    proof text CHECK (length(proof) = 28), -- the issuer's cryptogram (CAVV, AAV), for the first payment
    liability text CHECK (liability IN ('issuer', 'merchant')), -- who bears fraud
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL, -- undecided by then, it never is
    decided_at timestamptz,
    decided_by text CHECK (decided_by IN ('answer', 'browser', 'server', 'deadline')), -- which word was first
    CONSTRAINT card_authentication_decided CHECK (
        (state IN ('asked', 'challenged')) = (decided_at IS NULL)
        AND (decided_at IS NULL) = (decided_by IS NULL)
        AND (decided_at IS NULL) = (liability IS NULL)
    ),
    CONSTRAINT card_authentication_challenged CHECK (
        state <> 'challenged' OR num_nonnulls(acs_id, directory_id, acs_url) = 3
    ),
    CONSTRAINT card_authentication_proved CHECK (
        (state IN ('authenticated', 'attempted')) = (num_nonnulls(proof, eci) = 2)
        AND (state IN ('authenticated', 'attempted')) = (coalesce(liability, 'merchant') = 'issuer')
    )
);
-- A holder is asked once at a time for one thing.
CREATE UNIQUE INDEX card_authentication_open ON card_authentication (subject_id, card_id)
WHERE state IN ('asked', 'challenged');
CREATE INDEX card_authentication_subject ON card_authentication (subject_id, id);
CREATE INDEX card_authentication_card ON card_authentication (card_id);
CREATE INDEX card_authentication_company ON card_authentication (company_id);
CREATE INDEX card_authentication_due ON card_authentication (expires_at) WHERE state IN ('asked', 'challenged');

-- What came back of a challenge, by whichever path, each word once: the first decides, the others are kept as told.
CREATE TABLE authentication_return (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    authentication_id uuid NOT NULL REFERENCES card_authentication (id) ON DELETE CASCADE,
    path text NOT NULL CHECK (path IN ('browser', 'server')),
    said text NOT NULL CHECK (
        said IN ('authenticated', 'attempted', 'failed', 'abandoned', 'timed_out', 'unavailable')
    ),
    has_decided boolean NOT NULL,
    came_at timestamptz NOT NULL,
    UNIQUE (authentication_id, path, said)
);
CREATE UNIQUE INDEX authentication_return_deciding ON authentication_return (authentication_id) WHERE has_decided;

-- migrate:down
DROP TABLE authentication_return;
DROP TABLE card_authentication;

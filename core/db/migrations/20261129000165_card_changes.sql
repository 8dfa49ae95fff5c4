-- migrate:up
-- A customer puts another card in the place of the one that pays an order. The old one pays until the new one is typed,
-- authenticated by its bank and verified; whatever fails on the way leaves it.
CREATE TABLE card_change (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    order_id uuid NOT NULL REFERENCES purchase_order (id),
    customer_id uuid NOT NULL REFERENCES customer (id),
    old_card_id uuid NOT NULL REFERENCES stored_card (id),
    card_id uuid UNIQUE REFERENCES stored_card (id), -- the new one, once it was typed
    state text NOT NULL DEFAULT 'opened' CHECK (state IN ('opened', 'typed', 'verifying', 'done', 'failed')),
    failure text CHECK (failure ~ '^[a-z_]{3,40}$'), -- contracts.card_changes.CardChangeFailure
    reason smallint, -- contracts.reasons.Reason: why the verification was not approved
    asked_at timestamptz NOT NULL,
    typed_at timestamptz,
    decided_at timestamptz,
    -- The verification is a transaction for nothing (attempt.id), at the virtual point of sale of the order.
    verification_id uuid UNIQUE,
    terminal_id uuid,
    stan integer,
    business_date date,
    verified_from timestamptz, -- when it was asked for
    CONSTRAINT card_change_typed CHECK (
        CASE state WHEN 'opened' THEN card_id IS NULL WHEN 'failed' THEN true ELSE card_id IS NOT NULL END
        AND (card_id IS NULL) = (typed_at IS NULL)
    ),
    CONSTRAINT card_change_verified CHECK (
        num_nulls(verification_id, terminal_id, stan, business_date, verified_from) IN (0, 5)
        AND (state NOT IN ('verifying', 'done') OR verification_id IS NOT NULL)
    ),
    CONSTRAINT card_change_decided CHECK (
        (state IN ('done', 'failed')) = (decided_at IS NOT NULL) AND (state = 'failed') = (failure IS NOT NULL)
    )
);
-- Whatever two tabs ask, one is open.
CREATE UNIQUE INDEX card_change_open ON card_change (order_id) WHERE state IN ('opened', 'typed', 'verifying');
CREATE INDEX card_change_order ON card_change (order_id, id);
CREATE INDEX card_change_customer ON card_change (customer_id);
CREATE INDEX card_change_old ON card_change (old_card_id);
CREATE INDEX card_change_left ON card_change (id) WHERE state IN ('opened', 'typed', 'verifying');

-- migrate:down
DROP TABLE card_change;

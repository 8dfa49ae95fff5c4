-- migrate:up
-- What an order owes back, as refunds of the debits that paid it: one or more for each. The identifier is that of the
-- transaction by which it is sent.
CREATE TABLE order_refund_part (
    id uuid PRIMARY KEY, -- attempt.id, whether or not the attempt was armed
    refund_id uuid NOT NULL REFERENCES order_refund (id),
    order_id uuid NOT NULL,
    debit_id uuid NOT NULL REFERENCES debit (id), -- the payment of which it is given back
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    stan integer NOT NULL,
    business_date date NOT NULL, -- of the transaction
    made_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'declined', 'reversed', 'not_sent')),
    reason smallint NOT NULL DEFAULT 0, -- contracts.reasons.Reason
    ended_at timestamptz,
    CONSTRAINT order_refund_part_ended CHECK ((state = 'open') = (ended_at IS NULL))
);
-- Of one payment it is given back once, and nothing is sent again while nobody knows.
CREATE UNIQUE INDEX order_refund_part_standing ON order_refund_part (refund_id, debit_id) WHERE state IN ('open', 'approved');
CREATE INDEX order_refund_part_debit ON order_refund_part (debit_id);
CREATE INDEX order_refund_part_open ON order_refund_part (id) WHERE state = 'open';

-- When what was refused or not sent is tried again; 'infinity' where nothing is tried any more.
ALTER TABLE order_refund ADD COLUMN send_after timestamptz;

-- migrate:down
ALTER TABLE order_refund DROP COLUMN send_after;
DROP TABLE order_refund_part;

-- migrate:up
-- How customers are told of their purchases: versions by the day from which they hold.
CREATE TABLE order_notice_policy (
    valid_from date PRIMARY KEY CHECK (isfinite(valid_from)),
    announce_days smallint NOT NULL CHECK (announce_days BETWEEN 1 AND 15), -- before a debit
    reminder_days smallint[] NOT NULL, -- after an instalment became unpaid
    card_days smallint NOT NULL CHECK (card_days BETWEEN 1 AND 60), -- before the end of a card's last month
    CONSTRAINT order_notice_policy_reminders CHECK (
        cardinality(reminder_days) <= 5 AND (array_ndims(reminder_days) IS NULL OR array_ndims(reminder_days) = 1)
        AND 1 <= ALL (reminder_days) AND 90 >= ALL (reminder_days) AND array_position(reminder_days, NULL) IS NULL
    )
);
INSERT INTO order_notice_policy (valid_from, announce_days, reminder_days, card_days) VALUES ('2026-01-01', 3, '{3,10,20}', 30);

-- What a customer is to be told of, each thing once. Whether it is still so is asked when its mail is written.
CREATE TABLE order_notice (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    order_id uuid NOT NULL REFERENCES purchase_order (id),
    kind text NOT NULL CHECK (
        kind IN (
            'order_confirmed', 'debit_coming', 'debit_paid', 'debit_failed', 'instalment_unpaid', 'unpaid_reminder',
            'card_expiring', 'order_changed', 'refund_sent'
        )
    ),
    about_id uuid NOT NULL, -- the order, instalment, debit, cancellation, refund or card
    about_key text NOT NULL DEFAULT '' CHECK (length(about_key) <= 20), -- which of several: a day, a month, a number
    due_at timestamptz NOT NULL, -- by the calendar of schedules
    state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'told', 'dropped')), -- dropped: it was no longer so
    mail_id uuid, -- mail goes before the order does
    decided_at timestamptz,
    CONSTRAINT order_notice_once UNIQUE (order_id, kind, about_id, about_key),
    CONSTRAINT order_notice_decided CHECK ((state = 'due') = (decided_at IS NULL)),
    CONSTRAINT order_notice_told CHECK ((state = 'told') = (mail_id IS NOT NULL))
);
CREATE INDEX order_notice_due ON order_notice (due_at, id) WHERE state = 'due';

-- Whoever writes that something happened has the customer told of it, in the same transaction.
CREATE FUNCTION note_order_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO order_notice (order_id, kind, about_id, due_at)
    SELECT m.order_id, w.notice, m.about_id, m.at
    FROM made AS m
    INNER JOIN (
        VALUES ('activated', 'order_confirmed'), ('cancelled', 'order_changed'), ('refunded', 'order_changed'),
            ('instalment_paid', 'debit_paid'), ('instalment_unpaid', 'instalment_unpaid'), ('refund_sent', 'refund_sent')
    ) AS w (event, notice) ON w.event = m.kind
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER order_event_noted AFTER INSERT ON order_event REFERENCING NEW TABLE AS made
FOR EACH STATEMENT EXECUTE FUNCTION note_order_events();

-- The day of a debit that the customer was told of: when it moves, they are told again.
ALTER TABLE instalment ADD COLUMN announced_for date;
-- The tables are new, and nothing is in them yet.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX instalment_to_announce ON instalment (due_on, id)
WHERE state = 'upcoming' AND announced_for IS DISTINCT FROM due_on;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX stored_card_expiry ON stored_card (expiry, id) WHERE released_at IS NULL;

-- migrate:down
DROP INDEX stored_card_expiry;
DROP INDEX instalment_to_announce;
ALTER TABLE instalment DROP COLUMN announced_for;
DROP TRIGGER order_event_noted ON order_event;
DROP FUNCTION note_order_events();
DROP TABLE order_notice;
DROP TABLE order_notice_policy;

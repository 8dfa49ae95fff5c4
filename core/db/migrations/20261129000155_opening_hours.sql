-- migrate:up
-- A way to reach us. `address` is the number or link that is shown; which one is configuration, for premium-rate numbers are
-- unlawful on complaint lines.
CREATE TABLE contact_channel (
    channel text PRIMARY KEY CHECK (channel IN ('chat', 'whatsapp', 'phone', 'collections', 'form')),
    offered boolean NOT NULL,
    address text NOT NULL DEFAULT '' CHECK (length(address) <= 40),
    note_fr text NOT NULL DEFAULT '' CHECK (length(note_fr) <= 200),
    note_en text NOT NULL DEFAULT '' CHECK (length(note_en) <= 200),
    changed_at timestamptz NOT NULL
);

-- When a channel is open, from a day on and until the next version. It never changes; one that has not begun may be withdrawn.
CREATE TABLE opening_hours (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    channel text NOT NULL REFERENCES contact_channel (channel),
    valid_from date NOT NULL CHECK (isfinite(valid_from)), -- a day in Paris
    closed_on_holidays boolean NOT NULL,
    made_by uuid REFERENCES agent (id),
    made_at timestamptz NOT NULL,
    withdrawn_at timestamptz
);
CREATE UNIQUE INDEX opening_hours_day ON opening_hours (channel, valid_from) WHERE withdrawn_at IS NULL;

-- Minutes of the clock on the wall in Paris; 1440 is the end of the day.
CREATE TABLE opening_period (
    hours_id uuid NOT NULL REFERENCES opening_hours (id),
    weekday smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7), -- 1 is Monday
    opens_minute smallint NOT NULL CHECK (opens_minute BETWEEN 0 AND 1439),
    closes_minute smallint NOT NULL CHECK (closes_minute BETWEEN 1 AND 1440),
    PRIMARY KEY (hours_id, weekday, opens_minute),
    CONSTRAINT opening_period_order CHECK (opens_minute < closes_minute)
);

-- A day that is not as its weekday: closed, or open at other hours. It goes before holidays. No channel: all of them.
CREATE TABLE opening_exception (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    channel text REFERENCES contact_channel (channel),
    day date NOT NULL CHECK (isfinite(day)),
    opens_minute smallint CHECK (opens_minute BETWEEN 0 AND 1439),
    closes_minute smallint CHECK (closes_minute BETWEEN 1 AND 1440),
    label_fr text NOT NULL CHECK (length(label_fr) BETWEEN 2 AND 80),
    label_en text NOT NULL CHECK (length(label_en) BETWEEN 2 AND 80),
    made_by uuid REFERENCES agent (id),
    made_at timestamptz NOT NULL,
    removed_at timestamptz,
    CONSTRAINT opening_exception_hours CHECK (
        num_nonnulls(opens_minute, closes_minute) <> 1 AND (opens_minute IS NULL OR opens_minute < closes_minute)
    )
);
CREATE UNIQUE INDEX opening_exception_day ON opening_exception (coalesce(channel, ''), day) WHERE removed_at IS NULL;

INSERT INTO contact_channel (channel, offered, address, note_fr, note_en, changed_at) VALUES
('chat', true, '', '', '', now()),
('whatsapp', true, '+33639980001', '', '', now()),
('phone', true, '+33199000001', 'Prix d''un appel local', 'Price of a local call', now()),
('collections', true, '+33199000002', 'Prix d''un appel local', 'Price of a local call', now()),
('form', true, '', 'Réponse le jour même', 'Answered the same day', now());
WITH made AS (
    INSERT INTO opening_hours (channel, valid_from, closed_on_holidays, made_at)
    SELECT channel, '2026-11-01', true, now() FROM contact_channel
    RETURNING id
)
INSERT INTO opening_period (hours_id, weekday, opens_minute, closes_minute)
SELECT id, weekday, 540, CASE weekday WHEN 6 THEN 1080 ELSE 1200 END FROM made CROSS JOIN generate_series(1, 6) AS weekday;

SELECT allow_at_first(
    'contact.read', '{hotline,shop_seller,technician,back_office,sales,legal,supervisor,administrator}'
);
SELECT allow_at_first('contact.write', '{supervisor,administrator}');

-- migrate:down
DELETE FROM role_permission WHERE permission IN ('contact.read', 'contact.write');
DELETE FROM founding_permission WHERE permission IN ('contact.read', 'contact.write');
DROP TABLE opening_exception;
DROP TABLE opening_period;
DROP TABLE opening_hours;
DROP TABLE contact_channel;

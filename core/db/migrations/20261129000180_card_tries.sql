-- migrate:up
-- How many cards were tried on a day for an order (its identifier) and by a payer (SHA-256 of the address that the order is
-- of): who tries cards that are not theirs is stopped before banks are.
CREATE TABLE card_try_day (
    subject bytea NOT NULL CHECK (octet_length(subject) IN (16, 32)),
    day date NOT NULL, -- in Paris, of the schedules' calendar
    tries smallint NOT NULL CHECK (tries > 0),
    PRIMARY KEY (subject, day)
);
CREATE INDEX card_try_day_age ON card_try_day (day);

-- migrate:down
DROP TABLE card_try_day;

-- migrate:up
-- What was booked because it had happened, and is for a person to look at.

CREATE TABLE doubt (
    attempt_id uuid NOT NULL,
    business_date date NOT NULL,
    cause text NOT NULL, -- a word of transactions.bookings.rules.Doubt
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (attempt_id, cause)
);
CREATE INDEX doubt_day ON doubt (business_date);

-- migrate:down
DROP TABLE doubt;

-- migrate:up
-- What was recorded without a currency, before reversals had rows of their own, has none: XXX of ISO 4217, in the counts
-- of its minute as well. Such rows moved no money.
UPDATE attempt SET currency = 'XXX' WHERE currency !~ '^([A-Z]{3}|[0-9]{3})$';
UPDATE activity_minute SET currency = 'XXX' WHERE currency !~ '^([A-Z]{3}|[0-9]{3})$';
ALTER TABLE attempt VALIDATE CONSTRAINT attempt_currency;

-- migrate:down
SELECT 1;

-- migrate:up
-- An attempt names its currency in three letters, or in the three digits that an advice said where ISO 4217 has no letters
-- for them. A message without one was once recorded under the empty text, and no page could show it. What stands is looked
-- at by the next migration.
ALTER TABLE attempt ADD CONSTRAINT attempt_currency CHECK (currency ~ '^([A-Z]{3}|[0-9]{3})$') NOT VALID;

-- migrate:down
ALTER TABLE attempt DROP CONSTRAINT attempt_currency;

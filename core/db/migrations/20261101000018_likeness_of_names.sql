-- migrate:up
-- Likeness is of names. In all the words of a store, with its numbers and its town, a misspelt name matched ten rows by
-- scattered letters for one by its own, and each took 28 us to compare: 100 ms for a common name.
-- squawk-ignore adding-field-with-default
ALTER TABLE search_entry ADD COLUMN names text GENERATED ALWAYS AS (plain_words(title)) STORED;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX search_entry_names ON search_entry USING gin (names gin_trgm_ops) WITH (fastupdate = off);

-- migrate:down
DROP INDEX search_entry_names;
ALTER TABLE search_entry DROP COLUMN names;

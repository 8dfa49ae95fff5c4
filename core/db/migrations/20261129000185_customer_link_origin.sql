-- migrate:up
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion
-- (Few links are open at a time, and they are locked for as long as it takes to read them.)
-- From where a link was asked for: a newer one takes the place of an older one of the same asker alone, so that a stranger
-- who asks for an address ends nobody's link.
ALTER TABLE customer_link ADD COLUMN asked_from text NOT NULL DEFAULT '' CHECK (length(asked_from) <= 64);
DROP INDEX customer_link_open;
CREATE UNIQUE INDEX customer_link_open ON customer_link (purpose, email, customer_id, asked_from) NULLS NOT DISTINCT
WHERE used_at IS NULL AND replaced_at IS NULL;

-- migrate:down
UPDATE customer_link SET replaced_at = now() WHERE used_at IS NULL AND replaced_at IS NULL;
DROP INDEX customer_link_open;
CREATE UNIQUE INDEX customer_link_open ON customer_link (purpose, email, customer_id) NULLS NOT DISTINCT
WHERE used_at IS NULL AND replaced_at IS NULL;
ALTER TABLE customer_link DROP COLUMN asked_from;

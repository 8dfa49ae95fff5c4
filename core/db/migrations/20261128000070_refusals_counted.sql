-- migrate:up
-- How often the host itself said no to a delivery: what never left must not make the next try wait longer.
ALTER TABLE delivery ADD COLUMN refusals integer NOT NULL DEFAULT 0;

-- migrate:down
ALTER TABLE delivery DROP COLUMN refusals;

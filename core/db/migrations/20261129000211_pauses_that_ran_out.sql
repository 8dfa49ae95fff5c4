-- migrate:up
-- A pause that had run out is ended by the next one, and nobody gave a reason for that.
-- squawk-ignore ban-drop-constraint
ALTER TABLE order_pause DROP CONSTRAINT order_pause_ended;
ALTER TABLE order_pause ADD CONSTRAINT order_pause_ended CHECK (
    num_nulls(held_to, ended_at) IN (0, 2) AND num_nulls(ended_by, end_reason) IN (0, 2)
    AND (ended_by IS NULL OR ended_at IS NOT NULL)
) NOT VALID;

-- migrate:down
ALTER TABLE order_pause DROP CONSTRAINT order_pause_ended;
ALTER TABLE order_pause ADD CONSTRAINT order_pause_ended CHECK (num_nulls(held_to, ended_by, ended_at, end_reason) IN (0, 4)) NOT VALID;

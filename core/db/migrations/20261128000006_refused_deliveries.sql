-- migrate:up
-- What a host refuses for good waits for a person, who tries again or closes it with a reason.
ALTER TABLE delivery ADD COLUMN refused_at timestamptz; -- refused for good: not tried by itself any more
ALTER TABLE delivery ADD COLUMN closed_by uuid; -- a person ended it, not the host; accepted_at says when
ALTER TABLE delivery ADD COLUMN closed_reason text NOT NULL DEFAULT '';
ALTER TABLE delivery
ADD CONSTRAINT delivery_closed CHECK (closed_by IS NULL OR (accepted_at IS NOT NULL AND closed_reason <> '')) NOT VALID;

-- migrate:down
ALTER TABLE delivery DROP CONSTRAINT delivery_closed;
ALTER TABLE delivery DROP COLUMN closed_reason;
ALTER TABLE delivery DROP COLUMN closed_by;
ALTER TABLE delivery DROP COLUMN refused_at;

-- migrate:up
-- squawk-ignore-file require-concurrent-index-creation
-- (Migrations run in a transaction, before the institution opens: nobody writes meanwhile.)
-- What may go after its time, and who set the limit of what one person may do alone.

-- A session is found by its end when it is old enough to go.
CREATE INDEX session_expiry ON session (expires_at);

-- Nobody changes what a terminal did. The job that makes room may remove it, and only what is a month old.
DROP TRIGGER terminal_event_append_only ON terminal_event;
CREATE TRIGGER terminal_event_append_only BEFORE UPDATE ON terminal_event
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER terminal_event_kept BEFORE DELETE ON terminal_event
FOR EACH ROW WHEN (old.at > now() - interval '30 days') EXECUTE FUNCTION refuse_change();

-- A limit does not count for the person who raised it: for them the one before stands, until somebody else sets it.
ALTER TABLE approval_limit ADD COLUMN before_minor bigint NOT NULL DEFAULT 0;
ALTER TABLE approval_limit ADD COLUMN set_by uuid; -- NULL: made with the institution
ALTER TABLE approval_limit ADD COLUMN set_at timestamptz;

-- migrate:down
ALTER TABLE approval_limit DROP COLUMN set_at, DROP COLUMN set_by, DROP COLUMN before_minor;
DROP TRIGGER terminal_event_kept ON terminal_event;
DROP TRIGGER terminal_event_append_only ON terminal_event;
CREATE TRIGGER terminal_event_append_only BEFORE UPDATE OR DELETE ON terminal_event
FOR EACH ROW EXECUTE FUNCTION refuse_change();
DROP INDEX session_expiry;

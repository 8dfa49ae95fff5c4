-- migrate:up
-- What a terminal tells of itself (administrative advice, 0620) is one more kind of its events: kept once for all its
-- repeats, by its number, its time and its text.
ALTER TABLE terminal_event
    ADD COLUMN stan integer,
    ADD COLUMN local_time text,
    ADD COLUMN text text NOT NULL DEFAULT '';
-- The rows that are there satisfy the narrower check.
-- squawk-ignore ban-drop-constraint
ALTER TABLE terminal_event DROP CONSTRAINT terminal_event_kind_check;
ALTER TABLE terminal_event ADD CONSTRAINT terminal_event_kind_check
    CHECK (kind IN ('signed_on', 'refused', 'disconnected', 'advised')) NOT VALID;
-- No row has this kind yet.
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX terminal_event_advised ON terminal_event (terminal_id, stan, local_time, md5(text))
    WHERE kind = 'advised';

-- migrate:down
ALTER TABLE terminal_event DISABLE TRIGGER terminal_event_kept;
DELETE FROM terminal_event WHERE kind = 'advised';
ALTER TABLE terminal_event ENABLE TRIGGER terminal_event_kept;
ALTER TABLE terminal_event DROP CONSTRAINT terminal_event_kind_check;
ALTER TABLE terminal_event ADD CONSTRAINT terminal_event_kind_check
    CHECK (kind IN ('signed_on', 'refused', 'disconnected'));
DROP INDEX terminal_event_advised;
ALTER TABLE terminal_event DROP COLUMN text, DROP COLUMN local_time, DROP COLUMN stan;

-- migrate:up
-- By how much the calendar of schedules was moved, in a sandbox. A process of production does not read it.
CREATE TABLE test_clock (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    offset_s bigint NOT NULL CHECK (abs(offset_s) <= 632448000), -- twenty years
    moved_by uuid REFERENCES agent (id),
    moved_at timestamptz NOT NULL -- the real time
);

SELECT allow_at_first('collecting.read', '{hotline,back_office,sales,legal,supervisor,administrator}');
SELECT allow_at_first('collecting.pause', '{supervisor,administrator}');
SELECT allow_at_first('test_clock.move', '{supervisor,administrator}');

-- migrate:down
DELETE FROM role_permission WHERE permission IN ('collecting.read', 'collecting.pause', 'test_clock.move');
DELETE FROM founding_permission WHERE permission IN ('collecting.read', 'collecting.pause', 'test_clock.move');
DROP TABLE test_clock;

-- migrate:up
-- The name of a right begins as that of its operations does, which may have several words: `closing_days.read`.
-- The table has a row for each role and right.
-- squawk-ignore ban-drop-constraint
ALTER TABLE role_permission DROP CONSTRAINT role_permission_permission_check;
ALTER TABLE role_permission
-- squawk-ignore constraint-missing-not-valid
ADD CONSTRAINT role_permission_permission_check CHECK (permission ~ '^[a-z]+(_[a-z]+)*\.[a-z_]+$');

-- migrate:down
ALTER TABLE role_permission DROP CONSTRAINT role_permission_permission_check;
ALTER TABLE role_permission
ADD CONSTRAINT role_permission_permission_check CHECK (permission ~ '^[a-z]+\.[a-z_]+$');

-- migrate:up
-- For the migration that brings a right: which roles have it at first. V12 compares what roles allow with what they allowed
-- at first and the actions since, so that both are written together.
CREATE FUNCTION allow_at_first(given text, roles text[]) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO role_permission (role, permission) SELECT r.code, given FROM role AS r WHERE r.code = ANY (roles);
    INSERT INTO founding_permission (role, permission) SELECT r.code, given FROM role AS r WHERE r.code = ANY (roles);
END;

-- migrate:down
DROP FUNCTION allow_at_first (text, text []);

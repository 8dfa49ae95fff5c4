-- migrate:up
-- One number that moves with every change of the directory: the engine keeps the labels of terminals (names,
-- acceptor numbers) and drops them when the number that its statement returns is another one.

CREATE TABLE directory_version (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL
);
INSERT INTO directory_version (version) VALUES (1);

CREATE FUNCTION bump_directory_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE directory_version SET version = version + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER company_version AFTER INSERT OR UPDATE OR DELETE ON company
    FOR EACH STATEMENT EXECUTE FUNCTION bump_directory_version();
CREATE TRIGGER store_version AFTER INSERT OR UPDATE OR DELETE ON store
    FOR EACH STATEMENT EXECUTE FUNCTION bump_directory_version();
CREATE TRIGGER service_version AFTER INSERT OR UPDATE OR DELETE ON service
    FOR EACH STATEMENT EXECUTE FUNCTION bump_directory_version();
CREATE TRIGGER terminal_version AFTER INSERT OR UPDATE OR DELETE ON terminal
    FOR EACH STATEMENT EXECUTE FUNCTION bump_directory_version();
CREATE TRIGGER acquirer_version AFTER INSERT OR UPDATE OR DELETE ON acquirer
    FOR EACH STATEMENT EXECUTE FUNCTION bump_directory_version();

-- Numbers for messages that agents cause: above what terminals use in a day, so a host never sees one twice.
CREATE SEQUENCE agent_stan MINVALUE 900000 MAXVALUE 999999 CYCLE;

-- migrate:down
DROP SEQUENCE agent_stan;
DROP TRIGGER acquirer_version ON acquirer;
DROP TRIGGER terminal_version ON terminal;
DROP TRIGGER service_version ON service;
DROP TRIGGER store_version ON store;
DROP TRIGGER company_version ON company;
DROP FUNCTION bump_directory_version();
DROP TABLE directory_version;

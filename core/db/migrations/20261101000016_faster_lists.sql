-- migrate:up
-- Lists of narrow scopes, and the rule of scopes itself, at the size of a country.

-- The same rule as before. A set-returning function in an expression makes a store of rows at each call, ten
-- microseconds; a loop over one or two areas takes two.
CREATE OR REPLACE FUNCTION sees(scope area[], department text, store_id uuid, company_id uuid, service text)
RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    a area;
BEGIN
    FOREACH a IN ARRAY scope LOOP
        IF (a.services IS NULL OR service IS NULL OR service = ANY (a.services))
            AND (
                (a.departments IS NULL AND a.stores IS NULL AND a.companies IS NULL)
                OR department = ANY (a.departments) OR store_id = ANY (a.stores) OR company_id = ANY (a.companies)
            )
        THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END
$$;

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX company_department ON company (department);

-- A narrow scope looks for words among its own entries, not for its own among everybody's.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX search_entry_departments ON search_entry USING gin (departments) WITH (fastupdate = off);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX search_entry_of_store ON search_entry (store_id) WHERE store_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX search_entry_of_company ON search_entry (company_id) WHERE company_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX search_entry_of_account ON search_entry (account_id) WHERE account_id IS NOT NULL;

-- migrate:down
DROP INDEX search_entry_of_account, search_entry_of_company, search_entry_of_store, search_entry_departments;
DROP INDEX company_department;
CREATE OR REPLACE FUNCTION sees(scope area[], department text, store_id uuid, company_id uuid, service text)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN EXISTS (
    SELECT
    FROM unnest(scope) AS a
    WHERE (a.services IS NULL OR service IS NULL OR service = ANY (a.services))
        AND (
            (a.departments IS NULL AND a.stores IS NULL AND a.companies IS NULL)
            OR department = ANY (a.departments) OR store_id = ANY (a.stores) OR company_id = ANY (a.companies)
        )
);

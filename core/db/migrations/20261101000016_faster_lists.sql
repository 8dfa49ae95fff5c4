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

-- What a terminal is, for the lists, its page and the wall. One expression and not STRICT: the planner puts it in the
-- place of each call, so nothing is called for a row. Who was never seen has no row in terminal_presence: `connected`
-- is NULL. `trading` says whether stores are open now: who is quiet at night rests.
CREATE FUNCTION terminal_condition(
    retired_at timestamptz,
    terminal_blocked_at timestamptz,
    store_blocked_at timestamptz,
    service_blocked_at timestamptz,
    activated_at timestamptz,
    connected boolean,
    last_seen_at timestamptz,
    failing boolean,
    seen_since timestamptz,
    trading boolean
)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN retired_at IS NOT NULL THEN 'retired'
    WHEN terminal_blocked_at IS NOT NULL OR store_blocked_at IS NOT NULL OR service_blocked_at IS NOT NULL THEN 'blocked'
    WHEN activated_at IS NULL THEN 'not_active'
    WHEN connected IS NULL THEN 'never_seen'
    WHEN NOT (connected OR last_seen_at >= seen_since) THEN CASE WHEN trading THEN 'silent' ELSE 'resting' END
    WHEN failing THEN 'failing'
    ELSE 'active'
END;

-- A signed paper is the signature of one contract, also when it is brought to two at the same moment.
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX contract_version_paper ON contract_version (signed_document) WHERE signed_document IS NOT NULL;

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
DROP INDEX contract_version_paper;
DROP FUNCTION terminal_condition;
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

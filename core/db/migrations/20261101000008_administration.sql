-- migrate:up
-- Administration: what a grant lies within, an audit that its reader can trust, who looks at which record.

-- Whether one grant lies wholly within a scope: nobody gives, sees or takes back what reaches beyond their own.
-- Regions come as pairs (code, department), from core.values.regions.
CREATE FUNCTION grant_within(scope area[], region_codes text[], region_departments text[], given agent_grant)
RETURNS boolean LANGUAGE sql STABLE
RETURN EXISTS (
    SELECT
    FROM unnest(scope) AS a
    WHERE (a.services IS NULL OR coalesce(given.services <@ a.services, false))
        AND (
            (a.departments IS NULL AND a.stores IS NULL AND a.companies IS NULL)
            OR (
                num_nonnulls(given.regions, given.departments, given.stores, given.companies) > 0
                AND coalesce(given.departments, '{}') <@ coalesce(a.departments, '{}')
                AND coalesce(given.companies, '{}') <@ coalesce(a.companies, '{}')
                AND NOT EXISTS (
                    SELECT
                    FROM unnest(region_codes, region_departments) AS r (code, department)
                    WHERE r.code = ANY (given.regions) AND NOT coalesce(r.department = ANY (a.departments), false)
                )
                AND NOT EXISTS (
                    SELECT
                    FROM unnest(given.stores) AS one (id)
                    LEFT JOIN store AS s ON s.id = one.id
                    WHERE NOT coalesce(one.id = ANY (a.stores), false)
                        AND NOT coalesce(s.department = ANY (a.departments), false)
                        AND NOT coalesce(s.company_id = ANY (a.companies), false)
                )
            )
        )
);

-- Actions from before the chain get their links, in the order in which they happened: without a number they would
-- stand before the newest and the next action could not find its place.
DO $$
DECLARE
    old action%ROWTYPE;
    last_seq bigint;
    last_hash bytea;
BEGIN
    IF NOT EXISTS (SELECT FROM action WHERE seq IS NULL) THEN
        RETURN;
    END IF;
    ALTER TABLE action DISABLE TRIGGER action_append_only;
    SELECT coalesce(max(seq), 0) INTO last_seq FROM action;
    SELECT coalesce((SELECT hash FROM action WHERE seq = last_seq), '\x00'::bytea) INTO last_hash;
    FOR old IN SELECT * FROM action WHERE seq IS NULL ORDER BY at, id LOOP
        last_seq := last_seq + 1;
        UPDATE action SET
            seq = last_seq,
            previous_hash = last_hash,
            hash = action_digest(last_hash, last_seq, id, agent_id, at, kind, target_kind, target_id, facts, ip)
        WHERE id = old.id
        RETURNING hash INTO last_hash;
    END LOOP;
    ALTER TABLE action ENABLE TRIGGER action_append_only;
END $$;

-- The run-time login writes actions and reads them, nothing else. The triggers refuse too; this refuses first, and
-- whoever holds only that login cannot switch a trigger off.
DO $$
DECLARE
    holder record;
BEGIN
    FOR holder IN
        SELECT DISTINCT grantee FROM information_schema.role_table_grants
        WHERE table_schema = 'public' AND table_name = 'action' AND grantee <> current_user
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON action FROM %I', holder.grantee);
    END LOOP;
END $$;

-- How far the chain was recomputed, and the hash found there: a later look that does not find it again knows that
-- the end was cut off. One row.
CREATE TABLE action_checked (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    at timestamptz NOT NULL
);

-- Who has a record open. Lost with the server, and nobody minds: a browser says it again within seconds.
CREATE UNLOGGED TABLE looking (
    kind text NOT NULL CHECK (kind ~ '^[a-z_]{1,30}$'),
    record_id uuid NOT NULL,
    agent_id uuid NOT NULL REFERENCES agent (id),
    editing boolean NOT NULL,
    since timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (kind, record_id, agent_id)
) WITH (fillfactor = 70);
CREATE INDEX looking_seen ON looking (seen_at);

-- migrate:down
DROP TABLE looking;
DROP TABLE action_checked;
DROP FUNCTION grant_within(area[], text[], text[], agent_grant);

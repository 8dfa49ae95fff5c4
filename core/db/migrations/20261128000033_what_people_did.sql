-- migrate:up
-- What V12 compares the audit with: public ids in SQL, roles as they were made, and an action for whatever has none.

-- An id as the audit writes it: core.values.ids.encode_id.
CREATE FUNCTION public_id(prefix text, id uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN prefix || '_' || (
    SELECT string_agg(
        substr('0123456789abcdefghjkmnpqrstvwxyz', substring(v.bits FROM n * 5 + 1 FOR 5)::integer + 1, 1), '' ORDER BY n
    )
    FROM generate_series(0, 25) AS n,
        (SELECT B'00' || ('x' || replace(id::text, '-', ''))::bit(128) AS bits) AS v
);

-- What each role allowed when this was made; every change since is an action. A migration that adds a permission to a
-- role adds it here too.
CREATE TABLE founding_permission (
    role text NOT NULL,
    permission text NOT NULL,
    PRIMARY KEY (role, permission)
);
INSERT INTO founding_permission (role, permission) SELECT role, permission FROM role_permission;
CREATE TABLE founding_mark (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    seq bigint NOT NULL -- the newest action at that time
);
INSERT INTO founding_mark (seq) SELECT coalesce(max(seq), 0) FROM action;

-- The run-time login reads these and changes nothing.
DO $$
DECLARE
    holder record;
BEGIN
    FOR holder IN
        SELECT DISTINCT grantee, table_name FROM information_schema.role_table_grants
        WHERE table_schema = 'public' AND table_name IN ('founding_permission', 'founding_mark')
            AND grantee <> current_user
    LOOP
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON %I FROM %I', holder.table_name, holder.grantee);
    END LOOP;
END $$;

-- Grants that were made with the institution, and blocks of a demonstration, had no action: from now on all have.
INSERT INTO action (agent_id, at, kind, target_kind, target_id, facts)
SELECT coalesce(g.granted_by, g.agent_id), now(), 'grant.given', 'agent', g.agent_id,
    jsonb_strip_nulls(jsonb_build_object(
        'grant', public_id('grn', g.id), 'role', g.role, 'regions', g.regions, 'departments', g.departments,
        'services', g.services, 'amount_max_minor', g.amount_max_minor, 'reason', 'Inscrit à la mise à niveau'
    ))
FROM agent_grant AS g
WHERE NOT EXISTS (
    SELECT FROM action AS x WHERE x.kind = 'grant.given' AND x.facts ->> 'grant' = public_id('grn', g.id)
)
ORDER BY g.granted_at, g.id;
INSERT INTO action (agent_id, at, kind, target_kind, target_id, facts)
SELECT b.blocked_by, now(), 'block.made', (ARRAY['store', 'service', 'terminal'])[b.target_kind], b.target_id,
    jsonb_build_object('block', public_id('blk', b.id), 'reason', b.reason)
FROM block AS b
WHERE NOT EXISTS (
    SELECT FROM action AS x WHERE x.kind = 'block.made' AND x.facts ->> 'block' = public_id('blk', b.id)
)
ORDER BY b.blocked_at, b.id;

-- migrate:down
DROP TABLE founding_mark;
DROP TABLE founding_permission;
DROP FUNCTION public_id(text, uuid);

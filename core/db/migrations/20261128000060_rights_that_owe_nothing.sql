-- migrate:up
-- A second person is none who got the right from the first, at however many removes, or whom the first one invited.

-- Primary keys and agent_grant by person; invitations are as few as people.
-- Whether a grant would stand without somebody: it goes back, from giver to giver, to one that was made with the
-- institution, through people whom he did not invite and whose own right to give had not come from him. A person who
-- could have given it by two ways is free by either. UNION ends circles.
CREATE FUNCTION owes_nothing(grant_id uuid, benefactor uuid) RETURNS boolean LANGUAGE sql STABLE
RETURN (
    WITH RECURSIVE behind AS (
        SELECT g.id, g.agent_id, g.granted_by, g.granted_at
        FROM agent_grant AS g
        WHERE g.id = grant_id
        UNION
        SELECT h.id, h.agent_id, h.granted_by, h.granted_at
        FROM behind AS b
        INNER JOIN agent_grant AS h ON h.agent_id = b.granted_by
        WHERE b.granted_by <> benefactor
            AND NOT EXISTS (
                SELECT FROM agent_invitation AS i
                WHERE i.agent_id = b.agent_id AND i.invited_by = benefactor AND NOT i.resets_factors
            )
            AND h.granted_at <= b.granted_at AND (h.revoked_at IS NULL OR h.revoked_at >= b.granted_at)
            AND (
                EXISTS (
                    SELECT FROM role_permission AS p WHERE p.role = h.role AND p.permission = 'grants.write'
                )
                OR EXISTS (
                    SELECT FROM action AS x
                    WHERE x.kind = 'role.changed' AND x.at > b.granted_at AND x.facts ->> 'role' = h.role
                        AND x.facts -> 'removed' ? 'grants.write'
                )
            )
            AND NOT EXISTS (
                SELECT FROM action AS x
                WHERE x.kind = 'role.changed' AND x.agent_id = benefactor AND x.at > h.granted_at
                    AND x.at <= b.granted_at AND x.facts ->> 'role' = h.role AND x.facts -> 'added' ? 'grants.write'
            )
    )
    SELECT EXISTS (
        SELECT FROM behind AS b
        WHERE b.granted_by IS NULL
            AND NOT EXISTS (
                SELECT FROM agent_invitation AS i
                WHERE i.agent_id = b.agent_id AND i.invited_by = benefactor AND NOT i.resets_factors
            )
    )
);

CREATE OR REPLACE FUNCTION right_reaches(
    holder uuid, wanted text, place_department text, place_store uuid, place_company uuid, place_service text,
    not_from uuid, region_codes text[], region_departments text[]
) RETURNS bigint LANGUAGE sql STABLE
RETURN (
    SELECT max(coalesce(g.amount_max_minor, 9223372036854775807))
    FROM agent_grant AS g
    INNER JOIN agent AS a ON a.id = g.agent_id AND a.disabled_at IS NULL
    INNER JOIN role_permission AS p ON p.role = g.role AND p.permission = wanted
    WHERE g.agent_id = holder AND g.revoked_at IS NULL
        AND (g.services IS NULL OR place_service = ANY (g.services))
        AND (
            num_nonnulls(g.regions, g.departments, g.stores, g.companies) = 0
            OR place_department = ANY (g.departments)
            OR place_store = ANY (g.stores)
            OR place_company = ANY (g.companies)
            OR EXISTS (
                SELECT
                FROM unnest(region_codes, region_departments) AS r (code, department)
                WHERE r.code = ANY (g.regions) AND r.department = place_department
            )
        )
        AND (
            not_from IS NULL
            OR (
                owes_nothing(g.id, not_from)
                AND NOT EXISTS (
                    SELECT
                    FROM action AS x
                    WHERE x.agent_id = not_from AND x.kind = 'role.changed' AND x.at > g.granted_at
                        AND x.facts ->> 'role' = g.role AND x.facts -> 'added' ? wanted
                )
            )
        )
);

-- migrate:down
CREATE OR REPLACE FUNCTION right_reaches(
    holder uuid, wanted text, place_department text, place_store uuid, place_company uuid, place_service text,
    not_from uuid, region_codes text[], region_departments text[]
) RETURNS bigint LANGUAGE sql STABLE
RETURN (
    SELECT max(coalesce(g.amount_max_minor, 9223372036854775807))
    FROM agent_grant AS g
    INNER JOIN agent AS a ON a.id = g.agent_id AND a.disabled_at IS NULL
    INNER JOIN role_permission AS p ON p.role = g.role AND p.permission = wanted
    WHERE g.agent_id = holder AND g.revoked_at IS NULL
        AND (g.services IS NULL OR place_service = ANY (g.services))
        AND (
            num_nonnulls(g.regions, g.departments, g.stores, g.companies) = 0
            OR place_department = ANY (g.departments)
            OR place_store = ANY (g.stores)
            OR place_company = ANY (g.companies)
            OR EXISTS (
                SELECT
                FROM unnest(region_codes, region_departments) AS r (code, department)
                WHERE r.code = ANY (g.regions) AND r.department = place_department
            )
        )
        AND (
            not_from IS NULL
            OR (
                g.granted_by IS DISTINCT FROM not_from
                AND NOT EXISTS (
                    SELECT
                    FROM action AS x
                    WHERE x.agent_id = not_from AND x.kind = 'role.changed' AND x.at > g.granted_at
                        AND x.facts ->> 'role' = g.role AND x.facts -> 'added' ? wanted
                )
            )
        )
);
DROP FUNCTION owes_nothing(uuid, uuid);

-- migrate:up
-- What people do with money is a row before it is a message, and rights are judged where the row is carried out.

CREATE TABLE act (
    id uuid PRIMARY KEY, -- a refund is recorded under the same id
    kind text NOT NULL CHECK (kind IN ('transaction.refund', 'transaction.cancel')),
    agent_id uuid NOT NULL REFERENCES agent (id),
    target_id uuid NOT NULL,
    target_date date NOT NULL,
    amount_minor bigint CHECK (amount_minor > 0),
    currency text CHECK (currency ~ '^[A-Z]{3}$'),
    reason text NOT NULL CHECK (length(reason) <= 500),
    approval_id uuid UNIQUE REFERENCES approval (id), -- an approval is good for one act
    ip text NOT NULL DEFAULT '',
    recorded_at timestamptz NOT NULL,
    carried_out_at timestamptz,
    outcome smallint, -- contracts.reasons.Reason, once it was carried out
    CHECK ((carried_out_at IS NULL) = (outcome IS NULL)),
    CHECK ((kind = 'transaction.refund') = (amount_minor IS NOT NULL)),
    CHECK ((amount_minor IS NULL) = (currency IS NULL)),
    CHECK (approval_id IS NULL OR kind = 'transaction.refund')
) WITH (fillfactor = 80);

-- Who wanted what never changes, and what became of it is written once.
CREATE TRIGGER act_written_once BEFORE UPDATE ON act FOR EACH ROW
WHEN (
    old.outcome IS NOT NULL
    OR (old.id, old.kind, old.agent_id, old.target_id, old.target_date, old.amount_minor, old.currency, old.reason,
        old.approval_id, old.ip, old.recorded_at)
    IS DISTINCT FROM (new.id, new.kind, new.agent_id, new.target_id, new.target_date, new.amount_minor, new.currency,
        new.reason, new.approval_id, new.ip, new.recorded_at)
) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER act_kept BEFORE DELETE ON act FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Up to how much somebody's standing grants let them do a thing at a place; NULL: not at all there. A right that comes
-- from `not_from` does not count: neither a grant that they gave, nor what they added to a role after it was given.
-- Regions come as pairs (code, department), from core.values.regions.
CREATE FUNCTION right_reaches(
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

-- migrate:down
DROP FUNCTION right_reaches(uuid, text, text, uuid, uuid, text, uuid, text[], text[]);
DROP TABLE act;

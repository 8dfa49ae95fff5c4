-- migrate:up
-- Who may do what, where: roles are rows, a grant is a role with its functional and geographic scope.

CREATE TABLE role (
    code text PRIMARY KEY CHECK (code ~ '^[a-z][a-z_]{1,39}$'),
    name_fr text NOT NULL CHECK (length(name_fr) BETWEEN 1 AND 80),
    name_en text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 80),
    built_in boolean NOT NULL DEFAULT false, -- one of MER-8: its name stays, its permissions may change
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE role_permission (
    role text NOT NULL REFERENCES role (code) ON DELETE CASCADE,
    permission text NOT NULL CHECK (permission ~ '^[a-z]+\.[a-z_]+$'), -- contracts.permissions.Permission
    PRIMARY KEY (role, permission)
);

INSERT INTO role (code, name_fr, name_en, built_in) VALUES
('hotline', 'Hotline', 'Hotline', true),
('shop_seller', 'Vendeur en boutique', 'Shop seller', true),
('technician', 'Technicien', 'Technician', true),
('back_office', 'Back office', 'Back office', true),
('sales', 'Commercial', 'Sales', true),
('legal', 'Juridique', 'Legal', true),
('supervisor', 'Superviseur', 'Supervisor', true),
('administrator', 'Administrateur', 'Administrator', true);

INSERT INTO role_permission (role, permission)
SELECT r.role, p.permission
FROM (VALUES
    ('hotline', '{transactions.read,transactions.export,transactions.cancel,blocks.write,directory.read,contracts.read,requests.use,alerts.read,alerts.acknowledge,journals.read,macros.use}'::text[]),
    ('shop_seller', '{directory.read,merchants.register,contracts.read,requests.use}'),
    ('technician', '{transactions.read,blocks.write,directory.read,contracts.read,services.write,terminals.write,requests.use,alerts.read,alerts.acknowledge,journals.read,macros.use}'),
    ('back_office', '{transactions.read,transactions.export,transactions.refund,transactions.cancel,blocks.write,directory.read,merchants.register,merchants.edit,contracts.read,contracts.write,contracts.activate,services.write,terminals.write,fees.read,fees.write,requests.use,requests.configure,alerts.read,alerts.acknowledge,journals.read,macros.use,mail.read}'),
    ('sales', '{transactions.read,directory.read,merchants.register,merchants.edit,merchants.validate,contracts.read,contracts.write,fees.read,requests.use}'),
    ('legal', '{transactions.read,directory.read,contracts.read,contracts.templates,requests.use,journals.read,audit.read}'),
    ('supervisor', '{transactions.read,transactions.export,transactions.refund,transactions.refund_approve,transactions.cancel,blocks.write,directory.read,merchants.register,merchants.edit,merchants.validate,contracts.read,contracts.write,contracts.activate,contracts.templates,services.write,terminals.write,fees.read,fees.write,fees.approve,requests.use,requests.configure,alerts.read,alerts.acknowledge,alerts.write,journals.read,macros.use,macros.write,mail.read,agents.read,audit.read}'),
    ('administrator', '{transactions.read,transactions.export,transactions.refund,transactions.refund_approve,transactions.cancel,blocks.write,directory.read,merchants.register,merchants.edit,merchants.validate,contracts.read,contracts.write,contracts.activate,contracts.templates,services.write,terminals.write,fees.read,fees.write,fees.approve,requests.use,requests.configure,alerts.read,alerts.acknowledge,alerts.write,journals.read,macros.use,macros.write,mail.read,agents.read,agents.write,grants.write,audit.read,branding.write}')
) AS r (role, permissions)
CROSS JOIN LATERAL unnest(r.permissions) AS p (permission);

-- `agent.role` stays as the agent's job: it chooses the home page and allows nothing.
-- Nothing has been released with the earlier form, and agents are few: no client waits for what goes here.
-- squawk-ignore ban-drop-constraint
ALTER TABLE agent DROP CONSTRAINT agent_role_check;
-- squawk-ignore constraint-missing-not-valid, adding-foreign-key-constraint
ALTER TABLE agent ADD CONSTRAINT agent_job FOREIGN KEY (role) REFERENCES role (code);
-- squawk-ignore ban-drop-column
ALTER TABLE agent DROP COLUMN departments;

CREATE TABLE agent_grant (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    agent_id uuid NOT NULL REFERENCES agent (id),
    role text NOT NULL REFERENCES role (code),
    -- All four places NULL: the whole country. Otherwise any of them is enough.
    regions text[],
    departments text[],
    stores uuid[],
    companies uuid[],
    services text[], -- NULL: every service
    amount_max_minor bigint CHECK (amount_max_minor > 0), -- NULL: no limit on what it allows to move
    granted_by uuid REFERENCES agent (id), -- NULL: made with the institution
    granted_at timestamptz NOT NULL DEFAULT now(),
    revoked_by uuid REFERENCES agent (id),
    revoked_at timestamptz
);
CREATE INDEX agent_grant_standing ON agent_grant (agent_id) WHERE revoked_at IS NULL;

-- The scope of a call, as core.contracts.scope says it.
CREATE TYPE area AS (departments text[], stores uuid[], companies uuid[], services text[]);

CREATE FUNCTION sees(scope area[], department text, store_id uuid, company_id uuid, service text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN EXISTS (
    SELECT
    FROM unnest(scope) AS a
    WHERE (a.services IS NULL OR service IS NULL OR service = ANY (a.services))
        AND (
            (a.departments IS NULL AND a.stores IS NULL AND a.companies IS NULL)
            OR department = ANY (a.departments) OR store_id = ANY (a.stores) OR company_id = ANY (a.companies)
        )
);

-- What people did is a chain: each row carries the hash of the one before, so that nobody can take one out or
-- change one without every later hash saying so (V9). The advisory lock makes the order of `seq` that of the commits.
ALTER TABLE action ADD COLUMN seq bigint;
ALTER TABLE action ADD COLUMN ip text NOT NULL DEFAULT '';
ALTER TABLE action ADD COLUMN previous_hash bytea;
ALTER TABLE action ADD COLUMN hash bytea;
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX action_seq ON action (seq);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX action_at ON action (at DESC);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX action_agent ON action (agent_id, at DESC);

CREATE FUNCTION action_digest(
    previous bytea, seq bigint, id uuid, agent_id uuid, at timestamptz, kind text, target_kind text, target_id uuid,
    facts jsonb, ip text
) RETURNS bytea LANGUAGE sql STABLE
RETURN sha256(previous || convert_to(jsonb_build_array(
    seq, id, agent_id, extract(epoch FROM at)::text, kind, target_kind, target_id, facts, ip
)::text, 'UTF8'));

CREATE FUNCTION chain_action() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_seq bigint;
    last_hash bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('guichet audit chain'));
    SELECT a.seq, a.hash INTO last_seq, last_hash FROM action AS a ORDER BY a.seq DESC LIMIT 1;
    NEW.seq := coalesce(last_seq, 0) + 1;
    NEW.previous_hash := coalesce(last_hash, '\x00'::bytea);
    NEW.hash := action_digest(
        NEW.previous_hash, NEW.seq, NEW.id, NEW.agent_id, NEW.at, NEW.kind, NEW.target_kind, NEW.target_id,
        NEW.facts, NEW.ip);
    RETURN NEW;
END $$;
CREATE TRIGGER action_chain BEFORE INSERT ON action FOR EACH ROW EXECUTE FUNCTION chain_action();
CREATE TRIGGER action_keep BEFORE TRUNCATE ON action FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- migrate:down
DROP TRIGGER action_keep ON action;
DROP TRIGGER action_chain ON action;
DROP FUNCTION chain_action();
DROP FUNCTION action_digest(bytea, bigint, uuid, uuid, timestamptz, text, text, uuid, jsonb, text);
ALTER TABLE action DROP COLUMN hash, DROP COLUMN previous_hash, DROP COLUMN ip, DROP COLUMN seq;
DROP FUNCTION sees(area[], text, uuid, uuid, text);
DROP TYPE area;
DROP TABLE agent_grant;
ALTER TABLE agent ADD COLUMN departments text[];
ALTER TABLE agent DROP CONSTRAINT agent_job;
ALTER TABLE agent ADD CONSTRAINT agent_role_check CHECK (role IN (
    'hotline', 'shop_seller', 'technician', 'back_office', 'sales', 'legal', 'supervisor', 'administrator'));
DROP TABLE role_permission;
DROP TABLE role;

-- migrate:up
-- Mail that leaves once, the bell, internal requests (MER-6), branding.

CREATE TABLE mail (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    once bytea NOT NULL UNIQUE CHECK (length(once) = 32), -- hash of what is said to whom about what: a repeat finds it taken
    template text NOT NULL CHECK (template ~ '^[a-z][a-z_]{1,39}$'),
    recipient text NOT NULL CHECK (length(recipient) BETWEEN 3 AND 254),
    locale text NOT NULL CHECK (locale IN ('fr', 'en')),
    facts jsonb NOT NULL DEFAULT '{}', -- one-time links in it are taken out when the mail has left
    about_kind text NOT NULL DEFAULT '',
    about_id uuid,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'failed')),
    tries smallint NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(), -- moved on by whoever takes it, so that nobody else does meanwhile
    last_error text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    CHECK ((state = 'sent') = (sent_at IS NOT NULL))
);
CREATE INDEX mail_due ON mail (due_at) WHERE state = 'waiting';
CREATE INDEX mail_about ON mail (about_id, id) WHERE about_id IS NOT NULL;

CREATE TABLE notice (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    agent_id uuid NOT NULL REFERENCES agent (id),
    kind text NOT NULL CHECK (kind ~ '^[a-z][a-z_]{1,39}$'), -- the portal has the words
    facts jsonb NOT NULL DEFAULT '{}',
    link text NOT NULL DEFAULT '' CHECK (link = '' OR link ~ '^/[^/\\]'), -- a page of the portal, never elsewhere
    created_at timestamptz NOT NULL DEFAULT now(),
    read_at timestamptz
);
CREATE INDEX notice_agent ON notice (agent_id, id DESC);
CREATE INDEX notice_unread ON notice (agent_id) WHERE read_at IS NULL;

-- Types and statuses are rows, so that the institution says them in its own words.
CREATE TABLE request_type (
    code text PRIMARY KEY CHECK (code ~ '^[a-z][a-z0-9_]{1,39}$'),
    name_fr text NOT NULL CHECK (length(name_fr) BETWEEN 1 AND 80),
    name_en text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 80),
    team text NOT NULL REFERENCES role (code), -- the queue that its requests enter
    due_days smallint CHECK (due_days BETWEEN 1 AND 365), -- NULL: no date unless one is given
    fields jsonb NOT NULL DEFAULT '[]', -- what is asked besides, contracts.requests.FieldOfType
    retired_at timestamptz, -- no new requests; those that stand go on
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE request_status (
    type text NOT NULL REFERENCES request_type (code),
    code text NOT NULL CHECK (code ~ '^[a-z][a-z0-9_]{1,39}$'),
    name_fr text NOT NULL CHECK (length(name_fr) BETWEEN 1 AND 80),
    name_en text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 80),
    place smallint NOT NULL, -- the first that is not retired is where a request begins
    final boolean NOT NULL DEFAULT false, -- a request in it is closed
    retired boolean NOT NULL DEFAULT false, -- no request enters it any more
    PRIMARY KEY (type, code)
);

CREATE TABLE request (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    code text NOT NULL UNIQUE CHECK (code ~ '^[0-9A-HJKMNP-TV-Z]{11}$'), -- what people say on the phone
    type text NOT NULL REFERENCES request_type (code),
    status text NOT NULL,
    title text NOT NULL CHECK (length(title) BETWEEN 3 AND 200),
    details text NOT NULL DEFAULT '' CHECK (length(details) <= 4000),
    answers jsonb NOT NULL DEFAULT '{}', -- by the code of a field of the type
    priority text NOT NULL DEFAULT 'normal' CHECK (priority IN ('low', 'normal', 'high')),
    team text NOT NULL REFERENCES role (code),
    author_id uuid NOT NULL REFERENCES agent (id),
    assignee_id uuid REFERENCES agent (id),
    due_on date,
    -- What it is about; all NULL: nothing of the directory. A store has its company here too.
    company_id uuid REFERENCES company (id),
    store_id uuid REFERENCES store (id),
    terminal_id uuid REFERENCES terminal (id),
    contract_id uuid,
    transaction_id uuid,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    closed_at timestamptz,
    FOREIGN KEY (type, status) REFERENCES request_status (type, code),
    CHECK (store_id IS NULL OR company_id IS NOT NULL),
    CHECK (terminal_id IS NULL OR store_id IS NOT NULL)
);
CREATE INDEX request_assignee ON request (assignee_id) WHERE closed_at IS NULL;
CREATE INDEX request_team ON request (team) WHERE closed_at IS NULL;
CREATE INDEX request_author ON request (author_id);
CREATE INDEX request_company ON request (company_id) WHERE company_id IS NOT NULL;
CREATE INDEX request_store ON request (store_id) WHERE store_id IS NOT NULL;

-- Comments and what happened, in one append-only list.
CREATE TABLE request_entry (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    request_id uuid NOT NULL REFERENCES request (id),
    agent_id uuid NOT NULL REFERENCES agent (id),
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN (
        'created', 'comment', 'assigned', 'status', 'changed', 'closed', 'reopened')),
    body text NOT NULL DEFAULT '' CHECK (length(body) <= 4000),
    facts jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX request_entry_request ON request_entry (request_id, id);
CREATE TRIGGER request_entry_append_only BEFORE UPDATE OR DELETE ON request_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

INSERT INTO request_type (code, name_fr, name_en, team, due_days, fields) VALUES
('evaluation', 'Évaluation', 'Evaluation', 'sales', 5, '[]'),
('amendment', 'Avenant au contrat', 'Contract amendment', 'back_office', 10,
 '[{"code": "wish", "name_fr": "Modification souhaitée", "name_en": "Change wanted", "kind": "long", "required": true}]'),
('installation', 'Installation ou remplacement d’un terminal', 'Terminal installation or replacement',
 'technician', 3,
 '[{"code": "visit_on", "name_fr": "Date de passage souhaitée", "name_en": "Visit wanted on", "kind": "date", "required": false},
   {"code": "model", "name_fr": "Modèle", "name_en": "Model", "kind": "choice", "required": false,
    "choices": ["PAX A920Pro", "PAX A35", "SoftPOS"]}]'),
('dispute', 'Contestation d’une opération', 'Disputed transaction', 'back_office', 8,
 '[{"code": "ground", "name_fr": "Motif du client", "name_en": "Client’s ground", "kind": "long", "required": true}]'),
('legal_opinion', 'Avis juridique', 'Legal opinion', 'legal', 10, '[]'),
('information', 'Renseignement', 'Question', 'hotline', 2, '[]');

INSERT INTO request_status (type, code, name_fr, name_en, place, final) VALUES
('evaluation', 'company_wanted', 'À demander à une société directe', 'To ask of a direct company', 1, false),
('evaluation', 'in_progress', 'En cours d’évaluation', 'Being evaluated', 2, false),
('evaluation', 'favourable', 'Avis favorable', 'Favourable', 3, true),
('evaluation', 'unfavourable', 'Avis défavorable', 'Unfavourable', 4, true),
('amendment', 'new', 'Nouvelle', 'New', 1, false),
('amendment', 'in_progress', 'En cours', 'In progress', 2, false),
('amendment', 'waiting_client', 'En attente du client', 'Waiting for the client', 3, false),
('amendment', 'done', 'Faite', 'Done', 4, true),
('amendment', 'abandoned', 'Abandonnée', 'Abandoned', 5, true),
('installation', 'new', 'Nouvelle', 'New', 1, false),
('installation', 'planned', 'Planifiée', 'Planned', 2, false),
('installation', 'done', 'Faite', 'Done', 3, true),
('installation', 'abandoned', 'Abandonnée', 'Abandoned', 4, true),
('dispute', 'new', 'Nouvelle', 'New', 1, false),
('dispute', 'in_progress', 'En cours d’étude', 'Being examined', 2, false),
('dispute', 'waiting_client', 'En attente du client', 'Waiting for the client', 3, false),
('dispute', 'accepted', 'Acceptée', 'Accepted', 4, true),
('dispute', 'rejected', 'Rejetée', 'Rejected', 5, true),
('legal_opinion', 'new', 'Nouvelle', 'New', 1, false),
('legal_opinion', 'in_progress', 'En cours', 'In progress', 2, false),
('legal_opinion', 'given', 'Avis rendu', 'Opinion given', 3, true),
('information', 'new', 'Nouvelle', 'New', 1, false),
('information', 'in_progress', 'En cours', 'In progress', 2, false),
('information', 'answered', 'Répondue', 'Answered', 3, true);

-- The institution's face, and those of its partners: by the host name that a browser asks for, or by the account
-- that a mail is about. Neither: the institution itself.
CREATE TABLE brand (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    host text UNIQUE CHECK (host = lower(host) AND length(host) BETWEEN 1 AND 253),
    account_id uuid UNIQUE REFERENCES account (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    accent_light text CHECK (accent_light ~ '^#[0-9a-f]{6}$'), -- NULL: the product's own
    accent_dark text CHECK (accent_dark ~ '^#[0-9a-f]{6}$'),
    logo bytea CHECK (length(logo) <= 40960),
    logo_type text CHECK (logo_type IN ('image/svg+xml', 'image/png')),
    contact_email text NOT NULL DEFAULT '',
    contact_phone text NOT NULL DEFAULT '', -- never a premium rate for complaints, so it is said here and not in code
    contact_hours_fr text NOT NULL DEFAULT '',
    contact_hours_en text NOT NULL DEFAULT '',
    space_url text NOT NULL DEFAULT '', -- where customers go; empty: the address that the worker is told
    changed_by uuid NOT NULL REFERENCES agent (id),
    changed_at timestamptz NOT NULL,
    CHECK ((logo IS NULL) = (logo_type IS NULL)),
    CHECK ((accent_light IS NULL) = (accent_dark IS NULL))
);
CREATE UNIQUE INDEX brand_institution ON brand ((true)) WHERE host IS NULL AND account_id IS NULL;

-- migrate:down
DROP TABLE brand;
DROP TABLE request_entry;
DROP TABLE request;
DROP TABLE request_status;
DROP TABLE request_type;
DROP TABLE notice;
DROP TABLE mail;

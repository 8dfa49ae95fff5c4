-- migrate:up
-- What the institution and a company agreed on: documents, contracts with their versions, services' options, fees.

-- A file's facts. Its bytes are kept once, under their hash, by whichever store is configured.
CREATE TABLE document (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    kind text NOT NULL CHECK (kind IN ('contract', 'signed_contract', 'attachment')),
    company_id uuid NOT NULL REFERENCES company (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    media_type text NOT NULL CHECK (media_type IN ('application/pdf', 'image/png', 'image/jpeg')),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    size_bytes bigint NOT NULL CHECK (size_bytes BETWEEN 1 AND 10485760),
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL
);
CREATE INDEX document_company ON document (company_id, made_at DESC);
CREATE TRIGGER document_append_only BEFORE UPDATE OR DELETE ON document
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The bytes, where no folder is configured for them.
CREATE TABLE document_blob (
    sha256 bytea PRIMARY KEY CHECK (length(sha256) = 32),
    content bytea NOT NULL
);

-- A file on its way in: one message of the bus cannot carry it whole. What is not finished in an hour goes.
CREATE TABLE document_part (
    agent_id uuid NOT NULL,
    upload uuid NOT NULL,
    number smallint NOT NULL CHECK (number BETWEEN 0 AND 39),
    content bytea NOT NULL CHECK (length(content) BETWEEN 1 AND 524288),
    at timestamptz NOT NULL,
    PRIMARY KEY (agent_id, upload, number)
);
CREATE INDEX document_part_age ON document_part (at);

CREATE TABLE fee_grid (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    name text NOT NULL CHECK (length(name) BETWEEN 2 AND 120),
    currency text NOT NULL DEFAULT 'EUR' CHECK (currency ~ '^[A-Z]{3}$'),
    created_by uuid, -- NULL: came with the demonstration
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX fee_grid_name ON fee_grid (lower(name));

-- Approved versions follow one another by their dates: the one in force is read from the date, so no process can be
-- late to put it in force.
CREATE TABLE fee_version (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    grid_id uuid NOT NULL REFERENCES fee_grid (id),
    version integer NOT NULL CHECK (version > 0),
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'submitted', 'approved', 'withdrawn')),
    effective_on date NOT NULL,
    made_by uuid,
    made_at timestamptz NOT NULL,
    submitted_by uuid,
    submitted_at timestamptz,
    approved_by uuid,
    approved_at timestamptz,
    UNIQUE (grid_id, version),
    -- The second pair of eyes, once more where nobody can forget it.
    CONSTRAINT fee_version_two_people CHECK (approved_by IS NULL OR approved_by <> submitted_by)
);
CREATE UNIQUE INDEX fee_version_date ON fee_version (grid_id, effective_on) WHERE state = 'approved';
CREATE UNIQUE INDEX fee_version_pending ON fee_version (grid_id) WHERE state IN ('draft', 'submitted');

CREATE TABLE fee_row (
    version_id uuid NOT NULL REFERENCES fee_version (id),
    brand smallint NOT NULL CHECK (brand BETWEEN 0 AND 4), -- contracts.states.Brand
    region text NOT NULL CHECK (region IN ('eea', 'uk', 'rest')),
    card_type text NOT NULL CHECK (card_type IN ('debit', 'credit', 'commercial')),
    rate_bp integer NOT NULL CHECK (rate_bp BETWEEN 0 AND 2000), -- basis points: 35 is 0.35 %
    fixed_minor bigint NOT NULL CHECK (fixed_minor BETWEEN 0 AND 100000),
    minimum_minor bigint NOT NULL CHECK (minimum_minor BETWEEN 0 AND 100000),
    PRIMARY KEY (version_id, brand, region, card_type)
);

CREATE TABLE fee_event (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    version_id uuid NOT NULL REFERENCES fee_version (id),
    at timestamptz NOT NULL,
    act text NOT NULL,
    agent_id uuid,
    reason text NOT NULL DEFAULT ''
);
CREATE INDEX fee_event_of ON fee_event (version_id, id);
CREATE TRIGGER fee_event_append_only BEFORE UPDATE OR DELETE ON fee_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Which grid a company pays by.
CREATE TABLE company_fee (
    company_id uuid PRIMARY KEY REFERENCES company (id),
    grid_id uuid NOT NULL REFERENCES fee_grid (id),
    since timestamptz NOT NULL
);
CREATE INDEX company_fee_grid ON company_fee (grid_id);

-- A template is never changed: whoever wants other words writes the next version.
CREATE TABLE contract_template (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    version integer NOT NULL UNIQUE CHECK (version > 0),
    title_fr text NOT NULL CHECK (length(title_fr) BETWEEN 3 AND 200),
    title_en text NOT NULL CHECK (length(title_en) BETWEEN 3 AND 200),
    blocks jsonb NOT NULL, -- [{heading_fr, heading_en, text_fr, text_en}]
    note text NOT NULL DEFAULT '',
    written_by uuid, -- NULL: came with the product
    written_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER contract_template_append_only BEFORE UPDATE OR DELETE ON contract_template
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE SEQUENCE contract_number MAXVALUE 999999 CYCLE;

CREATE TABLE contract (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    number text NOT NULL UNIQUE CHECK (number ~ '^C[0-9]{4}-[0-9]{6}$'),
    company_id uuid NOT NULL REFERENCES company (id),
    state text NOT NULL DEFAULT 'draft' CHECK (state IN (
        'draft', 'ready', 'signed', 'active', 'suspended', 'terminated')),
    ends_on date, -- a termination that is given and not yet carried out
    end_reason text NOT NULL DEFAULT '',
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX contract_company ON contract (company_id);
CREATE INDEX contract_due ON contract (ends_on) WHERE ends_on IS NOT NULL AND state IN ('active', 'suspended');

-- The agreement as it was worded: version 1, then one for each amendment. From `ready` on its content stands still.
CREATE TABLE contract_version (
    contract_id uuid NOT NULL REFERENCES contract (id),
    version integer NOT NULL CHECK (version > 0),
    state text NOT NULL DEFAULT 'draft' CHECK (state IN (
        'draft', 'ready', 'signed', 'in_force', 'superseded', 'cancelled')),
    template_id uuid NOT NULL REFERENCES contract_template (id),
    locale text NOT NULL CHECK (locale IN ('fr', 'en')),
    fee_version_id uuid NOT NULL REFERENCES fee_version (id),
    starts_on date NOT NULL,
    content jsonb, -- names and addresses as they were when it was made ready: what the PDF was made of
    pdf_fr uuid REFERENCES document (id),
    pdf_en uuid REFERENCES document (id),
    signature jsonb, -- who, in which role, when, from where, over which hash; never the signed file itself
    signed_document uuid REFERENCES document (id),
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    ready_at timestamptz,
    signed_at timestamptz,
    in_force_at timestamptz,
    PRIMARY KEY (contract_id, version)
);
-- At most one version is in force, and at most one is on its way.
CREATE UNIQUE INDEX contract_in_force ON contract_version (contract_id) WHERE state = 'in_force';
CREATE UNIQUE INDEX contract_pending ON contract_version (contract_id) WHERE state IN ('draft', 'ready', 'signed');

-- What a version covers. The service's row may not exist yet: activation makes it.
CREATE TABLE contract_service (
    contract_id uuid NOT NULL,
    version integer NOT NULL,
    store_id uuid NOT NULL REFERENCES store (id),
    kind text NOT NULL CHECK (kind IN ('pax', 'softpos', 'onsite', 'ecommerce')),
    options jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (contract_id, version, store_id, kind),
    FOREIGN KEY (contract_id, version) REFERENCES contract_version (contract_id, version) ON DELETE CASCADE
);
CREATE INDEX contract_service_store ON contract_service (store_id, kind);

-- The services that a suspension stopped: resuming starts these and no others.
CREATE TABLE contract_stopped (
    contract_id uuid NOT NULL REFERENCES contract (id),
    service_id uuid NOT NULL REFERENCES service (id),
    stopped_at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, service_id)
);

CREATE TABLE contract_event (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    contract_id uuid NOT NULL REFERENCES contract (id),
    version integer NOT NULL,
    at timestamptz NOT NULL,
    act text NOT NULL,
    state_before text NOT NULL,
    state_after text NOT NULL,
    agent_id uuid, -- NULL: a date that came
    reason text NOT NULL DEFAULT '',
    facts jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX contract_event_of ON contract_event (contract_id, id);
CREATE TRIGGER contract_event_append_only BEFORE UPDATE OR DELETE ON contract_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE service_option (
    service_id uuid PRIMARY KEY REFERENCES service (id),
    options jsonb NOT NULL DEFAULT '{}'
);
CREATE TABLE service_change (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    service_id uuid NOT NULL REFERENCES service (id),
    at timestamptz NOT NULL,
    agent_id uuid, -- NULL: a date that came
    kind text NOT NULL CHECK (kind IN ('made', 'options', 'limits', 'started', 'stopped')),
    reason text NOT NULL DEFAULT '',
    before jsonb NOT NULL DEFAULT '{}',
    after jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX service_change_of ON service_change (service_id, id DESC);
CREATE TRIGGER service_change_append_only BEFORE UPDATE OR DELETE ON service_change
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

INSERT INTO contract_template (version, title_fr, title_en, blocks, note) VALUES (
    1,
    'Contrat d’acceptation des paiements par carte',
    'Card acceptance agreement',
    jsonb_build_array(
        jsonb_build_object(
            'heading_fr', 'Parties', 'heading_en', 'Parties',
            'text_fr', 'Le présent contrat {contract.number} est conclu entre {institution.name} (« l’établissement ») et {company.legal_name}, SIREN {company.siren}, rattachée au compte {account.name} (« le commerçant »).',
            'text_en', 'This agreement {contract.number} is made between {institution.name} (“the institution”) and {company.legal_name}, SIREN {company.siren}, of the account {account.name} (“the merchant”).'),
        jsonb_build_object(
            'heading_fr', 'Objet', 'heading_en', 'Purpose',
            'text_fr', 'L’établissement permet au commerçant d’accepter les paiements par carte dans les magasins et par les services listés ci-après, à partir du {contract.starts_on}.',
            'text_en', 'The institution lets the merchant accept card payments in the stores and by the services listed below, from {contract.starts_on}.'),
        jsonb_build_object(
            'heading_fr', 'Obligations du commerçant', 'heading_en', 'Duties of the merchant',
            'text_fr', 'Le commerçant accepte toute carte des marques convenues, ne majore pas le prix pour son usage, ne conserve aucun numéro de carte et remet à son client le reçu de chaque opération. Il signale sans délai la perte ou la panne d’un terminal.',
            'text_en', 'The merchant accepts every card of the agreed brands, adds no charge for its use, keeps no card number and hands its customer the receipt of each operation. It reports the loss or failure of a terminal without delay.'),
        jsonb_build_object(
            'heading_fr', 'Obligations de l’établissement', 'heading_en', 'Duties of the institution',
            'text_fr', 'L’établissement transmet chaque demande d’autorisation, crédite au commerçant les opérations capturées et tient à sa disposition le relevé de ses opérations et de ses frais.',
            'text_en', 'The institution forwards each authorisation request, credits the merchant with captured operations and keeps the statement of its operations and fees available.'),
        jsonb_build_object(
            'heading_fr', 'Tarifs', 'heading_en', 'Fees',
            'text_fr', 'Les frais d’acquisition sont ceux de la grille {fees.grid}, version {fees.version}, reproduite ci-après. Chaque opération est arrondie au centime le plus proche, le demi-centime au supérieur. Une nouvelle version est communiquée avant sa date d’effet.',
            'text_en', 'Acquiring fees are those of the grid {fees.grid}, version {fees.version}, reproduced below. Each operation is rounded to the nearest cent, half a cent upwards. A new version is communicated before its effective date.'),
        jsonb_build_object(
            'heading_fr', 'Suspension', 'heading_en', 'Suspension',
            'text_fr', 'L’établissement peut suspendre le contrat en cas de risque de fraude ou de manquement grave. La suspension arrête les services listés dès le paiement suivant ; elle est notifiée avec son motif.',
            'text_en', 'The institution may suspend the agreement for risk of fraud or serious breach. Suspension stops the listed services from the next payment on; it is notified with its reason.'),
        jsonb_build_object(
            'heading_fr', 'Durée et résiliation', 'heading_en', 'Term and termination',
            'text_fr', 'Le contrat est conclu pour une durée indéterminée. Chaque partie peut y mettre fin à une date d’effet annoncée ; les remboursements des opérations passées restent possibles ensuite.',
            'text_en', 'The agreement has no fixed term. Either party may end it at an announced effective date; refunds of past operations stay possible afterwards.'),
        jsonb_build_object(
            'heading_fr', 'Données personnelles', 'heading_en', 'Personal data',
            'text_fr', 'Chaque partie traite les données personnelles des porteurs et des représentants pour l’exécution du présent contrat et selon la loi applicable.',
            'text_en', 'Each party processes personal data of cardholders and representatives for the performance of this agreement and under the law that applies.')),
    'Version d’origine'
);

-- migrate:down
DROP TABLE service_change;
DROP TABLE service_option;
DROP TABLE contract_event;
DROP TABLE contract_stopped;
DROP TABLE contract_service;
DROP TABLE contract_version;
DROP TABLE contract;
DROP SEQUENCE contract_number;
DROP TABLE contract_template;
DROP TABLE company_fee;
DROP TABLE fee_event;
DROP TABLE fee_row;
DROP TABLE fee_version;
DROP TABLE fee_grid;
DROP TABLE document_part;
DROP TABLE document_blob;
DROP TABLE document;

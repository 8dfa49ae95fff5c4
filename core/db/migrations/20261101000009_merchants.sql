-- migrate:up
-- squawk-ignore-file require-concurrent-index-creation, adding-field-with-default, ban-concurrent-index-creation-in-transaction
-- The directory is small: each index and each rewrite below takes well under a second.
-- Merchants from first call to daily use: what is known of an account, a company, a store, who to call there, and
-- the file of a merchant who is not one yet.

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;

-- Words without accents and capitals, as the indexes below hold them. The dictionary is named, so the result
-- depends on nothing that a session may change.
CREATE FUNCTION merchant_words(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN lower(public.unaccent('public.unaccent'::regdictionary, words));

-- `version` moves with each edit and only with an edit: who writes on an old one is told who was there before.
ALTER TABLE account ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE account ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE account ADD COLUMN words text GENERATED ALWAYS AS (merchant_words(name)) STORED;
CREATE INDEX account_name ON account (name, id);
CREATE INDEX account_words ON account USING gin (words gin_trgm_ops);

ALTER TABLE company ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE company ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE company ADD COLUMN legal_form text NOT NULL DEFAULT '';
ALTER TABLE company ADD COLUMN vat text; -- NULL: not liable, or not known yet
ALTER TABLE company ADD COLUMN activity text NOT NULL DEFAULT ''; -- NAF code, such as 47.11F
ALTER TABLE company ADD COLUMN street text NOT NULL DEFAULT '';
ALTER TABLE company ADD COLUMN postcode text NOT NULL DEFAULT '';
ALTER TABLE company ADD COLUMN city text NOT NULL DEFAULT '';
-- The area of an agent applies by the registered address, before there is a store. NULL: only who may see the
-- whole country, or this very company, sees it.
ALTER TABLE company ADD COLUMN department text;
ALTER TABLE company ADD COLUMN iban text; -- of the settlement; shown whole to who may edit
-- When sales accepted it: no contract before. What was there before this rule is accepted.
ALTER TABLE company ADD COLUMN validated_at timestamptz DEFAULT now();
ALTER TABLE company ADD COLUMN validated_by uuid;
ALTER TABLE company ADD COLUMN words text GENERATED ALWAYS AS (
    merchant_words(legal_name || ' ' || siren || ' ' || coalesce(vat, '') || ' ' || postcode || ' ' || city)
) STORED;
CREATE INDEX company_name ON company (legal_name, id);
CREATE INDEX company_words ON company USING gin (words gin_trgm_ops);
CREATE INDEX company_postcode ON company (postcode);
CREATE INDEX company_vat ON company (vat) WHERE vat IS NOT NULL;
CREATE INDEX company_iban ON company (iban) WHERE iban IS NOT NULL;

ALTER TABLE store ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE store ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE store ADD COLUMN opening text NOT NULL DEFAULT ''; -- when somebody is there, as people write it
ALTER TABLE store ADD COLUMN words text GENERATED ALWAYS AS (
    merchant_words(name || ' ' || city || ' ' || siret || ' ' || postcode || ' ' || acceptor)
) STORED;
CREATE INDEX store_name ON store (name, id);
CREATE INDEX store_words ON store USING gin (words gin_trgm_ops);
CREATE INDEX store_postcode ON store (postcode);

-- Acceptor numbers of stores made at the desk; the seeds use GCT0 and GCT1.
CREATE SEQUENCE acceptor_number MAXVALUE 99999999999;

CREATE TABLE contact (
    id uuid PRIMARY KEY,
    account_id uuid REFERENCES account (id),
    company_id uuid REFERENCES company (id),
    store_id uuid REFERENCES store (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    role text NOT NULL CHECK (role ~ '^[a-z_]{2,30}$'), -- merchants.rules.CONTACT_ROLES
    email text NOT NULL DEFAULT '',
    phone text NOT NULL DEFAULT '', -- E.164
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    CHECK (num_nonnulls(account_id, company_id, store_id) = 1)
);
CREATE INDEX contact_account ON contact (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX contact_company ON contact (company_id) WHERE company_id IS NOT NULL;
CREATE INDEX contact_store ON contact (store_id) WHERE store_id IS NOT NULL;
CREATE INDEX contact_email ON contact (lower(email)) WHERE email <> '';
CREATE INDEX contact_phone ON contact (phone) WHERE phone <> '';

-- A merchant who is not one yet. Nothing of it is in the tables above before sales has accepted it.
CREATE TABLE onboarding (
    id uuid PRIMARY KEY,
    state text NOT NULL CHECK (state IN (
        'draft', 'submitted', 'returned', 'validated', 'handed_over', 'done', 'abandoned')),
    version integer NOT NULL DEFAULT 1,
    name text NOT NULL DEFAULT '', -- the merchant's, as far as it is known
    siren text NOT NULL DEFAULT '',
    department text, -- of the address, as soon as there is one
    answers jsonb NOT NULL, -- merchants.onboarding.model.Answers
    return_reason text NOT NULL DEFAULT '',
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    held_by uuid NOT NULL, -- whose turn it is to fill it in
    changed_by uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    submitted_by uuid,
    submitted_at timestamptz,
    decided_by uuid,
    decided_at timestamptz,
    account_id uuid REFERENCES account (id),
    company_id uuid UNIQUE REFERENCES company (id),
    CHECK ((company_id IS NOT NULL) = (state IN ('validated', 'handed_over', 'done')))
);
CREATE INDEX onboarding_waiting ON onboarding (state, changed_at DESC, id DESC);
CREATE INDEX onboarding_siren ON onboarding (siren) WHERE siren <> '';

-- migrate:down
DROP TABLE onboarding;
DROP TABLE contact;
DROP SEQUENCE acceptor_number;
ALTER TABLE store DROP COLUMN words, DROP COLUMN opening, DROP COLUMN changed_at, DROP COLUMN version;
DROP INDEX store_postcode, store_name;
ALTER TABLE company
    DROP COLUMN words, DROP COLUMN validated_by, DROP COLUMN validated_at, DROP COLUMN iban, DROP COLUMN department,
    DROP COLUMN city, DROP COLUMN postcode, DROP COLUMN street, DROP COLUMN activity, DROP COLUMN vat,
    DROP COLUMN legal_form, DROP COLUMN changed_at, DROP COLUMN version;
DROP INDEX company_name;
ALTER TABLE account DROP COLUMN words, DROP COLUMN changed_at, DROP COLUMN version;
DROP INDEX account_name;
DROP FUNCTION merchant_words(text);
-- The extensions stay: other topics search with them.

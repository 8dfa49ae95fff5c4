-- migrate:up
-- squawk-ignore-file require-concurrent-index-creation
-- (Migrations run in a transaction, before the institution opens: nobody writes meanwhile.)
-- Acts that need two people, the estate of terminals, stored answers and repairs.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Above this somebody else must agree (FAULTS 2.3.5). A currency without a row: always.
CREATE TABLE approval_limit (
    kind text NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    PRIMARY KEY (kind, currency)
);
INSERT INTO approval_limit (kind, currency, amount_minor) VALUES ('transaction.refund', 'EUR', 50000);

-- What one person asked for and another decides. The place is kept with it, so that scopes apply to it as to all else.
CREATE TABLE approval (
    id uuid PRIMARY KEY, -- made from the asker's idempotency key: the same wish is the same row
    kind text NOT NULL CHECK (kind ~ '^[a-z]+\.[a-z_]+$'),
    target_kind text NOT NULL,
    target_id uuid NOT NULL,
    store_id uuid NOT NULL REFERENCES store (id),
    service text NOT NULL CHECK (service ~ '^[a-z]+$'),
    payload jsonb NOT NULL DEFAULT '{}',
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    reason text NOT NULL CHECK (length(reason) BETWEEN 3 AND 500),
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'approved', 'done', 'failed', 'refused', 'withdrawn')),
    asked_by uuid NOT NULL REFERENCES agent (id),
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > asked_at),
    decided_by uuid REFERENCES agent (id),
    decided_at timestamptz,
    decision_reason text NOT NULL DEFAULT '' CHECK (length(decision_reason) <= 500),
    result_id uuid UNIQUE, -- fixed when it is approved: whoever takes the act up again makes the same thing
    result_code text NOT NULL DEFAULT '',
    ended_at timestamptz,
    CHECK ((state = 'waiting') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK ((state IN ('approved', 'done', 'failed')) = (result_id IS NOT NULL)),
    -- The one rule that this table is for: only a withdrawal is decided by the one who asked.
    CHECK (decided_by IS NULL OR (decided_by = asked_by) = (state = 'withdrawn'))
) WITH (fillfactor = 80);
CREATE INDEX approval_waiting ON approval (id) WHERE state = 'waiting';
CREATE INDEX approval_under_way ON approval (decided_at) WHERE state = 'approved';
CREATE INDEX approval_asked ON approval (asked_by, id);
CREATE INDEX approval_decided ON approval (decided_by, id) WHERE decided_by IS NOT NULL;
CREATE INDEX approval_target ON approval (target_id, id);

-- What a technician sets on a terminal; out of the rows that the hot statement joins.
CREATE TABLE terminal_profile (
    terminal_id uuid PRIMARY KEY REFERENCES terminal (id),
    serial text UNIQUE CHECK (serial ~ '^[A-Z0-9-]{4,32}$'),
    connectivity text NOT NULL DEFAULT 'ethernet' CHECK (connectivity IN ('ethernet', 'wifi', 'cellular')),
    tip boolean NOT NULL DEFAULT false,
    tip_percent_max smallint CHECK (tip_percent_max BETWEEN 1 AND 30),
    preauthorisation boolean NOT NULL DEFAULT false,
    contactless_max_minor bigint CHECK (contactless_max_minor BETWEEN 0 AND 1000000), -- NULL: the scheme's own limit
    reload_wanted_at timestamptz, -- parameters changed since the terminal last took them
    retired_at timestamptz,
    CHECK (tip OR tip_percent_max IS NULL)
);

-- Each terminal's last hour beside its usual level, worked out by the worker for all of them in one statement.
CREATE TABLE terminal_level (
    terminal_id uuid PRIMARY KEY REFERENCES terminal (id),
    recent_count integer NOT NULL,
    recent_failed integer NOT NULL,
    usual_count integer NOT NULL,
    usual_failed integer NOT NULL,
    failing boolean NOT NULL,
    computed_at timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX terminal_level_failing ON terminal_level (terminal_id) WHERE failing;

-- A narrow scope finds its stores by department, a search its terminals and stores by part of a word.
CREATE INDEX store_department ON store (department);
CREATE INDEX terminal_number_words ON terminal USING gin (terminal gin_trgm_ops);
CREATE INDEX terminal_model_words ON terminal USING gin (model gin_trgm_ops);
CREATE INDEX store_place_words ON store USING gin (name gin_trgm_ops, city gin_trgm_ops);
-- The usual level of one store.
CREATE INDEX activity_minute_store_level ON activity_minute (store_id, minute);

-- What is said to merchants again and again, and repairs made of several steps.
CREATE TABLE macro (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    kind text NOT NULL CHECK (kind IN ('answer', 'sequence')),
    target_kind text NOT NULL CHECK (target_kind IN ('terminal', 'store', 'any')),
    name_fr text NOT NULL CHECK (length(name_fr) BETWEEN 1 AND 120),
    name_en text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 120),
    text_fr text NOT NULL DEFAULT '' CHECK (length(text_fr) <= 4000),
    text_en text NOT NULL DEFAULT '' CHECK (length(text_en) <= 4000),
    steps text[] NOT NULL DEFAULT '{}' CHECK (cardinality(steps) <= 10),
    changed_by uuid REFERENCES agent (id), -- NULL: came with the institution
    changed_at timestamptz NOT NULL DEFAULT now(),
    removed_at timestamptz,
    CHECK ((kind = 'answer') = (cardinality(steps) = 0)),
    CHECK (kind = 'sequence' OR (text_fr <> '' AND text_en <> ''))
);

CREATE TABLE macro_run (
    id uuid PRIMARY KEY,
    macro_id uuid NOT NULL REFERENCES macro (id),
    target_kind text NOT NULL,
    target_id uuid NOT NULL,
    run_by uuid NOT NULL REFERENCES agent (id),
    run_at timestamptz NOT NULL,
    results jsonb NOT NULL
);
CREATE INDEX macro_run_target ON macro_run (target_id, run_at DESC);

-- A remark that stays with a terminal or a store.
CREATE TABLE estate_note (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    target_kind text NOT NULL CHECK (target_kind IN ('terminal', 'store')),
    target_id uuid NOT NULL,
    text text NOT NULL CHECK (length(text) BETWEEN 1 AND 2000),
    written_by uuid NOT NULL REFERENCES agent (id),
    written_at timestamptz NOT NULL
);
CREATE INDEX estate_note_target ON estate_note (target_id, written_at DESC);

INSERT INTO macro (kind, target_kind, name_fr, name_en, text_fr, text_en, steps) VALUES
('answer', 'terminal', 'Terminal silencieux', 'Silent terminal',
 'Bonjour, le terminal {terminal} du magasin {store} ne répond plus. Vérifiez son alimentation et son réseau, puis redémarrez-le. Rappelez-nous s’il ne revient pas dans les dix minutes.',
 'Hello, terminal {terminal} of {store} no longer answers. Please check its power and network, then restart it. Call us again if it is not back within ten minutes.', '{}'),
('answer', 'any', 'Paiement refusé par la banque', 'Declined by the bank',
 'Bonjour, le paiement a été refusé par la banque du porteur, pas par le magasin {store}. Motif : {reason}. Le client peut essayer une autre carte ou appeler sa banque.',
 'Hello, the payment was declined by the cardholder’s bank, not by {store}. Reason: {reason}. The customer may try another card or call their bank.', '{}'),
('sequence', 'terminal', 'Débloquer et reparamétrer', 'Unblock and reload parameters', '', '',
 '{lift_block,reload_parameters,add_comment}'),
('sequence', 'terminal', 'Mettre en service', 'Put into service', '', '', '{activate_terminal,reload_parameters}'),
('sequence', 'terminal', 'Renvoyer le dernier reçu', 'Send the last receipt again', '', '', '{resend_receipt}'),
('sequence', 'store', 'Débloquer le magasin', 'Unblock the store', '', '', '{lift_block,add_comment}');

-- migrate:down
DROP TABLE estate_note;
DROP TABLE macro_run;
DROP TABLE macro;
DROP INDEX activity_minute_store_level;
DROP INDEX store_place_words;
DROP INDEX terminal_model_words;
DROP INDEX terminal_number_words;
DROP INDEX store_department;
DROP TABLE terminal_level;
DROP TABLE terminal_profile;
DROP TABLE approval;
DROP TABLE approval_limit;

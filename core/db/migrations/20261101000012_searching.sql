-- migrate:up
-- One search over the directory, the keys that find a transaction, and what terminals did.

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;

-- Words as they are compared: no accents, no capitals, single spaces, and one space in front, so that
-- `LIKE '% dup%'` finds what begins a word. unaccent is only STABLE because its dictionary could be replaced.
CREATE FUNCTION plain_words(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = public, pg_temp
RETURN ' ' || btrim(regexp_replace(lower(unaccent(coalesce(value, ''))), '[^a-z0-9@]+', ' ', 'g'));

-- An identifier without what people put between its digits.
CREATE FUNCTION exact_key(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN upper(regexp_replace(coalesce(value, ''), '[^0-9A-Za-z]', '', 'g'));

-- A phone number as people in France dial it: +33 6 12… and 0033 6 12… are 0612….
CREATE FUNCTION phone_key(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN replace(regexp_replace(regexp_replace(coalesce(value, ''), '[^0-9+]', '', 'g'), '^(\+|00)33(0?)', '0'), '+', '');

-- One row for each thing that the search finds by words. A copy: the scope is asked of the directory itself.
-- One partition a kind: a common name among terminals never hides the companies of that name.
CREATE TABLE search_entry (
    kind text NOT NULL,
    target_id uuid NOT NULL,
    title text NOT NULL,
    detail text NOT NULL DEFAULT '',
    words text NOT NULL, -- plain_words
    identifiers text[] NOT NULL DEFAULT '{}', -- exact_key, phone_key
    store_id uuid, -- what the scope looks at; all three NULL: only who sees the whole country
    company_id uuid,
    account_id uuid,
    service text,
    departments text[] NOT NULL DEFAULT '{}', -- narrows before the scope decides
    PRIMARY KEY (kind, target_id)
) PARTITION BY LIST (kind);
CREATE TABLE search_entry_account PARTITION OF search_entry FOR VALUES IN ('account');
CREATE TABLE search_entry_company PARTITION OF search_entry FOR VALUES IN ('company');
CREATE TABLE search_entry_store PARTITION OF search_entry FOR VALUES IN ('store');
CREATE TABLE search_entry_terminal PARTITION OF search_entry FOR VALUES IN ('terminal');
CREATE TABLE search_entry_contract PARTITION OF search_entry FOR VALUES IN ('contract');
CREATE TABLE search_entry_request PARTITION OF search_entry FOR VALUES IN ('request');
CREATE TABLE search_entry_contact PARTITION OF search_entry FOR VALUES IN ('contact');
CREATE TABLE search_entry_agent PARTITION OF search_entry FOR VALUES IN ('agent');
-- The directory is read far more often than written: no pending list for readers to walk.
CREATE INDEX search_entry_words ON search_entry USING gin (words gin_trgm_ops) WITH (fastupdate = off);
CREATE INDEX search_entry_identifiers ON search_entry USING gin (identifiers) WITH (fastupdate = off);

-- What every kind is written by; a row that says the same already is left alone.
CREATE FUNCTION search_put(
    entry_kind text, id uuid, entry_title text, entry_detail text, entry_words text, keys text[],
    of_store uuid, of_company uuid, of_account uuid, of_service text, in_departments text[]
) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO search_entry AS e (
        kind, target_id, title, detail, words, identifiers, store_id, company_id, account_id, service, departments)
    VALUES (
        entry_kind, id, entry_title, entry_detail, plain_words(entry_words), array_remove(keys, ''), of_store,
        of_company, of_account, of_service, coalesce(in_departments, '{}'))
    ON CONFLICT (kind, target_id) DO UPDATE SET
        title = excluded.title, detail = excluded.detail, words = excluded.words,
        identifiers = excluded.identifiers, store_id = excluded.store_id, company_id = excluded.company_id,
        account_id = excluded.account_id, service = excluded.service, departments = excluded.departments
    WHERE (e.title, e.detail, e.words, e.identifiers, e.store_id, e.company_id, e.account_id, e.service, e.departments)
        IS DISTINCT FROM (excluded.title, excluded.detail, excluded.words, excluded.identifiers, excluded.store_id,
            excluded.company_id, excluded.account_id, excluded.service, excluded.departments);
END;

-- Ids are joined as a set: `= ANY (ids)` compares an argument's elements one by one, and a seed has many.
CREATE FUNCTION search_refresh_terminal(ids uuid[]) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    SELECT search_put(
        'terminal', t.id, t.terminal, concat_ws(' · ', s.name, nullif(s.city, '')), t.terminal,
        ARRAY[exact_key(t.terminal)], s.id, s.company_id, NULL, v.kind, ARRAY[s.department])
    FROM unnest(ids) AS u (id)
    INNER JOIN terminal AS t ON t.id = u.id
    INNER JOIN store AS s ON s.id = t.store_id
    INNER JOIN service AS v ON v.id = t.service_id
    ORDER BY t.id;
END;

CREATE FUNCTION search_refresh_account(ids uuid[]) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    SELECT search_put(
        'account', a.id, a.name, '', a.name, '{}', NULL, NULL, a.id, NULL,
        (SELECT array_agg(DISTINCT s.department ORDER BY s.department)
         FROM company AS c INNER JOIN store AS s ON s.company_id = c.id WHERE c.account_id = a.id))
    FROM unnest(ids) AS u (id)
    INNER JOIN account AS a ON a.id = u.id
    ORDER BY a.id;
END;

CREATE FUNCTION search_refresh_company(ids uuid[]) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    SELECT search_put(
        'company', c.id, c.legal_name, 'SIREN ' || c.siren, concat_ws(' ', c.legal_name, c.siren), ARRAY[c.siren],
        NULL, c.id, c.account_id, NULL,
        (SELECT array_agg(DISTINCT s.department ORDER BY s.department) FROM store AS s WHERE s.company_id = c.id))
    FROM unnest(ids) AS u (id)
    INNER JOIN company AS c ON c.id = u.id
    ORDER BY c.id;
    SELECT search_refresh_account(array_agg(DISTINCT c.account_id ORDER BY c.account_id))
    FROM unnest(ids) AS u (id) INNER JOIN company AS c ON c.id = u.id;
END;

CREATE FUNCTION search_refresh_store(ids uuid[]) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    SELECT search_put(
        'store', s.id, s.name, concat_ws(' · ', nullif(concat_ws(' ', s.postcode, s.city), ''), c.legal_name),
        concat_ws(' ', s.name, c.legal_name, s.city, s.postcode, s.siret, s.acceptor),
        ARRAY[s.siret, left(s.siret, 9), exact_key(s.acceptor)], s.id, s.company_id, c.account_id, NULL,
        ARRAY[s.department])
    FROM unnest(ids) AS u (id)
    INNER JOIN store AS s ON s.id = u.id
    INNER JOIN company AS c ON c.id = s.company_id
    ORDER BY s.id;
    SELECT search_refresh_company(array_agg(DISTINCT s.company_id ORDER BY s.company_id))
    FROM unnest(ids) AS u (id) INNER JOIN store AS s ON s.id = u.id;
END;

CREATE FUNCTION search_refresh_agent(ids uuid[]) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    SELECT search_put(
        'agent', g.id, g.name, g.email, concat_ws(' ', g.name, g.email), ARRAY[exact_key(g.email)],
        NULL, NULL, NULL, NULL, '{}')
    FROM unnest(ids) AS u (id)
    INNER JOIN agent AS g ON g.id = u.id
    ORDER BY g.id;
END;

CREATE FUNCTION search_refresh_contract(ids uuid[]) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    SELECT search_put(
        'contract', k.id, k.number, c.legal_name, concat_ws(' ', k.number, c.legal_name), ARRAY[exact_key(k.number)],
        NULL, k.company_id, c.account_id, NULL,
        (SELECT array_agg(DISTINCT s.department ORDER BY s.department) FROM store AS s WHERE s.company_id = c.id))
    FROM unnest(ids) AS u (id)
    INNER JOIN contract AS k ON k.id = u.id
    INNER JOIN company AS c ON c.id = k.company_id
    ORDER BY k.id;
END;

CREATE FUNCTION search_refresh_request(ids uuid[]) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    SELECT search_put(
        'request', r.id, r.code, r.title, concat_ws(' ', r.code, r.title), ARRAY[exact_key(r.code)],
        r.store_id, r.company_id, NULL, NULL,
        CASE
            WHEN r.store_id IS NOT NULL THEN (SELECT ARRAY[s.department] FROM store AS s WHERE s.id = r.store_id)
            ELSE (
                SELECT array_agg(DISTINCT s.department ORDER BY s.department)
                FROM store AS s WHERE s.company_id = r.company_id)
        END)
    FROM unnest(ids) AS u (id)
    INNER JOIN request AS r ON r.id = u.id
    ORDER BY r.id;
END;

-- A contact belongs to one of a store, a company or an account.
CREATE FUNCTION search_refresh_contact(ids uuid[]) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    SELECT search_put(
        'contact', p.id, p.name, concat_ws(' · ', coalesce(s.name, c.legal_name, a.name), nullif(p.phone, ''),
        nullif(p.email, '')), concat_ws(' ', p.name, p.email, s.name, c.legal_name, a.name),
        ARRAY[phone_key(p.phone), exact_key(p.phone), exact_key(p.email)], p.store_id,
        coalesce(p.company_id, s.company_id), p.account_id, NULL,
        CASE
            WHEN p.store_id IS NOT NULL THEN ARRAY[s.department]
            WHEN p.company_id IS NOT NULL THEN (
                SELECT array_agg(DISTINCT o.department ORDER BY o.department)
                FROM store AS o WHERE o.company_id = p.company_id)
            ELSE (
                SELECT array_agg(DISTINCT o.department ORDER BY o.department)
                FROM company AS k INNER JOIN store AS o ON o.company_id = k.id WHERE k.account_id = p.account_id)
        END)
    FROM unnest(ids) AS u (id)
    INNER JOIN contact AS p ON p.id = u.id
    LEFT JOIN store AS s ON s.id = p.store_id
    LEFT JOIN company AS c ON c.id = p.company_id
    LEFT JOIN account AS a ON a.id = p.account_id
    ORDER BY p.id;
END;

-- Statement triggers for what comes and goes in bulk; `search_refresh_<kind>` does the writing.
CREATE FUNCTION search_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[];
BEGIN
    SELECT array_agg(id) INTO ids FROM fresh;
    IF ids IS NOT NULL THEN
        EXECUTE format('SELECT search_refresh_%s($1)', TG_ARGV[0]) USING ids;
    END IF;
    RETURN NULL;
END $$;

-- Row triggers name the columns that matter, so that the echo of a block costs nothing.
CREATE FUNCTION search_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[];
BEGIN
    EXECUTE format('SELECT search_refresh_%s($1)', TG_ARGV[0]) USING ARRAY[NEW.id];
    IF TG_ARGV[0] = 'company' THEN
        SELECT array_agg(s.id) INTO ids FROM store AS s WHERE s.company_id = NEW.id;
        IF ids IS NOT NULL THEN
            PERFORM search_refresh_store(ids);
        END IF;
        SELECT array_agg(k.id) INTO ids FROM contract AS k WHERE k.company_id = NEW.id;
        IF ids IS NOT NULL THEN
            PERFORM search_refresh_contract(ids);
        END IF;
        IF OLD.account_id <> NEW.account_id THEN
            PERFORM search_refresh_account(ARRAY[OLD.account_id]);
        END IF;
    ELSIF TG_ARGV[0] = 'store' THEN
        SELECT array_agg(t.id) INTO ids FROM terminal AS t WHERE t.store_id = NEW.id;
        IF ids IS NOT NULL THEN
            PERFORM search_refresh_terminal(ids);
        END IF;
        IF OLD.company_id <> NEW.company_id THEN
            PERFORM search_refresh_company(ARRAY[OLD.company_id]);
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION search_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM search_entry AS e USING gone AS g WHERE e.kind = TG_ARGV[0] AND e.target_id = g.id;
    RETURN NULL;
END $$;

CREATE TRIGGER account_search_added AFTER INSERT ON account REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION search_added('account');
CREATE TRIGGER company_search_added AFTER INSERT ON company REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION search_added('company');
CREATE TRIGGER store_search_added AFTER INSERT ON store REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION search_added('store');
CREATE TRIGGER terminal_search_added AFTER INSERT ON terminal REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION search_added('terminal');
CREATE TRIGGER agent_search_added AFTER INSERT ON agent REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION search_added('agent');
CREATE TRIGGER contract_search_added AFTER INSERT ON contract REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION search_added('contract');
CREATE TRIGGER request_search_added AFTER INSERT ON request REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION search_added('request');
CREATE TRIGGER contact_search_added AFTER INSERT ON contact REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION search_added('contact');

CREATE TRIGGER account_search_changed AFTER UPDATE OF name ON account
    FOR EACH ROW EXECUTE FUNCTION search_changed('account');
CREATE TRIGGER company_search_changed AFTER UPDATE OF legal_name, siren, account_id ON company
    FOR EACH ROW EXECUTE FUNCTION search_changed('company');
CREATE TRIGGER store_search_changed
    AFTER UPDATE OF name, siret, acceptor, city, postcode, department, company_id ON store
    FOR EACH ROW EXECUTE FUNCTION search_changed('store');
CREATE TRIGGER terminal_search_changed AFTER UPDATE OF terminal, store_id, service_id ON terminal
    FOR EACH ROW EXECUTE FUNCTION search_changed('terminal');
CREATE TRIGGER agent_search_changed AFTER UPDATE OF name, email ON agent
    FOR EACH ROW EXECUTE FUNCTION search_changed('agent');
CREATE TRIGGER contract_search_changed AFTER UPDATE OF number, company_id ON contract
    FOR EACH ROW EXECUTE FUNCTION search_changed('contract');
CREATE TRIGGER request_search_changed AFTER UPDATE OF code, title, company_id, store_id ON request
    FOR EACH ROW EXECUTE FUNCTION search_changed('request');
CREATE TRIGGER contact_search_changed
    AFTER UPDATE OF name, email, phone, account_id, company_id, store_id ON contact
    FOR EACH ROW EXECUTE FUNCTION search_changed('contact');

CREATE TRIGGER account_search_removed AFTER DELETE ON account REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION search_removed('account');
CREATE TRIGGER company_search_removed AFTER DELETE ON company REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION search_removed('company');
CREATE TRIGGER store_search_removed AFTER DELETE ON store REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION search_removed('store');
CREATE TRIGGER terminal_search_removed AFTER DELETE ON terminal REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION search_removed('terminal');
CREATE TRIGGER agent_search_removed AFTER DELETE ON agent REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION search_removed('agent');
CREATE TRIGGER contract_search_removed AFTER DELETE ON contract REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION search_removed('contract');
CREATE TRIGGER request_search_removed AFTER DELETE ON request REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION search_removed('request');
CREATE TRIGGER contact_search_removed AFTER DELETE ON contact REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION search_removed('contact');

-- What is there already. The schema's rows are few: a large directory is filled in after its seed.
SELECT search_refresh_account(array_agg(id)) FROM account;
SELECT search_refresh_company(array_agg(id)) FROM company;
SELECT search_refresh_store(array_agg(id)) FROM store;
SELECT search_refresh_terminal(array_agg(id)) FROM terminal;
SELECT search_refresh_agent(array_agg(id)) FROM agent;
SELECT search_refresh_contract(array_agg(id)) FROM contract;
SELECT search_refresh_request(array_agg(id)) FROM request;
SELECT search_refresh_contact(array_agg(id)) FROM contact;

-- The keys that an agent reads from a receipt, apart from the hot table: the worker copies them a minute or two
-- later, so that its indexes cost no payment anything. What is newer than `key_position` is looked up in place.
CREATE TABLE attempt_key (
    attempt_id uuid PRIMARY KEY,
    business_date date NOT NULL,
    store_id uuid, -- where it was paid: a terminal may have moved since
    stan integer NOT NULL,
    amount_minor bigint NOT NULL,
    card_last_four text NOT NULL,
    approval_code text NOT NULL
);
CREATE INDEX attempt_key_store ON attempt_key (store_id, attempt_id);
CREATE INDEX attempt_key_last_four ON attempt_key (card_last_four, attempt_id);
CREATE INDEX attempt_key_stan ON attempt_key (stan, attempt_id);
CREATE INDEX attempt_key_amount ON attempt_key (amount_minor, attempt_id);
CREATE INDEX attempt_key_approval ON attempt_key (approval_code, attempt_id) WHERE approval_code <> '';

CREATE TABLE key_position (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    attempt_id uuid NOT NULL -- every attempt up to this one has its keys
);
INSERT INTO key_position (attempt_id) VALUES ('00000000-0000-0000-0000-000000000000');

-- What a terminal did towards us; presence alone knows only the last of it (SUP-3).
CREATE TABLE terminal_event (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    terminal_id uuid NOT NULL REFERENCES terminal (id),
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('signed_on', 'refused', 'disconnected')),
    reason smallint NOT NULL DEFAULT 0, -- contracts.reasons.Reason
    edge text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    firmware text NOT NULL DEFAULT ''
);
CREATE INDEX terminal_event_terminal ON terminal_event (terminal_id, at DESC);
CREATE TRIGGER terminal_event_append_only BEFORE UPDATE OR DELETE ON terminal_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- migrate:down
DROP TABLE terminal_event;
DROP TABLE key_position;
DROP TABLE attempt_key;
DROP TRIGGER contact_search_removed ON contact;
DROP TRIGGER contact_search_changed ON contact;
DROP TRIGGER contact_search_added ON contact;
DROP TRIGGER request_search_removed ON request;
DROP TRIGGER contract_search_removed ON contract;
DROP TRIGGER request_search_changed ON request;
DROP TRIGGER contract_search_changed ON contract;
DROP TRIGGER request_search_added ON request;
DROP TRIGGER contract_search_added ON contract;
DROP TRIGGER agent_search_removed ON agent;
DROP TRIGGER terminal_search_removed ON terminal;
DROP TRIGGER store_search_removed ON store;
DROP TRIGGER company_search_removed ON company;
DROP TRIGGER account_search_removed ON account;
DROP TRIGGER agent_search_changed ON agent;
DROP TRIGGER terminal_search_changed ON terminal;
DROP TRIGGER store_search_changed ON store;
DROP TRIGGER company_search_changed ON company;
DROP TRIGGER account_search_changed ON account;
DROP TRIGGER agent_search_added ON agent;
DROP TRIGGER terminal_search_added ON terminal;
DROP TRIGGER store_search_added ON store;
DROP TRIGGER company_search_added ON company;
DROP TRIGGER account_search_added ON account;
DROP FUNCTION search_removed();
DROP FUNCTION search_changed();
DROP FUNCTION search_added();
DROP FUNCTION search_refresh_contact(uuid[]);
DROP FUNCTION search_refresh_request(uuid[]);
DROP FUNCTION search_refresh_contract(uuid[]);
DROP FUNCTION search_refresh_agent(uuid[]);
DROP FUNCTION search_refresh_store(uuid[]);
DROP FUNCTION search_refresh_company(uuid[]);
DROP FUNCTION search_refresh_account(uuid[]);
DROP FUNCTION search_refresh_terminal(uuid[]);
DROP FUNCTION search_put(text, uuid, text, text, text, text[], uuid, uuid, uuid, text, text[]);
DROP TABLE search_entry;
DROP FUNCTION phone_key(text);
DROP FUNCTION exact_key(text);
DROP FUNCTION plain_words(text);

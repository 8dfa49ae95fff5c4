-- name: contracts
-- Newest first by primary key backwards (ids grow with time); a contract is seen by whoever sees one of the services
-- that it covers. Index contract_company when a company is named.
-- $1 scope, $2 pattern, $3 company, $4 state, $5 one contract, $6 id before, $7 limit.
SELECT c.id, c.number, c.company_id, m.legal_name, c.state, c.ends_on, c.created_at, c.created_by,
       a.name AS created_by_name, n.version, n.state AS version_state, n.starts_on,
       (SELECT count(DISTINCT k.store_id)::int FROM contract_service k
        WHERE k.contract_id = c.id AND k.version = n.version) AS stores
FROM contract c
JOIN company m ON m.id = c.company_id
JOIN LATERAL (
    SELECT w.version, w.state, w.starts_on FROM contract_version w WHERE w.contract_id = c.id
    ORDER BY w.version DESC LIMIT 1
) n ON true
LEFT JOIN agent a ON a.id = c.created_by
WHERE ($2::text = '' OR c.number ILIKE $2 OR m.legal_name ILIKE $2 OR m.siren LIKE $2)
  AND ($3::uuid IS NULL OR c.company_id = $3)
  AND ($4::text IS NULL OR c.state = $4)
  AND ($5::uuid IS NULL OR c.id = $5)
  AND ($6::uuid IS NULL OR c.id < $6)
  AND EXISTS (
      SELECT FROM contract_service k JOIN store s ON s.id = k.store_id
      WHERE k.contract_id = c.id AND sees($1::area[], s.department, s.id, s.company_id, k.kind)
  )
ORDER BY c.id DESC
LIMIT $7;

-- name: lock_contract
-- Primary key. Whoever moves a contract must see every service that it covers, and nobody else moves it meanwhile.
SELECT c.id, c.number, c.company_id, m.legal_name, c.state, c.ends_on, c.end_reason
FROM contract c JOIN company m ON m.id = c.company_id
WHERE c.id = $2
  AND EXISTS (SELECT FROM contract_service k WHERE k.contract_id = c.id)
  AND NOT EXISTS (
      SELECT FROM contract_service k JOIN store s ON s.id = k.store_id
      WHERE k.contract_id = c.id AND NOT sees($1::area[], s.department, s.id, s.company_id, k.kind)
  )
FOR UPDATE OF c;

-- name: versions
-- Primary key of contract_version, newest first.
SELECT w.version, w.state, w.locale, w.starts_on, t.version AS template_version, t.id AS template_id,
       w.fee_version_id, f.version AS fee_number, g.id AS grid_id, g.name AS grid_name, w.content::text AS content,
       w.pdf_fr, pf.sha256 AS sha_fr, w.pdf_en, pe.sha256 AS sha_en, w.signature::text AS signature,
       w.signed_document, w.made_by, a.name AS made_by_name, w.made_at, w.ready_at, w.signed_at, w.in_force_at
FROM contract_version w
JOIN contract_template t ON t.id = w.template_id
JOIN fee_version f ON f.id = w.fee_version_id
JOIN fee_grid g ON g.id = f.grid_id
LEFT JOIN document pf ON pf.id = w.pdf_fr
LEFT JOIN document pe ON pe.id = w.pdf_en
LEFT JOIN agent a ON a.id = w.made_by
WHERE w.contract_id = $1
ORDER BY w.version DESC;

-- name: covered
-- Primary key of contract_service; the service's row by its unique index (store_id, kind).
SELECT k.version, k.store_id, s.name AS store_name, s.department, k.kind, k.options::text AS options,
       v.id AS service_id, coalesce(v.active, false) AS active,
       sees($1::area[], s.department, s.id, s.company_id, k.kind) AS seen
FROM contract_service k
JOIN store s ON s.id = k.store_id
LEFT JOIN service v ON v.store_id = k.store_id AND v.kind = k.kind
WHERE k.contract_id = $2
ORDER BY k.version, s.name, k.store_id, k.kind;

-- name: stopped
-- Primary key of contract_stopped.
SELECT v.store_id, v.kind FROM contract_stopped t JOIN service v ON v.id = t.service_id WHERE t.contract_id = $1;

-- name: events
-- Index contract_event_of, oldest first.
SELECT e.at, e.act, e.version, e.state_before, e.state_after, e.agent_id, a.name AS agent_name, e.reason,
       coalesce((e.facts->>'services')::int, 0) AS services
FROM contract_event e LEFT JOIN agent a ON a.id = e.agent_id
WHERE e.contract_id = $1 ORDER BY e.id LIMIT 500;

-- name: add_contract
INSERT INTO contract (id, number, company_id, created_by, created_at) VALUES ($1, $2, $3, $4, $5);

-- name: next_number
SELECT nextval('contract_number');

-- name: add_version
-- Unique index contract_pending: one version at a time is on its way.
INSERT INTO contract_version (contract_id, version, template_id, locale, fee_version_id, starts_on, made_by, made_at)
SELECT $1, 1 + coalesce((SELECT max(w.version) FROM contract_version w WHERE w.contract_id = $1), 0),
       t.id, $2, $3, $4, $5, $6
FROM contract_template t ORDER BY t.version DESC LIMIT 1
RETURNING version;

-- name: word_version
-- The draft takes the newest template, too.
UPDATE contract_version SET
    locale = $3, fee_version_id = $4, starts_on = $5,
    template_id = (SELECT t.id FROM contract_template t ORDER BY t.version DESC LIMIT 1)
WHERE contract_id = $1 AND version = $2 AND state = 'draft';

-- name: drop_covered
DELETE FROM contract_service WHERE contract_id = $1 AND version = $2;

-- name: add_covered
INSERT INTO contract_service (contract_id, version, store_id, kind, options)
SELECT $1, $2, u.store_id, u.kind, u.options::jsonb
FROM unnest($3::uuid[], $4::text[], $5::text[]) AS u (store_id, kind, options);

-- name: seen_of_company
-- Which of these stores belong to the company, with the service within the scope; a place in the arrays each.
SELECT u.place::int AS place
FROM unnest($3::uuid[], $4::text[]) WITH ORDINALITY AS u (store_id, kind, place)
JOIN store s ON s.id = u.store_id AND s.company_id = $2
WHERE sees($1::area[], s.department, s.id, s.company_id, u.kind);

-- name: set_contract
UPDATE contract SET state = $2, ends_on = $3, end_reason = $4 WHERE id = $1;

-- name: set_version_state
UPDATE contract_version SET
    state = $3,
    in_force_at = CASE WHEN $3 = 'in_force' THEN $4 ELSE in_force_at END,
    content = CASE WHEN $3 = 'draft' THEN NULL ELSE content END,
    pdf_fr = CASE WHEN $3 = 'draft' THEN NULL ELSE pdf_fr END,
    pdf_en = CASE WHEN $3 = 'draft' THEN NULL ELSE pdf_en END
WHERE contract_id = $1 AND version = $2;

-- name: supersede
-- Unique index contract_in_force: before the next one takes over.
UPDATE contract_version SET state = 'superseded' WHERE contract_id = $1 AND state = 'in_force' RETURNING version;

-- name: make_ready
UPDATE contract_version SET state = 'ready', content = $3::text::jsonb, pdf_fr = $4, pdf_en = $5, ready_at = $6,
                            fee_version_id = $7
WHERE contract_id = $1 AND version = $2;

-- name: sign
-- Primary key; by the unique index contract_version_paper a file signs once, however many contracts it is brought to.
UPDATE contract_version SET state = 'signed', signature = $3::text::jsonb, signed_document = $4, signed_at = $5
WHERE contract_id = $1 AND version = $2;

-- name: add_event
INSERT INTO contract_event (contract_id, version, at, act, state_before, state_after, agent_id, reason, facts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::jsonb);

-- name: covered_elsewhere
-- Index contract_service_store: another contract in force over one of this version's services.
SELECT t.number
FROM contract_service k
JOIN contract_service x ON x.store_id = k.store_id AND x.kind = k.kind AND x.contract_id <> k.contract_id
JOIN contract_version w ON w.contract_id = x.contract_id AND w.version = x.version AND w.state = 'in_force'
JOIN contract t ON t.id = x.contract_id AND t.state IN ('active', 'suspended')
WHERE k.contract_id = $1 AND k.version = $2
LIMIT 1;

-- name: lock_services
-- Every row of the services of these stores, in the order of ids so that two contracts cannot wait for each other.
-- It also keeps two activations over one service from passing each other.
SELECT s.id FROM store s
WHERE s.id IN (SELECT k.store_id FROM contract_service k WHERE k.contract_id = $1)
ORDER BY s.id FOR UPDATE OF s;

-- name: make_services
-- Services that a version covers and that no store has yet; the acquirer is the institution's first one.
INSERT INTO service (store_id, kind, acquirer_id, active)
SELECT k.store_id, k.kind, (SELECT min(a.id) FROM acquirer a), false
FROM contract_service k WHERE k.contract_id = $1 AND k.version = $2
ON CONFLICT (store_id, kind) DO NOTHING;

-- name: start_services
-- Effective at the next payment: the engine's statement reads `active`.
UPDATE service v SET active = true
FROM contract_service k
WHERE k.contract_id = $1 AND k.version = $2 AND v.store_id = k.store_id AND v.kind = k.kind AND NOT v.active
RETURNING v.id;

-- name: take_options
-- What the contract says becomes what the service has.
INSERT INTO service_option (service_id, options)
SELECT v.id, k.options FROM contract_service k JOIN service v ON v.store_id = k.store_id AND v.kind = k.kind
WHERE k.contract_id = $1 AND k.version = $2
ON CONFLICT (service_id) DO UPDATE SET options = excluded.options;

-- name: stop_services
-- Effective at the next payment. $3 keeps those that version $3 covers too; NULL stops every one.
UPDATE service v SET active = false
FROM contract_service k
WHERE k.contract_id = $1 AND k.version = $2 AND v.store_id = k.store_id AND v.kind = k.kind AND v.active
  AND NOT EXISTS (
      SELECT FROM contract_service n
      WHERE n.contract_id = $1 AND n.version = $3::int AND n.store_id = k.store_id AND n.kind = k.kind
  )
RETURNING v.id;

-- name: remember_stopped
INSERT INTO contract_stopped (contract_id, service_id, stopped_at) SELECT $1, unnest($2::uuid[]), $3
ON CONFLICT DO NOTHING;

-- name: resume_services
UPDATE service v SET active = true FROM contract_stopped t
WHERE t.contract_id = $1 AND v.id = t.service_id AND NOT v.active
RETURNING v.id;

-- name: forget_stopped
DELETE FROM contract_stopped WHERE contract_id = $1;

-- name: note_services
INSERT INTO service_change (service_id, at, agent_id, kind, reason, after)
SELECT unnest($1::uuid[]), $2, $3, $4, $5, jsonb_build_object('contract', $6::text);

-- name: due
-- Index contract_due; whoever else looks at the same moment takes others.
SELECT c.id, c.number, c.state, c.end_reason,
       (SELECT e.agent_id FROM contract_event e WHERE e.contract_id = c.id AND e.act = 'notice'
        ORDER BY e.id DESC LIMIT 1) AS agent_id
FROM contract c
WHERE c.ends_on <= $1::date AND c.state IN ('active', 'suspended')
ORDER BY c.ends_on, c.id LIMIT 1 FOR UPDATE OF c SKIP LOCKED;

-- name: newest_version
SELECT version, state FROM contract_version WHERE contract_id = $1 ORDER BY version DESC LIMIT 1;

-- name: version_in_force
-- Unique index contract_in_force.
SELECT version FROM contract_version WHERE contract_id = $1 AND state = 'in_force';

-- name: company
-- Primary key; seen by whoever sees it as a whole (`held`), or one of its stores.
SELECT c.id, c.legal_name, c.siren, a.name AS account_name,
       sees($1::area[], c.department, NULL, c.id, NULL) AS held,
       (SELECT f.grid_id FROM company_fee f WHERE f.company_id = c.id) AS grid_id
FROM company c JOIN account a ON a.id = c.account_id
WHERE c.id = $2 AND EXISTS (
    SELECT FROM company one LEFT JOIN store s ON s.company_id = one.id
    WHERE one.id = c.id AND sees($1::area[], s.department, s.id, c.id, NULL)
);

-- name: stores_of_company
-- Index store_company, within the scope, each with the services that it has and who covers them.
SELECT s.id AS store_id, s.name AS store_name, s.department, s.city, kinds.kind, v.id AS service_id,
       coalesce(v.active, false) AS active, o.options::text AS options, t.contract_id, t.number, t.contract_state
FROM store s
CROSS JOIN unnest('{pax,softpos,onsite,ecommerce}'::text[]) WITH ORDINALITY AS kinds (kind, place)
LEFT JOIN service v ON v.store_id = s.id AND v.kind = kinds.kind
LEFT JOIN service_option o ON o.service_id = v.id
LEFT JOIN LATERAL (
    SELECT c.id AS contract_id, c.number, c.state AS contract_state
    FROM contract_service x
    JOIN contract_version w ON w.contract_id = x.contract_id AND w.version = x.version AND w.state = 'in_force'
    JOIN contract c ON c.id = x.contract_id AND c.state IN ('active', 'suspended')
    WHERE x.store_id = s.id AND x.kind = kinds.kind LIMIT 1
) t ON true
WHERE s.company_id = $2 AND sees($1::area[], s.department, s.id, s.company_id, kinds.kind)
ORDER BY s.name, s.id, kinds.place
LIMIT $3;

-- name: grids_in_force
-- Index fee_version_date for each of a few dozen grids.
SELECT g.id, g.name, f.version
FROM fee_grid g
JOIN LATERAL (
    SELECT v.version FROM fee_version v
    WHERE v.grid_id = g.id AND v.state = 'approved' AND v.effective_on <= $1::date
    ORDER BY v.effective_on DESC LIMIT 1
) f ON true
ORDER BY lower(g.name), g.id LIMIT 500;

-- name: paper_stores
-- What the PDF says of each covered service, in the order in which it says it.
SELECT s.name, s.siret, s.street, s.postcode, s.city, k.kind, k.options::text AS options
FROM contract_service k JOIN store s ON s.id = k.store_id
WHERE k.contract_id = $1 AND k.version = $2
ORDER BY s.name, s.id, k.kind;

-- name: templates
-- Newest first; a version a year or so.
SELECT t.id, t.version, t.title_fr, t.title_en, t.note, t.written_by, a.name AS written_by_name, t.written_at,
       (SELECT count(*)::int FROM contract_version w WHERE w.template_id = t.id) AS contracts
FROM contract_template t LEFT JOIN agent a ON a.id = t.written_by
ORDER BY t.version DESC LIMIT 200;

-- name: template_by_id
SELECT t.id, t.version, t.title_fr, t.title_en, t.note, t.written_by, a.name AS written_by_name, t.written_at,
       (SELECT count(*)::int FROM contract_version w WHERE w.template_id = t.id) AS contracts,
       t.blocks::text AS blocks
FROM contract_template t LEFT JOIN agent a ON a.id = t.written_by
WHERE t.id = $1;

-- name: add_template
-- The lock makes two writers take two numbers; a repeat under one key brings the same id.
INSERT INTO contract_template (id, version, title_fr, title_en, blocks, note, written_by, written_at)
SELECT $1, 1 + coalesce(max(version), 0), $2, $3, $4::text::jsonb, $5, $6, $7 FROM contract_template
ON CONFLICT (id) DO NOTHING;

-- name: lock_templates
SELECT pg_advisory_xact_lock(hashtext('guichet contract templates'));

-- name: company_of
SELECT company_id FROM contract WHERE id = $1;

-- name: cancel_pending
-- Unique index contract_pending.
UPDATE contract_version SET state = 'cancelled' WHERE contract_id = $1 AND state IN ('draft', 'ready', 'signed');

-- One record of each kind that no demonstration brings, all of one store, its company and its account, and of one
-- agent. `place` and `who` are what they hang on.
CREATE TEMP TABLE place AS
SELECT t.id AS terminal_id, t.terminal, s.id AS store_id, s.company_id, c.account_id, a.id AS agent_id
FROM terminal t
JOIN store s ON s.id = t.store_id
JOIN company c ON c.id = s.company_id
CROSS JOIN agent a
WHERE t.terminal = 'T0000001' AND a.email = 'admin@guichet.example';

INSERT INTO block (target_kind, target_id, reason, blocked_by)
SELECT 3, terminal_id, 'a block to walk to', agent_id FROM place;
INSERT INTO action (agent_id, kind, target_kind, target_id)
SELECT agent_id, 'block.made', 'terminal', terminal_id FROM place;
INSERT INTO contact (id, store_id, name, role, email, created_at)
SELECT uuidv7(), store_id, 'Odette Walker', 'owner', 'odette@walk.example', now() FROM place;
INSERT INTO onboarding (id, state, name, siren, department, answers, created_by, created_at, held_by, changed_by, changed_at)
SELECT uuidv7(), 'draft', 'Onboarding to walk to', '', '75', '{}', agent_id, now(), agent_id, agent_id, now() FROM place;
INSERT INTO document (kind, company_id, name, media_type, sha256, size_bytes, made_by, made_at)
SELECT 'attachment', company_id, 'walked.pdf', 'application/pdf', sha256('walked'), 6, agent_id, now() FROM place;
INSERT INTO document_blob (sha256, content) VALUES (sha256('walked'), 'walked') ON CONFLICT DO NOTHING;
INSERT INTO fee_grid (name, created_by, created_at) SELECT 'Grid to walk to', agent_id, now() FROM place;
INSERT INTO fee_version (grid_id, version, effective_on, made_by, made_at)
SELECT g.id, 1, current_date + 30, p.agent_id, now() FROM fee_grid g CROSS JOIN place p WHERE g.name = 'Grid to walk to';
INSERT INTO contract (number, company_id, created_by, created_at)
SELECT 'C2026-999999', company_id, agent_id, now() FROM place;
INSERT INTO contract_version (contract_id, version, template_id, fee_version_id, locale, starts_on, made_by, made_at)
SELECT k.id, 1, (SELECT id FROM contract_template LIMIT 1), (SELECT id FROM fee_version LIMIT 1), 'fr', current_date, p.agent_id, now()
FROM contract k CROSS JOIN place p WHERE k.number = 'C2026-999999';
INSERT INTO contract_service (contract_id, version, store_id, kind)
SELECT k.id, 1, p.store_id, 'pax' FROM contract k CROSS JOIN place p WHERE k.number = 'C2026-999999';
INSERT INTO request (code, type, status, title, team, author_id, company_id, store_id, terminal_id, created_at, changed_at)
SELECT 'WA1K0000000', s.type, s.code, 'Request to walk to', 'back_office', p.agent_id, p.company_id, p.store_id,
       p.terminal_id, now(), now()
FROM place p CROSS JOIN (SELECT type, code FROM request_status WHERE NOT final ORDER BY type, place LIMIT 1) AS s;
INSERT INTO mail (once, template, recipient, locale, about_kind, about_id, state, sent_at)
SELECT sha256('walked'), 'receipt', 'odette@walk.example', 'fr', 'store', store_id, 'sent', now() FROM place;
INSERT INTO brand (account_id, name, changed_by, changed_at) SELECT account_id, 'Walked brand', agent_id, now() FROM place;
INSERT INTO export_job (agent_id, kind, format, locale, columns, asked, filter, scope, until, created_at)
SELECT agent_id, 'transactions', 'csv', 'fr', '{amount}', '{}', '{}', '{"areas": []}', now(), now() FROM place;
INSERT INTO saved_view (list, owner_id, name, created_at, updated_at)
SELECT 'transactions', agent_id, 'View to walk to', now(), now() FROM place;
INSERT INTO alert (rule_id, severity, subject_kind, subject_key, subject_id, label, store_id, measured, volume, opened_at, seen_at)
SELECT r.id, 'warning', 'store', p.store_id::text, p.store_id, 'Alert to walk to', p.store_id, 1, 1, now(), now()
FROM place p CROSS JOIN (SELECT id FROM alert_rule ORDER BY id LIMIT 1) AS r;
INSERT INTO approval (id, kind, target_kind, target_id, store_id, service, payload, amount_minor, currency, reason, asked_by, asked_at, expires_at)
SELECT uuidv7(), 'transaction.refund', 'transaction', t.id, p.store_id, 'pax',
       jsonb_build_object('original_date', current_date, 'label', '0T0000000000'), 60000, 'EUR', 'a refund to walk to', p.agent_id,
       now(), now() + interval '1 day'
FROM place p CROSS JOIN LATERAL (SELECT id FROM attempt WHERE store_id = p.store_id LIMIT 1) AS t;
INSERT INTO host_message (acquirer_id, kind, message_key, reference, amount_minor, currency, attempt_id, business_date, message)
SELECT t.acquirer_id, 1, sha256('walked'), 'WALKEDTO0000', 1250, '978', t.id, t.business_date, '\x80'
FROM place p CROSS JOIN LATERAL (
    SELECT a.id, a.business_date, a.acquirer_id FROM attempt a WHERE a.store_id = p.store_id LIMIT 1
) AS t;
INSERT INTO api_key (company_id, name, prefix, key_hash, made_by, made_at)
SELECT company_id, 'Key to walk to', 'gsk_walked00', sha256('gsk_walked'), agent_id, now() FROM place;
INSERT INTO purchase_order (company_id, store_id, reference, plan_id, currency, amount_minor, fee_minor, email, email_key,
                            customer_name, language, purchased_on, made_at, activated_at, state)
SELECT p.company_id, p.store_id, 'WALKED-1', (SELECT id FROM plan WHERE code = '2x' LIMIT 1), 'EUR', 10000, 0,
       'odette@walk.example', 'odette@walk.example', 'Odette Walker', 'fr', current_date, now(), now(), 'in_progress'
FROM place p;
INSERT INTO instalment (order_id, number, due_on, amount_minor, state, paid_at)
SELECT o.id, n.number, o.purchased_on + 30 * (n.number - 1), 5000, n.state, CASE n.state WHEN 'paid' THEN now() END
FROM purchase_order o CROSS JOIN (VALUES (1, 'paid'), (2, 'upcoming')) AS n (number, state) WHERE o.reference = 'WALKED-1';
INSERT INTO stored_card (token_id, company_id, ciphertext, fingerprint, bin, last_four, expiry, brand, stored_at)
SELECT uuidv7(), company_id, 'walked', 1, '497010', '0014', '9912', 2, now() FROM place;
UPDATE purchase_order SET card_id = (SELECT id FROM stored_card WHERE ciphertext = 'walked') WHERE reference = 'WALKED-1';
INSERT INTO customer (name, password_hash, locale, created_at) VALUES ('Odette Walker', '', 'fr', now());
INSERT INTO card_change (order_id, customer_id, old_card_id, state, failure, asked_at, decided_at)
SELECT o.id, u.id, o.card_id, 'failed', 'left', now(), now()
FROM purchase_order o CROSS JOIN customer u WHERE o.reference = 'WALKED-1' AND u.name = 'Odette Walker';
INSERT INTO webhook_endpoint (company_id, url, made_at, changed_at)
SELECT company_id, 'https://walk.example/hooks', now(), now() FROM place;
INSERT INTO webhook_event (company_id, kind, facts, at) SELECT company_id, 'order.activated', '{}', now() FROM place;
INSERT INTO webhook_delivery (event_id, endpoint_id, due_at)
SELECT v.id, e.id, now() FROM webhook_event v JOIN webhook_endpoint e ON e.company_id = v.company_id;
INSERT INTO opening_exception (channel, day, label_fr, label_en, made_at) SELECT 'chat', current_date + 30, 'Walk', 'Walk', now();
WITH walker AS (
    INSERT INTO customer (name, password_hash, locale, created_at) VALUES ('Odette Walker', '-', 'fr', now()) RETURNING id
),
address AS (
    INSERT INTO customer_email (customer_id, email, is_main, proved_at)
    SELECT id, 'odette@walk.example', true, now() FROM walker
)
INSERT INTO conversation (customer_id, channel, state, since, subject, locale, made_at)
SELECT id, 'form', 'waiting', now(), 'Message to walk to', 'fr', now() FROM walker;

-- Rows that are $1 old: three of each kind that are over, and one that stands where a kind has such.

-- name: terminal_events
INSERT INTO terminal_event (id, terminal_id, at, kind)
SELECT uuidv7(-$1::interval), t.id, now() - $1::interval, 'signed_on' FROM terminal t LIMIT 3;

-- name: sessions
INSERT INTO session (token_hash, agent_id, expires_at)
SELECT uuid_send(gen_random_uuid()), a.id, now() - $1::interval FROM agent a LIMIT 3;

-- name: mail
INSERT INTO mail (id, once, template, recipient, locale, state, sent_at)
SELECT uuidv7(-$1::interval), sha256(uuid_send(gen_random_uuid())), 'notice', 'a@b.example', 'fr', s,
       CASE s WHEN 'sent' THEN now() END
FROM unnest('{sent,failed,sent,waiting}'::text[]) AS s;

-- name: notices
INSERT INTO notice (id, agent_id, kind) SELECT uuidv7(-$1::interval), a.id, 'request_due' FROM agent a LIMIT 3;

-- name: exports
INSERT INTO export_job (
    id, agent_id, kind, format, locale, columns, asked, filter, scope, until, state, created_at
)
SELECT uuidv7(-$1::interval), a.id, 'transactions', 'csv', 'fr', '{state}', '{}', '{}', '{}', now(), s, now()
FROM (SELECT id FROM agent LIMIT 1) AS a, unnest('{failed,cancelled,expired,done}'::text[]) AS s;

-- name: alerts
INSERT INTO alert (
    id, rule_id, severity, subject_kind, subject_key, label, measured, volume, opened_at, seen_at, recovered_at
)
SELECT uuidv7(-$1::interval), (SELECT id FROM alert_rule LIMIT 1), 'info', 'area', $1::interval::text || n, 'x', 1, 1,
       now(), now(), CASE WHEN n < 4 THEN now() END
FROM generate_series(1, 4) AS n;

-- name: activity
INSERT INTO activity_minute (minute, store_id, state, reason, currency, transactions, amount_minor, payments)
SELECT date_trunc('minute', now()) - $1::interval, s.id, 2, 1, 'EUR', 1, 100, 1 FROM store s LIMIT 3;

-- name: card_tokens
WITH opened AS (
    INSERT INTO frame_session (
        id, secret_hash, company_id, purpose, subject_id, origin, language, currency, needed_until, opened_at, expires_at
    )
    SELECT uuidv7(-$1::interval), sha256(uuid_send(gen_random_uuid())), c.id, 'purchase', gen_random_uuid(),
           'https://shop.example', 'fr', 'EUR', '2030-01-01', now(), now() + interval '30 minutes'
    FROM (SELECT id FROM company LIMIT 1) AS c, generate_series(1, 3) RETURNING id
)
INSERT INTO card_token (
    id, session_id, ciphertext, fingerprint, bin, last_four, expiry, brand, frame, made_at, expires_at
)
SELECT uuidv7(-$1::interval), id, '\x01', 1, '497010', '0004', '3012', 2, 'cards1', now(), now() + interval '15 minutes'
FROM opened;

-- name: customer_sessions
WITH made AS (
    INSERT INTO customer (name, password_hash, locale, created_at) VALUES ('Odette', '', 'fr', now()) RETURNING id
)
INSERT INTO customer_session (token_hash, customer_id, created_at, last_seen_at, confirmed_at, expires_at)
SELECT uuid_send(gen_random_uuid()), m.id, now(), now(), now(), now() - $1::interval FROM made m, generate_series(1, 3);

-- name: customer_links
INSERT INTO customer_link (token_hash, purpose, email, created_at, expires_at)
SELECT uuid_send(gen_random_uuid()), 'access', gen_random_uuid()::text || '@aged.example', now(), now() - $1::interval
FROM generate_series(1, 3);

-- name: webhook_events
INSERT INTO webhook_event (id, company_id, kind, facts, at)
SELECT uuidv7(-$1::interval), c.id, 'order.activated', '{}', now() - $1::interval
FROM (SELECT id FROM company LIMIT 1) AS c, generate_series(1, 3);

-- name: conversation_messages
WITH writer AS (
    INSERT INTO customer (name, password_hash, locale, created_at) VALUES ('Odette', '', 'fr', now()) RETURNING id
),
made AS (
    INSERT INTO conversation (customer_id, channel, state, since, locale, made_at, ended_by)
    SELECT w.id, 'form', 'ended', now() - $1::interval, 'fr', now() - $1::interval, 'agent' FROM writer w RETURNING id
)
INSERT INTO conversation_message (conversation_id, number, author, text, at)
SELECT m.id, n, 'customer', 'Bonjour', now() - $1::interval FROM made m, generate_series(1, 3) AS n;

-- name: card_tries
INSERT INTO card_try_day (subject, day, tries)
SELECT uuid_send(gen_random_uuid()), (now() - $1::interval)::date, 1 FROM generate_series(1, 3);

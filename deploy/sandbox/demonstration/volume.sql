-- Many merchants and payments, made inside PostgreSQL. Every choice is a hash of a row's number, so two runs make the same rows.
-- `estate_pick(n, salt, size)` is that choice: 1 to size.

-- name: add_functions
-- Temporary: they go with the connection.
CREATE FUNCTION pg_temp.estate_pick(n bigint, salt bigint, size integer) RETURNS integer LANGUAGE sql IMMUTABLE
RETURN ((hashint8extended(n, salt) & 2147483647) % size)::integer + 1;

-- name: add_luhn
-- Appends the check digit of ISO/IEC 7812-1 annex B.
CREATE FUNCTION pg_temp.with_check(digits text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN digits || (
    SELECT (10 - sum(CASE WHEN p.doubled > 9 THEN p.doubled - 9 ELSE p.doubled END) % 10) % 10
    FROM (
        SELECT substr(digits, length(digits) - i + 1, 1)::integer * (1 + i % 2) AS doubled
        FROM generate_series(1, length(digits)) AS i
    ) AS p
);

-- name: add_accounts
-- $1 merchants; $2 surnames.
INSERT INTO account (id, name)
SELECT
    md5('estate-account-' || n)::uuid,
    CASE pg_temp.estate_pick(n, 1, 4)
        WHEN 1 THEN 'Groupe ' WHEN 2 THEN 'Maison ' WHEN 3 THEN 'Établissements ' ELSE 'Famille ' END
    || ($2::text[])[pg_temp.estate_pick(n, 2, cardinality($2))]
    || ' ' || lpad(n::text, 5, '0')
FROM generate_series(1, ($1 * 4 + 4) / 5) AS n
ON CONFLICT DO NOTHING;

-- name: add_companies
-- $1 merchants, $2 surnames, $3 trades, $4 first names.
INSERT INTO company (id, account_id, legal_name, siren)
SELECT
    md5('estate-company-' || n)::uuid,
    md5('estate-account-' || ((n - 1) * 4 / 5 + 1))::uuid,
    CASE pg_temp.estate_pick(n, 3, 3)
        WHEN 1 THEN ($3::text[])[pg_temp.estate_pick(n, 4, cardinality($3))] || ' '
            || ($2::text[])[pg_temp.estate_pick(n, 5, cardinality($2))]
        WHEN 2 THEN ($2::text[])[pg_temp.estate_pick(n, 5, cardinality($2))] || ' et '
            || ($2::text[])[pg_temp.estate_pick(n, 6, cardinality($2))]
        ELSE ($4::text[])[pg_temp.estate_pick(n, 7, cardinality($4))] || ' '
            || ($2::text[])[pg_temp.estate_pick(n, 5, cardinality($2))]
    END || CASE pg_temp.estate_pick(n, 8, 4) WHEN 1 THEN ' SAS' WHEN 2 THEN ' SARL' WHEN 3 THEN ' EURL' ELSE ' SA' END,
    pg_temp.with_check('8' || lpad(n::text, 7, '0'))
FROM generate_series(1, $1) AS n
ON CONFLICT DO NOTHING;

-- name: add_stores
-- The first stores take the departments in turn, so that each has one; the others crowd where people live, which
-- is how the list is ordered. A merchant in six has a second store.
-- $1 merchants, $2 stores, $3 trades, $4 surnames, $5 departments, $6 cities, $7 streets.
INSERT INTO store (id, company_id, name, siret, acceptor, merchant_category, street, postcode, city, department)
SELECT
    md5('estate-store-' || p.n)::uuid,
    md5('estate-company-' || ((p.n - 1) % $1 + 1))::uuid,
    ($3::text[])[pg_temp.estate_pick(p.n, 10, cardinality($3))] || ' '
    || ($4::text[])[pg_temp.estate_pick(p.n, 11, cardinality($4))] || ' ' || ($6::text[])[p.place],
    pg_temp.with_check(
        pg_temp.with_check('8' || lpad(((p.n - 1) % $1 + 1)::text, 7, '0')) || lpad(((p.n - 1) / $1)::text, 4, '0')
    ),
    'GCT2' || lpad(p.n::text, 11, '0'),
    (ARRAY['5411', '5812', '5462', '5912', '5651', '7230', '5942', '5541'])[pg_temp.estate_pick(p.n, 12, 8)],
    pg_temp.estate_pick(p.n, 13, 180) || ' ' || ($7::text[])[pg_temp.estate_pick(p.n, 14, cardinality($7))],
    CASE
        WHEN ($5::text[])[p.place] LIKE '97%' THEN ($5::text[])[p.place] || lpad((p.n % 90)::text, 2, '0')
        ELSE translate(($5::text[])[p.place], 'AB', '00') || lpad(((p.n % 90) * 10)::text, 3, '0')
    END,
    ($6::text[])[p.place],
    ($5::text[])[p.place]
FROM (
    SELECT
        n,
        CASE
            WHEN n <= cardinality($5::text[]) THEN n
            ELSE 1 + floor(cardinality($5::text[]) * power(pg_temp.estate_pick(n, 9, 1000000) / 1000001.0, 2))
        END::integer AS place
    FROM generate_series(1, $2) AS n
) AS p
ON CONFLICT DO NOTHING;

-- name: add_company_addresses
-- Where the first store is.
UPDATE company c SET street = s.street, postcode = s.postcode, city = s.city, department = s.department
FROM generate_series(1, $1::integer) AS n JOIN store s ON s.id = md5('estate-store-' || n)::uuid
WHERE c.id = md5('estate-company-' || n)::uuid;

-- name: add_services
INSERT INTO service (id, store_id, kind, acquirer_id, active, transaction_max_minor, duplicate_window_s)
SELECT md5('estate-service-' || n)::uuid, md5('estate-store-' || n)::uuid, 'pax', 1, true, 500000, 120
FROM generate_series(1, $1::integer) AS n
ON CONFLICT DO NOTHING;

-- name: add_terminals
-- $1 terminals, $2 stores. Every store has one; the others fall where they fall.
INSERT INTO terminal (id, store_id, service_id, terminal, model, dialect, activated_at, created_at)
SELECT
    md5('estate-terminal-' || p.n)::uuid, md5('estate-store-' || p.store)::uuid,
    md5('estate-service-' || p.store)::uuid, 'E' || lpad(p.n::text, 7, '0'),
    (ARRAY['PAX A920Pro', 'PAX A35', 'PAX A77'])[pg_temp.estate_pick(p.n, 21, 3)], 'ascii1987',
    CASE WHEN p.n % 50 > 0 THEN $3::timestamptz - interval '60 days' END, $3::timestamptz - interval '90 days'
FROM (
    SELECT n, CASE WHEN n <= $2 THEN n ELSE pg_temp.estate_pick(n, 20, $2) END AS store
    FROM generate_series(1, $1) AS n
) AS p
ON CONFLICT DO NOTHING;

-- name: add_presences
-- $1 terminals, $2 now.
INSERT INTO terminal_presence (terminal_id, edge, address, firmware, connected, connected_since, last_seen_at)
SELECT
    md5('estate-terminal-' || n)::uuid, 'edge1', '10.' || n / 65536 % 256 || '.' || n / 256 % 256 || '.' || n % 256,
    '2.1.' || n % 7, n % 12 > 0, CASE WHEN n % 12 > 0 THEN $2::timestamptz - interval '1 hour' END,
    $2::timestamptz - CASE WHEN n % 12 > 0 THEN interval '20 seconds' ELSE (n % 5000) * interval '1 minute' END
FROM generate_series(1, $1::integer) AS n
WHERE n % 50 > 0
ON CONFLICT DO NOTHING;

-- name: add_blocks
-- $1 terminals, $2 who, $3 now. One terminal in five hundred stands blocked.
INSERT INTO block (id, target_kind, target_id, reason, blocked_by, blocked_at)
SELECT
    md5('estate-block-' || n)::uuid, 3, md5('estate-terminal-' || n)::uuid,
    (ARRAY['terminal perdu', 'contrat suspendu', 'soupçon de fraude'])[pg_temp.estate_pick(n, 30, 3)],
    $2::uuid, $3::timestamptz - (n % 700) * interval '1 hour'
FROM generate_series(500, $1::integer, 500) AS n
ON CONFLICT DO NOTHING;

-- name: add_block_actions
-- No block without its action (V12).
INSERT INTO action (agent_id, at, kind, target_kind, target_id, facts)
SELECT b.blocked_by, b.blocked_at, 'block.made', 'terminal', b.target_id,
       jsonb_build_object('block', public_id('blk', b.id), 'reason', b.reason)
FROM block AS b
WHERE b.target_kind = :BlockTarget.TERMINAL
    AND NOT EXISTS (SELECT FROM action AS x WHERE x.target_id = b.target_id AND x.kind = 'block.made')
ORDER BY b.blocked_at;

-- name: echo_blocks
UPDATE terminal AS t SET blocked_at = b.blocked_at
FROM block AS b
WHERE b.target_kind = :BlockTarget.TERMINAL AND b.target_id = t.id AND b.lifted_at IS NULL AND t.blocked_at IS NULL;

-- name: add_attempts
-- Evenly over the period, newest last, so that ids, which hold the time, grow with the number.
-- $1 first number, $2 last, $3 of all, $4 terminals, $5 from, $6 to, which is now. Days are those of each store.
INSERT INTO attempt (
    id, business_date, terminal_id, store_id, company_id, received_at, sent_at, reverse_after, decided_at,
    body_hash, amount_minor, approved_minor, captured_minor, card_fingerprint, stan, host_sent_us, host_replied_us,
    kind, message_class, acquirer_id, state, reason, card_brand, currency, card_bin, card_last_four, card_expiry,
    entry_mode, transmitted_at, local_time, host_code, approval_code, card_ciphertext, request
)
SELECT
    (lpad(to_hex((extract(epoch FROM r.at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(r.n % 4096), 3, '0')
    || '8' || substr(md5('estate-attempt-' || r.n), 1, 15))::uuid,
    r.day, r.terminal_id, r.store_id, r.company_id, r.at, r.at + interval '1 ms', NULL,
    r.at + r.host_ms * interval '1 ms', r.n, r.amount_minor,
    CASE WHEN r.state IN (:State.APPROVED, :State.REVERSED, :State.CAPTURED) THEN r.amount_minor
        ELSE 0 END, CASE r.state WHEN :State.CAPTURED THEN r.amount_minor ELSE 0 END,
    hashint8extended(pg_temp.estate_pick(r.n, 40, 400000), 41), r.n % 899999 + 1, 2000, r.host_ms * 1000,
    2, 2, 1, r.state,
    CASE r.state
        WHEN 7 THEN 52
        WHEN 5 THEN (ARRAY[113, 113, 113, 105, 105, 116, 114, 126, 50, 9])[pg_temp.estate_pick(r.n, 42, 10)]
        ELSE 100
    END,
    (ARRAY[1, 1, 1, 2, 2, 3, 3, 4])[pg_temp.estate_pick(r.n, 43, 8)], 'EUR', '497010',
    lpad(((hashint8extended(pg_temp.estate_pick(r.n, 40, 400000), 44) & 2147483647) % 10000)::text, 4, '0'),
    '2912', (ARRAY['051', '071', '071', '071'])[pg_temp.estate_pick(r.n, 45, 4)], to_char(r.at, 'MMDDHH24MISS'),
    to_char(r.at AT TIME ZONE r.time_zone, 'MMDDHH24MISS'), CASE r.state WHEN 5 THEN '51' ELSE '00' END,
    CASE r.state WHEN 5 THEN '' ELSE 'A' || lpad(pg_temp.estate_pick(r.n, 46, 99999)::text, 5, '0') END,
    '\x01', '\x80'
FROM (
    SELECT
        q.n, q.at, q.host_ms, t.id AS terminal_id, t.store_id, s.company_id, s.time_zone,
        (q.at AT TIME ZONE s.time_zone)::date AS day,
        -- Small sums are many: a coffee at 1.50 to a basket of some hundreds.
        150 + 10 * floor(2500 * power(pg_temp.estate_pick(q.n, 47, 1000000) / 1000001.0, 3))::bigint AS amount_minor,
        CASE
            WHEN q.fate <= 95 THEN 5
            WHEN q.fate <= 103 THEN 7
            WHEN (q.at AT TIME ZONE s.time_zone)::date < ($6::timestamptz AT TIME ZONE s.time_zone)::date THEN 8
            ELSE 3
        END AS state
    FROM (
        SELECT
            n, $5::timestamptz + ($6::timestamptz - $5::timestamptz) * (n / $3::double precision) AS at,
            40 + pg_temp.estate_pick(n, 48, 300) AS host_ms, pg_temp.estate_pick(n, 49, 1000) AS fate,
            pg_temp.estate_pick(n, 50, $4::integer) AS terminal
        FROM generate_series($1::bigint, $2::bigint) AS n
    ) AS q
    INNER JOIN terminal AS t ON t.id = md5('estate-terminal-' || q.terminal)::uuid
    INNER JOIN store AS s ON s.id = t.store_id
) AS r
ORDER BY r.n
ON CONFLICT DO NOTHING;

-- name: add_events
INSERT INTO event (attempt_id, business_date, at, kind, state, reason)
SELECT
    a.id, a.business_date, a.decided_at, CASE a.state WHEN :State.REVERSED THEN :EventKind.REVERSED
        ELSE :EventKind.DECIDED END,
    CASE a.state WHEN :State.CAPTURED THEN :State.APPROVED ELSE a.state END,
    a.reason
FROM attempt AS a
ORDER BY a.id;

-- name: add_captures
INSERT INTO event (attempt_id, business_date, at, kind, state, reason)
SELECT a.id, a.business_date, (a.business_date + 1)::timestamp AT TIME ZONE s.time_zone, 8, 8, a.reason
FROM attempt AS a
INNER JOIN store AS s ON s.id = a.store_id
WHERE a.state = :State.CAPTURED
ORDER BY a.id;

-- name: add_entries
-- The movements of each state as the engine books them: held; released; released and posted.
INSERT INTO ledger_entry (
    attempt_id, business_date, posted_at, owner_id, amount_minor, operation, leg, layer, account, currency
)
SELECT
    a.id, a.business_date, a.decided_at, CASE m.leg WHEN 1 THEN q.ledger_owner ELSE a.store_id END,
    a.approved_minor * m.sign, m.operation, m.leg, m.layer, m.leg, a.currency
FROM attempt AS a
INNER JOIN acquirer AS q ON q.id = a.acquirer_id
INNER JOIN (
    VALUES
    ('{3,7,8}'::smallint[], 1::smallint, 1::smallint, 1::smallint, 1), ('{3,7,8}', 1, 2, 1, -1),
    ('{7,8}', 2, 1, 1, -1), ('{7,8}', 2, 2, 1, 1),
    ('{8}', 3, 1, 2, 1), ('{8}', 3, 2, 2, -1)
) AS m (states, operation, leg, layer, sign) ON a.state = ANY (m.states)
ORDER BY a.id;

-- name: add_activity
INSERT INTO activity_minute (
    minute, store_id, state, reason, currency, transactions, amount_minor, payments, gross_minor
)
SELECT
    date_trunc('minute', a.received_at), a.store_id,
    CASE a.state WHEN :State.CAPTURED THEN :State.APPROVED ELSE a.state END, a.reason,
    a.currency, count(*), sum(a.amount_minor), sum(f.payments), sum(f.gross_minor)
FROM attempt AS a
INNER JOIN attempt_figure AS f ON f.id = a.id AND f.business_date = a.business_date
GROUP BY 1, 2, 3, 4, 5
ON CONFLICT DO NOTHING;

-- name: enter_inbox
-- The events are counted already: neither the relay nor the projection may take them for new ones.
INSERT INTO inbox (consumer, from_txid, from_seq, to_txid, to_seq, events)
SELECT 'activity', '0'::xid8, 0, e.txid, e.seq, (SELECT count(*) FROM event)
FROM event AS e ORDER BY e.txid DESC, e.seq DESC LIMIT 1;

-- name: keep_relay_position
INSERT INTO relay_position (name, txid, seq)
SELECT 'transactions', e.txid, e.seq FROM event AS e ORDER BY e.txid DESC, e.seq DESC LIMIT 1
ON CONFLICT (name) DO UPDATE SET txid = excluded.txid, seq = excluded.seq;

-- name: add_keys
INSERT INTO attempt_key (
    attempt_id, business_date, store_id, stan, amount_minor, card_last_four, approval_code, decline_reason
)
SELECT a.id, a.business_date, a.store_id, a.stan, a.amount_minor, a.card_last_four, a.approval_code,
    CASE WHEN a.state = :State.DECLINED THEN a.reason ELSE 0 END
FROM attempt AS a ORDER BY a.id
ON CONFLICT DO NOTHING;

-- name: keep_key_position
UPDATE key_position SET attempt_id = (SELECT a.id FROM attempt AS a ORDER BY a.id DESC LIMIT 1)
WHERE EXISTS (SELECT FROM attempt);

-- Queries for screens. $1 is the scope wherever a statement reads transactions (core.identity.scope).
-- Newest first is the order of ids: they are UUIDv7, so the primary key of each partition read backwards gives it
-- with no sort, and a moment is a bound on the id. What of the refunds is pending costs a step of attempt_original for
-- each row that has any.

-- name: list_transactions
-- Primary key backwards, merged over the partitions; a reference or a time is a range of ids.
-- $2 id from, $3 id below, $4 store, $5 states, $6 reason, $7 brand, $8 and $9 amounts, $10 last four, $11 stan,
-- $12 approval code, $13 kind, $14 limit, $15 a figure, for the rows that it counts.
SELECT a.id, a.business_date, a.kind, a.state, a.reason, a.amount_minor, a.approved_minor, a.captured_minor,
       a.refunded_minor, CASE WHEN a.refunded_minor > 0 THEN refund_pending_minor(a.id) ELSE 0 END AS refund_pending_minor,
       a.currency, a.card_brand, a.card_bin, a.card_last_four, a.card_expiry, a.terminal_id,
       t.terminal, a.store_id, s.name AS store_name, s.department, s.time_zone, a.company_id, c.legal_name,
       a.received_at, a.decided_at, a.stan, a.approval_code, a.host_code, a.entry_mode
FROM attempt a
LEFT JOIN terminal t ON t.id = a.terminal_id
LEFT JOIN service v ON v.id = t.service_id
LEFT JOIN store s ON s.id = a.store_id
LEFT JOIN company c ON c.id = a.company_id
WHERE a.id >= $2 AND a.id < $3
  AND sees($1::area[], s.department, s.id, s.company_id, v.kind)
  AND ($4::uuid IS NULL OR a.store_id = $4)
  AND ($5::smallint[] IS NULL OR a.state = ANY($5))
  AND ($6::smallint IS NULL OR a.reason = $6)
  AND ($7::smallint IS NULL OR a.card_brand = $7)
  AND ($8::bigint IS NULL OR a.amount_minor >= $8)
  AND ($9::bigint IS NULL OR a.amount_minor <= $9)
  AND ($10::text IS NULL OR a.card_last_four = $10)
  AND ($11::integer IS NULL OR a.stan = $11)
  AND ($12::text IS NULL OR a.approval_code = $12)
  AND ($13::smallint IS NULL OR a.kind = $13)
  AND ($15::text IS NULL OR figure_has($15, a.kind, a.state, a.approved_minor, a.sent_at))
ORDER BY a.id DESC
LIMIT $14;

-- name: list_transactions_of_terminal
-- Index attempt_once by its first column: one terminal has few rows, which are sorted.
-- Parameters as above; $16 terminal.
SELECT a.id, a.business_date, a.kind, a.state, a.reason, a.amount_minor, a.approved_minor, a.captured_minor,
       a.refunded_minor, CASE WHEN a.refunded_minor > 0 THEN refund_pending_minor(a.id) ELSE 0 END AS refund_pending_minor,
       a.currency, a.card_brand, a.card_bin, a.card_last_four, a.card_expiry, a.terminal_id,
       t.terminal, a.store_id, s.name AS store_name, s.department, s.time_zone, a.company_id, c.legal_name,
       a.received_at, a.decided_at, a.stan, a.approval_code, a.host_code, a.entry_mode
FROM attempt a
LEFT JOIN terminal t ON t.id = a.terminal_id
LEFT JOIN service v ON v.id = t.service_id
LEFT JOIN store s ON s.id = a.store_id
LEFT JOIN company c ON c.id = a.company_id
WHERE a.terminal_id = $16 AND a.id >= $2 AND a.id < $3
  AND sees($1::area[], s.department, s.id, s.company_id, v.kind)
  AND ($4::uuid IS NULL OR a.store_id = $4)
  AND ($5::smallint[] IS NULL OR a.state = ANY($5))
  AND ($6::smallint IS NULL OR a.reason = $6)
  AND ($7::smallint IS NULL OR a.card_brand = $7)
  AND ($8::bigint IS NULL OR a.amount_minor >= $8)
  AND ($9::bigint IS NULL OR a.amount_minor <= $9)
  AND ($10::text IS NULL OR a.card_last_four = $10)
  AND ($11::integer IS NULL OR a.stan = $11)
  AND ($12::text IS NULL OR a.approval_code = $12)
  AND ($13::smallint IS NULL OR a.kind = $13)
  AND ($15::text IS NULL OR figure_has($15, a.kind, a.state, a.approved_minor, a.sent_at))
ORDER BY a.id DESC
LIMIT $14;

-- name: list_transactions_of_stores
-- Index attempt_key_store, then the primary key of attempt, a window of time at a time: for a scope or a store so
-- narrow that reading everybody's transactions backwards would pass by thousands before it finds one. What is no
-- decline is left out before it is looked up. Parameters as above; $16 stores, $17 whether only declines are asked for.
SELECT a.id, a.business_date, a.kind, a.state, a.reason, a.amount_minor, a.approved_minor, a.captured_minor,
       a.refunded_minor, CASE WHEN a.refunded_minor > 0 THEN refund_pending_minor(a.id) ELSE 0 END AS refund_pending_minor,
       a.currency, a.card_brand, a.card_bin, a.card_last_four, a.card_expiry, a.terminal_id,
       t.terminal, a.store_id, s.name AS store_name, s.department, s.time_zone, a.company_id, c.legal_name,
       a.received_at, a.decided_at, a.stan, a.approval_code, a.host_code, a.entry_mode
FROM attempt_key k
JOIN attempt a ON a.id = k.attempt_id AND a.business_date = k.business_date
LEFT JOIN terminal t ON t.id = a.terminal_id
LEFT JOIN service v ON v.id = t.service_id
LEFT JOIN store s ON s.id = a.store_id
LEFT JOIN company c ON c.id = a.company_id
WHERE k.store_id = ANY($16::uuid[]) AND k.attempt_id >= $2 AND k.attempt_id < $3
  AND (NOT $17::boolean OR (k.decline_reason <> :Reason.NONE AND ($6::smallint IS NULL OR k.decline_reason = $6)))
  AND sees($1::area[], s.department, s.id, s.company_id, v.kind)
  AND ($4::uuid IS NULL OR a.store_id = $4)
  AND ($5::smallint[] IS NULL OR a.state = ANY($5))
  AND ($6::smallint IS NULL OR a.reason = $6)
  AND ($7::smallint IS NULL OR a.card_brand = $7)
  AND ($8::bigint IS NULL OR a.amount_minor >= $8)
  AND ($9::bigint IS NULL OR a.amount_minor <= $9)
  AND ($10::text IS NULL OR a.card_last_four = $10)
  AND ($11::integer IS NULL OR a.stan = $11)
  AND ($12::text IS NULL OR a.approval_code = $12)
  AND ($13::smallint IS NULL OR a.kind = $13)
  AND ($15::text IS NULL OR figure_has($15, a.kind, a.state, a.approved_minor, a.sent_at))
ORDER BY k.attempt_id DESC
LIMIT $14;

-- name: list_transactions_by_key
-- One of the indexes of attempt_key backwards, then the primary key of attempt: what is on a receipt is rare, and so
-- are most reasons of a decline. Parameters as above; $16 whether only declines are asked for.
SELECT a.id, a.business_date, a.kind, a.state, a.reason, a.amount_minor, a.approved_minor, a.captured_minor,
       a.refunded_minor, CASE WHEN a.refunded_minor > 0 THEN refund_pending_minor(a.id) ELSE 0 END AS refund_pending_minor,
       a.currency, a.card_brand, a.card_bin, a.card_last_four, a.card_expiry, a.terminal_id,
       t.terminal, a.store_id, s.name AS store_name, s.department, s.time_zone, a.company_id, c.legal_name,
       a.received_at, a.decided_at, a.stan, a.approval_code, a.host_code, a.entry_mode
FROM attempt_key k
JOIN attempt a ON a.id = k.attempt_id AND a.business_date = k.business_date
LEFT JOIN terminal t ON t.id = a.terminal_id
LEFT JOIN service v ON v.id = t.service_id
LEFT JOIN store s ON s.id = a.store_id
LEFT JOIN company c ON c.id = a.company_id
WHERE k.attempt_id >= $2 AND k.attempt_id < $3
  AND ($8::bigint IS NULL OR $8 IS DISTINCT FROM $9 OR k.amount_minor = $8)
  AND ($10::text IS NULL OR k.card_last_four = $10)
  AND ($11::integer IS NULL OR k.stan = $11)
  AND ($12::text IS NULL OR (k.approval_code = $12 AND k.approval_code <> ''))
  AND (NOT $16::boolean OR (k.decline_reason <> :Reason.NONE AND ($6::smallint IS NULL OR k.decline_reason = $6)))
  AND sees($1::area[], s.department, s.id, s.company_id, v.kind)
  AND ($4::uuid IS NULL OR a.store_id = $4)
  AND ($5::smallint[] IS NULL OR a.state = ANY($5))
  AND ($6::smallint IS NULL OR a.reason = $6)
  AND ($7::smallint IS NULL OR a.card_brand = $7)
  AND ($8::bigint IS NULL OR a.amount_minor >= $8)
  AND ($9::bigint IS NULL OR a.amount_minor <= $9)
  AND ($10::text IS NULL OR a.card_last_four = $10)
  AND ($11::integer IS NULL OR a.stan = $11)
  AND ($12::text IS NULL OR a.approval_code = $12)
  AND ($13::smallint IS NULL OR a.kind = $13)
  AND ($15::text IS NULL OR figure_has($15, a.kind, a.state, a.approved_minor, a.sent_at))
ORDER BY k.attempt_id DESC
LIMIT $14;

-- name: keys_end
-- One row: every attempt up to here is in attempt_key.
SELECT attempt_id FROM key_position;

-- name: narrow_stores
-- Primary key for one store; else a sequential scan of store, by places before the scope because they cost less.
-- $1 scope, $2 store, $3 departments, $4 stores, $5 companies, $6 limit.
SELECT s.id FROM store s
WHERE ($2::uuid IS NULL OR s.id = $2)
  AND ($3::text[] IS NULL OR s.department = ANY($3) OR s.id = ANY($4::uuid[]) OR s.company_id = ANY($5::uuid[]))
  AND sees($1::area[], s.department, s.id, s.company_id, NULL)
LIMIT $6;

-- name: terminal_numbered
-- Unique index on terminal.terminal, within the scope.
SELECT t.id FROM terminal t
JOIN store s ON s.id = t.store_id
JOIN service v ON v.id = t.service_id
WHERE t.terminal = $2 AND sees($1::area[], s.department, s.id, s.company_id, v.kind);

-- name: transaction_by_id
-- Primary key, by its first column in each partition.
SELECT a.id, a.business_date, a.kind, a.state, a.reason, a.amount_minor, a.approved_minor, a.captured_minor,
       a.refunded_minor, CASE WHEN a.refunded_minor > 0 THEN refund_pending_minor(a.id) ELSE 0 END AS refund_pending_minor,
       a.currency, a.card_brand, a.card_bin, a.card_last_four, a.card_expiry, a.terminal_id,
       t.terminal, a.store_id, s.name AS store_name, s.department, s.time_zone, a.company_id, c.legal_name,
       a.received_at, a.decided_at, a.stan, a.approval_code, a.host_code, a.entry_mode,
       a.sent_at, a.host_sent_us, a.host_replied_us, a.message_class, a.request, a.original_id, a.original_date,
       v.kind AS service
FROM attempt a
LEFT JOIN terminal t ON t.id = a.terminal_id
LEFT JOIN service v ON v.id = t.service_id
LEFT JOIN store s ON s.id = a.store_id
LEFT JOIN company c ON c.id = a.company_id
WHERE a.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, v.kind);

-- name: events_of
-- Index event_attempt; the date finds the partition. In the order in which its row was locked: an event is written under
-- that lock. Not by txid, which a transaction may have had long before it came to this row, as that of a day's end has.
SELECT txid::text::bigint AS txid, seq, at, kind, state, reason, cause, detail, summary
FROM event WHERE attempt_id = $1 AND business_date = $2 ORDER BY seq LIMIT 200;

-- name: entries_of
-- Primary key by its first column; the date finds the partition.
SELECT e.operation, e.layer, e.account, e.amount_minor, e.currency, e.posted_at,
       coalesce(s.name, q.name, '') AS owner
FROM ledger_entry e
LEFT JOIN store s ON s.id = e.owner_id
LEFT JOIN acquirer q ON q.ledger_owner = e.owner_id
WHERE e.attempt_id = $1 AND e.business_date = $2
ORDER BY e.posted_at, e.operation, e.part, e.layer, e.leg LIMIT 200;

-- name: open_matter_of
-- By doubt's primary key, reversal_attempt, the unique key of delivery; messages of hosts are few. Whether a person has
-- something to look at about this transaction; what is still sent to the host, its deliveries tell.
SELECT EXISTS (
    SELECT FROM matter AS m
    WHERE m.attempt_id = $1 AND m.closed_at IS NULL AND NOT m.settled AND m.kind NOT LIKE '%_not_accepted'
) AS is_open;

-- name: reversals_of
-- reversal_attempt. What its terminal sent to take it back.
SELECT r.request FROM reversal AS r WHERE r.attempt_id = $1 ORDER BY r.received_at LIMIT 20;

-- name: deliveries_of
-- Unique index (attempt_id, kind).
SELECT kind, created_at, tries, due_at, accepted_at, last_result, refused_at, closed_by
FROM delivery
WHERE attempt_id = $1
ORDER BY created_at;

-- name: related_to
-- Primary key for the original, partial index attempt_original for what followed.
SELECT a.id, a.kind, a.state, a.amount_minor, a.currency, a.received_at, a.id = $2::uuid AS is_original
FROM attempt a
WHERE a.original_id = $1 OR a.id = $2::uuid
ORDER BY a.id LIMIT 100;

-- name: figures_of_minutes
-- Primary key of activity_minute by its first column, $2 to $3. $4 store, $5 brand, $6 by minute or all together.
SELECT CASE WHEN $6::boolean THEN m.minute END AS minute, m.currency, sum(m.payments)::int AS payments,
       sum(m.approved)::int AS approved, sum(m.cancelled)::int AS cancelled, sum(m.declined)::int AS declined,
       sum(m.unknown)::int AS unknown, sum(m.refunds)::int AS refunds, sum(m.gross_minor)::bigint AS gross_minor,
       sum(m.refunded_minor)::bigint AS refunded_minor
FROM figure_minute m JOIN store s ON s.id = m.store_id
WHERE m.minute >= $2 AND m.minute < $3 AND sees($1::area[], s.department, s.id, s.company_id, nullif(m.service, ''))
  AND ($4::uuid IS NULL OR m.store_id = $4)
  AND ($5::smallint IS NULL OR m.brand = $5)
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: declines_of_minutes
-- Parameters as above, without the last.
SELECT m.reason, sum(m.declined)::int AS count
FROM figure_minute m JOIN store s ON s.id = m.store_id
WHERE m.minute >= $2 AND m.minute < $3 AND sees($1::area[], s.department, s.id, s.company_id, nullif(m.service, ''))
  AND m.declined > 0
  AND ($4::uuid IS NULL OR m.store_id = $4)
  AND ($5::smallint IS NULL OR m.brand = $5)
GROUP BY m.reason ORDER BY 2 DESC, 1 LIMIT 50;

-- name: figures_of_rows
-- Primary key, for the rows that a list has found. $1 ids, $2 their dates, $3 by minute or all together.
SELECT CASE WHEN $3::boolean THEN date_trunc('minute', f.received_at, 'UTC') END AS minute, f.currency,
       sum(f.payments)::int AS payments, sum(f.approved)::int AS approved, sum(f.cancelled)::int AS cancelled,
       sum(f.declined)::int AS declined, sum(f.unknown)::int AS unknown, sum(f.refunds)::int AS refunds,
       sum(f.gross_minor)::bigint AS gross_minor, sum(f.refunded_minor)::bigint AS refunded_minor
FROM unnest($1::uuid[], $2::date[]) AS k (id, business_date)
JOIN attempt_figure f ON f.id = k.id AND f.business_date = k.business_date
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: declines_of_rows
-- As above.
SELECT f.reason, count(*)::int AS count
FROM unnest($1::uuid[], $2::date[]) AS k (id, business_date)
JOIN attempt_figure f ON f.id = k.id AND f.business_date = k.business_date
WHERE f.declined > 0
GROUP BY f.reason ORDER BY 2 DESC, 1 LIMIT 50;

-- name: events_after
-- Index event_position in each partition, merged. Nothing at or above the oldest running transaction is read,
-- so a late commit cannot slip in behind a reader; the relay reads by the same rule.
SELECT e.txid::text::bigint AS txid, e.seq, e.at, e.kind AS event_kind, e.state AS event_state,
       e.reason AS event_reason, e.summary,
       a.id, a.kind, a.amount_minor, a.approved_minor, a.currency, a.card_brand, a.card_bin, a.card_last_four,
       a.terminal_id, t.terminal, a.store_id, s.name AS store_name, s.department, s.time_zone, a.company_id,
       a.received_at, a.decided_at, a.stan, a.approval_code, a.host_code, a.entry_mode, v.kind AS service
FROM (
    SELECT txid, seq, at, kind, state, reason, summary, attempt_id, business_date
    FROM event
    WHERE (txid, seq) > ($1::text::xid8, $2) AND (txid, seq) <= ($3::text::xid8, $4)
      AND txid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY txid, seq LIMIT $5
) e
JOIN attempt a ON a.id = e.attempt_id AND a.business_date = e.business_date
LEFT JOIN terminal t ON t.id = a.terminal_id
LEFT JOIN service v ON v.id = t.service_id
LEFT JOIN store s ON s.id = a.store_id
ORDER BY e.txid, e.seq;

-- name: replay_size
-- Index event_position; never counts further than one above the bound.
SELECT count(*)::int AS events, min(at) AS oldest_at
FROM (SELECT at FROM event WHERE (txid, seq) > ($1::text::xid8, $2) ORDER BY txid, seq LIMIT $3) AS rest;

-- name: events_end
-- Index event_position backwards.
SELECT txid::text::bigint AS txid, seq FROM event
WHERE txid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY txid DESC, seq DESC LIMIT 1;

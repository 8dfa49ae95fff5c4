-- name: take_relay_lead
-- One relay at a time: the lock lives with the relay's own connection.
SELECT pg_try_advisory_lock(hashtext('guichet relay')) AS leads;

-- name: read_relay_position
SELECT p.txid, p.seq FROM relay_position AS p WHERE p.name = $1;

-- name: keep_relay_position
INSERT INTO relay_position (name, txid, seq) VALUES ($1, $2::xid8, $3)
ON CONFLICT (name) DO UPDATE SET txid = excluded.txid, seq = excluded.seq;

-- name: read_events_after
-- In order of position, below the oldest transaction still running, so that nothing can appear behind a reader.
-- event_position on each month, merged.
SELECT e.txid, e.seq, e.attempt_id, e.business_date, e.kind, e.state, e.reason, e.summary
FROM event AS e
WHERE (e.txid, e.seq) > ($1::xid8, $2::bigint)
    AND e.txid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY e.txid, e.seq
LIMIT $3;

-- name: read_summaries
-- For events whose writer left the summary to the reader; attempts by primary key.
SELECT
    a.id, a.kind, a.amount_minor, a.approved_minor, a.currency, a.card_brand, a.card_bin, a.card_last_four,
    coalesce(t.terminal, '') AS terminal, a.terminal_id, s.id AS store_id, coalesce(s.name, '') AS store_name,
    a.company_id, coalesce(s.department, '') AS department, coalesce(s.time_zone, '') AS time_zone,
    a.received_at, a.decided_at, a.stan,
    a.approval_code, a.host_code, a.entry_mode, coalesce(v.kind, '') AS service,
    coalesce((
        -- The part of a release that a reversal in part took back (bookings.reversals.REPLACED_PART).
        SELECT -sum(l.amount_minor) FROM ledger_entry AS l
        WHERE l.attempt_id = a.id AND l.business_date = a.business_date AND l.operation = :LedgerOperation.RELEASE
            AND l.part = 1 AND l.leg = 1
    ), 0)::bigint AS taken_back_minor
FROM unnest($1::uuid[], $2::date[]) AS k (id, business_date)
INNER JOIN attempt AS a ON a.id = k.id AND a.business_date = k.business_date
LEFT JOIN terminal AS t ON t.id = a.terminal_id
LEFT JOIN service AS v ON v.id = t.service_id
LEFT JOIN store AS s ON s.id = a.store_id;

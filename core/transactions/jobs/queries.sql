-- name: read_sweep
SELECT s.swept_until FROM sweep AS s WHERE s.name = $1;

-- name: keep_sweep
INSERT INTO sweep (name, swept_until) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET swept_until = excluded.swept_until;

-- name: find_overdue
-- Attempts still sent whose armed reversal is due. Identifiers begin with their time, so the primary key of each
-- month is read between two moments; no index on the state is needed (decision 0004).
SELECT a.id, a.business_date
FROM attempt AS a
WHERE a.id >= $1 AND a.id < $2 AND a.state = :State.SENT AND a.reverse_after < $3
LIMIT $4;

-- name: find_late_overdue
-- late_attempt is nearly empty; the attempt by its primary key.
SELECT a.id, a.business_date
FROM late_attempt AS l
INNER JOIN attempt AS a ON a.id = l.attempt_id AND a.business_date = l.business_date
WHERE a.state = :State.SENT AND a.reverse_after < $1
LIMIT $2;

-- name: find_any_overdue
-- The same without bounds on the identifier: once at start, over the open months.
SELECT a.id, a.business_date
FROM attempt AS a
WHERE a.business_date >= $1 AND a.state = :State.SENT AND a.reverse_after < $2
LIMIT $3;

-- name: list_numbered_otherwise
-- Reversals by primary key, those since $1 that were told 00 and named no message, the last $4 of each terminal, by pages ($2,
-- $3); beside each what is of its card, for its amount and may show its time under another number or type: range of
-- attempt_once, a few days, $5 at most. A reversal that comes second is refused for the same (list_sent_then).
WITH marks AS (
    SELECT r.*, row_number() OVER (PARTITION BY r.terminal_id ORDER BY r.id DESC) AS nth
    FROM reversal AS r
    WHERE r.id >= $1 AND r.attempt_id IS NULL AND r.reason = :Reason.APPROVED AND r.sent_at <> '' AND r.stan <> 0
), page AS (
    SELECT m.* FROM marks AS m WHERE m.nth <= $4 AND m.id > $2 ORDER BY m.id LIMIT $3
)
SELECT
    p.id AS reversal_id, p.sent_at, a.id, a.business_date, a.transmitted_at, a.local_time, a.time_zone, a.repeated_at
FROM page AS p
LEFT JOIN LATERAL (
    SELECT
        a.id, a.business_date, a.transmitted_at, a.local_time, s.time_zone,
        ARRAY(
            SELECT ARRAY[t.transmitted_at, t.local_time] FROM repeat_time AS t
            WHERE t.attempt_id = a.id AND t.business_date = a.business_date
        ) AS repeated_at
    FROM attempt AS a
    INNER JOIN store AS s ON s.id = a.store_id
    WHERE a.terminal_id = p.terminal_id AND a.business_date BETWEEN p.original_day - 2 AND p.original_day + 2
        AND (a.message_class <> p.message_class OR a.stan <> p.stan) AND a.message_class < 10
        AND a.amount_minor = p.amount_minor AND a.card_fingerprint = p.card_fingerprint
        AND p.currency IN ('', a.currency)
        AND a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.CAPTURED)
        AND (p.sent_at IN (a.transmitted_at, a.local_time)
            OR same_instant_elsewhere(p.sent_at, a.transmitted_at) OR same_instant_elsewhere(p.sent_at, a.local_time)
            OR EXISTS (
                SELECT FROM repeat_time AS t
                WHERE t.attempt_id = a.id AND t.business_date = a.business_date
                    AND (same_instant_elsewhere(p.sent_at, t.transmitted_at)
                        OR same_instant_elsewhere(p.sent_at, t.local_time))
            ))
        AND NOT EXISTS (SELECT FROM doubt AS d WHERE d.attempt_id = a.id AND d.cause = 'numbered_otherwise')
        -- Another one under the number that it named was refused for it.
        AND NOT EXISTS (
            SELECT FROM attempt AS n
            WHERE n.terminal_id = p.terminal_id AND n.message_class = p.message_class AND n.stan = p.stan
                AND n.business_date BETWEEN p.original_day - 2 AND p.original_day + 2
                AND n.reason = :Reason.ALREADY_REVERSED
        )
    ORDER BY abs(extract(EPOCH FROM a.received_at - p.received_at))
    LIMIT $5
) AS a ON true
ORDER BY p.id;

-- name: show_numbered_otherwise
-- Primary keys.
WITH shown AS (
    INSERT INTO doubt (attempt_id, business_date, cause)
    SELECT m.id, m.day, 'numbered_otherwise' FROM unnest($1::uuid[], $2::date[]) AS m (id, day)
    ON CONFLICT DO NOTHING
    RETURNING attempt_id, business_date
), noted AS (
    INSERT INTO event (attempt_id, business_date, kind, state, reason, cause)
    SELECT a.id, a.business_date, :EventKind.DOUBTED, a.state, a.reason, 'numbered_otherwise'
    FROM shown AS s
    INNER JOIN attempt AS a ON a.id = s.attempt_id AND a.business_date = s.business_date
)
SELECT count(*) AS shown FROM shown AS s;

-- name: lease_deliveries
-- Takes what is due for one try: the next try is already set when this commits, so a crash only waits.
-- delivery_due; SKIP LOCKED lets several workers share.
WITH due AS MATERIALIZED (
    SELECT o.id FROM delivery AS o
    WHERE o.accepted_at IS NULL AND o.refused_at IS NULL AND o.due_at <= $1
        -- A part is taken back of what the host has: the advice itself goes first.
        AND NOT (o.kind = :DeliveryKind.PARTIAL_REVERSAL AND EXISTS (
            SELECT FROM delivery AS e WHERE e.attempt_id = o.attempt_id AND e.kind = :DeliveryKind.ADVICE
                AND e.accepted_at IS NULL AND e.refused_at IS NULL
        ))
    ORDER BY o.due_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
UPDATE delivery AS d
SET tries = d.tries + 1, due_at = clock_timestamp() + least(60, power(2, least(d.tries, 6))) * interval '1 second'
FROM due WHERE d.id = due.id
RETURNING d.id, d.attempt_id, d.business_date, d.kind, d.reason, d.amount_minor, d.tries;

-- name: read_delivered
-- What the host must be told of each attempt; primary keys throughout.
SELECT
    a.id, a.kind, a.message_class, a.stan, a.amount_minor, a.approved_minor, a.currency, a.card_ciphertext,
    a.card_expiry, a.transmitted_at, a.local_time, a.entry_mode, a.approval_code, a.original_id, a.received_at,
    t.terminal, s.acceptor, s.merchant_category, s.time_zone, q.code AS acquirer, o.stan AS original_stan,
    o.transmitted_at AS original_transmitted_at, o.received_at AS original_received_at, o.kind AS original_kind
FROM unnest($1::uuid[], $2::date[]) AS k (id, business_date)
INNER JOIN attempt AS a ON a.id = k.id AND a.business_date = k.business_date
INNER JOIN terminal AS t ON t.id = a.terminal_id
INNER JOIN store AS s ON s.id = a.store_id
INNER JOIN acquirer AS q ON q.id = a.acquirer_id
LEFT JOIN attempt AS o ON o.id = a.original_id AND o.business_date = a.original_date;

-- name: find_delivery
-- Delivered: the host took the message itself, an advice (2) or a completion (3), which was not withdrawn before.
-- Approved late: it said so after the deadline, which only the history keeps (event_attempt).
SELECT
    d.business_date,
    EXISTS (
        SELECT FROM event AS late
        WHERE late.attempt_id = d.attempt_id AND late.business_date = d.business_date
            AND late.kind = :EventKind.LATE_REPLY AND late.reason IN (:Reason.APPROVED, :Reason.PARTIAL_APPROVAL)
    ) AS approved_late,
    EXISTS (
        SELECT FROM delivery AS told
        WHERE told.attempt_id = $1 AND told.kind IN (:DeliveryKind.ADVICE, :DeliveryKind.COMPLETION)
            AND told.accepted_at IS NOT NULL AND told.last_result <> 'reversed'
    ) AS delivered
FROM delivery AS d
WHERE d.attempt_id = $1 AND d.kind = $2;

-- name: accept_delivery
UPDATE delivery SET accepted_at = clock_timestamp(), last_result = $3
WHERE attempt_id = $1 AND kind = $2 AND accepted_at IS NULL
RETURNING attempt_id, business_date, reason, kind;

-- name: refuse_delivery
-- The host had it and could not take it now. It is asked again ever less often, four times a day in the end: by how often
-- it said so, for tries that never left say nothing of the host.
UPDATE delivery
SET last_result = $3, refusals = refusals + 1,
    due_at = clock_timestamp() + least(21600, power(2, least(refusals + 1, 15))) * interval '1 second'
WHERE attempt_id = $1 AND kind = $2 AND accepted_at IS NULL;

-- name: keep_refused_delivery
-- Refused for good: asking again would change nothing, so it waits for a person (core.transactions.hosts).
UPDATE delivery SET last_result = $3, refused_at = clock_timestamp()
WHERE attempt_id = $1 AND kind = $2 AND accepted_at IS NULL AND refused_at IS NULL
RETURNING business_date;

-- name: note_delivery_result
UPDATE delivery SET last_result = $3 WHERE attempt_id = $1 AND kind = $2 AND accepted_at IS NULL;

-- name: count_deliveries
SELECT
    count(*) AS backlog, coalesce(extract(epoch FROM clock_timestamp() - min(d.created_at)), 0)::float8 AS oldest_s
FROM delivery AS d
WHERE d.accepted_at IS NULL;

-- name: count_unpublished
-- What a relay should have published by now: it keeps its position once a second, so younger events say nothing.
-- event_position on each month from the position on (the order makes sure of it: the planner cannot know how little
-- is left); bounded, for a relay that has stood still for long.
SELECT count(*) AS backlog
FROM (
    SELECT
    FROM event AS e
    WHERE (e.txid, e.seq) > (SELECT p.txid, p.seq FROM relay_position AS p WHERE p.name = $1)
        AND e.at < clock_timestamp() - interval '2 seconds'
    ORDER BY e.txid, e.seq
    LIMIT $2
) AS unpublished;

-- name: count_dead_letters
-- Those that nobody has looked at yet (dead_letter_open): few by nature, and bounded all the same.
SELECT count(*) AS put_aside FROM (SELECT FROM dead_letter WHERE closed_at IS NULL LIMIT $1) AS d;

-- name: capture_day
-- End of day where the store is ($3): what was bought is captured, a bounded number at a time; entries and events in
-- the same commit. What came after $4 may yet be taken back by its till, and is left to a later round.
WITH due AS (
    SELECT a.id, a.business_date
    FROM attempt AS a
    INNER JOIN store AS s ON s.id = a.store_id AND s.time_zone = ANY ($3::text[])
    WHERE a.business_date = $1 AND a.kind IN (:Kind.PURCHASE, :Kind.ADVICE) AND a.state IN (:State.APPROVED,
        :State.PARTIALLY_APPROVED)
        AND a.received_at < $4::timestamptz
    LIMIT $2
    FOR UPDATE OF a SKIP LOCKED
), captured AS (
    UPDATE attempt AS a
    SET state = :State.CAPTURED, captured_minor = a.approved_minor
    FROM due AS d
    WHERE a.id = d.id AND a.business_date = d.business_date AND a.business_date = $1
    RETURNING a.id, a.business_date, a.approved_minor, a.currency, a.acquirer_id, a.store_id, a.reason
), posted AS (
    INSERT INTO ledger_entry (
        attempt_id, business_date, owner_id, amount_minor, operation, leg, layer, account, currency
    )
    SELECT
        c.id, c.business_date, CASE m.leg WHEN 1 THEN q.ledger_owner ELSE c.store_id END,
        c.approved_minor * m.sign, m.operation, m.leg, m.layer, m.leg, c.currency
    FROM captured AS c
    INNER JOIN acquirer AS q ON q.id = c.acquirer_id
    CROSS JOIN (
        VALUES
        (:LedgerOperation.RELEASE::smallint, 1::smallint, :Layer.PENDING::smallint, -1),
        (:LedgerOperation.RELEASE::smallint, 2::smallint, :Layer.PENDING::smallint, 1),
        (:LedgerOperation.CAPTURE::smallint, 1::smallint, :Layer.POSTED::smallint, 1),
        (:LedgerOperation.CAPTURE::smallint, 2::smallint, :Layer.POSTED::smallint, -1)
    ) AS m (operation, leg, layer, sign)
    WHERE c.approved_minor > 0
), noted AS (
    INSERT INTO event (attempt_id, business_date, kind, state, reason, cause)
    SELECT c.id, c.business_date, :EventKind.CAPTURED, :State.CAPTURED, c.reason, 'end of day' FROM captured AS c
)
SELECT count(*) AS captured FROM captured;

-- name: uncaptured_days
-- Also the older days ($3) of advices that were booked when their day was long over: doubt is nearly empty.
SELECT DISTINCT a.business_date
FROM attempt AS a
WHERE a.business_date >= $1 AND a.business_date < $2 AND a.kind IN (:Kind.PURCHASE, :Kind.ADVICE)
    AND a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED)
UNION
SELECT d.business_date FROM doubt AS d WHERE d.business_date >= $3 AND d.business_date < $1;

-- name: list_time_zones
-- A store is a row of thousands; read four times an hour.
SELECT DISTINCT s.time_zone FROM store AS s;

-- name: keep_months_ahead
SELECT ensure_partitions($1::date, $2::date) AS made;

-- name: read_inbox_position
SELECT i.to_txid, i.to_seq FROM inbox AS i WHERE i.consumer = $1 ORDER BY i.to_txid DESC, i.to_seq DESC LIMIT 1;

-- name: lock_inbox
-- One worker at a time takes in; held until the transaction ends.
SELECT pg_advisory_xact_lock(hashtext('guichet inbox ' || $1::text));

-- name: enter_inbox
-- Only where the consumer stands: what another worker has taken in meanwhile must not count again.
INSERT INTO inbox (consumer, from_txid, from_seq, to_txid, to_seq, events)
SELECT $1, $2::xid8, $3::bigint, $4::xid8, $5::bigint, $6::integer
WHERE NOT EXISTS (
    SELECT FROM inbox AS i WHERE i.consumer = $1 AND (i.to_txid, i.to_seq) > ($2::xid8, $3::bigint)
) AND (
    $2::xid8 = '0'::xid8
    OR EXISTS (SELECT FROM inbox AS i WHERE i.consumer = $1 AND (i.to_txid, i.to_seq) = ($2::xid8, $3::bigint))
)
ON CONFLICT DO NOTHING
RETURNING events;

-- name: add_activity
-- In the order of the key, so that two workers cannot wait for each other.
INSERT INTO activity_minute AS m (
    minute, store_id, service, brand, state, reason, currency, transactions, amount_minor, timed, latency_ms_sum,
    within_100ms, within_250ms, within_500ms, within_1000ms, within_2000ms, within_5000ms, payments, cancelled,
    gross_minor, refunds, refunded_minor
)
SELECT * FROM unnest(
    $1::timestamptz[], $2::uuid[], $3::text[], $4::smallint[], $5::smallint[], $6::smallint[], $7::text[],
    $8::integer[], $9::bigint[], $10::integer[], $11::bigint[], $12::integer[], $13::integer[], $14::integer[],
    $15::integer[], $16::integer[], $17::integer[], $18::integer[], $19::integer[], $20::bigint[], $21::integer[],
    $22::bigint[]
)
ON CONFLICT (minute, store_id, service, brand, state, reason, currency) DO UPDATE SET
    transactions = m.transactions + excluded.transactions,
    amount_minor = m.amount_minor + excluded.amount_minor,
    timed = m.timed + excluded.timed,
    latency_ms_sum = m.latency_ms_sum + excluded.latency_ms_sum,
    within_100ms = m.within_100ms + excluded.within_100ms,
    within_250ms = m.within_250ms + excluded.within_250ms,
    within_500ms = m.within_500ms + excluded.within_500ms,
    within_1000ms = m.within_1000ms + excluded.within_1000ms,
    within_2000ms = m.within_2000ms + excluded.within_2000ms,
    within_5000ms = m.within_5000ms + excluded.within_5000ms,
    payments = m.payments + excluded.payments,
    cancelled = m.cancelled + excluded.cancelled,
    gross_minor = m.gross_minor + excluded.gross_minor,
    refunds = m.refunds + excluded.refunds,
    refunded_minor = m.refunded_minor + excluded.refunded_minor;

-- name: read_missed_events
-- The outbox itself, when the stream has lost a message: same order and horizon as the relay.
SELECT e.txid, e.seq, e.attempt_id, e.business_date, e.kind, e.state, e.reason, e.summary
FROM event AS e
WHERE (e.txid, e.seq) > ($1::xid8, $2::bigint) AND (e.txid, e.seq) <= ($3::xid8, $4::bigint)
ORDER BY e.txid, e.seq
LIMIT $5;

-- name: prune_inbox
-- The newest row of each consumer is its position and stays.
DELETE FROM inbox AS i
WHERE i.processed_at < $1
    AND EXISTS (
        SELECT FROM inbox AS n
        WHERE n.consumer = i.consumer AND (n.to_txid, n.to_seq) > (i.to_txid, i.to_seq)
    );

-- name: prune_idempotency
DELETE FROM idempotency WHERE created_at < $1;

-- name: prune_login_failures
DELETE FROM login_failure WHERE at < $1;

-- name: keep_dead_batch
INSERT INTO dead_letter (consumer, subject, payload, error) VALUES ($1, $2, $3, left($4::text, 500));

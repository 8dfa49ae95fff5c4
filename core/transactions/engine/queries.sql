-- The hot path. Two statements a payment, each for a whole batch; everything else here is rare.

-- name: arm_attempts
-- TX1. Checks and records a batch in one statement, so that a block, a limit or a duplicate is judged on the same
-- snapshot that records the attempt. The unique index attempt_once makes a repeat vanish from the result.
-- Joins go by primary key from the batch outwards; the duplicate is looked for in attempt_card, in the months between
-- $23 and $24 only: the other partitions are pruned before the statement starts, which costs less than opening them.
-- Day limits are functions, so that nothing is opened for a service that has none.
-- A payment that a reversal may have overtaken is found by reversal_forestalls, which is nearly empty, and left out: what
-- those reversals say of it is judged by the rule of bookings, and it is armed by itself, past those that were judged ($25)
-- and with what came of it ($26).
WITH asked AS (
    SELECT *
    FROM unnest(
        $1::uuid[], $2::uuid[], $3::smallint[], $4::smallint[], $5::integer[], $6::integer[], $7::bigint[],
        $8::bigint[], $9::text[], $10::bigint[], $11::bytea[], $12::text[], $13::text[], $14::text[],
        $15::smallint[], $16::text[], $17::text[], $18::text[], $19::boolean[], $20::bigint[], $21::bytea[]
    ) AS a (
        id, terminal_id, kind, message_class, stan, business_day, body_hash,
        amount_minor, currency, card_fingerprint, card_ciphertext, card_bin, card_last_four, card_expiry,
        card_brand, entry_mode, transmitted_at, local_time, partial_ok, received_at_us, request
    )
), checked AS (
    SELECT
        a.*,
        date '0001-01-01' + (a.business_day - 1) AS business_date,
        timestamptz 'epoch' + a.received_at_us * interval '1 microsecond' AS received_at,
        s.id AS store_id,
        s.company_id,
        coalesce(v.acquirer_id, 0::smallint) AS acquirer_id,
        checks.reason
    FROM asked AS a
    LEFT JOIN terminal AS t ON t.id = a.terminal_id
    LEFT JOIN store AS s ON s.id = t.store_id
    LEFT JOIN service AS v ON v.id = t.service_id
    CROSS JOIN LATERAL (
        SELECT (CASE
            WHEN t.id IS NULL THEN :Reason.TERMINAL_UNKNOWN
            WHEN t.blocked_at IS NOT NULL THEN :Reason.TERMINAL_BLOCKED
            WHEN t.activated_at IS NULL THEN :Reason.TERMINAL_NOT_ACTIVE
            WHEN s.blocked_at IS NOT NULL THEN :Reason.STORE_BLOCKED
            WHEN NOT v.active THEN :Reason.SERVICE_NOT_ACTIVE
            WHEN v.blocked_at IS NOT NULL THEN :Reason.SERVICE_BLOCKED
            WHEN a.currency <> v.currency THEN :Reason.CURRENCY_REFUSED
            WHEN NOT a.card_brand = ANY (v.brands) THEN :Reason.BRAND_REFUSED
            WHEN a.amount_minor > v.transaction_max_minor THEN :Reason.AMOUNT_ABOVE_LIMIT
            WHEN v.terminal_day_max_minor IS NOT NULL
                AND a.amount_minor + approved_of_terminal(
                    a.terminal_id, date '0001-01-01' + (a.business_day - 1)
                ) > v.terminal_day_max_minor THEN :Reason.TERMINAL_DAY_LIMIT
            WHEN v.store_day_max_minor IS NOT NULL
                AND a.amount_minor + approved_of_store(
                    s.id, date '0001-01-01' + (a.business_day - 1)
                ) > v.store_day_max_minor THEN :Reason.STORE_DAY_LIMIT
            WHEN v.duplicate_window_s IS NOT NULL AND a.kind = :Kind.PURCHASE AND EXISTS (
                SELECT FROM attempt AS d
                WHERE d.card_fingerprint = a.card_fingerprint
                    AND d.business_date BETWEEN $23::date AND $24::date
                    AND d.amount_minor = a.amount_minor
                    AND d.store_id = s.id
                    AND d.kind = :Kind.PURCHASE AND d.state IN (:State.SENT, :State.APPROVED,
                        :State.PARTIALLY_APPROVED, :State.CAPTURED, :State.SETTLED)
                    AND NOT (
                        d.terminal_id = a.terminal_id AND d.stan = a.stan AND d.message_class = a.message_class
                    )
                    AND d.received_at > timestamptz 'epoch' + a.received_at_us * interval '1 microsecond'
                        - v.duplicate_window_s * interval '1 second'
            ) THEN :Reason.DUPLICATE_PAYMENT
            WHEN EXISTS (
                SELECT FROM reversal AS r
                WHERE r.terminal_id = a.terminal_id AND r.message_class = a.message_class AND r.stan = a.stan
                    AND r.attempt_id IS NULL AND r.reason = :Reason.APPROVED
                    AND r.id <> ALL ($25::uuid[])
                    AND may_mark(
                        r, a.transmitted_at, a.local_time, date '0001-01-01' + (a.business_day - 1),
                        timestamptz 'epoch' + a.received_at_us * interval '1 microsecond'
                    )
            ) THEN -1 -- left out
            ELSE $26::smallint
        END)::smallint AS reason
        OFFSET 0 -- keeps the planner from running the checks once for every use of their result
    ) AS checks
), armed AS (
    INSERT INTO attempt (
        id, business_date, terminal_id, store_id, company_id, received_at, sent_at, reverse_after, decided_at,
        body_hash, amount_minor, card_fingerprint, stan, kind, message_class, acquirer_id, state, reason,
        card_brand, partial_ok, currency, card_bin, card_last_four, card_expiry, entry_mode, transmitted_at,
        local_time, card_ciphertext, request
    )
    SELECT
        c.id, c.business_date, c.terminal_id, c.store_id, c.company_id, c.received_at,
        CASE WHEN c.reason = :Reason.NONE THEN clock_timestamp() END,
        CASE WHEN c.reason = :Reason.NONE THEN clock_timestamp() + $22::integer * interval '1 millisecond' END,
        CASE WHEN c.reason <> :Reason.NONE THEN clock_timestamp() END,
        c.body_hash, c.amount_minor, c.card_fingerprint, c.stan, c.kind, c.message_class, c.acquirer_id,
        CASE WHEN c.reason = :Reason.NONE THEN :State.SENT ELSE :State.DECLINED END, c.reason,
        c.card_brand, c.partial_ok, c.currency, c.card_bin, c.card_last_four, c.card_expiry, c.entry_mode,
        c.transmitted_at, c.local_time, c.card_ciphertext,
        CASE WHEN c.reason = :Reason.NONE THEN ''::bytea ELSE c.request END -- the event of the outcome will hold it
    FROM checked AS c
    WHERE c.reason >= 0
    ON CONFLICT DO NOTHING
    RETURNING id, business_date, reason
), refused AS (
    INSERT INTO event (attempt_id, business_date, kind, state, reason)
    SELECT r.id, r.business_date, :EventKind.REFUSED, :State.DECLINED, r.reason FROM armed AS r
        WHERE r.reason <> :Reason.NONE
)
-- One row for the batch: most batches are recorded whole, and reading a row an attempt costs more than counting them.
SELECT
    count(*) AS recorded,
    (SELECT d.version FROM directory_version AS d) AS directory_version,
    CASE WHEN count(*) < cardinality($1::uuid[]) THEN array_agg(r.id) END AS recorded_ids,
    array_agg(r.id) FILTER (WHERE r.reason <> :Reason.NONE) AS refused_ids,
    array_agg(r.reason) FILTER (WHERE r.reason <> :Reason.NONE) AS refused_reasons
FROM armed AS r;

-- name: show_marked
-- Has a person look at an attempt that was just armed past reversals that are like it; primary key of doubt.
WITH shown AS (
    INSERT INTO doubt (attempt_id, business_date, cause)
    SELECT $1::uuid, $2::date, c.cause FROM unnest($3::text[]) AS c (cause)
    ON CONFLICT DO NOTHING
    RETURNING attempt_id, business_date, cause
)
INSERT INTO event (attempt_id, business_date, kind, state, reason, cause)
SELECT s.attempt_id, s.business_date, :EventKind.DOUBTED, :State.SENT, :Reason.NONE, s.cause FROM shown AS s;

-- name: decide_attempts
-- TX2. The outcome, its ledger entries and its event, for those attempts that are still "sent": a timeout and a
-- reply race on this condition, and whoever comes second is absent from the result.
-- Locks each attempt row by primary key; no indexed column changes, so the new version stays on its page.
WITH outcome AS (
    SELECT *
    FROM unnest(
        $1::uuid[], $2::integer[], $3::smallint[], $4::smallint[], $5::bigint[], $6::text[], $7::text[],
        $8::integer[], $9::integer[], $10::bytea[], $11::bytea[]
    ) AS t (
        id, business_day, state, reason, approved_minor, host_code, approval_code,
        host_sent_us, host_replied_us, summary, detail
    )
), won AS (
    UPDATE attempt AS a
    SET
        state = t.state,
        reason = t.reason,
        approved_minor = t.approved_minor,
        host_code = t.host_code,
        approval_code = t.approval_code,
        host_sent_us = t.host_sent_us,
        host_replied_us = t.host_replied_us,
        decided_at = clock_timestamp()
    FROM outcome AS t
    WHERE a.id = t.id
        AND a.business_date = date '0001-01-01' + (t.business_day - 1)
        AND a.business_date BETWEEN $12::date AND $13::date
        AND a.state = :State.SENT
    RETURNING
        a.id, a.business_date, a.kind, a.state, a.reason, a.approved_minor, a.currency, a.acquirer_id, a.store_id,
        t.summary, t.detail
), held AS (
    INSERT INTO ledger_entry (
        attempt_id, business_date, owner_id, amount_minor, operation, leg, layer, account, currency
    )
    SELECT
        w.id, w.business_date,
        CASE leg.leg WHEN 1 THEN q.ledger_owner ELSE w.store_id END,
        CASE leg.leg WHEN 1 THEN w.approved_minor ELSE -w.approved_minor END,
        1, leg.leg, 1, leg.leg, w.currency
    FROM won AS w
    INNER JOIN acquirer AS q ON q.id = w.acquirer_id
    CROSS JOIN (VALUES (1::smallint), (2::smallint)) AS leg (leg)
    WHERE w.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED) AND w.approved_minor > 0
        AND w.kind IN (:Kind.AUTHORISATION, :Kind.PURCHASE)
), noted AS (
    INSERT INTO event (attempt_id, business_date, kind, state, reason, summary, detail)
    SELECT w.id, w.business_date, :EventKind.DECIDED, w.state, w.reason, w.summary, w.detail FROM won AS w
)
SELECT
    count(*) AS won, CASE WHEN count(*) < cardinality($1::uuid[]) THEN array_agg(w.id) END AS won_ids
FROM won AS w;

-- name: time_out_attempts
-- No answer by the deadline, or one that settles nothing: unknown, with its reversal due at once, for those still "sent".
-- Used by the engine (a batch) and by the sweeper; same race, same condition as decide_attempts.
WITH outcome AS (
    SELECT *
    FROM unnest($1::uuid[], $2::integer[], $3::smallint[], $4::text[], $5::bytea[], $6::text[])
        AS t (id, business_day, reason, cause, detail, host_code)
), won AS (
    UPDATE attempt AS a
    SET state = :State.UNKNOWN, reason = t.reason, host_code = t.host_code, decided_at = clock_timestamp()
    FROM outcome AS t
    WHERE a.id = t.id
        AND a.business_date = date '0001-01-01' + (t.business_day - 1)
        AND a.state = :State.SENT
    RETURNING a.id, a.business_date, a.reason, a.amount_minor, a.acquirer_id, t.cause, t.detail
), owed AS (
    INSERT INTO delivery (attempt_id, business_date, kind, reason, amount_minor, acquirer_id, due_at)
    SELECT w.id, w.business_date,
        :DeliveryKind.REVERSAL, w.reason, w.amount_minor, w.acquirer_id, clock_timestamp() FROM won AS w
    ON CONFLICT (attempt_id, kind) DO NOTHING
), noted AS (
    INSERT INTO event (attempt_id, business_date, kind, state, reason, cause, detail)
    SELECT w.id, w.business_date, :EventKind.TIMED_OUT, :State.UNKNOWN, w.reason, w.cause, w.detail FROM won AS w
)
SELECT
    count(*) AS won, CASE WHEN count(*) < cardinality($1::uuid[]) THEN array_agg(w.id) END AS won_ids
FROM won AS w;

-- name: find_attempts
-- What stands under the natural keys of a batch; attempt_once by index.
SELECT
    k.n, a.id, a.business_date, a.kind, a.body_hash, a.state, a.reason, a.approval_code,
    first_approved(a.id, a.business_date, a.approved_minor) AS approved_minor, a.host_code, a.reverse_after,
    a.transmitted_at, a.local_time, a.received_at
FROM unnest($1::integer[], $2::uuid[], $3::integer[], $4::smallint[], $5::integer[])
    AS k (n, terminal_id, business_day, message_class, stan)
INNER JOIN attempt AS a
    ON a.terminal_id = k.terminal_id
    AND a.business_date = date '0001-01-01' + (k.business_day - 1)
    AND a.message_class = k.message_class
    AND a.stan = k.stan;

-- name: find_repeated
-- What repeats say again, of the same contents and kind (what a terminal did off line it never asked), between $9 and $10
-- days around their own date: one step of attempt_once a date and month. Only repeats pay for it. By its own time before
-- the latest.
SELECT
    k.n, f.id, f.business_date, f.kind, f.body_hash, f.state, f.reason, f.approval_code,
    first_approved(f.id, f.business_date, f.approved_minor) AS approved_minor, f.host_code,
    f.transmitted_at, f.local_time, f.received_at
FROM unnest($1::integer[], $2::uuid[], $3::integer[], $4::smallint[], $5::integer[], $6::bigint[], $7::text[], $8::smallint[])
    AS k (n, terminal_id, business_day, message_class, stan, body_hash, local_time, kind)
CROSS JOIN LATERAL (
    SELECT
        a.id, a.business_date, a.kind, a.body_hash, a.state, a.reason, a.approval_code, a.approved_minor, a.host_code,
        a.transmitted_at, a.local_time, a.received_at
    FROM attempt AS a
    WHERE a.terminal_id = k.terminal_id
        AND a.business_date BETWEEN date '0001-01-01' + (k.business_day - 1 + $9::integer)
        AND date '0001-01-01' + (k.business_day - 1 + $10::integer)
        AND a.message_class = k.message_class AND a.stan = k.stan AND a.body_hash = k.body_hash AND a.kind = k.kind
    ORDER BY a.local_time = k.local_time DESC, a.received_at DESC
    LIMIT 1
) AS f;

-- name: find_known
-- What edge says that a message repeats, which is under way there; primary keys, on the days that its date may be of.
SELECT
    k.n, a.id, a.business_date, a.kind, a.body_hash, a.state, a.reason, a.approval_code,
    first_approved(a.id, a.business_date, a.approved_minor) AS approved_minor, a.host_code,
    a.transmitted_at, a.local_time, a.received_at
FROM unnest($1::integer[], $2::uuid[], $3::integer[], $4::uuid[]) AS k (n, first_id, first_day, terminal_id)
INNER JOIN attempt AS a
    ON a.id = k.first_id
    AND a.business_date BETWEEN date '0001-01-01' + (k.first_day - 2) AND date '0001-01-01' + k.first_day
    AND a.terminal_id = k.terminal_id;

-- name: keep_repeat_times
-- Primary keys; the same as in bookings. When repeats were sent, for a reversal may name the last time. One that came so late
-- that it may be a payment of its own names nothing, and is shown.
SELECT CASE WHEN k.is_late THEN doubt_repeat(k.id, k.day) ELSE keep_repeat_time(k.id, k.day, k.sent_at, k.local_time) END AS kept
FROM unnest($1::uuid[], $2::date[], $3::text[], $4::text[], $5::boolean[]) AS k (id, day, sent_at, local_time, is_late);

-- name: read_outcomes
-- Where attempts stand now, by primary key: for a batch whose commit ended without an answer.
SELECT
    a.id, a.state, a.reason, a.approval_code, first_approved(a.id, a.business_date, a.approved_minor) AS approved_minor,
    a.host_code
FROM unnest($1::uuid[], $2::integer[]) AS t (id, business_day)
INNER JOIN attempt AS a ON a.id = t.id AND a.business_date = date '0001-01-01' + (t.business_day - 1);

-- name: note_late_replies
-- An answer that came too late changes nothing; it is kept.
INSERT INTO event (attempt_id, business_date, kind, state, reason, cause, detail)
SELECT a.id, a.business_date, 4, a.state, t.reason, 'host ' || t.host_code, t.detail
FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::bytea[]) AS t (id, reason, host_code, detail)
INNER JOIN attempt AS a ON a.id = t.id;

-- name: read_labels
-- Names and numbers of terminals, kept by the engine until the directory's version moves.
SELECT
    t.id, t.terminal, s.id AS store_id, s.name AS store_name, s.company_id, s.department, s.acceptor,
    s.merchant_category, s.time_zone, q.code AS acquirer, v.acquirer_id, v.kind AS service,
    (SELECT d.version FROM directory_version AS d) AS directory_version
FROM terminal AS t
INNER JOIN store AS s ON s.id = t.store_id
INNER JOIN service AS v ON v.id = t.service_id
INNER JOIN acquirer AS q ON q.id = v.acquirer_id
WHERE t.id = ANY ($1::uuid[]);

-- name: keep_dead_letter
-- What PostgreSQL refused, kept for a person to look at.
INSERT INTO dead_letter (consumer, subject, payload, error)
VALUES ($1::text, $2::text, $3::bytea, left($4::text, 500));

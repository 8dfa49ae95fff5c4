-- Reversals, advices, completions, refunds, cancellations, totals: one transaction each, row locks by key.

-- name: lock_named
-- Row locks through attempt_once: the dates of a terminal are few, and each is one step of the index (skip scan).
SELECT
    a.id, a.business_date, a.kind, a.state, a.reason, a.amount_minor, a.approved_minor, a.captured_minor,
    a.refunded_minor, a.currency, a.store_id, a.company_id, a.terminal_id, a.acquirer_id, a.body_hash,
    a.approval_code, a.host_code, a.original_id, a.original_date, a.card_fingerprint, a.transmitted_at, a.local_time,
    a.received_at, a.message_class, a.stan, a.card_expiry,
    (SELECT s.time_zone FROM store AS s WHERE s.id = a.store_id) AS time_zone,
    -- Primary key.
    ARRAY(
        SELECT ARRAY[t.transmitted_at, t.local_time] FROM repeat_time AS t
        WHERE t.attempt_id = a.id AND t.business_date = a.business_date
    ) AS repeated_at,
    coalesce((
        -- Primary key: the release of a part (part 1), on the acquirer's leg.
        SELECT -e.amount_minor FROM ledger_entry AS e
        WHERE e.attempt_id = a.id AND e.business_date = a.business_date AND e.operation = :LedgerOperation.RELEASE
            AND e.part = 1 AND e.leg = 1
    ), 0) AS released_minor
FROM attempt AS a
WHERE a.terminal_id = $1 AND a.message_class = $2 AND a.stan = $3 AND a.business_date BETWEEN $4::date AND $5::date
ORDER BY a.business_date
FOR UPDATE;

-- name: lock_by_id
-- Row lock by primary key.
SELECT
    a.id, a.business_date, a.kind, a.state, a.reason, a.amount_minor, a.approved_minor, a.captured_minor,
    a.refunded_minor, a.currency, a.store_id, a.company_id, a.terminal_id, a.acquirer_id, a.body_hash,
    a.approval_code, a.host_code, a.original_id, a.original_date, a.card_fingerprint, a.transmitted_at, a.local_time,
    a.received_at, a.message_class, a.stan, a.card_expiry,
    (SELECT s.time_zone FROM store AS s WHERE s.id = a.store_id) AS time_zone,
    -- Primary key.
    ARRAY(
        SELECT ARRAY[t.transmitted_at, t.local_time] FROM repeat_time AS t
        WHERE t.attempt_id = a.id AND t.business_date = a.business_date
    ) AS repeated_at,
    coalesce((
        -- Primary key: the release of a part (part 1), on the acquirer's leg.
        SELECT -e.amount_minor FROM ledger_entry AS e
        WHERE e.attempt_id = a.id AND e.business_date = a.business_date AND e.operation = :LedgerOperation.RELEASE
            AND e.part = 1 AND e.leg = 1
    ), 0) AS released_minor
FROM attempt AS a
WHERE a.id = $1 AND a.business_date = $2
FOR UPDATE;

-- name: read_terminal_message
-- event_attempt. What the terminal sent is with the attempt, or with the event of its outcome.
SELECT a.request, (
    SELECT e.detail FROM event AS e
    WHERE e.attempt_id = a.id AND e.business_date = a.business_date AND e.kind IN (:EventKind.DECIDED,
        :EventKind.TIMED_OUT)
    ORDER BY e.txid, e.seq LIMIT 1
) AS detail
FROM attempt AS a
WHERE a.id = $1 AND a.business_date = $2;

-- name: keep_reversal
-- reversal_once: a repeat says the same, and may find what its first sending did not.
INSERT INTO reversal (
    id, terminal_id, received_at, said, message_class, stan, original_day, sent_at, reference, approval_code, currency,
    amount_minor, replacement_minor, card_fingerprint, card_bin, card_last_four, request, finding, reason, differs,
    attempt_id, attempt_date, own_stan
)
SELECT
    $1, t.id, $3::timestamptz, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
    $21::uuid, $22::date, $23::integer
FROM terminal AS t
WHERE t.id = $2
ON CONFLICT (terminal_id, said) DO UPDATE SET
    repeats = reversal.repeats + CASE WHEN reversal.id = excluded.id THEN 0 ELSE 1 END,
    last_at = excluded.received_at,
    finding = excluded.finding, reason = excluded.reason, differs = excluded.differs,
    attempt_id = excluded.attempt_id, attempt_date = excluded.attempt_date
RETURNING repeats;

-- name: count_repeat
-- Primary key.
UPDATE reversal SET repeats = repeats + 1 WHERE id = $1 AND id <> $2;

-- name: list_taken_back
-- attempt_once, as lock_named, then reversal_attempt: what took back something under a number, the last one first.
SELECT
    r.id, r.own_stan, r.received_at, r.original_day, r.sent_at, r.reference, r.amount_minor, r.currency,
    r.card_fingerprint, r.approval_code, r.replacement_minor, r.attempt_id, r.attempt_date
FROM attempt AS a
INNER JOIN reversal AS r ON r.attempt_id = a.id
WHERE a.terminal_id = $1 AND a.message_class = $2 AND a.stan = $3 AND a.business_date BETWEEN $4::date AND $5::date
    AND r.terminal_id = $1 AND r.message_class = $2 AND r.stan = $3 AND r.reason = :Reason.APPROVED
    AND r.attempt_id IS NOT NULL
ORDER BY r.received_at DESC
LIMIT $6;

-- name: list_sent_then
-- Range of attempt_once, few days of one terminal: what may show a time at first or in a repeat, by clocks that differ by
-- quarters of an hour, or has the number of another type of message. Of the card, and of no less money, where they are said.
SELECT a.id, a.business_date
FROM attempt AS a
WHERE a.terminal_id = $1 AND a.business_date BETWEEN $2::date AND $3::date
    AND (a.message_class <> $4 OR a.stan <> $5)
    AND a.state IN (:State.SENT, :State.APPROVED, :State.PARTIALLY_APPROVED, :State.CAPTURED)
    AND a.card_fingerprint = coalesce($7::bigint, a.card_fingerprint) AND a.amount_minor >= coalesce($8::bigint, 0)
    AND CASE WHEN $6 = '' THEN a.stan = $5 ELSE
        same_instant_elsewhere($6, a.transmitted_at) OR same_instant_elsewhere($6, a.local_time)
        OR $6 IN (a.transmitted_at, a.local_time)
        OR EXISTS (
            SELECT FROM repeat_time AS t
            WHERE t.attempt_id = a.id AND t.business_date = a.business_date
                AND (same_instant_elsewhere($6, t.transmitted_at) OR same_instant_elsewhere($6, t.local_time))
        )
    END
ORDER BY $6 IN (a.transmitted_at, a.local_time) DESC, a.received_at DESC
LIMIT 20;

-- name: current_transaction
SELECT pg_current_xact_id()::text AS number;

-- name: no_older_snapshot
-- Whether no statement that arms payments runs that cannot see transaction $1: it reads marks before it writes. Its lanes are
-- known by their name, for whoever only reads is nobody to wait for.
SELECT NOT EXISTS (
    SELECT FROM pg_stat_activity AS s
    WHERE s.application_name LIKE '%-arm_' AND age(s.backend_xmin) >= age(($1::text::xid8)::xid)
) AS is_so;

-- name: all_before_have_ended
-- Of a transaction that has ended itself: a snapshot passes over those that run beyond the last one that has.
SELECT pg_snapshot_xmin(pg_current_snapshot()) > $1::text::xid8 AS is_so;

-- name: list_marks
-- reversal_forestalls: the reversals that came before what they describe, as far as they may be about this message. The same
-- question as in arm_attempts; what they say of it is judged by marks.judge_marked.
SELECT
    r.id, r.received_at, r.last_at, r.finding, r.original_day, r.sent_at, r.reference, r.amount_minor, r.currency,
    r.card_fingerprint, r.approval_code, r.replacement_minor, r.request, s.time_zone
FROM reversal AS r
INNER JOIN terminal AS t ON t.id = r.terminal_id
INNER JOIN store AS s ON s.id = t.store_id
WHERE r.terminal_id = $1 AND r.message_class = $2 AND r.stan = $3
    AND r.attempt_id IS NULL AND r.reason = :Reason.APPROVED
    AND may_mark(r, $4, $5, $6::date, $7::timestamptz)
ORDER BY r.received_at DESC
LIMIT $8::integer;

-- name: read_own_mark
-- reversal_forestalls: the first message of a reversal that named nothing, under its own number ($4), of a day.
SELECT r.request FROM reversal AS r
WHERE r.terminal_id = $1 AND r.message_class = $2 AND r.stan = $3 AND r.own_stan = $4 AND r.attempt_id IS NULL
    AND r.reason = :Reason.APPROVED AND r.received_at > clock_timestamp() - interval '1 day'
ORDER BY r.received_at
LIMIT 1;

-- name: count_marks
-- reversal_forestalls: whether $5 others lie open under a number, of a day; a repeat ($4) is none of them.
SELECT count(*) >= $5::integer AS are_full
FROM (
    SELECT FROM reversal AS r
    WHERE r.terminal_id = $1 AND r.message_class = $2 AND r.stan = $3 AND r.attempt_id IS NULL
        AND r.reason = :Reason.APPROVED AND r.said <> $4 AND r.received_at > clock_timestamp() - interval '1 day'
    LIMIT $5::integer
) AS m
HAVING NOT EXISTS (SELECT FROM reversal AS r WHERE r.terminal_id = $1 AND r.said = $4);

-- name: read_replaced_amount
-- The unique key of delivery; the caller holds the attempt's row.
SELECT d.amount_minor FROM delivery AS d WHERE d.attempt_id = $1 AND d.kind = :DeliveryKind.PARTIAL_REVERSAL;

-- name: lower_approved
-- The row is locked by the caller.
UPDATE attempt SET approved_minor = $3 WHERE id = $1 AND business_date = $2 AND approved_minor > $3;

-- name: find_by_reference
-- The reference is a range of the primary key (values.ids.id_range_of_rrn); one store only.
SELECT a.id, a.business_date
FROM attempt AS a
INNER JOIN terminal AS t ON t.id = $3
WHERE a.id BETWEEN $1 AND $2 AND a.store_id = t.store_id
LIMIT 1;

-- name: lock_number
-- An advisory lock until the commit: what is sent under one number of a terminal, on whatever dates, is looked at and recorded
-- by turns. The transaction has its own number from then on, so that whoever sets a mark of a reversal waits for it.
SELECT pg_advisory_xact_lock(hashtextextended($1::text, 2)), pg_current_xact_id()::text AS number;

-- name: find_repeated
-- attempt_once, a step a date and month. What is alike under the number, received since $9 or at the same time of the
-- terminal: more than one where its counter came back to the number.
SELECT
    a.id, a.business_date, a.kind, a.state, a.reason, a.body_hash, a.approval_code, a.approved_minor AS stays_minor,
    first_approved(a.id, a.business_date, a.approved_minor) AS approved_minor, a.host_code,
    a.transmitted_at, a.local_time, a.received_at, a.original_id
FROM attempt AS a
WHERE a.terminal_id = $1 AND a.message_class = $2 AND a.stan = $3 AND a.body_hash = $4
    AND a.business_date BETWEEN $6::date AND $7::date AND a.kind = ANY ($8::smallint[])
    AND (a.local_time = $5 OR a.received_at >= $9::timestamptz)
ORDER BY a.local_time = $5 DESC, a.received_at DESC
LIMIT 20;

-- name: keep_repeat_times
-- Primary keys. A repeat that came so late that it may be a sale of its own ($5) names nothing, and is shown.
SELECT CASE WHEN k.is_late THEN doubt_repeat(k.id, k.day) ELSE keep_repeat_time(k.id, k.day, k.sent_at, k.local_time) END AS kept
FROM unnest($1::uuid[], $2::date[], $3::text[], $4::text[], $5::boolean[]) AS k (id, day, sent_at, local_time, is_late);

-- name: is_repeat_time
-- Primary key.
SELECT EXISTS (
    SELECT FROM repeat_time AS t
    WHERE t.attempt_id = $1 AND t.business_date = $2::date AND t.transmitted_at = $3 AND t.local_time = $4
) AS is_its;

-- name: shows_another_time
-- Range of attempt_once: what one terminal sent in a few days, until the first that tells.
SELECT EXISTS (
    SELECT FROM attempt AS a
    WHERE a.terminal_id = $1 AND a.business_date BETWEEN $2::date - 1 AND $2::date + 7
        AND a.received_at > $3::timestamptz AND a.local_time NOT IN ('', $4)
) AS runs;

-- name: find_by_key
SELECT
    a.id, a.business_date, a.kind, a.state, a.reason, a.body_hash, a.approval_code, a.approved_minor AS stays_minor,
    first_approved(a.id, a.business_date, a.approved_minor) AS approved_minor, a.host_code,
    a.transmitted_at, a.local_time, a.received_at, a.original_id
FROM attempt AS a
WHERE a.terminal_id = $1 AND a.business_date = $2 AND a.message_class = $3 AND a.stan = $4;

-- name: insert_attempt
-- One attempt with its outcome known, or sent; terminal, store and service read by primary key. Whoever follows attempts
-- by their identifiers has passed one of twenty seconds ago: it is listed beside.
WITH made AS (
    INSERT INTO attempt (
        id, business_date, terminal_id, store_id, company_id, received_at, sent_at, reverse_after, decided_at, body_hash,
        amount_minor, approved_minor, card_fingerprint, original_id, original_date, stan, kind, message_class,
        acquirer_id, state, reason, card_brand, partial_ok, currency, card_bin, card_last_four, card_expiry, entry_mode,
        transmitted_at, local_time, approval_code, card_ciphertext, request
    )
    SELECT
        $1, $2::date, t.id, s.id, s.company_id, $3::timestamptz,
        CASE WHEN $4::smallint = 2 THEN clock_timestamp() END,
        CASE WHEN $4::smallint = 2 THEN clock_timestamp() + $5::integer * interval '1 millisecond' END,
        CASE WHEN $4::smallint <> 2 THEN clock_timestamp() END,
        $6, $7, $8, $9, $10, $11, $12, $13, $14, v.acquirer_id, $4::smallint, $15, $16, false, $17, $18, $19, $20, $21,
        $22, $23, $24, $25, $26
    FROM terminal AS t
    INNER JOIN store AS s ON s.id = t.store_id
    INNER JOIN service AS v ON v.id = t.service_id
    WHERE t.id = $27
    ON CONFLICT DO NOTHING
    RETURNING id, business_date, store_id, acquirer_id
), late AS (
    INSERT INTO late_attempt (attempt_id, business_date)
    SELECT m.id, m.business_date FROM made AS m
    WHERE m.id < (
        lpad(to_hex((extract(EPOCH FROM clock_timestamp() - interval '20 seconds') * 1000)::bigint), 12, '0')
        || repeat('0', 20)
    )::uuid
)
SELECT m.id, m.store_id, m.acquirer_id FROM made AS m;

-- name: move_attempt
-- A transition from the states that allow it (rules.TRANSITIONS); the row is locked by the caller.
UPDATE attempt
SET state = $3::smallint, reason = $4::smallint, decided_at = coalesce(decided_at, clock_timestamp())
WHERE id = $1 AND business_date = $2 AND state = ANY ($5::smallint[])
RETURNING id;

-- name: capture_attempt
UPDATE attempt
SET state = :State.CAPTURED, captured_minor = $3
WHERE id = $1 AND business_date = $2 AND state IN (:State.APPROVED, :State.PARTIALLY_APPROVED)
RETURNING id;

-- name: add_refunded
-- Reserves (or gives back) part of what was captured; the CHECK of the table is the last guard. Refunded is what hosts
-- have answered for: the caller holds the row, and whoever decides another refund of it waits.
UPDATE attempt
SET refunded_minor = refunded_minor + $3, state = CASE
    WHEN refunded_minor + $3 = captured_minor AND $4::boolean AND refund_pending_minor(id) = 0 THEN :State.REFUNDED
    WHEN state = :State.REFUNDED THEN :State.CAPTURED
    ELSE state
END
WHERE id = $1 AND business_date = $2
RETURNING state, captured_minor, refunded_minor;

-- name: decide_refund
UPDATE attempt
SET
    state = $3::smallint, reason = $4::smallint, approved_minor = $5, host_code = $6, approval_code = $7,
    host_sent_us = $8, host_replied_us = $9, decided_at = clock_timestamp()
WHERE id = $1 AND business_date = $2 AND state = :State.SENT
RETURNING id;

-- name: post_entries
-- Two legs that sum to zero; the primary key makes the operation happen once.
INSERT INTO ledger_entry (
    attempt_id, business_date, owner_id, amount_minor, operation, part, leg, layer, account, currency
)
SELECT
    $1, $2::date, CASE l.leg WHEN 1 THEN q.ledger_owner ELSE $3::uuid END,
    CASE l.leg WHEN 1 THEN $4::bigint ELSE -$4::bigint END,
    $5::smallint, $9::smallint, l.leg, $6::smallint, l.leg, $7::text
FROM acquirer AS q
CROSS JOIN (VALUES (1::smallint), (2::smallint)) AS l (leg)
WHERE q.id = $8 AND $4::bigint <> 0;

-- name: add_event
INSERT INTO event (attempt_id, business_date, kind, state, reason, cause, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: owe_delivery
INSERT INTO delivery (attempt_id, business_date, kind, reason, amount_minor, acquirer_id, due_at)
VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp())
ON CONFLICT (attempt_id, kind) DO NOTHING;

-- name: withdraw_delivery
-- The caller holds the attempt's row; the unique key of delivery.
UPDATE delivery SET accepted_at = clock_timestamp(), last_result = 'reversed'
WHERE attempt_id = $1 AND kind = $2 AND accepted_at IS NULL;

-- name: read_original
-- What a refund or cancellation by an agent needs to speak to the host as the original's terminal.
SELECT
    a.id, a.business_date, a.kind, a.state, a.terminal_id, a.currency, a.card_fingerprint, a.card_ciphertext,
    a.card_bin, a.card_last_four, a.card_expiry, a.card_brand, a.entry_mode, s.time_zone
FROM attempt AS a
INNER JOIN store AS s ON s.id = a.store_id
WHERE a.id = $1 AND a.business_date = $2;

-- name: next_agent_stan
SELECT nextval('agent_stan')::integer AS stan;

-- name: read_refund_outcome
-- A refund that its terminal or agent repeats while it is under way, or after.
SELECT a.state, a.reason, a.approval_code, a.approved_minor, a.host_code, a.id, a.body_hash
FROM attempt AS a
WHERE a.id = $1 AND a.business_date = $2;

-- name: total_terminal_day
-- Range of attempt_once. A terminal that names no currency counts in that of its service.
SELECT
    count(*) FILTER (WHERE a.kind IN (:Kind.PURCHASE, :Kind.ADVICE, :Kind.COMPLETION)
        AND a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.CAPTURED, :State.REFUNDED,
            :State.SETTLED))::bigint AS debit_count,
    coalesce(sum(a.approved_minor) FILTER (WHERE a.kind IN (:Kind.PURCHASE, :Kind.ADVICE, :Kind.COMPLETION)
        AND a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.CAPTURED, :State.REFUNDED,
            :State.SETTLED)), 0)::bigint
        AS debit_minor,
    count(*) FILTER (WHERE a.kind = :Kind.REFUND AND a.state IN (:State.APPROVED,
        :State.SETTLED))::bigint AS credit_count,
    coalesce(sum(a.approved_minor) FILTER (WHERE a.kind = :Kind.REFUND AND a.state IN (:State.APPROVED,
        :State.SETTLED)), 0)::bigint AS credit_minor,
    count(*) FILTER (WHERE a.state = :State.REVERSED AND a.approved_minor > 0)::bigint AS reversal_count,
    coalesce(sum(a.approved_minor) FILTER (WHERE a.state = :State.REVERSED), 0)::bigint AS reversal_minor
FROM attempt AS a
WHERE a.terminal_id = $1 AND a.business_date = $2 AND a.message_class < 10
    AND a.currency = coalesce($3::text, (
        SELECT v.currency FROM terminal AS t INNER JOIN service AS v ON v.id = t.service_id WHERE t.id = $1
    ));

-- name: keep_totals
-- A repeat adds none: it waits for its original by batch_total_once, and reads what was kept in a statement after it.
INSERT INTO batch_total (id, terminal_id, business_date, stan, currency, declared, in_balance, ours)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING;

-- name: read_totals
-- By batch_total_once.
SELECT in_balance, ours FROM batch_total
WHERE terminal_id = $1 AND business_date = $2 AND stan = $3 AND currency = $4 AND declared = $5;

-- name: read_terminal_labels
SELECT
    t.terminal, s.id AS store_id, s.name AS store_name, s.company_id, s.department, s.acceptor,
    s.merchant_category, s.time_zone, q.code AS acquirer, v.acquirer_id, v.kind AS service
FROM terminal AS t
INNER JOIN store AS s ON s.id = t.store_id
INNER JOIN service AS v ON v.id = t.service_id
INNER JOIN acquirer AS q ON q.id = v.acquirer_id
WHERE t.id = $1;

-- name: read_standing_block
-- The checks of arm_attempts that also hold for money going back.
SELECT (CASE
    WHEN t.blocked_at IS NOT NULL THEN 2
    WHEN t.activated_at IS NULL THEN 3
    WHEN s.blocked_at IS NOT NULL THEN 4
    WHEN NOT v.active THEN 5
    WHEN v.blocked_at IS NOT NULL THEN 6
    ELSE 0
END)::smallint AS reason
FROM terminal AS t
INNER JOIN store AS s ON s.id = t.store_id
INNER JOIN service AS v ON v.id = t.service_id
WHERE t.id = $1;

-- name: keep_dead_letter
-- What PostgreSQL refused, kept for a person to look at.
INSERT INTO dead_letter (consumer, subject, payload, error)
VALUES ($1::text, $2::text, $3::bytea, left($4::text, 500));

-- name: keep_dead_letter_once
-- The same, of what its terminal repeats: the error says from its second line on whose it is ($6), what it is about and when it
-- was sent. What is about the same ($5) and may bear another time than its first sending ($10) is known within $7 seconds.
-- The table is short. Of one terminal $8 are kept in a day, and one more that says so ($9).
WITH kept AS (
    SELECT count(*) AS today FROM dead_letter AS l
    WHERE l.subject = $2::text AND l.at > clock_timestamp() - interval '1 day'
        AND starts_with(split_part(l.error, E'\n', 2), $6::text)
), known AS (
    SELECT EXISTS (
        SELECT FROM dead_letter AS l
        WHERE l.subject = $2::text AND (
            split_part(l.error, E'\n', 2) = split_part(left($4::text, 500), E'\n', 2)
            OR $10::boolean AND starts_with(split_part(l.error, E'\n', 2), $5::text)
            AND l.at > clock_timestamp() - $7::integer * interval '1 second'
        )
    ) AS before
), made AS (
    INSERT INTO dead_letter (consumer, subject, payload, error)
    SELECT $1::text, $2::text, $3::bytea, left(CASE WHEN k.today < $8::integer THEN $4::text ELSE $9::text || $4::text END, 500)
    FROM kept AS k
    CROSS JOIN known AS b
    WHERE NOT b.before AND k.today <= $8::integer
    RETURNING id
)
SELECT b.before, k.today AS kept_before, (SELECT m.id FROM made AS m) AS made
FROM kept AS k
CROSS JOIN known AS b;

-- name: list_letters
-- dead_letter_open: what is kept aside of a terminal ($1), under the two subjects of facts, and was not taken back.
SELECT l.id, l.subject, l.payload
FROM dead_letter AS l
WHERE l.closed_at IS NULL AND l.taken_back_at IS NULL AND l.subject IN ($2, $3)
    AND starts_with(split_part(l.error, E'\n', 2), $1::text)
ORDER BY l.id DESC
LIMIT 400;

-- name: mark_letter
-- Primary key.
UPDATE dead_letter SET taken_back_at = $2::timestamptz WHERE id = $1 AND taken_back_at IS NULL;

-- name: ensure_month
-- A month that nobody expected any more; the function's own lock lets one caller make it.
SELECT ensure_partitions($1::date, $1::date) AS made;

-- name: read_time_zone
-- Primary keys.
SELECT s.time_zone FROM terminal AS t INNER JOIN store AS s ON s.id = t.store_id WHERE t.id = $1;

-- name: read_allowance
-- What a terminal's service allows, by primary key; what it did off line may be beyond it.
SELECT v.transaction_max_minor, v.currency
FROM terminal AS t
INNER JOIN service AS v ON v.id = t.service_id
WHERE t.id = $1;

-- name: find_of_card
-- attempt_card, in the months from $4 on: what a terminal did with a card of late, newest first; bounded ($5).
SELECT a.id, a.business_date
FROM attempt AS a
WHERE a.card_fingerprint = $1 AND a.terminal_id = $2 AND a.kind = ANY ($3::smallint[]) AND a.business_date >= $4::date
ORDER BY a.id DESC
LIMIT $5;

-- name: find_by_code
-- attempt_card, in the months from $4 on: the holds of a card in a terminal's store under an approval code, whose zeros at
-- the left a terminal may leave out, and whose blanks a host adds. Newest first; bounded ($5).
SELECT a.id, a.business_date
FROM attempt AS a
INNER JOIN terminal AS t ON t.store_id = a.store_id
WHERE a.card_fingerprint = $1 AND t.id = $2 AND lpad(btrim(a.approval_code), 6, '0') = lpad(btrim($3::text), 6, '0')
    AND a.business_date >= $4::date AND a.kind = :Kind.AUTHORISATION AND a.approval_code <> ''
ORDER BY a.id DESC
LIMIT $5;

-- name: is_paid_under_code
-- attempt_card, in the months from $4 on: whether a payment of the card in the store was approved under a code.
SELECT EXISTS (
    SELECT FROM attempt AS a
    WHERE a.card_fingerprint = $1 AND a.store_id = $2 AND lpad(btrim(a.approval_code), 6, '0') = lpad(btrim($3::text), 6, '0')
        AND a.business_date >= $4::date AND a.kind = :Kind.PURCHASE
        AND a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.CAPTURED, :State.REFUNDED, :State.SETTLED)
) AS is_paid;

-- name: is_hold_open
-- attempt_card, in the months from $3 on: whether a hold of the card waits in the store for its completion.
SELECT EXISTS (
    SELECT FROM attempt AS a
    WHERE a.card_fingerprint = $1 AND a.store_id = $2 AND a.business_date >= $3::date
        AND a.kind = :Kind.AUTHORISATION AND a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED)
) AS is_open;

-- name: add_doubt
INSERT INTO doubt (attempt_id, business_date, cause) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id;

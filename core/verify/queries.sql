-- Statements of a verification. All read, none locks: they run in one read-only snapshot, also on a standby.
-- The whole-table ones are sequential scans with hash aggregates on purpose: an index would cost the hot path.

-- name: unbalanced_operations
-- V1. One ledger transaction is an operation of an attempt on a layer.
WITH operations AS (
    SELECT e.attempt_id, count(*) AS entries, sum(e.amount_minor) AS total
    FROM ledger_entry AS e
    GROUP BY e.attempt_id, e.operation, e.part, e.layer, e.currency
)
SELECT
    coalesce(sum(o.entries), 0)::bigint AS checked,
    count(*) FILTER (WHERE o.total <> 0) AS breaches,
    (array_agg(o.attempt_id) FILTER (WHERE o.total <> 0))[1:5] AS examples
FROM operations AS o;

-- name: misplaced_money
-- What the entries of an attempt add up to is what its state says: held while approved, posted once captured.
WITH stood AS (
    SELECT
        e.attempt_id,
        coalesce(sum(e.amount_minor) FILTER (WHERE e.layer = :Layer.PENDING), 0) AS pending_minor,
        coalesce(sum(e.amount_minor) FILTER (WHERE e.layer = :Layer.POSTED), 0) AS posted_minor
    FROM ledger_entry AS e
    WHERE e.leg = 1
    GROUP BY e.attempt_id
), judged AS (
    SELECT
        a.id,
        coalesce(s.pending_minor, 0) = CASE
            WHEN a.kind IN (:Kind.AUTHORISATION, :Kind.PURCHASE, :Kind.ADVICE) AND a.state IN (:State.APPROVED,
                :State.PARTIALLY_APPROVED) THEN a.approved_minor ELSE 0
        END
        AND coalesce(s.posted_minor, 0) = CASE
            WHEN a.kind IN (:Kind.AUTHORISATION, :Kind.PURCHASE, :Kind.ADVICE) AND a.state IN (:State.CAPTURED,
                :State.REFUNDED, :State.SETTLED) THEN a.captured_minor
            WHEN a.kind = :Kind.REFUND AND a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED,
                :State.CAPTURED, :State.SETTLED) THEN -a.approved_minor
            ELSE 0
        END AS placed
    FROM attempt AS a
    LEFT JOIN stood AS s ON s.attempt_id = a.id
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE NOT j.placed) AS breaches,
    (array_agg(j.id) FILTER (WHERE NOT j.placed))[1:5] AS examples
FROM judged AS j;

-- name: misplaced_operations
-- V1 operations: which operations an attempt has, each once and of two legs, and each on its own layer and in its own direction:
-- a hold of what was approved, its release where that is over, a capture, a refund, the release of a refund. Part 1 of a release
-- is what a terminal took back in part (bookings.taking_back). By their sums V1 position has them.
WITH done AS (
    SELECT
        e.attempt_id,
        count(*) FILTER (WHERE e.operation = :LedgerOperation.HOLD) AS holds,
        count(*) FILTER (WHERE e.operation = :LedgerOperation.RELEASE AND e.part = 0) AS releases,
        count(*) FILTER (WHERE e.operation = :LedgerOperation.RELEASE AND e.part = 1) AS releases_in_part,
        count(*) FILTER (WHERE e.operation = :LedgerOperation.CAPTURE) AS captures,
        count(*) FILTER (WHERE e.operation = :LedgerOperation.REFUND) AS refunds,
        count(*) FILTER (WHERE e.operation = :LedgerOperation.REFUND_RELEASE) AS refund_releases,
        count(*) AS entries,
        bool_and(
            e.leg IN (1, 2) AND (e.part = 0 OR e.part = 1 AND e.operation = :LedgerOperation.RELEASE)
            AND e.layer = CASE WHEN e.operation IN (:LedgerOperation.HOLD, :LedgerOperation.RELEASE)
                THEN :Layer.PENDING ELSE :Layer.POSTED END
            AND (e.amount_minor > 0) = (
                (e.operation IN (:LedgerOperation.HOLD, :LedgerOperation.CAPTURE, :LedgerOperation.REFUND_RELEASE)) = (e.leg = 1)
            )
        ) AS are_its_own,
        min(e.business_date) AS first_on, max(e.business_date) AS last_on
    FROM ledger_entry AS e
    GROUP BY e.attempt_id
), asked AS (
    SELECT
        a.id, a.business_date, a.kind, a.state,
        CASE WHEN a.kind IN (:Kind.AUTHORISATION, :Kind.PURCHASE, :Kind.ADVICE) AND a.approved_minor > 0
            AND a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.REVERSED, :State.CAPTURED, :State.REFUNDED,
                :State.SETTLED) THEN 2 ELSE 0 END AS holds,
        CASE WHEN a.kind = :Kind.REFUND AND a.approved_minor > 0
            AND a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.REVERSED, :State.CAPTURED, :State.SETTLED)
            THEN 2 ELSE 0 END AS refunds,
        CASE WHEN a.captured_minor > 0 THEN 2 ELSE 0 END AS captures
    FROM attempt AS a
), judged AS (
    SELECT
        coalesce(a.id, d.attempt_id) AS id,
        CASE
            WHEN a.id IS NULL THEN false
            WHEN d.attempt_id IS NULL THEN a.holds + a.refunds + a.captures = 0
            ELSE d.are_its_own AND d.first_on = a.business_date AND d.last_on = a.business_date
                AND d.holds = a.holds AND d.refunds = a.refunds
                AND d.releases = CASE WHEN a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED) THEN 0 ELSE a.holds END
                AND d.releases_in_part IN (0, a.holds)
                AND d.captures = a.captures
                AND d.refund_releases = CASE WHEN a.state = :State.REVERSED THEN a.refunds ELSE 0 END
                AND d.entries = d.holds + d.releases + d.releases_in_part + d.captures + d.refunds + d.refund_releases
        END AS placed
    FROM asked AS a
    FULL JOIN done AS d ON d.attempt_id = a.id
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE j.placed IS NOT TRUE) AS breaches,
    (array_agg(j.id) FILTER (WHERE j.placed IS NOT TRUE))[1:5] AS examples
FROM judged AS j;

-- name: misplaced_completions
-- V1 completions: what a hold has captured is what its one completion says, of the same card and currency. Their stores may
-- differ: a terminal moves.
WITH completed AS (
    SELECT c.id, c.original_id, c.original_date, c.approved_minor, c.currency, c.card_fingerprint
    FROM attempt AS c
    WHERE c.kind = :Kind.COMPLETION AND c.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.CAPTURED,
        :State.REFUNDED, :State.SETTLED)
), captured AS (
    SELECT a.id, a.business_date, a.approved_minor, a.captured_minor, a.currency, a.card_fingerprint
    FROM attempt AS a
    WHERE a.kind = :Kind.AUTHORISATION AND a.state IN (:State.CAPTURED, :State.REFUNDED, :State.SETTLED)
), judged AS (
    SELECT
        coalesce(c.id, h.id) AS id,
        (c.approved_minor, c.currency, c.card_fingerprint) = (h.captured_minor, h.currency, h.card_fingerprint)
            AND h.captured_minor <= h.approved_minor AND count(*) OVER (PARTITION BY h.id) = 1 AS agrees
    FROM completed AS c
    FULL JOIN captured AS h ON h.id = c.original_id AND h.business_date = c.original_date
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE j.agrees IS NOT TRUE) AS breaches,
    (array_agg(j.id) FILTER (WHERE j.agrees IS NOT TRUE))[1:5] AS examples
FROM judged AS j;

-- name: figures_beside_rows
-- V13. What the pages' projection says of a minute of a store is what its transactions say as they stand: payments,
-- approved, cancelled, declined, unknown, refunds and money, by currency. Waiting: events there are not taken in yet.
-- Minutes whose counts or whose transactions have been put away are not compared.
WITH since AS (
    SELECT greatest(
        -- Counts are put away by rows, after sixty days at the least: of the oldest minute some may have gone.
        (SELECT min(m.minute) + CASE WHEN min(m.minute) < now() - interval '59 days' THEN interval '1 minute' ELSE '0' END
         FROM activity_minute AS m),
        (SELECT date_trunc('minute', min(a.received_at), 'UTC') FROM attempt AS a)
    ) AS minute
), counted AS (
    SELECT
        m.store_id, m.minute, m.currency,
        ARRAY[sum(m.payments), sum(m.approved), sum(m.cancelled), sum(m.declined), sum(m.unknown), sum(m.refunds),
            sum(m.gross_minor), sum(m.refunded_minor)] AS figures
    FROM figure_minute AS m
    INNER JOIN since AS b ON m.minute >= b.minute
    GROUP BY m.store_id, m.minute, m.currency
), stood AS (
    SELECT
        f.store_id, date_trunc('minute', f.received_at, 'UTC') AS minute, f.currency, (array_agg(f.id))[1] AS id,
        ARRAY[sum(f.payments), sum(f.approved), sum(f.cancelled), sum(f.declined), sum(f.unknown), sum(f.refunds),
            sum(f.gross_minor), sum(f.refunded_minor)] AS figures
    FROM attempt_figure AS f
    INNER JOIN since AS b ON f.received_at >= b.minute
    WHERE f.store_id IS NOT NULL
    GROUP BY 1, 2, 3
), under_way AS (
    SELECT DISTINCT a.store_id, date_trunc('minute', a.received_at, 'UTC') AS minute
    FROM event AS e
    INNER JOIN attempt AS a ON a.id = e.attempt_id AND a.business_date = e.business_date
    WHERE (e.txid, e.seq) > (
        SELECT i.to_txid, i.to_seq FROM inbox AS i WHERE i.consumer = $1 ORDER BY i.to_txid DESC, i.to_seq DESC LIMIT 1
    )
), judged AS (
    SELECT
        s.id,
        coalesce(c.figures, array_fill(0::numeric, ARRAY[8])) = coalesce(s.figures, array_fill(0::numeric, ARRAY[8])) AS agree,
        w.store_id IS NOT NULL AS waiting
    FROM counted AS c
    FULL JOIN stood AS s ON s.store_id = c.store_id AND s.minute = c.minute AND s.currency = c.currency
    LEFT JOIN under_way AS w ON w.store_id = coalesce(c.store_id, s.store_id) AND w.minute = coalesce(c.minute, s.minute)
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE NOT j.agree AND NOT j.waiting) AS breaches,
    count(*) FILTER (WHERE NOT j.agree AND j.waiting) AS waiting,
    (array_agg(j.id) FILTER (WHERE NOT j.agree AND NOT j.waiting AND j.id IS NOT NULL))[1:5] AS examples
FROM judged AS j;

-- name: activity_beside_events
-- V13 activity. What a row of the activity of a minute counts is what happened there with its brand, service, outcome, reason and
-- currency: first outcomes, payments among them, and what was taken back later, by the events that the projection takes in
-- (transactions.jobs.projection). Each bound of time holds what the one below it holds. Waiting: events there are not taken in
-- yet. Minutes of a terminal that moved since then are left out, for it has another service now; older ones as in V13.
WITH since AS (
    SELECT greatest(
        -- Counts are put away by rows, after sixty days at the least: of the oldest minute some may have gone.
        (SELECT min(m.minute) + CASE WHEN min(m.minute) < now() - interval '59 days' THEN interval '1 minute' ELSE '0' END
         FROM activity_minute AS m),
        (SELECT date_trunc('minute', min(a.received_at), 'UTC') FROM attempt AS a)
    ) AS minute
), moved AS (
    SELECT x.target_id AS terminal_id, max(x.at) AS at FROM action AS x WHERE x.kind = 'terminal.moved' GROUP BY x.target_id
), happened AS (
    SELECT
        date_trunc('minute', a.received_at, 'UTC') AS minute, a.store_id, v.kind AS service, a.card_brand AS brand, e.state,
        e.reason, a.currency, any_value(a.id) AS id,
        count(*) FILTER (WHERE f.is_first) AS transactions,
        count(*) FILTER (WHERE f.is_first AND f.is_payment) AS payments,
        count(*) FILTER (WHERE f.is_undone AND f.is_payment) AS cancelled
    FROM event AS e
    INNER JOIN attempt AS a ON a.id = e.attempt_id AND a.business_date = e.business_date
    INNER JOIN since AS b ON a.received_at >= b.minute
    INNER JOIN terminal AS t ON t.id = a.terminal_id
    INNER JOIN service AS v ON v.id = t.service_id
    CROSS JOIN LATERAL (
        SELECT
            e.kind IN (:EventKind.REFUSED, :EventKind.DECIDED, :EventKind.TIMED_OUT, :EventKind.BOOKED_OFFLINE)
                OR e.state = :State.UNKNOWN AS is_first,
            e.kind IN (:EventKind.REVERSED, :EventKind.CANCELLED) AND e.state = :State.REVERSED AND a.approved_minor > 0
                AS is_undone,
            a.kind IN (:Kind.AUTHORISATION, :Kind.PURCHASE, :Kind.ADVICE) AS is_payment
    ) AS f
    WHERE e.kind IN (:EventKind.REFUSED, :EventKind.DECIDED, :EventKind.TIMED_OUT, :EventKind.BOOKED_OFFLINE,
        :EventKind.REVERSED, :EventKind.CANCELLED) AND (f.is_first OR f.is_undone) AND a.store_id IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5, 6, 7
), excused AS (
    -- Of a terminal that moved, or with events on their way.
    SELECT w.store_id, w.minute, bool_or(w.waits) AS waits
    FROM (
        SELECT a.store_id, date_trunc('minute', a.received_at, 'UTC') AS minute, false AS waits
        FROM moved AS m INNER JOIN attempt AS a ON a.terminal_id = m.terminal_id AND a.received_at < m.at
        UNION ALL
        SELECT a.store_id, date_trunc('minute', a.received_at, 'UTC'), true
        FROM event AS e
        INNER JOIN attempt AS a ON a.id = e.attempt_id AND a.business_date = e.business_date
        WHERE (e.txid, e.seq) > (
            SELECT i.to_txid, i.to_seq FROM inbox AS i WHERE i.consumer = $1 ORDER BY i.to_txid DESC, i.to_seq DESC LIMIT 1
        )
    ) AS w
    GROUP BY w.store_id, w.minute
), counted AS (
    SELECT
        m.minute, m.store_id, m.service, m.brand, m.state, m.reason, m.currency, m.transactions, m.payments, m.cancelled,
        m.within_100ms BETWEEN 0 AND m.within_250ms AND m.within_250ms <= m.within_500ms AND m.within_500ms <= m.within_1000ms
            AND m.within_1000ms <= m.within_2000ms AND m.within_2000ms <= m.within_5000ms AND m.within_5000ms <= m.timed
            AND m.timed <= m.transactions AND m.latency_ms_sum >= 0 AS is_in_order
    FROM activity_minute AS m
    INNER JOIN since AS b ON m.minute >= b.minute
), judged AS (
    SELECT
        h.id,
        (coalesce(c.transactions, 0), coalesce(c.payments, 0), coalesce(c.cancelled, 0))
            = (coalesce(h.transactions, 0), coalesce(h.payments, 0), coalesce(h.cancelled, 0))
            AND coalesce(c.is_in_order, true) AS agrees,
        x.waits
    FROM counted AS c
    FULL JOIN happened AS h ON (h.minute, h.store_id, h.service, h.brand, h.state, h.reason, h.currency)
        = (c.minute, c.store_id, c.service, c.brand, c.state, c.reason, c.currency)
    LEFT JOIN excused AS x ON x.store_id = coalesce(c.store_id, h.store_id) AND x.minute = coalesce(c.minute, h.minute)
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE NOT j.agrees AND j.waits IS NULL) AS breaches,
    count(*) FILTER (WHERE NOT j.agrees AND j.waits) AS waiting,
    (array_agg(j.id) FILTER (WHERE NOT j.agrees AND j.waits IS NULL AND j.id IS NOT NULL))[1:5] AS examples
FROM judged AS j;

-- name: figures_beside_ledger
-- V13, from the other side: gross less refunds is what the entries of each store hold and have posted, by currency; a
-- hold that is not completed is money of nobody yet.
WITH booked AS (
    SELECT e.currency, a.store_id, sum(e.amount_minor) AS minor
    FROM ledger_entry AS e
    INNER JOIN attempt AS a ON a.id = e.attempt_id AND a.business_date = e.business_date
    WHERE e.leg = 1 AND (e.layer = :Layer.POSTED OR a.kind <> :Kind.AUTHORISATION)
    GROUP BY e.currency, a.store_id
), shown AS (
    SELECT f.currency, f.store_id, sum(f.gross_minor - f.refunded_minor) AS minor
    FROM attempt_figure AS f GROUP BY f.currency, f.store_id
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE coalesce(b.minor, 0) <> coalesce(s.minor, 0)) AS breaches,
    NULL::uuid[] AS examples
FROM booked AS b
FULL JOIN shown AS s ON s.currency = b.currency AND s.store_id = b.store_id;

-- name: misowned_entries
-- V1, from the third side: whose money it is. The first leg is the acquirer's, the second the store's, each on the account of
-- its number, in the currency of the attempt.
WITH judged AS (
    SELECT
        e.attempt_id,
        e.account = e.leg AND e.currency = a.currency
            AND e.owner_id = CASE e.leg WHEN 1 THEN q.ledger_owner ELSE a.store_id END AS owned
    FROM ledger_entry AS e
    INNER JOIN attempt AS a ON a.id = e.attempt_id AND a.business_date = e.business_date
    LEFT JOIN acquirer AS q ON q.id = a.acquirer_id
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE j.owned IS NOT TRUE) AS breaches,
    (array_agg(j.attempt_id) FILTER (WHERE j.owned IS NOT TRUE))[1:5] AS examples
FROM judged AS j;

-- name: misplaced_refunds
-- V1, refunds: what a payment counts as given back is what its refunds are that were not declined or taken back, each to
-- the card that paid, in its store and currency. A payment of a month that was put away is not asked for.
WITH put_away AS (
    -- As in debits_beside_payments.
    SELECT least(
        (SELECT date_trunc('month', a.business_date)::date FROM attempt AS a ORDER BY a.id LIMIT 1),
        (date_trunc('month', current_date) - interval '1 month')::date
    ) AS before
), refund AS (
    SELECT r.id, r.original_id, r.original_date, r.amount_minor, r.store_id, r.currency, r.card_fingerprint
    FROM attempt AS r
    WHERE r.kind = :Kind.REFUND AND r.state NOT IN (:State.DECLINED, :State.REVERSED) AND r.original_id IS NOT NULL
), given AS (
    SELECT f.original_id, f.original_date, sum(f.amount_minor) AS minor FROM refund AS f
    GROUP BY f.original_id, f.original_date
), judged AS (
    SELECT a.id, a.refunded_minor = coalesce(g.minor, 0) AS agrees
    FROM attempt AS a
    LEFT JOIN given AS g ON g.original_id = a.id AND g.original_date = a.business_date
    WHERE a.refunded_minor <> 0 OR g.minor IS NOT NULL
    UNION ALL
    SELECT
        f.id,
        o.id IS NULL AND f.original_date < b.before
            OR (o.store_id, o.currency, o.card_fingerprint) = (f.store_id, f.currency, f.card_fingerprint)
    FROM refund AS f
    CROSS JOIN put_away AS b
    LEFT JOIN attempt AS o ON o.id = f.original_id AND o.business_date = f.original_date
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE j.agrees IS NOT TRUE) AS breaches,
    (array_agg(j.id) FILTER (WHERE j.agrees IS NOT TRUE))[1:5] AS examples
FROM judged AS j;

-- name: repeated_operations
-- V2. The primary key holds the business date for the partitions' sake, so it alone does not say "once".
WITH keys AS (
    SELECT e.attempt_id, count(*) AS entries
    FROM ledger_entry AS e
    GROUP BY e.attempt_id, e.operation, e.part, e.leg
)
SELECT
    coalesce(sum(k.entries), 0)::bigint AS checked,
    count(*) FILTER (WHERE k.entries > 1) AS breaches,
    (array_agg(k.attempt_id) FILTER (WHERE k.entries > 1))[1:5] AS examples
FROM keys AS k;

-- name: overdue_attempts
-- V4. Received, sent or unknown so long ($2) after the moment from which the reversal was due. What the host refused for
-- good is on a person's list, and waits.
WITH judged AS (
    SELECT
        a.id,
        a.state IN (:State.RECEIVED, :State.SENT, :State.UNKNOWN) AS open,
        coalesce(a.reverse_after, a.received_at) < $1::timestamptz - $2::interval
        AND NOT EXISTS (
            SELECT FROM delivery AS d
            WHERE d.attempt_id = a.id AND d.kind = :DeliveryKind.REVERSAL AND a.state = :State.UNKNOWN
                AND d.refused_at IS NOT NULL AND d.accepted_at IS NULL
        ) AS overdue
    FROM attempt AS a
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE j.open AND j.overdue) AS breaches,
    count(*) FILTER (WHERE j.open AND NOT j.overdue) AS waiting,
    (array_agg(j.id) FILTER (WHERE j.open AND j.overdue))[1:5] AS examples
FROM judged AS j;

-- name: unreversed_payments
-- V5. What became unknown or is taken back has a reversal, accepted by the host within so long ($2) of the moment it was
-- owed; its event says that it timed out even where its state has moved on. What was neither sent nor approved is owed none.
WITH owing AS (
    SELECT a.id, a.state FROM attempt AS a
    WHERE a.state = :State.UNKNOWN OR a.state = :State.REVERSED AND (a.sent_at IS NOT NULL OR a.approved_minor > 0)
    UNION
    SELECT a.id, a.state
    FROM event AS e
    INNER JOIN attempt AS a ON a.id = e.attempt_id AND a.business_date = e.business_date
    WHERE e.kind = :EventKind.TIMED_OUT
), judged AS (
    SELECT
        o.id,
        CASE
            WHEN d.id IS NULL THEN 'breach'
            WHEN d.closed_by IS NOT NULL THEN 'closed' -- by a person, which says nothing of the host
            WHEN d.accepted_at IS NOT NULL AND o.state = :State.REVERSED THEN 'kept'
            WHEN d.accepted_at IS NOT NULL THEN 'breach'
            WHEN d.refused_at IS NOT NULL THEN 'waiting' -- for a person
            WHEN d.created_at < $1::timestamptz - $2::interval THEN 'breach'
            ELSE 'waiting'
        END AS verdict
    FROM owing AS o
    LEFT JOIN delivery AS d ON d.attempt_id = o.id AND d.kind = :DeliveryKind.REVERSAL
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE j.verdict = 'breach') AS breaches,
    count(*) FILTER (WHERE j.verdict = 'waiting') AS waiting,
    count(*) FILTER (WHERE j.verdict = 'closed') AS closed,
    (array_agg(j.id) FILTER (WHERE j.verdict = 'breach'))[1:5] AS examples
FROM judged AS j;

-- name: deliveries_beside_attempts
-- V5 owed: what was booked off line, completed or taken back in part is owed to its host, as what it is: of its attempt's day,
-- acquirer and amount; and nothing is owed of what is not there, but what was told of a month that was put away since. Accepted
-- within so long ($2), as V5 has it for whole reversals.
WITH put_away AS (
    -- As in debits_beside_payments.
    SELECT least(
        (SELECT date_trunc('month', a.business_date)::date FROM attempt AS a ORDER BY a.id LIMIT 1),
        (date_trunc('month', current_date) - interval '1 month')::date
    ) AS before
), owed AS (
    SELECT a.id AS attempt_id, CASE a.kind WHEN :Kind.ADVICE THEN :DeliveryKind.ADVICE ELSE :DeliveryKind.COMPLETION END AS kind
    FROM attempt AS a
    WHERE a.kind IN (:Kind.ADVICE, :Kind.COMPLETION) AND a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED,
        :State.CAPTURED, :State.REFUNDED, :State.SETTLED)
    UNION ALL
    SELECT DISTINCT e.attempt_id, :DeliveryKind.PARTIAL_REVERSAL FROM event AS e WHERE e.kind = :EventKind.PARTLY_REVERSED
), judged AS (
    SELECT
        coalesce(o.attempt_id, d.attempt_id) AS id,
        CASE
            WHEN a.id IS NULL AND d.business_date < b.before AND (d.accepted_at IS NOT NULL OR d.closed_by IS NOT NULL) THEN 'kept'
            WHEN d.id IS NULL OR a.id IS NULL THEN 'breach'
            WHEN d.acquirer_id <> a.acquirer_id THEN 'breach'
            -- The whole of a payment that stood in part is what its host had approved.
            WHEN NOT CASE d.kind
                WHEN :DeliveryKind.REVERSAL THEN d.amount_minor BETWEEN a.approved_minor AND a.amount_minor
                    AND d.amount_minor > 0 OR a.amount_minor = 0
                WHEN :DeliveryKind.PARTIAL_REVERSAL THEN o.attempt_id IS NOT NULL AND d.amount_minor = a.approved_minor
                WHEN :DeliveryKind.ADVICE THEN a.kind = :Kind.ADVICE AND d.amount_minor = a.amount_minor
                WHEN :DeliveryKind.COMPLETION THEN a.kind = :Kind.COMPLETION AND d.amount_minor = a.amount_minor
                ELSE false
            END THEN 'breach'
            WHEN d.closed_by IS NOT NULL THEN 'closed'
            WHEN d.accepted_at IS NOT NULL THEN 'kept'
            WHEN d.refused_at IS NOT NULL THEN 'waiting' -- for a person
            WHEN d.created_at < $1::timestamptz - $2::interval THEN 'breach'
            ELSE 'waiting'
        END AS verdict
    FROM owed AS o
    FULL JOIN delivery AS d ON d.attempt_id = o.attempt_id AND d.kind = o.kind
    CROSS JOIN put_away AS b
    LEFT JOIN attempt AS a ON a.id = d.attempt_id AND a.business_date = d.business_date
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE j.verdict = 'breach') AS breaches,
    count(*) FILTER (WHERE j.verdict = 'waiting') AS waiting,
    count(*) FILTER (WHERE j.verdict = 'closed') AS closed,
    (array_agg(j.id) FILTER (WHERE j.verdict = 'breach'))[1:5] AS examples
FROM judged AS j;

-- name: unconsumed_events
-- V7. The ranges of the consumer's inbox lie end to end; what lies between two of them, or behind the last one,
-- was never taken in. Events by event_position within each gap. Ranges older than a week are pruned.
WITH ranges AS (
    SELECT
        i.from_txid, i.from_seq, i.to_txid, i.to_seq,
        lag(i.to_txid) OVER w AS before_txid, lag(i.to_seq) OVER w AS before_seq
    FROM inbox AS i
    WHERE i.consumer = $2::text
    WINDOW w AS (ORDER BY i.to_txid, i.to_seq)
), gaps AS (
    SELECT
        coalesce(r.before_txid, '0'::xid8) AS after_txid, coalesce(r.before_seq, 0) AS after_seq,
        r.from_txid AS until_txid, r.from_seq AS until_seq
    FROM ranges AS r
    WHERE (r.from_txid, r.from_seq) > (coalesce(r.before_txid, '0'::xid8), coalesce(r.before_seq, 0))
    UNION ALL
    SELECT
        coalesce(l.to_txid, '0'::xid8), coalesce(l.to_seq, 0),
        '18446744073709551615'::xid8, 9223372036854775807
    FROM (SELECT true) AS one (one)
    LEFT JOIN LATERAL (
        SELECT i.to_txid, i.to_seq FROM inbox AS i
        WHERE i.consumer = $2::text ORDER BY i.to_txid DESC, i.to_seq DESC LIMIT 1
    ) AS l ON true
), missed AS (
    SELECT e.attempt_id, e.at
    FROM gaps AS g
    INNER JOIN event AS e
        ON (e.txid, e.seq) > (g.after_txid, g.after_seq) AND (e.txid, e.seq) <= (g.until_txid, g.until_seq)
    WHERE e.at > $1::timestamptz - interval '7 days'
)
SELECT
    (SELECT count(*) FROM event AS e) AS checked,
    count(*) FILTER (WHERE m.at < $1::timestamptz - interval '1 minute') AS breaches,
    count(*) FILTER (WHERE m.at >= $1::timestamptz - interval '1 minute') AS waiting,
    (array_agg(m.attempt_id) FILTER (WHERE m.at < $1::timestamptz - interval '1 minute'))[1:5] AS examples
FROM missed AS m;

-- name: states_beside_events
-- V7 states: an attempt stands where its last event has put it, for the reason that it says; what is still sent, or was never
-- decided, has none. Events that move nothing are left out. Positions grow in the order of an attempt's events: it is locked.
WITH last AS (
    SELECT e.attempt_id, max(ARRAY[e.seq, e.state, e.reason]) AS event
    FROM event AS e
    WHERE e.kind IN (:EventKind.REFUSED, :EventKind.DECIDED, :EventKind.TIMED_OUT, :EventKind.REVERSED,
        :EventKind.REVERSAL_ACCEPTED, :EventKind.BOOKED_OFFLINE, :EventKind.CAPTURED, :EventKind.REFUNDED,
        :EventKind.CANCELLED)
    GROUP BY e.attempt_id
), judged AS (
    SELECT
        coalesce(a.id, l.attempt_id) AS id,
        CASE WHEN l.attempt_id IS NULL THEN a.state IN (:State.RECEIVED, :State.SENT)
        ELSE (l.event)[2] = a.state AND (l.event)[3] = a.reason END AS agrees
    FROM attempt AS a
    FULL JOIN last AS l ON l.attempt_id = a.id
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE j.agrees IS NOT TRUE) AS breaches,
    (array_agg(j.id) FILTER (WHERE j.agrees IS NOT TRUE))[1:5] AS examples
FROM judged AS j;

-- name: overlapping_ranges
-- V7, the other way round: a range that begins before the one before it ends was counted twice.
SELECT count(*) AS checked, count(*) FILTER (WHERE r.overlaps) AS breaches
FROM (
    SELECT (i.from_txid, i.from_seq) < (lag(i.to_txid) OVER w, lag(i.to_seq) OVER w) AS overlaps
    FROM inbox AS i
    WHERE i.consumer = $1::text
    WINDOW w AS (ORDER BY i.to_txid, i.to_seq)
) AS r;

-- name: repeated_debits
-- V8. A debit is posted once, whatever part it is booked under.
WITH debits AS (
    SELECT e.attempt_id, count(*) AS posted
    FROM ledger_entry AS e
    WHERE e.operation = :LedgerOperation.CAPTURE AND e.leg = 1 AND e.layer = :Layer.POSTED
    GROUP BY e.attempt_id
)
SELECT
    coalesce(sum(d.posted), 0)::bigint AS checked,
    count(*) FILTER (WHERE d.posted > 1) AS breaches,
    (array_agg(d.attempt_id) FILTER (WHERE d.posted > 1))[1:5] AS examples
FROM debits AS d;

-- name: debited_repeats
-- V8, across dates: of a message and its repeat one stands, whichever came first, and none where its first was declined at
-- the terminal. They are of one terminal, type, number, card, amount and currency, about one original where both have one,
-- and came within twelve hours of each other: by columns, and not by the hash that decides. A first sending that its repeat
-- overtook shows no later time than that. A repeat is known by the type in the terminal's message, kept with the attempt
-- or with the event of its outcome (msgpack: key 0, a text of four).
WITH standing AS (
    SELECT
        a.id, a.business_date, a.received_at, a.request, a.terminal_id, a.message_class, a.stan, a.card_fingerprint,
        a.amount_minor, a.currency, a.original_id, a.state <> :State.DECLINED AS stands,
        CASE WHEN abs(moment_near(a.local_time, a.business_date)::date - a.business_date) <= 2
            THEN moment_near(a.local_time, a.business_date) END AS shown_at,
        CASE WHEN a.kind IN (:Kind.ADVICE, :Kind.COMPLETION) THEN :Kind.ADVICE ELSE a.kind END AS sort
    FROM attempt AS a
    WHERE (a.state IN (:State.SENT, :State.APPROVED, :State.PARTIALLY_APPROVED, :State.CAPTURED, :State.REFUNDED,
        :State.SETTLED) OR a.reason = :Reason.DECLINED_AT_TERMINAL) AND a.message_class < 10
), judged AS (
    SELECT s.id, EXISTS (
        SELECT FROM (
            SELECT s.request AS message
            UNION ALL
            -- What happened off line may be overtaken by its repeat.
            SELECT f.request
            WHERE f.sort = :Kind.ADVICE AND f.stands AND coalesce(s.shown_at <= f.shown_at, true)
            UNION ALL
            SELECT e.detail FROM event AS e
            WHERE e.attempt_id = s.id AND e.business_date = s.business_date AND e.kind IN (:EventKind.DECIDED,
                :EventKind.TIMED_OUT)
        ) AS m
        WHERE position('\x00a4'::bytea IN m.message) > 0
            AND substring(m.message FROM position('\x00a4'::bytea IN m.message) + 5 FOR 1) = '\x31'::bytea
    ) AS is_repeat
    FROM standing AS s
    INNER JOIN standing AS f
        ON f.terminal_id = s.terminal_id AND f.message_class = s.message_class AND f.stan = s.stan
        AND f.card_fingerprint = s.card_fingerprint AND f.amount_minor = s.amount_minor AND f.currency = s.currency
        AND f.sort = s.sort
    WHERE s.stands AND (f.received_at, f.id) < (s.received_at, s.id) AND f.received_at > s.received_at - interval '12 hours'
        AND coalesce(f.original_id = s.original_id, true)
)
SELECT
    (SELECT count(*) FROM standing AS s WHERE s.stands) AS checked,
    count(*) FILTER (WHERE j.is_repeat) AS breaches,
    (array_agg(j.id) FILTER (WHERE j.is_repeat))[1:5] AS examples
FROM judged AS j;

-- name: untrue_reversals
-- V10. Whoever was told 00: what the reversal describes is taken back, in whole or to what should stay, or none of its
-- description stands on any date. Messages by attempt_once and primary key; reversals are few beside payments.
-- What was told 00 as no payment's, and says number, card and amount of some that stood already, is shown beside each: its
-- time may be miswritten. So is what shows its very time, card and amount under another number or type. Judged by facts and
-- not by the rule of bookings. The time told is one that the message or a repeat of it shows, or read off the clock of
-- UTC, of Paris or of the store's place it is the instant of the message; or the reference told is ours. What tells no
-- time is of the reversal's own date, or came just before it, or is described by card, reference or approval code.
WITH described AS (
    SELECT
        r.id AS reversal_id, a.id AS attempt_id, r.attempt_id IS NULL AS is_mark,
        r.attempt_id IS NOT NULL AND a.id = r.attempt_id AND a.business_date = r.attempt_date AS is_named,
        a.state IN (:State.SENT, :State.APPROVED, :State.PARTIALLY_APPROVED, :State.CAPTURED, :State.REFUNDED,
            :State.SETTLED) AS stands,
        a.state IN (:State.DECLINED, :State.UNKNOWN, :State.REVERSED)
            OR r.replacement_minor >= a.approved_minor AS is_taken_back,
        r.currency IN ('', a.currency)
            AND coalesce(r.card_fingerprint, a.card_fingerprint) = a.card_fingerprint
            AND (r.approval_code = '' OR a.approval_code = '' OR n.is_its_code)
            AND (r.amount_minor IS NULL OR r.amount_minor = a.amount_minor
                OR a.approved_minor > 0 AND r.amount_minor >= a.approved_minor AND r.amount_minor <= a.amount_minor)
            AS agrees,
        r.sent_at <> '' AND r.sent_at = a.transmitted_at AS is_its_time,
        CASE WHEN coalesce(a.id <> r.attempt_id, a.state NOT IN (:State.SENT, :State.APPROVED,
            :State.PARTIALLY_APPROVED, :State.CAPTURED, :State.REFUNDED, :State.SETTLED)) THEN
            false -- Nobody asks: of what one takes back the others do not matter, nor of nobody's what is gone.
        WHEN r.sent_at = '' THEN
            a.business_date = r.original_day
            OR r.received_at - a.received_at BETWEEN interval '0' AND interval '15 minutes'
            OR r.card_fingerprint = a.card_fingerprint
            OR r.approval_code <> '' AND n.is_its_code
            OR r.reference <> ''
        WHEN r.sent_at IN (a.transmitted_at, a.local_time) THEN true
        -- A time whose date was not said is of the day under which the message is booked.
        WHEN a.local_time LIKE '0000%' AND r.sent_at = to_char(a.business_date, 'MMDD') || substr(a.local_time, 5) THEN true
        WHEN r.reference <> '' AND r.reference = reference_of(a.id) THEN true
        ELSE EXISTS (
            -- Read off one clock it is one instant, and each time shown is that instant by some clock. Half a day on
            -- either side stands for a night in which clocks changed. Clocks differ by quarters of an hour: what does
            -- not is no instant of it.
            SELECT
            FROM (
                SELECT a.transmitted_at, a.local_time, a.business_date AS day
                UNION ALL
                SELECT
                    t.transmitted_at, t.local_time,
                    coalesce(moment_near(t.local_time, a.business_date)::date, a.business_date)
                FROM repeat_time AS t
                WHERE t.attempt_id = a.id AND t.business_date = a.business_date
            ) AS sending
            CROSS JOIN LATERAL (
                SELECT
                    moment_near(r.sent_at, sending.day) AS told,
                    moment_near(nullif(sending.transmitted_at, ''), sending.day) AS sent,
                    moment_near(nullif(sending.local_time, ''), sending.day) AS local
                OFFSET 0 -- once, not in each clock's turn
            ) AS m
            WHERE r.sent_at IN (sending.transmitted_at, sending.local_time) OR CASE WHEN coalesce(
                extract(EPOCH FROM m.told - m.sent)::bigint % 900 = 0 AND abs(extract(EPOCH FROM m.told - m.sent)) < 172800,
                false
            ) OR coalesce(
                extract(EPOCH FROM m.told - m.local)::bigint % 900 = 0
                AND abs(extract(EPOCH FROM m.told - m.local)) < 172800, false
            ) THEN EXISTS (
                SELECT
                FROM unnest(ARRAY['UTC', 'Europe/Paris', coalesce(s.time_zone, 'UTC')]) AS told (clock)
                CROSS JOIN unnest(ARRAY[interval '-12 hours', interval '0', interval '12 hours']) AS near (away)
                CROSS JOIN LATERAL (
                    SELECT (m.told + near.away) AT TIME ZONE told.clock - near.away AS at OFFSET 0
                ) AS i
                WHERE (
                    SELECT bool_or(coalesce(g.seconds = 0, false)) AND bool_and(coalesce(g.seconds <= 120, false))
                    FROM (VALUES (sending.transmitted_at, m.sent), (sending.local_time, m.local)) AS shown (time, moment)
                    CROSS JOIN LATERAL (
                        SELECT min(abs(extract(EPOCH FROM i.at - (
                            (shown.moment + n.away) AT TIME ZONE c.clock - n.away
                        )))) AS seconds
                        FROM unnest(ARRAY['UTC', 'Europe/Paris', coalesce(s.time_zone, 'UTC')]) AS c (clock)
                        CROSS JOIN unnest(ARRAY[interval '-12 hours', interval '0', interval '12 hours']) AS n (away)
                    ) AS g
                    WHERE shown.time <> ''
                )
            ) ELSE false END
        ) END AS is_meant,
        -- Midnight, and a day far from that of the message, are what a clock says always: as good as no time.
        r.sent_at = '' OR r.sent_at LIKE '____000000'
            OR coalesce(abs(moment_near(r.sent_at, a.business_date)::date - a.business_date) > 2, true) AS is_untimed,
        -- A time that tells nothing, or is of another day, is miswritten: a person decides.
        r.sent_at <> '' AS is_timed,
        -- By the type that it says, of data element 90 or 56, it is of a request. What its terminal told of the same number and
        -- time it may have done alone, after it had taken back what it had asked.
        a.kind = :Kind.ADVICE AND '0' = substring(
            encode(r.request, 'hex') FROM '(?:5ad9..30|38(?:[ab].|d9..)31)3[12]3(.)3.'
        ) AS is_stand_in,
        r.received_at - a.received_at BETWEEN interval '-10 minutes' AND interval '15 minutes'
            OR r.last_at - a.received_at BETWEEN interval '-10 minutes' AND interval '10 minutes' AS is_of_the_minute,
        r.finding = :ReversalFinding.MAY_REPEAT AS may_repeat,
        -- What it may repeat took a part of that very payment, which stands.
        r.finding = :ReversalFinding.MAY_REPEAT AND EXISTS (
            SELECT FROM reversal AS p
            WHERE p.attempt_id = a.id AND p.replacement_minor IS NOT NULL AND p.reason = :Reason.APPROVED
        ) AS is_of_its_part,
        -- By no time of its own, but by that of a repeat, which came after the reversal.
        EXISTS (
            SELECT FROM repeat_time AS t
            WHERE t.attempt_id = a.id AND t.business_date = a.business_date AND r.attempt_id IS NULL
        ) AND r.sent_at NOT IN (a.transmitted_at, a.local_time) AS is_by_repeat,
        r.sent_at <> '' AND r.amount_minor = a.amount_minor
            AND (r.card_fingerprint = a.card_fingerprint
                OR r.card_fingerprint IS NULL
                AND r.received_at - a.received_at BETWEEN interval '0' AND interval '15 minutes')
            AND a.received_at BETWEEN r.received_at - interval '365 days' AND coalesce(r.last_at, r.received_at)
        -- What came after it, and was sent before it by some clock, or says of itself that it was.
        OR CASE WHEN r.attempt_id IS NULL AND r.amount_minor = a.amount_minor
            AND a.received_at > coalesce(r.last_at, r.received_at)
            AND (
                a.received_at < coalesce(r.last_at, r.received_at) + interval '15 minutes'
                AND coalesce(r.card_fingerprint, a.card_fingerprint) = a.card_fingerprint
                OR r.card_fingerprint = a.card_fingerprint AND (
                    abs(a.business_date - r.original_day) <= 2
                    OR abs(a.business_date - (coalesce(r.last_at, r.received_at) AT TIME ZONE 'UTC')::date) <= 2
                )
            ) THEN EXISTS (
                SELECT FROM (
                    SELECT a.request AS message
                    UNION ALL
                    SELECT e.detail FROM event AS e
                    WHERE e.attempt_id = a.id AND e.business_date = a.business_date AND e.kind IN (:EventKind.DECIDED,
                        :EventKind.TIMED_OUT)
                ) AS m
                WHERE position('\x00a4'::bytea IN m.message) > 0
                    AND substring(m.message FROM position('\x00a4'::bytea IN m.message) + 5 FOR 1) = '\x31'::bytea
            ) OR coalesce((
                -- That of its sending alone tells nothing: it is stamped anew.
                SELECT bool_or(e.earliest AT TIME ZONE 'UTC' <= coalesce(r.last_at, r.received_at))
                FROM (VALUES (a.transmitted_at), (a.local_time)) AS t (shown)
                CROSS JOIN LATERAL (
                    SELECT coalesce(
                        min(i.at) FILTER (
                            WHERE abs(extract(EPOCH FROM i.at AT TIME ZONE 'UTC' - a.received_at)) <= 120
                        ), min(i.at)
                    ) AS earliest
                    FROM unnest(
                        instants_of(moment_near(t.shown, a.business_date), coalesce(s.time_zone, 'UTC'))
                    ) AS i (at)
                ) AS e
                WHERE t.shown NOT LIKE '____000000'
                    AND abs(moment_near(t.shown, a.business_date)::date - a.business_date) <= 2
            ), a.received_at < coalesce(r.last_at, r.received_at) + interval '15 minutes')
        ELSE false END AS is_like_it
    FROM reversal AS r
    INNER JOIN attempt AS a
        ON a.terminal_id = r.terminal_id AND (a.message_class = r.message_class OR r.stan = 0)
        -- Without a number its reference names it, and its type may be unsaid.
        AND a.stan = CASE WHEN r.stan = 0 THEN (
            SELECT n.stan FROM attempt AS n WHERE n.id = r.attempt_id AND n.business_date = r.attempt_date
        ) ELSE r.stan END
    LEFT JOIN store AS s ON s.id = a.store_id
    CROSS JOIN LATERAL (
        SELECT lpad(btrim(a.approval_code), 6, '0') = lpad(btrim(r.approval_code), 6, '0') AS is_its_code
    ) AS n
    WHERE r.reason = :Reason.APPROVED
), standing AS (
    -- What stands though its reversal was told 00 as no payment's.
    SELECT d.*, CASE WHEN d.is_untimed THEN d.is_of_the_minute ELSE d.is_meant END AS is_it
    FROM described AS d
    WHERE d.is_mark AND d.stands AND NOT d.is_of_its_part
), marked AS (
    -- What it describes in all should have been taken back, whichever came first. What it describes otherwise but for its
    -- number and time, or all but its time, or what it may only repeat, is shown to a person.
    SELECT
        d.reversal_id,
        -- What a person opens.
        (array_agg(d.attempt_id ORDER BY coalesce(d.is_it, false) DESC))[1] AS attempt_id
    FROM standing AS d
    WHERE d.is_it AND d.agrees
        AND NOT (d.may_repeat OR d.is_by_repeat OR d.is_untimed AND d.is_timed OR coalesce(d.is_stand_in, false))
        OR (d.is_it AND (d.agrees OR NOT (d.may_repeat OR coalesce(d.is_stand_in, false))) OR d.agrees AND d.is_like_it) AND NOT EXISTS (
            SELECT FROM doubt AS o
            WHERE o.attempt_id = d.attempt_id
                AND o.cause IN ('like_one_reversed', 'unlike_one_reversed', 'like_one_repeated')
        )
    GROUP BY d.reversal_id
), mistaken AS (
    -- Under another number or type: no payment of a terminal is sent in the second of another one, by whatever clock.
    SELECT DISTINCT ON (r.id) r.id AS reversal_id, a.id AS attempt_id
    FROM reversal AS r
    INNER JOIN attempt AS a
        ON a.terminal_id = r.terminal_id AND a.business_date BETWEEN r.original_day - 2 AND r.original_day + 2
        AND (a.message_class <> r.message_class OR a.stan <> r.stan) AND a.message_class < 10
        AND a.amount_minor = r.amount_minor AND a.card_fingerprint = r.card_fingerprint
        AND r.currency IN ('', a.currency)
    LEFT JOIN store AS s ON s.id = a.store_id
    WHERE r.reason = :Reason.APPROVED AND r.attempt_id IS NULL AND r.sent_at <> ''
        -- What came after it is shown within minutes.
        AND (a.received_at < r.received_at - interval '1 minute' OR a.received_at < now() - interval '15 minutes')
        AND NOT EXISTS (SELECT FROM doubt AS o WHERE o.attempt_id = a.id AND o.cause = 'numbered_otherwise')
        AND EXISTS (
            SELECT FROM (
                SELECT a.transmitted_at, a.local_time, a.business_date AS day
                UNION ALL
                SELECT
                    t.transmitted_at, t.local_time,
                    coalesce(moment_near(t.local_time, a.business_date)::date, a.business_date)
                FROM repeat_time AS t
                WHERE t.attempt_id = a.id AND t.business_date = a.business_date
            ) AS sending
            -- Clocks differ by quarters of an hour; the rest costs a hundred times as much to ask.
            WHERE r.sent_at IN (sending.transmitted_at, sending.local_time) OR CASE
                WHEN same_instant_elsewhere(r.sent_at, sending.transmitted_at)
                OR same_instant_elsewhere(r.sent_at, sending.local_time) THEN is_same_instant(
                    r.sent_at, sending.transmitted_at, sending.local_time, sending.day, coalesce(s.time_zone, 'UTC')
                )
                ELSE false END
        )
        AND a.state IN (:State.SENT, :State.APPROVED, :State.PARTIALLY_APPROVED, :State.CAPTURED)
        -- What is like it under its own number is shown instead, or gone.
        AND NOT EXISTS (SELECT FROM described AS d WHERE d.reversal_id = r.id AND (d.is_its_time OR d.is_like_it))
        -- Or was refused for it.
        AND NOT EXISTS (
            SELECT FROM attempt AS n
            WHERE n.terminal_id = r.terminal_id AND n.message_class = r.message_class AND n.stan = r.stan
                AND n.business_date BETWEEN r.original_day - 2 AND r.original_day + 2
                AND n.reason = :Reason.ALREADY_REVERSED
        )
    ORDER BY r.id, a.id
), done AS (
    SELECT DISTINCT d.reversal_id
    FROM described AS d
    WHERE d.is_named AND d.agrees AND d.is_meant AND d.is_taken_back
), judged AS (
    SELECT
        coalesce(r.attempt_id, m.attempt_id, x.attempt_id) AS id,
        CASE WHEN r.attempt_id IS NULL THEN m.attempt_id IS NOT NULL OR x.attempt_id IS NOT NULL
        ELSE d.reversal_id IS NULL END AS untrue
    FROM reversal AS r
    LEFT JOIN marked AS m ON m.reversal_id = r.id
    LEFT JOIN mistaken AS x ON x.reversal_id = r.id
    LEFT JOIN done AS d ON d.reversal_id = r.id
    WHERE r.reason = :Reason.APPROVED
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE j.untrue) AS breaches,
    (array_agg(j.id) FILTER (WHERE j.untrue))[1:5] AS examples
FROM judged AS j;

-- name: unshown_refused_reversals
-- V10, what was told other than 00: a payment that its terminal took back and that stands at its full amount is shown to a
-- person, or one has seen it. By the primary keys of what the list is made of.
WITH refused AS (
    SELECT
        a.id, NOT EXISTS (
            SELECT FROM matter AS m WHERE m.id = r.id AND (m.closed_at IS NOT NULL OR NOT m.settled)
        ) AS unshown
    FROM reversal AS r
    INNER JOIN attempt AS a ON a.id = r.attempt_id AND a.business_date = r.attempt_date
    WHERE r.reason <> :Reason.APPROVED
        AND a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.CAPTURED, :State.SETTLED)
        AND a.refunded_minor = 0
        -- One that says that all of it stays asks for nothing.
        AND coalesce(r.replacement_minor, 0) < a.approved_minor
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE r.unshown) AS breaches,
    (array_agg(r.id) FILTER (WHERE r.unshown))[1:5] AS examples
FROM refused AS r;

-- name: unshown_refusals
-- V10, what happened off line: an advice or a completion that was refused is shown to a person, unless its own reversal came
-- before it. Refused ones are few; those that were booked are looked at too, so that none at all is not the usual case.
WITH judged AS (
    SELECT a.id, d.attempt_id IS NULL AND a.state = :State.DECLINED
        AND a.reason NOT IN (:Reason.ALREADY_REVERSED, :Reason.DECLINED_AT_TERMINAL) AS unshown
    FROM attempt AS a
    LEFT JOIN (SELECT DISTINCT o.attempt_id FROM doubt AS o) AS d ON d.attempt_id = a.id
    WHERE a.kind IN (:Kind.ADVICE, :Kind.COMPLETION)
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE j.unshown) AS breaches,
    (array_agg(j.id) FILTER (WHERE j.unshown))[1:5] AS examples
FROM judged AS j;

-- name: list_booked_facts
-- V10, advices: what was booked because its terminal said so, with its message; read by a cursor.
SELECT a.id, a.request
FROM attempt AS a
WHERE a.kind IN (:Kind.ADVICE, :Kind.COMPLETION) AND a.request <> ''
    AND a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.CAPTURED, :State.REFUNDED, :State.SETTLED);

-- name: sales_beside_their_hold
-- V10, advices: a sale booked beside the hold whose approval code it says, of the same card and store, within two months; or
-- beside a payment of the same amount that stands.
WITH judged AS (
    SELECT a.id, EXISTS (
        SELECT FROM attempt AS h
        WHERE h.card_fingerprint = a.card_fingerprint AND h.store_id = a.store_id
            AND (h.kind = :Kind.AUTHORISATION OR h.kind = :Kind.PURCHASE AND h.amount_minor = a.amount_minor
                AND h.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.CAPTURED, :State.REFUNDED,
                    :State.SETTLED))
            AND h.approval_code <> '' AND lpad(btrim(h.approval_code), 6, '0') = lpad(btrim(a.approval_code), 6, '0')
            AND h.business_date BETWEEN a.business_date - 62 AND a.business_date AND h.received_at < a.received_at
            AND NOT EXISTS (SELECT FROM doubt AS d WHERE d.attempt_id = a.id)
    ) AS is_beside
    FROM attempt AS a
    WHERE a.kind = :Kind.ADVICE AND a.message_class = 2 AND a.approval_code <> ''
        AND a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.CAPTURED, :State.REFUNDED, :State.SETTLED)
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE j.is_beside) AS breaches,
    (array_agg(j.id) FILTER (WHERE j.is_beside))[1:5] AS examples
FROM judged AS j;

-- name: repeats_of_another
-- V10, repeats: a repeat takes back what its first sending took back, as much of it, or nothing. Its first came within
-- eight days for the same number, and took back what the repeat describes as well; a reference says of which it is. A
-- repeat is known by the type in its message (msgpack: key 0, a text of four) and the number of its first; without a time,
-- or of the same message, by one of the two.
WITH repeats AS (
    SELECT
        r.*, position('\x00a4'::bytea IN r.request) > 0
        AND substring(r.request FROM position('\x00a4'::bytea IN r.request) + 5 FOR 1) = '\x31'::bytea AS says_so,
        r.reference <> '' AND (r.reference = reference_of(r.attempt_id) OR EXISTS (
            -- Its terminal's own reference: data element 37, a text of twelve (msgpack), in its message.
            SELECT FROM (
                SELECT a.request AS message FROM attempt AS a
                WHERE a.id = r.attempt_id AND a.business_date = r.attempt_date
                UNION ALL
                SELECT e.detail FROM event AS e
                WHERE e.attempt_id = r.attempt_id AND e.business_date = r.attempt_date
                    AND e.kind IN (:EventKind.DECIDED, :EventKind.TIMED_OUT)
            ) AS m
            WHERE position('\x25ac'::bytea || convert_to(rpad(r.reference, 12), 'UTF8') IN m.message) > 0
        )) AS is_named
    FROM reversal AS r
    WHERE r.reason = :Reason.APPROVED AND r.attempt_id IS NOT NULL
), pairs AS (
    SELECT
        r.id, r.attempt_id, r.is_named, r.sent_at, r.currency, r.amount_minor, r.card_fingerprint,
        first.attempt_id AS first_id, first.attempt_date AS first_date,
        first.attempt_id = r.attempt_id AS is_same,
        coalesce(first.replacement_minor, 0) = coalesce(r.replacement_minor, 0) AS leaves_as_much,
        r.says_so AND first.own_stan = r.own_stan
        OR first.attempt_id = r.attempt_id AND (r.says_so OR first.own_stan = r.own_stan)
        OR r.sent_at = '' AND (r.says_so OR first.own_stan = r.own_stan)
            AND first.sent_at = '' AND first.approval_code = r.approval_code AND first.currency = r.currency
            AND first.amount_minor IS NOT DISTINCT FROM r.amount_minor
            AND first.card_fingerprint IS NOT DISTINCT FROM r.card_fingerprint AS is_repeat
    FROM repeats AS r
    INNER JOIN repeats AS first
        ON first.terminal_id = r.terminal_id AND first.message_class = r.message_class AND first.stan = r.stan
        AND first.received_at < r.received_at AND first.received_at > r.received_at - interval '8 days'
), others AS (
    SELECT DISTINCT p.id, p.attempt_id
    FROM pairs AS p
    INNER JOIN attempt AS a ON a.id = p.first_id AND a.business_date = p.first_date
    WHERE p.is_repeat
        AND CASE WHEN p.is_same THEN NOT p.leaves_as_much AND NOT EXISTS (
            SELECT FROM pairs AS o WHERE o.id = p.id AND o.is_same AND o.leaves_as_much
        ) ELSE p.leaves_as_much AND NOT p.is_named END
        AND (p.is_same OR p.sent_at IN ('', a.transmitted_at, a.local_time)) AND p.currency IN ('', a.currency)
        AND (p.is_same OR coalesce(p.amount_minor, a.amount_minor) = a.amount_minor)
        AND coalesce(p.card_fingerprint, a.card_fingerprint) = a.card_fingerprint
)
SELECT
    (SELECT count(*) FROM repeats AS r WHERE r.says_so) AS checked,
    count(*) AS breaches,
    (array_agg(o.attempt_id))[1:5] AS examples
FROM others AS o;

-- name: unasked_reversals
-- V10, from the other side: what a terminal took back, a reversal that was told 00 names. From the first kept one on.
WITH taken_back AS (
    SELECT e.attempt_id
    FROM event AS e
    WHERE e.kind IN (:EventKind.REVERSED, :EventKind.CANCELLED, :EventKind.PARTLY_REVERSED)
        AND e.cause = 'terminal' AND e.at >= (SELECT min(r.received_at) FROM reversal AS r)
), judged AS (
    SELECT b.attempt_id, NOT EXISTS (
        SELECT FROM reversal AS r WHERE r.attempt_id = b.attempt_id AND r.reason = :Reason.APPROVED
    ) AS unasked
    FROM taken_back AS b
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE j.unasked) AS breaches,
    (array_agg(j.attempt_id) FILTER (WHERE j.unasked))[1:5] AS examples
FROM judged AS j;

-- name: misread_answers
-- V11, by what the attempts say. An answer that settles nothing is unknown, then reversed; what is booked is what was
-- asked, or less of it where the terminal takes a part; the approvals of the table are never declines.
WITH judged AS (
    SELECT
        a.id,
        (a.reason IN (:Reason.HOST_CODE_UNKNOWN, :Reason.HOST_ANSWER_DIFFERS) AND a.state NOT IN (:State.UNKNOWN,
            :State.REVERSED))
        OR (a.state = :State.DECLINED AND a.host_code IN ('08', '11', '16'))
        OR (
            a.state = :State.APPROVED AND a.kind IN (:Kind.AUTHORISATION, :Kind.PURCHASE, :Kind.REFUND)
                AND a.reason = :Reason.APPROVED AND a.host_code <> ''
            AND a.approved_minor <> a.amount_minor
            AND NOT EXISTS ( -- what its terminal took back in part
                SELECT FROM event AS e
                WHERE e.attempt_id = a.id AND e.business_date = a.business_date
                    AND e.kind = :EventKind.PARTLY_REVERSED
            )
        )
        OR (
            a.state = :State.PARTIALLY_APPROVED AND a.host_code <> ''
            AND NOT (a.partial_ok AND a.approved_minor BETWEEN 1 AND a.amount_minor - 1)
        ) AS misread
    FROM attempt AS a
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE j.misread) AS breaches,
    (array_agg(j.id) FILTER (WHERE j.misread))[1:5] AS examples
FROM judged AS j;

-- name: booked_exchanges
-- V11, by the messages themselves: every exchange on whose word something was booked, read by a cursor.
-- What a terminal took back in part since then is not what the host was asked.
SELECT
    e.attempt_id, e.state, a.kind,
    CASE
        WHEN e.state = :State.APPROVED THEN a.amount_minor
        WHEN NOT EXISTS (
            SELECT FROM event AS p
            WHERE p.attempt_id = a.id AND p.business_date = a.business_date AND p.kind = :EventKind.PARTLY_REVERSED
        ) THEN a.approved_minor
    END AS booked_minor,
    e.detail
FROM event AS e
INNER JOIN attempt AS a ON a.id = e.attempt_id AND a.business_date = e.business_date
WHERE e.kind = :EventKind.DECIDED AND e.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED)
    AND e.detail IS NOT NULL;

-- name: judge_told
-- V3. A chunk of what terminals were told, found by attempt_once; only what is not kept comes back.
WITH told AS (
    SELECT *
    FROM unnest(
        $1::integer[], $2::text[], $3::date[], $4::smallint[], $5::integer[], $6::text[], $7::text[], $8::bigint[],
        $9::bigint[], $10::bytea[], $11::text[], $12::bigint[]
    ) AS j (
        n, terminal, business_date, message_class, stan, outcome, code, approved_minor, amount_minor,
        reference_key, approval_code, replacement_minor
    )
), judged AS (
    SELECT
        j.n,
        CASE
            WHEN j.outcome = 'reversal_acknowledged' THEN CASE
                WHEN a.id IS NULL THEN CASE WHEN NOT EXISTS (
                    SELECT FROM reversal AS r
                    WHERE r.terminal_id = t.id AND r.message_class = j.message_class AND r.stan = j.stan
                        AND r.attempt_id IS NULL AND r.reason = :Reason.APPROVED
                ) THEN 'told.reversed_unrecorded' END
                WHEN a.state IN (:State.DECLINED, :State.UNKNOWN, :State.REVERSED) THEN NULL
                WHEN j.replacement_minor > 0 AND a.approved_minor > j.replacement_minor
                    THEN 'told.reversed_in_part'
                WHEN j.replacement_minor = 0 THEN 'told.not_reversed'
            END
            WHEN j.outcome = 'advice_acknowledged' THEN CASE
                WHEN a.id IS NULL THEN 'told.advice_unrecorded'
                -- Its reversal had come before, and it was told 00 as that reversal was; or it advised a decline.
                WHEN a.state = :State.DECLINED
                    AND a.reason IN (:Reason.ALREADY_REVERSED, :Reason.DECLINED_AT_TERMINAL) THEN NULL
                -- What its terminal had asked under that number and was not approved is no sale, taken back or not.
                WHEN a.state NOT IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.REVERSED, :State.CAPTURED,
                    :State.REFUNDED, :State.SETTLED) OR a.kind NOT IN (:Kind.ADVICE, :Kind.COMPLETION)
                    AND a.approved_minor = 0 THEN 'told.advice_not_booked'
                WHEN a.approved_minor <> j.amount_minor AND NOT coalesce(lowered.found, false) THEN 'told.advice_amount'
            END
            WHEN j.message_class NOT IN (1, 2) THEN NULL
            WHEN j.outcome = 'no_answer' THEN CASE WHEN a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED,
                :State.CAPTURED, :State.REFUNDED, :State.SETTLED) THEN 'waiting' END
            WHEN j.code IN ('00', '10') THEN CASE
                WHEN a.id IS NULL THEN 'told.approved_unrecorded'
                WHEN a.state NOT IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.REVERSED, :State.CAPTURED,
                    :State.REFUNDED, :State.SETTLED) THEN 'told.not_approved_here'
                WHEN a.approved_minor <> j.approved_minor AND NOT coalesce(lowered.found, false) THEN 'told.amount'
                WHEN a.approval_code <> j.approval_code THEN 'told.approval_code'
                WHEN j.reference_key IS DISTINCT FROM set_byte(
                    substring(uuid_send(a.id) FROM 1 FOR 10), 9, get_byte(uuid_send(a.id), 9) & 192
                ) THEN 'told.reference'
            END
            -- 94 may be about another message under the same key, whose own answer stands.
            WHEN j.code <> '94' AND a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.CAPTURED,
                :State.REFUNDED, :State.SETTLED) THEN 'told.approved_here'
        END AS verdict
    FROM told AS j
    LEFT JOIN terminal AS t ON t.terminal = j.terminal
    LEFT JOIN attempt AS a
        ON a.terminal_id = t.id AND a.business_date = j.business_date AND a.message_class = j.message_class
        AND a.stan = j.stan
    -- What a reversal in part has left is less than what was told at first.
    LEFT JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM delivery AS d
            WHERE d.attempt_id = a.id AND d.kind = :DeliveryKind.PARTIAL_REVERSAL
                AND d.amount_minor >= a.approved_minor
        ) AS found
        WHERE a.approved_minor <> j.approved_minor OR a.approved_minor <> j.amount_minor
    ) AS lowered ON true
)
SELECT j.n, j.verdict FROM judged AS j WHERE j.verdict IS NOT NULL ORDER BY j.n;

-- name: judge_book
-- V6. One stretch of identifiers on both sides: a reference is the first 74 bits of one (values.ids.rrn_of), so a
-- stretch of sorted references is a range of the primary key and the two meet in one hash join. Only what differs
-- comes back. What changed here after the book was read ($7), or is still owed to the host, is not a difference yet; what
-- a person closed is counted apart.
WITH theirs AS (
    SELECT *
    FROM unnest($1::bytea[], $2::text[], $3::bigint[], $4::bigint[], $8::text[], $9::text[], $10::text[]) AS b (
        reference_key, state, approved_minor, captured_minor, currency, digits_shown, sort
    )
), ours AS (
    SELECT
        a.id, a.business_date, a.kind, a.state, a.approved_minor, a.captured_minor, a.decided_at, a.currency,
        a.card_bin || a.card_last_four AS digits_shown,
        CASE a.kind WHEN :Kind.AUTHORISATION THEN 'hold' WHEN :Kind.PURCHASE THEN 'purchase'
            WHEN :Kind.VERIFICATION THEN 'verification' WHEN :Kind.REFUND THEN 'refund' WHEN :Kind.ADVICE THEN 'advice'
        END AS sort,
        a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.CAPTURED, :State.REFUNDED,
            :State.SETTLED) AS holds,
        set_byte(
            substring(uuid_send(a.id) FROM 1 FOR 10), 9, get_byte(uuid_send(a.id), 9) & 192
        ) AS reference_key
    FROM attempt AS a
    WHERE a.id >= $5::uuid AND a.id < $6::uuid
), met AS (
    SELECT
        o.id, o.kind, o.state, o.decided_at, b.state AS state_there, coalesce(o.reference_key, b.reference_key) AS reference_key,
        CASE
            WHEN o.id IS NULL THEN 'book.nothing_here'
            -- A completion is booked there on the reference of its hold.
            WHEN o.kind = :Kind.COMPLETION THEN NULL
            WHEN o.holds AND b.state IS NULL THEN 'book.nothing_there'
            WHEN o.holds AND b.state IN ('declined', 'reversed') THEN 'book.undone_there'
            WHEN o.holds AND b.approved_minor <> o.approved_minor THEN 'book.amount'
            WHEN o.holds AND b.currency NOT IN ('', o.currency) THEN 'book.currency'
            WHEN o.holds AND b.digits_shown NOT IN ('', o.digits_shown) THEN 'book.card'
            WHEN o.holds AND o.kind = :Kind.AUTHORISATION AND b.captured_minor <> o.captured_minor
                THEN 'book.captured'
            WHEN o.holds AND b.sort NOT IN ('', o.sort) THEN 'book.sort'
            WHEN o.holds THEN NULL
            WHEN b.state IN ('approved', 'partially_approved', 'captured', 'refunded')
                THEN 'book.not_here'
            WHEN b.state = 'reversed' AND o.state <> :State.REVERSED THEN 'book.not_here'
        END AS verdict
    FROM ours AS o
    FULL JOIN theirs AS b ON b.reference_key = o.reference_key
)
SELECT
    m.reference_key,
    CASE
        WHEN m.id IS NULL THEN m.verdict
        WHEN m.state IN (:State.RECEIVED, :State.SENT) OR m.decided_at >= $7::timestamptz THEN 'waiting'
        WHEN EXISTS (
            SELECT FROM delivery AS d
            WHERE d.attempt_id = m.id AND (d.accepted_at IS NULL OR d.accepted_at >= $7::timestamptz)
        ) THEN 'waiting'
        -- The host may hold it for good.
        WHEN EXISTS (SELECT FROM delivery AS d WHERE d.attempt_id = m.id AND d.closed_by IS NOT NULL) THEN 'closed'
        WHEN m.kind = :Kind.AUTHORISATION AND EXISTS (
            SELECT FROM attempt AS c
            INNER JOIN delivery AS d ON d.attempt_id = c.id
            WHERE c.original_id = m.id AND c.kind = :Kind.COMPLETION
                AND (d.accepted_at IS NULL OR d.accepted_at >= $7::timestamptz)
        ) THEN 'waiting'
        ELSE m.verdict
    END AS verdict,
    m.state_there
FROM met AS m
WHERE m.verdict IS NOT NULL
ORDER BY m.reference_key;

-- name: count_attempts
SELECT count(*) AS attempts FROM attempt;

-- name: undone
-- What a drain waits for. Attempts by the range of identifiers that the last hours have, deliveries by delivery_due.
SELECT
    (SELECT count(*) FROM attempt AS a WHERE a.id >= $1::uuid AND a.state IN (:State.RECEIVED, :State.SENT)) AS sent,
    (
        SELECT count(*) FROM attempt AS a
        WHERE a.id >= $1::uuid AND a.state = :State.UNKNOWN AND NOT EXISTS (
            SELECT FROM delivery AS d
            WHERE d.attempt_id = a.id AND d.kind = :DeliveryKind.REVERSAL AND d.refused_at IS NOT NULL
                AND d.accepted_at IS NULL
        )
    ) AS unknown,
    (SELECT count(*) FROM delivery AS d WHERE d.accepted_at IS NULL AND d.refused_at IS NULL) AS undelivered,
    (
        SELECT count(*) FROM event AS e
        WHERE (e.txid, e.seq) > (
            coalesce(
                (SELECT i.to_txid FROM inbox AS i WHERE i.consumer = $2::text
                ORDER BY i.to_txid DESC, i.to_seq DESC LIMIT 1), '0'::xid8
            ),
            coalesce(
                (SELECT i.to_seq FROM inbox AS i WHERE i.consumer = $2::text
                ORDER BY i.to_txid DESC, i.to_seq DESC LIMIT 1), 0
            )
        )
    ) AS unconsumed;

-- name: broken_links
-- V9. One walk along action_seq, each link with the one before it: the numbers follow, the hash before is the one
-- before, and the link's own hash is what its row gives. A mark left by an earlier look must be found again, or the
-- end of the chain was cut off. No card number and no secret is in it, so the rows themselves may be hashed here.
WITH links AS (
    SELECT
        x.seq, x.hash,
        x.seq IS NULL
        OR x.seq <> lag(x.seq, 1, 0::bigint) OVER w + 1
        OR x.previous_hash IS DISTINCT FROM lag(x.hash, 1, '\x00'::bytea) OVER w
        OR x.hash IS DISTINCT FROM action_digest(
            x.previous_hash, x.seq, x.id, x.agent_id, x.at, x.kind, x.target_kind, x.target_id, x.facts, x.ip
        ) AS broken
    FROM action AS x
    WINDOW w AS (ORDER BY x.seq)
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE l.broken) AS breaches,
    (array_agg(l.seq) FILTER (WHERE l.broken))[1:$1::int] AS examples,
    max(l.seq) AS newest,
    (SELECT encode(e.hash, 'hex') FROM action AS e WHERE e.seq IS NOT NULL ORDER BY e.seq DESC LIMIT 1) AS newest_hash,
    (
        SELECT m.seq FROM action_checked AS m
        WHERE NOT EXISTS (SELECT FROM action AS e WHERE e.seq = m.seq AND e.hash = m.hash)
    ) AS lost_mark
FROM links AS l;

-- name: shown_too_much
-- V9. At most six digits and the last four of a card, and of one of twelve digits the last four only. The sealed number
-- says how long it is: 29 bytes of version, nonce and tag, and a byte a digit.
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE s.too_much) AS breaches,
    (array_agg(s.id) FILTER (WHERE s.too_much))[1:5] AS examples
FROM (
    SELECT
        a.id,
        length(a.card_bin) > 6 OR length(a.card_last_four) > 4
        OR (octet_length(a.card_ciphertext) = 41 AND a.card_bin <> '') AS too_much
    FROM attempt AS a
) AS s;

-- name: list_readable_columns
-- V9. Every column that can hold digits as text, table by table (partitions apart), with how many rows it has.
-- Left out are numbers of companies, which pass the same check digit and are public (SIREN, SIRET, acceptor), and
-- references of payments, of which every tenth does.
SELECT
    c.relname AS table_name,
    greatest(c.reltuples, 0)::bigint AS rows_estimated,
    array_agg(k.attname ORDER BY k.attnum) AS columns,
    format(
        'SELECT %s FROM %I ', string_agg(
            CASE WHEN k.atttypid = 'bytea'::regtype THEN format('%I', k.attname)
            ELSE format('%I::text', k.attname) END, ', ' ORDER BY k.attnum
        ), c.relname
    ) AS statement
FROM pg_class AS c
INNER JOIN pg_attribute AS k ON k.attrelid = c.oid AND k.attnum > 0 AND NOT k.attisdropped
WHERE c.relnamespace = 'public'::regnamespace
    AND c.relkind = 'r'
    AND k.atttypid = ANY (ARRAY['text', 'bytea', 'jsonb', 'text[]', 'character varying']::regtype[])
    AND k.attname NOT IN ('siren', 'siret', 'acceptor', 'rrn', 'original_rrn')
    AND (c.relname, k.attname) <> ('schema_migrations', 'version')
GROUP BY c.oid, c.relname, c.reltuples
ORDER BY c.relname;

-- name: unlisted_attempts
-- V13, lists: what the lists of a store and the search go by has every attempt that it has passed, by the same store, number,
-- amount, day and digits, and by its code and its reason where those were known when it was copied; and nothing waits to be
-- passed for longer than $2. Attempts by their primary key; what is still to be copied is in late_attempt.
WITH judged AS (
    SELECT
        a.id,
        CASE
            WHEN k.attempt_id IS NULL THEN l.attempt_id IS NOT NULL OR a.id > p.attempt_id AND (
                a.received_at > $1::timestamptz - $2::interval OR a.decided_at > $1::timestamptz - $2::interval
            )
            ELSE (k.store_id, k.business_date, k.stan, k.amount_minor, k.card_last_four)
                IS NOT DISTINCT FROM (a.store_id, a.business_date, a.stan, a.amount_minor, a.card_last_four)
                AND (
                    a.decided_at IS NULL OR a.decided_at > a.received_at + interval '15 seconds'
                    OR (k.approval_code, k.decline_reason)
                        = (a.approval_code, CASE WHEN a.state = :State.DECLINED THEN a.reason ELSE 0 END)
                )
        END AS is_listed,
        a.id > p.attempt_id AS waits
    FROM key_position AS p
    CROSS JOIN attempt AS a
    LEFT JOIN attempt_key AS k ON k.attempt_id = a.id
    LEFT JOIN late_attempt AS l ON l.attempt_id = a.id
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE NOT j.is_listed) AS breaches,
    count(*) FILTER (WHERE j.is_listed AND j.waits) AS waiting,
    (array_agg(j.id) FILTER (WHERE NOT j.is_listed))[1:5] AS examples
FROM judged AS j;

-- name: debits_beside_payments
-- V14, from the side of money: a debit that was collected is an approved payment of its amount and of a paid instalment, one
-- that was not is none, and no payment by a kept card is without its debit. Waiting: a debit whose payment is decided and
-- not recorded yet. Payments by kept cards are of message class 13; of a month that was put away nobody asks for them.
WITH payment AS (
    SELECT a.id, a.state, a.approved_minor, a.kind FROM attempt AS a WHERE a.message_class = 13 AND a.kind = :Kind.PURCHASE
), put_away AS (
    -- Months of payments are detached by hand, the current one and the one before never; the oldest payment says which are there.
    SELECT least(
        (SELECT date_trunc('month', a.business_date)::date FROM attempt AS a ORDER BY a.id LIMIT 1),
        (date_trunc('month', current_date) - interval '1 month')::date
    ) AS before
), judged AS (
    SELECT
        coalesce(d.id, p.id) AS id,
        CASE
            WHEN d.id IS NULL THEN false
            WHEN d.state = 'open' THEN i.state = 'in_progress'
            WHEN p.id IS NULL AND d.business_date < b.before
                THEN d.state <> 'approved' OR (i.state = 'paid' AND i.amount_minor = d.amount_minor)
            WHEN p.id IS NULL THEN d.state = 'not_sent'
            WHEN d.state = 'approved' THEN p.approved_minor = d.amount_minor AND i.state = 'paid'
                AND i.amount_minor = d.amount_minor AND p.state IN (:State.APPROVED, :State.CAPTURED, :State.REFUNDED,
                    :State.SETTLED)
            WHEN d.state = 'reversed' THEN p.state = :State.REVERSED
            ELSE p.state = :State.DECLINED
        END AS agrees,
        d.state = 'open' AND coalesce(p.state, :State.SENT) NOT IN (:State.SENT, :State.UNKNOWN) AS waits
    FROM debit AS d
    FULL JOIN payment AS p ON p.id = d.id
    CROSS JOIN put_away AS b
    LEFT JOIN instalment AS i ON i.id = d.instalment_id
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE NOT j.agrees) AS breaches,
    count(*) FILTER (WHERE j.waits) AS waiting,
    (array_agg(j.id) FILTER (WHERE NOT j.agrees))[1:5] AS examples
FROM judged AS j;

-- name: owners_of_debits
-- V14 owners. A debit is of its instalment's order: its company, its terminal and the card that paid the order then; its
-- payment says the same, to the card's fingerprint, the number and the day. A card is the order's from the event of the change or
-- of the settlement that brought it; what it was before the first of them a settlement does not say. A customer's first try may be
-- by a card that the order never had: what was not collected is left out. A minute on either side is left for two clocks.
WITH brought AS (
    SELECT x.order_id, x.card_id, x.old_card_id, uuid_extract_timestamp(e.id) AS at
    FROM card_change AS x
    INNER JOIN order_event AS e ON e.order_id = x.order_id AND e.kind = 'card_changed' AND e.about_id = x.id
    WHERE x.state = 'done'
    UNION ALL
    SELECT s.order_id, s.card_id, NULL, uuid_extract_timestamp(e.id)
    FROM settlement AS s
    INNER JOIN order_event AS e ON e.order_id = s.order_id AND e.kind = 'settlement_begun' AND e.about_id = s.id
    WHERE s.begun_at IS NOT NULL
), spans AS (
    SELECT b.order_id, b.card_id, b.at AS since, lead(b.at, 1, 'infinity') OVER of_order AS until, b.old_card_id,
        row_number() OVER of_order = 1 AS is_first
    FROM brought AS b
    WINDOW of_order AS (PARTITION BY b.order_id ORDER BY b.at)
), paying AS (
    SELECT s.order_id, s.card_id, s.since, s.until FROM spans AS s
    UNION ALL
    SELECT s.order_id, s.old_card_id, '-infinity', s.since FROM spans AS s WHERE s.is_first
    UNION ALL
    SELECT o.id, o.card_id, '-infinity', 'infinity' FROM purchase_order AS o
    WHERE NOT EXISTS (SELECT FROM brought AS b WHERE b.order_id = o.id)
), paid_by AS (
    SELECT d.id, bool_or(p.card_id = d.card_id OR p.card_id IS NULL) AS is_so
    FROM debit AS d
    INNER JOIN paying AS p ON p.order_id = d.order_id
        AND d.claimed_at BETWEEN p.since - interval '1 minute' AND p.until + interval '1 minute'
    GROUP BY d.id
), judged AS (
    SELECT
        d.id,
        i.order_id = d.order_id AND o.company_id = d.company_id AND o.terminal_id = d.terminal_id
        AND k.company_id = d.company_id
        AND (b.is_so OR d.initiator = 'customer' AND (d.state <> 'approved' OR s.card_id = d.card_id))
        AND (
            a.id IS NULL OR (a.terminal_id, a.company_id, a.amount_minor, a.currency, a.stan, a.business_date)
                = (d.terminal_id, d.company_id, d.amount_minor, o.currency, d.stan, d.business_date)
            AND (a.card_fingerprint, a.card_bin, a.card_last_four, a.card_brand) = (k.fingerprint, k.bin, k.last_four, k.brand)
        ) AS agrees
    FROM debit AS d
    LEFT JOIN instalment AS i ON i.id = d.instalment_id
    LEFT JOIN purchase_order AS o ON o.id = d.order_id
    LEFT JOIN stored_card AS k ON k.id = d.card_id
    LEFT JOIN settlement AS s ON s.id = i.settlement_id
    LEFT JOIN paid_by AS b ON b.id = d.id
    LEFT JOIN attempt AS a ON a.id = d.id AND a.message_class = 13
    UNION ALL
    SELECT
        p.id,
        p.order_id = d.order_id AND r.order_id = p.order_id
        AND (
            a.id IS NULL OR (a.terminal_id, a.company_id, a.amount_minor, a.currency, a.stan, a.business_date)
                = (d.terminal_id, d.company_id, p.amount_minor, o.currency, p.stan, p.business_date)
            AND (a.card_fingerprint, a.card_bin, a.card_last_four, a.card_brand) = (k.fingerprint, k.bin, k.last_four, k.brand)
        )
    FROM order_refund_part AS p
    LEFT JOIN order_refund AS r ON r.id = p.refund_id
    LEFT JOIN debit AS d ON d.id = p.debit_id
    LEFT JOIN purchase_order AS o ON o.id = p.order_id
    LEFT JOIN stored_card AS k ON k.id = d.card_id
    LEFT JOIN attempt AS a ON a.id = p.id AND a.message_class = 13
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE j.agrees IS NOT TRUE) AS breaches,
    (array_agg(j.id) FILTER (WHERE j.agrees IS NOT TRUE))[1:5] AS examples
FROM judged AS j;

-- name: collected_twice
-- V8 debits: an instalment that is paid was collected by one debit, and no other by more than one, by what hosts approved and
-- not by what we noted.
WITH collected AS (
    SELECT d.instalment_id, count(*) AS times
    FROM debit AS d INNER JOIN attempt AS a ON a.id = d.id AND a.business_date = d.business_date
    WHERE a.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.CAPTURED, :State.REFUNDED, :State.SETTLED)
    GROUP BY d.instalment_id
), judged AS (
    SELECT i.id, coalesce(c.times, 0) <= 1 AND (i.state <> 'paid' OR coalesce(c.times, 0) = 1) AS holds
    FROM instalment AS i LEFT JOIN collected AS c ON c.instalment_id = i.id
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE NOT j.holds) AS breaches,
    (array_agg(j.id) FILTER (WHERE NOT j.holds))[1:5] AS examples
FROM judged AS j;

-- name: claims_beside_debits
-- V8 claims: an instalment is being collected while one debit of it is open, and then alone. Index debit_standing.
WITH standing AS (
    SELECT d.instalment_id, count(*) AS open_debits FROM debit AS d WHERE d.state = 'open' GROUP BY d.instalment_id
), judged AS (
    SELECT i.id, i.state = 'in_progress' AND coalesce(s.open_debits, 0) = 1 AS holds
    FROM instalment AS i LEFT JOIN standing AS s ON s.instalment_id = i.id
    WHERE i.state = 'in_progress' OR s.open_debits > 0
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE NOT j.holds) AS breaches,
    (array_agg(j.id) FILTER (WHERE NOT j.holds))[1:5] AS examples
FROM judged AS j;

-- name: refunds_beside_payments
-- V14 refunds: what orders owe back is sent once: its parts add up to it where it is sent and never exceed it, each part is a
-- refund of its payment and its amount that says the same, none gives back more of a debit than it collected, and no refund
-- of a payment by a kept card is without its part. Waiting: what is owed and not sent yet. Of a month that was put away nobody
-- asks for refunds.
WITH put_away AS (
    -- Months of payments are detached by hand, the current one and the one before never; the oldest payment says which are there.
    SELECT least(
        (SELECT date_trunc('month', a.business_date)::date FROM attempt AS a ORDER BY a.id LIMIT 1),
        (date_trunc('month', current_date) - interval '1 month')::date
    ) AS before
), part AS (
    SELECT
        p.id, p.refund_id, p.debit_id, p.amount_minor, p.state, a.id IS NOT NULL AS is_armed, a.state AS attempt_state,
        a.amount_minor AS asked_minor, a.original_id, a.id IS NULL AND p.business_date < b.before AS is_put_away
    FROM order_refund_part AS p
    CROSS JOIN put_away AS b
    LEFT JOIN attempt AS a ON a.id = p.id AND a.business_date = p.business_date
), of_part AS (
    SELECT p.id, CASE
        WHEN p.is_armed AND (p.asked_minor <> p.amount_minor OR p.original_id IS DISTINCT FROM p.debit_id) THEN false
        WHEN p.state = 'open' OR p.is_put_away THEN true
        WHEN NOT p.is_armed THEN p.state = 'not_sent'
        WHEN p.state = 'approved'
            THEN coalesce(p.attempt_state IN (:State.APPROVED, :State.CAPTURED, :State.REFUNDED, :State.SETTLED), false)
        WHEN p.state = 'reversed' THEN coalesce(p.attempt_state = :State.REVERSED, false)
        ELSE coalesce(p.attempt_state = :State.DECLINED, false)
    END AS agrees, false AS waits
    FROM part AS p
), of_refund AS (
    SELECT
        r.id,
        CASE
            WHEN r.sent_at IS NULL THEN coalesce(sum(p.amount_minor) FILTER (WHERE p.state IN ('open', 'approved')), 0)
                <= r.amount_minor
            ELSE coalesce(sum(p.amount_minor) FILTER (WHERE p.state = 'approved'), 0) = r.amount_minor
        END AS agrees,
        r.sent_at IS NULL AS waits
    FROM order_refund AS r LEFT JOIN part AS p ON p.refund_id = r.id
    GROUP BY r.id
), of_debit AS (
    SELECT d.id, sum(p.amount_minor) <= d.amount_minor AS agrees, false AS waits
    FROM part AS p INNER JOIN debit AS d ON d.id = p.debit_id
    WHERE p.state IN ('open', 'approved')
    GROUP BY d.id
), of_payment AS (
    SELECT a.id, false AS agrees, false AS waits FROM attempt AS a
    WHERE a.message_class = 13 AND a.kind = :Kind.REFUND AND NOT EXISTS (SELECT FROM order_refund_part AS p WHERE p.id = a.id)
), judged AS (
    SELECT * FROM of_part UNION ALL SELECT * FROM of_refund UNION ALL SELECT * FROM of_debit UNION ALL SELECT * FROM of_payment
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE NOT j.agrees) AS breaches,
    count(*) FILTER (WHERE j.waits) AS waiting,
    (array_agg(j.id) FILTER (WHERE NOT j.agrees))[1:5] AS examples
FROM judged AS j;

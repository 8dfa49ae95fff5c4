-- The daily run. Two statements claim a batch in one transaction, two settle one; everything else here is rare.

-- name: take_due
-- Index instalment_to_collect, from where the last claim of this run ended; orders and plans by primary key. The row of
-- the instalment is what a claim and a change of the order race for: whoever changes one has it locked, and is passed by; a
-- pause of its order writes it, so that a claim that began before looks at it again.
-- $1 today, $2 and $3 day and instalment after which, $4 now, $5 how many.
WITH due AS (
    SELECT i.id
    FROM instalment AS i
    INNER JOIN purchase_order AS o ON o.id = i.order_id
    WHERE i.state = 'upcoming' AND i.due_on <= $1::date AND (i.due_on, i.id) > ($2::date, $3::uuid)
        AND (i.collect_after IS NULL OR i.collect_after <= $4::timestamptz)
        AND (i.paused_until IS NULL OR i.paused_until <= $1::date)
        AND o.activated_at IS NOT NULL AND o.card_id IS NOT NULL AND o.terminal_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM collection_pause AS p WHERE p.resumed_at IS NULL)
    ORDER BY i.due_on, i.id
    LIMIT $5
    FOR NO KEY UPDATE OF i SKIP LOCKED
)
UPDATE instalment AS i SET state = 'in_progress' FROM due AS d WHERE i.id = d.id
RETURNING i.id, i.due_on;

-- name: add_debits
-- A statement of its own, for it must see the card as it stands now that the instalments are locked. Primary keys; the
-- history of an instalment that was tried before by debit_instalment; debit_standing refuses a second debit.
-- One that must not be sent is written all the same, open with the reason why, and ended when its order is locked.
-- What only the customer can change is released by another card, and what the bank calls expired by another last month too.
-- $1 instalments and $2 identifiers, side by side, $3 the moment in the identifiers, $4 today, $5 reasons that ask the customer.
WITH taken AS (
    SELECT
        c.id, i.id AS instalment_id, i.order_id, i.amount_minor, i.collect_after, o.company_id, o.currency, o.terminal_id,
        s.time_zone, k.id AS card_id, k.ciphertext, k.fingerprint, k.bin, k.last_four, k.expiry, k.brand,
        k.network_transaction_id, nextval('stored_card_stan')::integer AS stan,
        ($3::timestamptz AT TIME ZONE s.time_zone)::date AS business_date,
        CASE
            WHEN k.expiry < to_char($4::date, 'YYMM') THEN :Reason.EXPIRED_CARD
            ELSE coalesce(k.refused_reason, before.reason, :Reason.NONE)
        END::smallint AS forbidden
    FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS c (instalment_id, id, place)
    INNER JOIN instalment AS i ON i.id = c.instalment_id
    INNER JOIN purchase_order AS o ON o.id = i.order_id
    INNER JOIN stored_card AS k ON k.id = o.card_id
    INNER JOIN terminal AS t ON t.id = o.terminal_id
    INNER JOIN store AS s ON s.id = t.store_id
    LEFT JOIN LATERAL (
        SELECT max(d.reason) AS reason FROM debit AS d
        WHERE d.instalment_id = i.id AND d.card_id = k.id AND d.state = 'declined' AND d.reason = ANY ($5::smallint[])
            AND NOT (d.reason = :Reason.EXPIRED_CARD AND EXISTS (
                SELECT FROM card_update AS u WHERE u.card_id = k.id AND u.says = 'renewed' AND u.told_at >= d.ended_at
            ))
    ) AS before ON i.collect_after IS NOT NULL
), added AS (
    INSERT INTO debit (
        id, instalment_id, order_id, company_id, card_id, terminal_id, stan, business_date, initiator, amount_minor, run_on,
        reason
    )
    SELECT
        t.id, t.instalment_id, t.order_id, t.company_id, t.card_id, t.terminal_id, t.stan, t.business_date, 'merchant',
        t.amount_minor, $4::date, t.forbidden
    FROM taken AS t
)
SELECT
    t.id, t.instalment_id, t.order_id, t.amount_minor, t.currency, t.terminal_id, t.stan, t.time_zone, t.ciphertext,
    t.fingerprint, t.bin, t.last_four, t.expiry, t.brand, t.network_transaction_id, t.forbidden, t.business_date
FROM taken AS t;

-- name: begin_run
-- Primary key; once a day, whoever is first.
INSERT INTO collection_run (run_on) VALUES ($1) ON CONFLICT DO NOTHING;

-- name: lock_settled
-- The orders of debits that have ended, in one order for everybody, before what follows from their instalments is read.
-- Primary keys; the attempts within their months. A debit whose attempt is sent, unknown or not there is left out, but for
-- one that must not be sent. $1 debits, $2 first and $3 last business date.
SELECT
    d.id, d.order_id, d.company_id, d.instalment_id, d.card_id, d.initiator, d.business_date, d.reason AS forbidden,
    a.state AS attempt_state, a.reason AS attempt_reason, k.brand,
    o.settling_since IS NOT NULL AS is_settling,
    CASE d.initiator WHEN 'customer' THEN (SELECT i.settlement_id FROM instalment AS i WHERE i.id = d.instalment_id) END
        AS settlement_id
FROM debit AS d
INNER JOIN purchase_order AS o ON o.id = d.order_id
INNER JOIN stored_card AS k ON k.id = d.card_id
LEFT JOIN attempt AS a
    ON a.id = d.id AND a.business_date = d.business_date AND a.business_date BETWEEN $2::date AND $3::date
WHERE d.id = ANY ($1::uuid[]) AND d.state = 'open'
    AND (a.state NOT IN (:State.RECEIVED, :State.SENT, :State.UNKNOWN) OR d.reason <> :Reason.NONE)
ORDER BY o.id
FOR NO KEY UPDATE OF o;

-- name: changed_orders
-- Of orders that are locked, those of which something was taken off; unique index order_cancellation_once. A statement of its
-- own: it sees what was committed by whoever held them before. $1 orders.
SELECT DISTINCT c.order_id FROM order_cancellation AS c WHERE c.order_id = ANY ($1::uuid[]);

-- name: settle_approved
-- Their instalments are paid, and an order of which nothing else is due is settled: as orders.outcomes.mark_paid has it for
-- orders of which nothing was taken off, a thousand in the time of ten. Primary keys, instalment_number; the orders are
-- locked. Whoever comes second finds no debit open. Returns what is told to companies. $1 debits, $2 now, $3 companies that
-- are told.
WITH won AS (
    UPDATE debit AS d SET state = 'approved', reason = :Reason.APPROVED, ended_at = $2::timestamptz
    WHERE d.id = ANY ($1::uuid[]) AND d.state = 'open'
    RETURNING d.id, d.instalment_id, d.order_id, d.company_id, d.amount_minor
), paid AS (
    UPDATE instalment AS i SET state = 'paid', paid_at = $2::timestamptz, collect_after = NULL
    FROM won AS w
    WHERE i.id = w.instalment_id
    RETURNING i.id, i.order_id, i.number, i.due_on, w.company_id, w.amount_minor
), settled AS (
    UPDATE purchase_order AS o SET state = 'settled'
    WHERE o.id = ANY (ARRAY( -- orders are looked up once it is known of which nothing is due
        SELECT p.order_id FROM paid AS p
        WHERE NOT EXISTS (
            SELECT FROM instalment AS r
            WHERE r.order_id = p.order_id AND r.state IN ('upcoming', 'in_progress', 'unpaid') AND r.counts
                AND r.id NOT IN (SELECT w.instalment_id FROM won AS w) -- hashed, as <> ALL is not
        )
    ))
    RETURNING o.id
), noted AS (
    INSERT INTO order_event (order_id, at, kind, by_kind, about_id, facts)
    SELECT p.order_id, $2::timestamptz, 'instalment_paid', 'run', p.id,
        jsonb_build_object('number', p.number, 'amount', p.amount_minor)
    FROM paid AS p
    ON CONFLICT DO NOTHING
)
SELECT
    p.id, p.order_id, p.number, p.due_on, p.company_id, p.amount_minor, o.reference, o.currency,
    CASE WHEN s.id IS NULL THEN o.state ELSE 'settled' END AS state
FROM paid AS p
INNER JOIN purchase_order AS o ON o.id = p.order_id
LEFT JOIN settled AS s ON s.id = p.order_id
WHERE p.company_id = ANY ($3::uuid[]);

-- name: read_histories
-- What there was of the instalments of debits, these included; debit_instalment. $1 debits.
SELECT
    d.id, min(h.run_on) AS first_on,
    count(*) FILTER (WHERE h.state = 'declined' AND h.reason >= :Reason.APPROVED)::integer AS declines,
    count(*) FILTER (WHERE h.state = 'reversed' OR h.state IN ('declined', 'not_sent') AND h.reason < :Reason.APPROVED)::integer
        AS failures
FROM debit AS d INNER JOIN debit AS h ON h.instalment_id = d.instalment_id
WHERE d.id = ANY ($1::uuid[])
GROUP BY d.id;

-- name: read_policies
-- The version of a day for each brand; a handful of rows.
SELECT DISTINCT ON (r.brand) r.brand, r.days, r.customer_days
FROM retry_policy AS r WHERE r.valid_from <= $1 ORDER BY r.brand, r.valid_from DESC;

-- name: end_debits
-- Primary keys; orders are locked.
-- $1 debits, $2 states, $3 reasons, $4 now.
UPDATE debit AS d SET state = e.state, reason = e.reason, ended_at = $4::timestamptz
FROM unnest($1::uuid[], $2::text[], $3::smallint[]) AS e (id, state, reason)
WHERE d.id = e.id AND d.state = 'open'
RETURNING d.id;

-- name: try_after
-- When instalments are tried again; primary keys, within orders that are locked. $1 instalments, $2 moments.
UPDATE instalment AS i SET collect_after = t.after
FROM unnest($1::uuid[], $2::timestamptz[]) AS t (id, after) WHERE i.id = t.id;

-- name: refuse_cards
-- Cards of debits whose bank will never let them pay; primary keys. $1 debits, $2 now.
UPDATE stored_card AS k SET refused_reason = d.reason, refused_at = $2
FROM debit AS d WHERE d.id = ANY ($1::uuid[]) AND k.id = d.card_id AND k.refused_at IS NULL;

-- name: find_left
-- Debits that no process settles any more: debit_open. Those whose attempt is decided, and those without one that were claimed
-- so long ago that whoever claimed them has gone. $1 and $2 identifiers between which, $3 seconds since the claim, $4 how many.
SELECT d.id, d.business_date, a.id IS NOT NULL OR d.reason <> :Reason.NONE AS has_ended
FROM debit AS d
LEFT JOIN attempt AS a ON a.id = d.id AND a.business_date = d.business_date
WHERE d.state = 'open' AND d.id > $1::uuid AND d.id < $2::uuid
    AND CASE WHEN d.reason <> :Reason.NONE THEN true WHEN a.id IS NULL THEN d.claimed_at < clock_timestamp() - $3::integer * interval '1 second'
        ELSE a.state NOT IN (:State.RECEIVED, :State.SENT, :State.UNKNOWN) END
ORDER BY d.id
LIMIT $4;

-- name: lock_claimed
-- A debit as it was claimed, locked; primary keys. $1 debit.
SELECT
    d.id, d.instalment_id, d.order_id, d.amount_minor, o.currency, d.terminal_id, d.stan, s.time_zone, d.initiator,
    d.reason, k.ciphertext, k.fingerprint, k.bin, k.last_four, k.expiry, k.brand, k.network_transaction_id
FROM debit AS d
INNER JOIN purchase_order AS o ON o.id = d.order_id
INNER JOIN stored_card AS k ON k.id = d.card_id
INNER JOIN terminal AS t ON t.id = d.terminal_id
INNER JOIN store AS s ON s.id = t.store_id
WHERE d.id = $1 AND d.state = 'open'
FOR NO KEY UPDATE OF d;

-- name: read_run
-- Primary key.
SELECT r.began_at FROM collection_run AS r WHERE r.run_on = $1;

-- name: count_debits
-- The debits of a day's run; debit_run by day. A row of the brand comes from the card.
SELECT k.brand, d.state, d.reason, count(*)::integer AS count, sum(d.amount_minor)::bigint AS amount_minor
FROM debit AS d INNER JOIN stored_card AS k ON k.id = d.card_id
WHERE d.run_on = $1 AND d.initiator = 'merchant'
GROUP BY k.brand, d.state, d.reason
ORDER BY count(*) DESC, k.brand, d.state, d.reason;

-- name: count_waiting
-- What a run would claim now, and what waits: tried again later, or of an order that is paused; instalment_to_collect.
-- $1 today, $2 now.
SELECT
    count(*) FILTER (WHERE coalesce(i.collect_after <= $2, true) AND coalesce(i.paused_until <= $1, true))::integer AS due,
    count(*) FILTER (WHERE i.collect_after > $2 OR i.paused_until > $1)::integer AS waiting
FROM instalment AS i INNER JOIN purchase_order AS o ON o.id = i.order_id
WHERE i.state = 'upcoming' AND i.due_on <= $1 AND o.activated_at IS NOT NULL AND o.card_id IS NOT NULL
    AND o.terminal_id IS NOT NULL;

-- name: list_days
-- The last days with a run, by primary key; their debits by debit_run.
SELECT
    r.run_on, count(d.id)::integer AS count, count(*) FILTER (WHERE d.state = 'approved')::integer AS approved,
    coalesce(sum(d.amount_minor) FILTER (WHERE d.state = 'approved'), 0)::bigint AS amount_minor
FROM (SELECT c.run_on FROM collection_run AS c ORDER BY c.run_on DESC LIMIT $1) AS r
LEFT JOIN debit AS d ON d.run_on = r.run_on AND d.initiator = 'merchant'
GROUP BY r.run_on
ORDER BY r.run_on DESC;

-- name: count_due
-- A run without doing it, as take_due and add_debits would have it. $1 the day, $2 the moment, $3 reasons that ask the customer.
SELECT
    k.brand, s.forbidden, count(*)::integer AS count, sum(i.amount_minor)::bigint AS amount_minor
FROM instalment AS i
INNER JOIN purchase_order AS o ON o.id = i.order_id
INNER JOIN stored_card AS k ON k.id = o.card_id
LEFT JOIN LATERAL (
    SELECT max(d.reason) AS reason FROM debit AS d
    WHERE d.instalment_id = i.id AND d.card_id = k.id AND d.state = 'declined' AND d.reason = ANY ($3::smallint[])
        AND NOT (d.reason = :Reason.EXPIRED_CARD AND EXISTS (
            SELECT FROM card_update AS u WHERE u.card_id = k.id AND u.says = 'renewed' AND u.told_at >= d.ended_at
        ))
) AS before ON i.collect_after IS NOT NULL
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN k.expiry < to_char($1::date, 'YYMM') THEN :Reason.EXPIRED_CARD
        ELSE coalesce(k.refused_reason, before.reason, :Reason.NONE)
    END::smallint AS forbidden
) AS s
WHERE i.state = 'upcoming' AND i.due_on <= $1 AND (i.collect_after IS NULL OR i.collect_after <= $2)
    AND (i.paused_until IS NULL OR i.paused_until <= $1)
    AND o.activated_at IS NOT NULL AND o.terminal_id IS NOT NULL
GROUP BY k.brand, s.forbidden
ORDER BY count(*) DESC, k.brand, s.forbidden;

-- name: standing_pause
-- collection_pause_standing.
SELECT p.reason, p.paused_at, p.paused_by, a.name AS paused_by_name
FROM collection_pause AS p INNER JOIN agent AS a ON a.id = p.paused_by WHERE p.resumed_at IS NULL;

-- name: pause
-- None when one stands: collection_pause_standing.
INSERT INTO collection_pause (reason, paused_by, paused_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id;

-- name: resume
-- collection_pause_standing.
UPDATE collection_pause SET resumed_by = $1, resumed_at = $2, resume_reason = $3 WHERE resumed_at IS NULL RETURNING id;

-- name: add_first_debit
-- Primary keys; debit_standing refuses a second one. $1 debit, $2 order, $3 the moment in its identifier, $4 today,
-- $5 instalment, $6 card, or none for that of the order.
INSERT INTO debit (
    id, instalment_id, order_id, company_id, card_id, terminal_id, stan, business_date, initiator, amount_minor, run_on
)
SELECT
    $1::uuid, i.id, o.id, o.company_id, coalesce($6::uuid, o.card_id), o.terminal_id, nextval('stored_card_stan')::integer,
    ($3::timestamptz AT TIME ZONE s.time_zone)::date, 'customer', i.amount_minor, $4::date
FROM purchase_order AS o
INNER JOIN instalment AS i ON i.id = $5 AND i.order_id = o.id
INNER JOIN terminal AS t ON t.id = o.terminal_id
INNER JOIN store AS s ON s.id = t.store_id
WHERE o.id = $2
ON CONFLICT DO NOTHING
RETURNING id, business_date;

-- name: last_first_debit
-- How the first debit of an order stands; debit_instalment. $1 order.
SELECT d.id, d.state, d.reason, d.business_date
FROM debit AS d INNER JOIN instalment AS i ON i.id = d.instalment_id
WHERE i.order_id = $1 AND i.number = 1
ORDER BY d.id DESC LIMIT 1;

-- name: read_claimed
-- A debit that is open, as it was claimed; primary keys. $1 debit.
SELECT
    d.id, d.amount_minor, o.currency, d.terminal_id, d.stan, s.time_zone, d.initiator, k.ciphertext, k.fingerprint, k.bin,
    k.last_four, k.expiry, k.brand, k.network_transaction_id
FROM debit AS d
INNER JOIN purchase_order AS o ON o.id = d.order_id
INNER JOIN stored_card AS k ON k.id = d.card_id
INNER JOIN terminal AS t ON t.id = d.terminal_id
INNER JOIN store AS s ON s.id = t.store_id
WHERE d.id = $1 AND d.state = 'open';

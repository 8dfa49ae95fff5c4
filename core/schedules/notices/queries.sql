-- name: read_policy
-- Primary key: the version of a day. $1 the day.
SELECT p.announce_days, p.reminder_days, p.card_days FROM order_notice_policy AS p
WHERE p.valid_from <= $1 ORDER BY p.valid_from DESC LIMIT 1;

-- name: announce
-- Index instalment_to_announce; orders by primary key. One row that is claimed or changed just now is passed by. By constraint
-- order_notice_once, once for a day unless another one was told since or it was dropped: then its next turn, which the key
-- holds after the day. $1 today, $2 the last day, $3 how many, $4 now.
WITH coming AS (
    SELECT i.id FROM instalment AS i INNER JOIN purchase_order AS o ON o.id = i.order_id
    WHERE i.state = 'upcoming' AND i.announced_for IS DISTINCT FROM i.due_on AND i.due_on > $1::date AND i.due_on <= $2::date
        AND (i.paused_until IS NULL OR i.paused_until <= i.due_on)
        AND o.activated_at IS NOT NULL
    ORDER BY i.due_on, i.id
    LIMIT $3
    FOR NO KEY UPDATE OF i SKIP LOCKED
), marked AS (
    UPDATE instalment AS i SET announced_for = i.due_on FROM coming AS c WHERE i.id = c.id
    RETURNING i.id, i.order_id, i.due_on
), noted AS (
    INSERT INTO order_notice (order_id, kind, about_id, about_key, due_at)
    SELECT m.order_id, 'debit_coming', m.id, concat_ws(' ', m.due_on, nullif(b.turn, 1)), $4::timestamptz
    FROM marked AS m CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE left(n.about_key, 10) = m.due_on::text) + 1 AS turn,
            (array_agg(n.state <> 'dropped' AND left(n.about_key, 10) = m.due_on::text ORDER BY n.id DESC))[1] AS stands
        FROM order_notice AS n WHERE n.order_id = m.order_id AND n.kind = 'debit_coming' AND n.about_id = m.id
    ) AS b
    WHERE b.stands IS NOT TRUE
    ON CONFLICT DO NOTHING
)
SELECT count(*)::integer FROM marked;

-- name: announce_paused
-- As announce, of what a pause holds beyond its day: told of the day on which the pause is over, whether or not it is tried
-- again, but for what is tried later than that. Index instalment_paused. $1 today, $2 the last day, $3 how many, $4 now.
WITH coming AS (
    SELECT i.id FROM instalment AS i INNER JOIN purchase_order AS o ON o.id = i.order_id
    WHERE i.state = 'upcoming' AND i.paused_until > $1::date AND i.paused_until <= $2::date AND i.paused_until > i.due_on
        AND i.announced_for IS DISTINCT FROM i.paused_until
        AND coalesce(i.collect_after <= i.paused_until::timestamp AT TIME ZONE 'Europe/Paris', true)
        AND o.activated_at IS NOT NULL
    ORDER BY i.paused_until, i.id
    LIMIT $3
    FOR NO KEY UPDATE OF i SKIP LOCKED
), marked AS (
    UPDATE instalment AS i SET announced_for = i.paused_until FROM coming AS c WHERE i.id = c.id
    RETURNING i.id, i.order_id, i.paused_until
), noted AS (
    INSERT INTO order_notice (order_id, kind, about_id, about_key, due_at)
    SELECT m.order_id, 'debit_coming', m.id, concat_ws(' ', m.paused_until, nullif(b.turn, 1)), $4::timestamptz
    FROM marked AS m CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE left(n.about_key, 10) = m.paused_until::text) + 1 AS turn,
            (array_agg(n.state <> 'dropped' AND left(n.about_key, 10) = m.paused_until::text ORDER BY n.id DESC))[1] AS stands
        FROM order_notice AS n WHERE n.order_id = m.order_id AND n.kind = 'debit_coming' AND n.about_id = m.id
    ) AS b
    WHERE b.stands IS NOT TRUE
    ON CONFLICT DO NOTHING
)
SELECT count(*)::integer FROM marked;

-- name: note_cards
-- Index stored_card_expiry, from where the last page ended; orders by purchase_order_card. One notice for an order, a card and
-- its month: constraint order_notice_once. $1 and $2 first and last month, $3 and $4 month and card after which, $5 how many,
-- $6 now.
WITH page AS (
    SELECT k.id, k.expiry FROM stored_card AS k
    WHERE k.expiry BETWEEN $1 AND $2 AND (k.expiry, k.id) > ($3, $4::uuid) AND k.released_at IS NULL
    ORDER BY k.expiry, k.id
    LIMIT $5
), noted AS (
    INSERT INTO order_notice (order_id, kind, about_id, about_key, due_at)
    SELECT o.id, 'card_expiring', p.id, p.expiry, $6::timestamptz
    FROM page AS p INNER JOIN purchase_order AS o ON o.card_id = p.id
    WHERE o.state = 'in_progress' AND EXISTS (
        SELECT FROM instalment AS i
        WHERE i.order_id = o.id AND i.state = 'upcoming' AND to_char(greatest(i.due_on, i.paused_until), 'YYMM') > p.expiry
    )
    ON CONFLICT DO NOTHING
)
SELECT p.expiry, p.id FROM page AS p ORDER BY p.expiry DESC, p.id DESC LIMIT 1;

-- name: note_failures
-- Debits that did not collect what is tried again; once each: constraint order_notice_once. $1 orders and $2 debits, side by
-- side, $3 now.
INSERT INTO order_notice (order_id, kind, about_id, due_at)
SELECT w.order_id, 'debit_failed', w.debit_id, $3::timestamptz
FROM unnest($1::uuid[], $2::uuid[]) AS w (order_id, debit_id)
ON CONFLICT DO NOTHING;

-- name: take_due
-- Index order_notice_due. Their orders are held until the mail is written: whoever changes a balance holds its order, so that
-- what is read by the next statement stays so. Those that somebody else holds are passed by. $1 now, $2 how many.
SELECT n.id FROM order_notice AS n INNER JOIN purchase_order AS o ON o.id = n.order_id
WHERE n.state = 'due' AND n.due_at <= $1
ORDER BY n.due_at, n.id
LIMIT $2
FOR NO KEY UPDATE OF n SKIP LOCKED
FOR SHARE OF o SKIP LOCKED;

-- name: read_due
-- Primary keys; whether anything was tried since by debit_instalment, whether it is paused by order_pause_standing. A statement
-- of its own, which sees what was committed before the orders were held. $1 notices.
SELECT
    n.id, n.kind, n.about_id, n.about_key, n.due_at, o.id AS order_id, o.state AS order_state,
    o.activated_at IS NOT NULL AS is_active, o.reference, coalesce(s.name, c.legal_name) AS shop, o.customer_name, o.email,
    o.language, o.currency, o.amount_minor AS order_minor, o.fee_minor, o.purchased_on, k.id AS card_id, k.brand, k.last_four, k.expiry,
    (SELECT p.until_on FROM order_pause AS p WHERE p.order_id = o.id AND p.ended_at IS NULL) AS paused_until,
    k.refused_at IS NOT NULL AS is_refused, i.id AS instalment_id, i.number, i.amount_minor, i.due_on, i.state, i.collect_after,
    d.reason AS failed_reason, d.state <> 'not_sent' AS was_sent, d.card_id AS failed_card,
    NOT EXISTS (SELECT FROM debit AS l WHERE l.instalment_id = d.instalment_id AND l.id > d.id) AS is_last,
    x.amount_minor AS taken_off_minor, x.at AS taken_off_at, x.before::text AS before, x.after::text AS after,
    coalesce((SELECT f.amount_minor FROM order_refund AS f WHERE f.order_id = x.order_id AND f.cause_id = x.id), 0) AS owed_back_minor,
    (SELECT f.sent_at FROM order_refund AS f WHERE f.order_id = x.order_id AND f.cause_id = x.id) AS owed_back_sent_at,
    r.amount_minor AS sent_back_minor
FROM order_notice AS n
INNER JOIN purchase_order AS o ON o.id = n.order_id
INNER JOIN company AS c ON c.id = o.company_id
LEFT JOIN store AS s ON s.id = o.store_id
LEFT JOIN stored_card AS k ON k.id = o.card_id AND k.released_at IS NULL
LEFT JOIN debit AS d ON n.kind = 'debit_failed' AND d.id = n.about_id
LEFT JOIN instalment AS i
    ON i.id = CASE WHEN n.kind IN ('debit_coming', 'debit_paid', 'instalment_unpaid', 'unpaid_reminder') THEN n.about_id
        ELSE d.instalment_id END
    -- Of what a settlement took over, nothing is owed any more.
    AND (i.counts OR n.kind NOT IN ('instalment_unpaid', 'unpaid_reminder'))
LEFT JOIN order_cancellation AS x ON n.kind = 'order_changed' AND x.id = n.about_id
LEFT JOIN order_refund AS r ON n.kind = 'refund_sent' AND r.id = n.about_id AND r.sent_at IS NOT NULL
WHERE n.id = ANY($1::uuid[])
ORDER BY n.due_at, n.id;

-- name: decide
-- Primary key, on rows that are locked. $1 notices and $2 their mails or none, side by side, $3 now.
UPDATE order_notice AS n
SET state = CASE WHEN w.mail_id IS NULL THEN 'dropped' ELSE 'told' END, mail_id = w.mail_id, decided_at = $3::timestamptz
FROM unnest($1::uuid[], $2::uuid[]) AS w (id, mail_id)
WHERE n.id = w.id AND n.state = 'due';

-- name: remind_later
-- Once each: constraint order_notice_once. Orders, instalments, numbers of reminders and moments side by side.
INSERT INTO order_notice (order_id, kind, about_id, about_key, due_at)
SELECT w.order_id, 'unpaid_reminder', w.instalment_id, w.reminder, w.due_at
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[]) AS w (order_id, instalment_id, reminder, due_at)
ON CONFLICT DO NOTHING;

-- name: expected
-- Index purchase_order_email: the latest says what they are called.
SELECT customer_name AS name, language FROM purchase_order
WHERE email_key = $1 AND abandoned_at IS NULL ORDER BY id DESC LIMIT 1;

-- name: orders
-- Index purchase_order_email; what was refused and waits, by unique index instalment_number and by debit_instalment. What needs the
-- customer stands first, as the summary has it, then the newest. $1 addresses, $2 states, $3 and $4 place and id of the last row
-- of the page before, $5 rows.
SELECT p.id, p.reference, p.state, p.purchased_on, p.currency, p.amount_minor, p.fee_minor, p.email, w.place,
       coalesce(s.name, c.legal_name) AS shop, k.brand, k.last_four, k.expiry,
       (SELECT coalesce(sum(x.amount_minor), 0)::bigint FROM order_cancellation x
        WHERE x.order_id = p.id AND x.kind = 'cancellation') AS cancelled_minor,
       (SELECT coalesce(sum(r.amount_minor), 0)::bigint FROM order_refund r WHERE r.order_id = p.id) AS refunded_minor,
       owed_back_minor(p.id) AS owed_back_minor,
       (SELECT h.until_on FROM order_pause h WHERE h.order_id = p.id AND h.ended_at IS NULL) AS paused_until
FROM purchase_order p
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN p.state = 'unpaid' THEN 1
        WHEN p.state IN ('in_progress', 'being_settled') AND EXISTS (
            SELECT FROM instalment i JOIN debit l ON l.instalment_id = i.id
            WHERE i.order_id = p.id AND i.state = 'upcoming' AND i.collect_after IS NOT NULL AND l.reason >= :Reason.APPROVED
                AND l.state IN ('declined', 'not_sent')) THEN 2
        WHEN p.state = 'being_settled' THEN 3
        ELSE 4 END) AS w (place)
JOIN company c ON c.id = p.company_id
LEFT JOIN store s ON s.id = p.store_id
LEFT JOIN stored_card k ON k.id = p.card_id AND k.released_at IS NULL
WHERE p.email_key = ANY($1::text[]) AND p.state = ANY($2::text[])
    AND ($3::int IS NULL OR w.place > $3 OR (w.place = $3 AND p.id < $4))
ORDER BY w.place, p.id DESC
LIMIT $5;

-- name: order_of
-- Primary key; only of who proved its address.
SELECT p.id, p.reference, p.state, p.purchased_on, p.currency, p.amount_minor, p.fee_minor, p.email,
       coalesce(s.name, c.legal_name) AS shop, k.brand, k.last_four, k.expiry,
       (SELECT coalesce(sum(x.amount_minor), 0)::bigint FROM order_cancellation x
        WHERE x.order_id = p.id AND x.kind = 'cancellation') AS cancelled_minor,
       (SELECT coalesce(sum(r.amount_minor), 0)::bigint FROM order_refund r WHERE r.order_id = p.id) AS refunded_minor,
       owed_back_minor(p.id) AS owed_back_minor,
       (SELECT h.until_on FROM order_pause h WHERE h.order_id = p.id AND h.ended_at IS NULL) AS paused_until
FROM purchase_order p
JOIN company c ON c.id = p.company_id
LEFT JOIN store s ON s.id = p.store_id
LEFT JOIN stored_card k ON k.id = p.card_id AND k.released_at IS NULL
WHERE p.id = $1 AND p.email_key = ANY($2::text[]) AND p.state = ANY($3::text[]);

-- name: instalments
-- Unique index instalment_number; what was refused of those that wait, by debit_instalment.
SELECT i.order_id, i.number, i.due_on, i.amount_minor, i.state, i.paid_at, i.collect_after, i.collect_after IS NOT NULL AS waits,
       i.paused_until,
       i.counts, i.settlement_id, d.reason AS refused, d.card_id IS NOT DISTINCT FROM p.card_id AS is_by_same_card
FROM instalment i
JOIN purchase_order p ON p.id = i.order_id
LEFT JOIN LATERAL (
    SELECT l.reason, l.card_id FROM debit l
    WHERE l.instalment_id = i.id AND i.state = 'upcoming' AND i.collect_after IS NOT NULL AND l.reason >= :Reason.APPROVED
        AND l.state IN ('declined', 'not_sent')
    ORDER BY l.id DESC LIMIT 1
) d ON true
WHERE i.order_id = ANY($1::uuid[]) AND (i.counts OR i.settlement_id IS NULL) ORDER BY i.order_id, i.number;

-- name: changes
-- Unique index order_cancellation_once.
SELECT x.kind, x.at, x.amount_minor, x.before::text AS before, x.after::text AS after,
       (SELECT coalesce(sum(r.amount_minor), 0)::bigint FROM order_refund r
        WHERE r.order_id = x.order_id AND r.cause_id = x.id) AS owed_back_minor
FROM order_cancellation x WHERE x.order_id = $1 ORDER BY x.at, x.id;

-- name: counts
-- Index purchase_order_email. $1 addresses.
SELECT count(*) FILTER (WHERE p.state IN ('in_progress', 'unpaid', 'being_settled'))::int AS current,
       count(*) FILTER (WHERE p.state IN ('settled', 'cancelled'))::int AS ended,
       count(*) FILTER (WHERE p.state = 'unpaid')::int AS unpaid_orders,
       count(*) FILTER (WHERE p.state = 'being_settled')::int AS settling_orders
FROM purchase_order p WHERE p.email_key = ANY($1::text[]);

-- name: debits
-- Index purchase_order_email, unique index instalment_number, debit_instalment: of those that are open, the unpaid ones first,
-- then what was refused and waits, then what is under way, then what is due next. The first of them is what needs the customer.
-- Parts of settlements are numbered apart from those of the plan, as schedules show them.
SELECT i.order_id, n.shown_number, n.shown_parts, i.settlement_id, i.due_on, i.amount_minor, i.state, i.collect_after, i.paused_until,
       p.state AS order_state, p.reference, p.currency,
       coalesce(s.name, c.legal_name) AS shop, k.brand, k.last_four, k.expiry, d.reason AS refused,
       d.card_id IS NOT DISTINCT FROM p.card_id AS is_by_same_card,
       (sum(i.amount_minor) OVER (PARTITION BY i.order_id))::bigint AS remaining_minor,
       (sum(i.amount_minor) FILTER (WHERE i.state = 'unpaid' AND p.state = 'unpaid') OVER ())::bigint AS unpaid_minor
FROM purchase_order p
JOIN instalment i ON i.order_id = p.id AND i.state IN ('unpaid', 'in_progress', 'upcoming') AND i.counts
CROSS JOIN LATERAL (
    SELECT count(*)::int AS shown_parts, (count(*) FILTER (WHERE x.number <= i.number))::int AS shown_number
    FROM instalment x
    WHERE x.order_id = i.order_id AND (x.settlement_id IS NULL) = (i.settlement_id IS NULL)
        AND (x.counts OR x.settlement_id IS NULL)
) n
JOIN company c ON c.id = p.company_id
LEFT JOIN store s ON s.id = p.store_id
LEFT JOIN stored_card k ON k.id = p.card_id AND k.released_at IS NULL
LEFT JOIN LATERAL (
    SELECT l.reason, l.card_id FROM debit l
    WHERE l.instalment_id = i.id AND i.state = 'upcoming' AND i.collect_after IS NOT NULL AND l.reason >= :Reason.APPROVED
        AND l.state IN ('declined', 'not_sent')
    ORDER BY l.id DESC LIMIT 1
) d ON true
WHERE p.email_key = ANY($1::text[]) AND p.state IN ('in_progress', 'unpaid', 'being_settled')
ORDER BY CASE WHEN p.state = 'unpaid' THEN 1 WHEN d.reason IS NOT NULL THEN 2 WHEN p.state = 'being_settled' THEN 3 ELSE 4 END,
         CASE i.state WHEN 'unpaid' THEN 1 WHEN 'in_progress' THEN 2 ELSE 3 END, greatest(i.due_on, i.paused_until), i.order_id, i.number
LIMIT 1;

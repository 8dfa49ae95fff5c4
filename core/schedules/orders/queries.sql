-- name: offered_plans
-- A few dozen rows. $1 a day in Paris, $2 country.
SELECT id, code, name_fr, name_en, parts, step_unit, step_count, currency, amount_min_minor, amount_max_minor, fee_bp, fee_minor
FROM plan WHERE $1::date <@ daterange(valid_from, valid_to) AND $2 = ANY(markets)
ORDER BY parts, code;

-- name: offered_plan
-- Exclusion constraint plan_days leaves one version at most. $1 code, $2 a day in Paris.
SELECT id, code, name_fr, name_en, parts, step_unit, step_count, currency, amount_min_minor, amount_max_minor, fee_bp, fee_minor,
       markets
FROM plan WHERE code = $1 AND $2::date <@ daterange(valid_from, valid_to);

-- name: store_of_company
-- Primary key.
SELECT EXISTS (SELECT FROM store WHERE id = $1 AND company_id = $2);

-- name: add_order
-- None when the company has an order of this reference: constraint purchase_order_reference.
INSERT INTO purchase_order (
    id, company_id, store_id, reference, plan_id, currency, amount_minor, fee_minor, email, email_key, customer_name, phone,
    language, country, purchased_on, made_at, return_url
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (company_id, reference) DO NOTHING RETURNING id;

-- name: order_of_reference
-- Unique constraint purchase_order_reference.
SELECT id FROM purchase_order WHERE company_id = $1 AND reference = $2;

-- name: add_instalments
-- $1 order; numbers, days, amounts and fees side by side.
INSERT INTO instalment (order_id, number, due_on, amount_minor, fee_minor)
SELECT $1, w.number, w.due_on, w.amount_minor, w.fee_minor
FROM unnest($2::smallint[], $3::date[], $4::bigint[], $5::bigint[]) AS w (number, due_on, amount_minor, fee_minor);

-- name: add_events
-- Each once: constraint order_event_once. Orders, moments, kinds, who (kind and identifier), what it is about and facts, side by side.
INSERT INTO order_event (order_id, at, kind, by_kind, by_id, about_id, facts)
SELECT w.order_id, w.at, w.kind, w.by_kind, w.by_id, w.about_id, w.facts::jsonb
FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::text[])
    AS w (order_id, at, kind, by_kind, by_id, about_id, facts)
ON CONFLICT DO NOTHING;

-- name: lock_orders
-- Primary key, in its order, so that batches that share orders wait for each other and never in a ring. Whoever changes a
-- balance holds its order first. What is summed up is read by a later statement, which sees what another one committed.
SELECT id FROM purchase_order WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE;

-- name: facts
-- Primary key, constraints order_cancellation_once and order_refund_once. Whoever changes them holds the orders.
SELECT p.id, p.company_id, p.amount_minor, p.fee_minor, p.currency, p.state, p.reference,
       p.activated_at IS NOT NULL AS is_active, p.abandoned_at IS NOT NULL AS is_abandoned,
       (SELECT coalesce(sum(c.amount_minor), 0)::bigint FROM order_cancellation AS c WHERE c.order_id = p.id) AS cancelled_minor,
       (SELECT coalesce(sum(r.amount_minor), 0)::bigint FROM order_refund AS r WHERE r.order_id = p.id) AS refunded_minor
FROM purchase_order AS p
WHERE p.id = ANY($1::uuid[])
ORDER BY p.id;

-- name: lock_instalments
-- Constraint instalment_number. Their orders are locked before, so that only a claim of what is due may hold one of them.
SELECT id, order_id, number, due_on, amount_minor, fee_minor, state, paid_at, settlement_id, replaced_by, counts, paused_until
FROM instalment WHERE order_id = ANY($1::uuid[])
ORDER BY order_id, number
FOR NO KEY UPDATE;

-- name: instalments
-- Constraint instalment_number.
SELECT id, order_id, number, due_on, amount_minor, fee_minor, state, paid_at, settlement_id, replaced_by, counts, paused_until
FROM instalment WHERE order_id = ANY($1::uuid[])
ORDER BY order_id, number;

-- name: stand_instalments
-- Primary key, on rows that are locked. Identifiers, amounts, fees and states side by side.
UPDATE instalment AS i SET amount_minor = w.amount_minor, fee_minor = w.fee_minor, state = w.state
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[]) AS w (id, amount_minor, fee_minor, state)
WHERE i.id = w.id;

-- name: stand_orders
-- Primary key, on rows that are locked. Identifiers and states side by side.
UPDATE purchase_order AS p SET state = w.state
FROM unnest($1::uuid[], $2::text[]) AS w (id, state)
WHERE p.id = w.id;

-- name: end_settlements
-- Those that ended with what their orders have become: index settlement_open, instalment_settlement, instalment_number; the
-- orders are held. $1 orders, $2 when.
UPDATE settlement AS s
SET ended_at = $2, state = CASE WHEN o.state = 'cancelled' THEN 'cancelled' WHEN u.is_unpaid THEN 'failed' ELSE 'settled' END
FROM purchase_order AS o
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM instalment AS i WHERE i.order_id = o.id AND i.counts AND i.state = 'unpaid') AS is_unpaid
) AS u
WHERE s.order_id = ANY($1::uuid[]) AND s.state = 'running' AND o.id = s.order_id
  AND (u.is_unpaid OR NOT EXISTS (
      SELECT FROM instalment AS i WHERE i.settlement_id = s.id AND i.state IN ('upcoming', 'in_progress')))
RETURNING s.id, s.order_id, s.state, s.amount_minor;

-- name: add_cancellation
-- Its order is locked. None when it stands already under its key: constraint order_cancellation_once.
INSERT INTO order_cancellation (id, order_id, kind, amount_minor, reason, by_kind, by_id, at, key, before, after)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::jsonb, $11::text::jsonb)
ON CONFLICT DO NOTHING RETURNING id;

-- name: add_refunds
-- Once for what made it owed: constraint order_refund_once refuses another. Orders, causes and amounts side by side; $4 when.
INSERT INTO order_refund (order_id, cause_id, amount_minor, asked_at)
SELECT w.order_id, w.cause_id, w.amount_minor, $4
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS w (order_id, cause_id, amount_minor);

-- name: orders_of
-- Primary keys; in no order. $1 instalments.
SELECT id, order_id FROM instalment WHERE id = ANY($1::uuid[]);

-- name: let_be_due
-- Constraint instalment_number, on rows that are locked. $1 order, $2 numbers or none, $3 today in Paris.
UPDATE instalment SET due_on = $3
WHERE order_id = $1 AND state = 'upcoming' AND due_on > $3 AND ($2::smallint[] IS NULL OR number = ANY($2))
RETURNING id, number, amount_minor;

-- name: orders
-- Of a company, by index purchase_order_company, or within a scope; one by its primary key, one by constraint
-- purchase_order_reference, or a page in the order of the primary key, backwards. Words by index purchase_order_words, a card
-- by indexes stored_card_last_four and purchase_order_card; debits of a run by debit_run.
-- $1 company or none, $2 scope or none, $3 order or none, $4 reference or none, $5 store or none, $6 states or none, $7 pattern
-- or none, $8 last four digits or none, $9 order before which, or none, $10 limit, $11 day of a run or none, $12 state of its
-- debits or none, $13 their reason or none, $14 the brand of their card or none, $15 whether something waits to be collected
-- (due, waiting) or none, $16 today and $17 now by the schedules' calendar: by instalment_to_collect, as count_waiting has it.
SELECT p.id, p.company_id, c.legal_name, p.store_id, s.name AS store_name, s.department AS store_department,
       c.department AS company_department, p.reference, p.currency, p.amount_minor, p.fee_minor, p.email, p.customer_name,
       p.phone, p.language, p.country, p.purchased_on, p.made_at, p.activated_at, p.abandoned_at, p.return_url, p.state, n.code AS plan,
       n.name_fr, n.name_en, n.parts, n.step_unit, n.step_count, k.brand, k.last_four, k.expiry,
       (SELECT coalesce(sum(t.amount_minor), 0)::bigint FROM order_cancellation AS t WHERE t.order_id = p.id) AS cancelled_minor,
       (SELECT coalesce(sum(r.amount_minor), 0)::bigint FROM order_refund AS r WHERE r.order_id = p.id) AS refunded_minor,
       owed_back_minor(p.id) AS owed_back_minor
FROM purchase_order AS p
JOIN company AS c ON c.id = p.company_id
JOIN plan AS n ON n.id = p.plan_id
LEFT JOIN store AS s ON s.id = p.store_id
LEFT JOIN stored_card AS k ON k.id = p.card_id
WHERE ($1::uuid IS NULL OR p.company_id = $1)
  AND ($2::area[] IS NULL OR sees($2, coalesce(s.department, c.department), p.store_id, p.company_id, 'ecommerce'))
  AND ($3::uuid IS NULL OR p.id = $3)
  AND ($4::text IS NULL OR p.reference = $4)
  AND ($5::uuid IS NULL OR p.store_id = $5)
  AND ($6::text[] IS NULL OR p.state = ANY($6))
  AND ($7::text IS NULL OR p.id IN (
      SELECT w.id FROM purchase_order AS w
      WHERE merchant_words(w.reference || ' ' || w.email || ' ' || w.customer_name) LIKE merchant_words($7)
      UNION
      SELECT w.id FROM stored_card AS d JOIN purchase_order AS w ON w.card_id = d.id WHERE d.last_four = $8))
  AND ($9::uuid IS NULL OR p.id < $9)
  AND ($11::date IS NULL OR p.id IN (
      SELECT d.order_id FROM debit AS d JOIN stored_card AS b ON b.id = d.card_id
      WHERE d.run_on = $11 AND d.initiator = 'merchant' AND ($12::text IS NULL OR d.state = $12)
        AND ($13::smallint IS NULL OR d.reason = $13) AND ($14::smallint IS NULL OR b.brand = $14)))
  AND ($15::text IS NULL OR p.card_id IS NOT NULL AND p.terminal_id IS NOT NULL AND p.activated_at IS NOT NULL AND p.id IN (
      SELECT i.order_id FROM instalment AS i
      WHERE i.state = 'upcoming' AND i.due_on <= $16
        AND $15 = CASE WHEN i.collect_after > $17 OR i.paused_until > $16 THEN 'waiting' ELSE 'due' END))
ORDER BY p.id DESC
LIMIT $10;

-- name: events
-- Constraint order_event_once, then primary keys. As they were written, which is as they happened whatever clock said when.
-- $1 order, $2 limit.
SELECT e.at, e.kind, e.by_kind, e.by_id, e.facts::text AS facts, a.name AS agent_name, i.number, i.amount_minor
FROM order_event AS e
LEFT JOIN agent AS a ON e.by_kind = 'agent' AND a.id = e.by_id
LEFT JOIN instalment AS i ON i.id = e.about_id
WHERE e.order_id = $1
ORDER BY e.id DESC
LIMIT $2;

-- name: cancellations
-- Constraints order_cancellation_once and order_refund_once. $1 order, $2 limit.
SELECT c.id, c.kind, c.amount_minor, c.reason, c.by_kind, c.at, c.before::text AS before, c.after::text AS after,
       coalesce((SELECT r.amount_minor FROM order_refund AS r WHERE r.order_id = c.order_id AND r.cause_id = c.id), 0)
           AS owed_back_minor
FROM order_cancellation AS c WHERE c.order_id = $1
ORDER BY c.id DESC
LIMIT $2;

-- name: refunds
-- Constraint order_refund_once. $1 order, $2 limit.
SELECT id, amount_minor, asked_at, sent_at FROM order_refund WHERE order_id = $1 ORDER BY id DESC LIMIT $2;

-- name: debits
-- Constraint instalment_number, index debit_instalment, attempts by primary key. On the day of the schedules' calendar, which
-- may be moved, and not on that of the identifier. $1 order, $2 limit.
SELECT d.id, i.number, c.claimed_at, d.amount_minor, d.state, d.reason, d.initiator, a.id IS NOT NULL AS is_sent,
       CASE WHEN i.state = 'upcoming' AND i.collect_after > c.claimed_at
                 AND NOT EXISTS (SELECT FROM debit AS n WHERE n.instalment_id = i.id AND n.id > d.id)
            THEN greatest(i.collect_after, i.paused_until::timestamp AT TIME ZONE 'Europe/Paris') END AS next_try
FROM instalment AS i
JOIN debit AS d ON d.instalment_id = i.id
CROSS JOIN LATERAL (
    SELECT (d.run_on + (d.claimed_at AT TIME ZONE 'Europe/Paris')::time) AT TIME ZONE 'Europe/Paris' AS claimed_at
) AS c
LEFT JOIN attempt AS a ON a.id = d.id AND a.business_date = d.business_date
WHERE i.order_id = $1
ORDER BY d.id DESC
LIMIT $2;

-- name: messages
-- Index mail_about; what told a mail, and when by the schedules' calendar, by constraint order_notice_once, or who sent it once
-- more by order_event_once. $1 order, $2 limit.
SELECT m.id, m.template, m.recipient, m.locale, m.state, m.created_at, m.sent_at,
       coalesce(n.decided_at, e.at, m.created_at) AS told_at, n.id IS NOT NULL AS has_notice
FROM mail AS m
LEFT JOIN order_notice AS n ON n.order_id = m.about_id AND n.mail_id = m.id
LEFT JOIN order_event AS e ON e.order_id = m.about_id AND e.kind = 'message_resent' AND e.about_id = m.id
WHERE m.about_id = $1 AND m.about_kind = 'order' ORDER BY m.id DESC LIMIT $2;

-- name: message
-- Primary key; its notice by constraint order_notice_once; whether its customer has proved the address of the order by the unique
-- index of customer_email. $1 order, $2 mail.
SELECT m.template, m.locale, m.state, m.facts::text AS facts, n.id AS notice_id, o.email, o.state AS order_state, k.last_four,
       EXISTS (SELECT FROM customer_email AS c WHERE c.email = o.email_key) AS is_proved
FROM mail AS m JOIN purchase_order AS o ON o.id = m.about_id
LEFT JOIN order_notice AS n ON n.order_id = m.about_id AND n.mail_id = m.id
LEFT JOIN stored_card AS k ON k.id = o.card_id AND k.released_at IS NULL
WHERE m.id = $2 AND m.about_id = $1 AND m.about_kind = 'order';

-- name: count_resent
-- Constraint order_event_once; a few of an order. $1 order, $2 since when.
SELECT count(*)::integer FROM order_event WHERE order_id = $1 AND kind = 'message_resent' AND at >= $2;

-- name: move_instalment
-- Constraint instalment_number, of an order that is held. $1 order, $2 number, $3 day.
UPDATE instalment SET due_on = $3, announced_for = NULL WHERE order_id = $1 AND number = $2 AND state = 'upcoming' RETURNING id;

-- name: standing_pause
-- Index order_pause_standing. One that has run out stands until the next one: whoever reads it compares days. Of an order that
-- is over none is said, and none is ended. $1 order.
SELECT p.id, p.until_on, p.reason, p.paused_at, p.paused_by, a.name AS paused_by_name
FROM order_pause AS p JOIN agent AS a ON a.id = p.paused_by JOIN purchase_order AS o ON o.id = p.order_id
WHERE p.order_id = $1 AND p.ended_at IS NULL AND o.state IN ('in_progress', 'unpaid', 'being_settled');

-- name: add_pause
-- Of an order whose instalments are locked, so that what was claimed before was claimed before held_from. $1 order, $2 day,
-- $3 reason, $4 agent, $5 when.
INSERT INTO order_pause (order_id, until_on, reason, paused_by, paused_at) VALUES ($1, $2, $3, $4, $5) RETURNING id;

-- name: end_pause
-- Index order_pause_standing, of an order whose instalments are locked. Nobody has ended one that had run out. $1 order,
-- $2 agent, $3 when, $4 reason, $5 today.
UPDATE order_pause
SET held_to = clock_timestamp(), ended_at = $3,
    ended_by = CASE WHEN until_on > $5 THEN $2::uuid END, end_reason = CASE WHEN until_on > $5 THEN $4 END
WHERE order_id = $1 AND ended_at IS NULL
RETURNING id;

-- name: pause_instalments
-- Constraint instalment_number, on rows that are locked; what is under way too, for it may be tried again. $1 order, $2 day
-- or none.
UPDATE instalment SET paused_until = $2, announced_for = NULL
WHERE order_id = $1 AND paused_until IS DISTINCT FROM $2 AND (state IN ('upcoming', 'in_progress') OR $2 IS NULL);

-- name: claim
-- Primary key; what another one holds is left to them. $1 instalments.
UPDATE instalment SET state = 'in_progress'
WHERE id IN (SELECT id FROM instalment WHERE id = ANY($1::uuid[]) AND state = 'upcoming' FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id, amount_minor;

-- name: release
-- Primary key, within orders that are held. $1 instalments.
UPDATE instalment SET state = 'upcoming'
WHERE id = ANY($1::uuid[]) AND state = 'in_progress' AND counts
RETURNING id;

-- name: mark_paid
-- Primary key, within orders that are held; what a settlement took over is paid by its parts. $1 instalments, $2 when.
UPDATE instalment SET state = 'paid', paid_at = $2
WHERE id = ANY($1::uuid[]) AND state IN ('in_progress', 'unpaid') AND counts
RETURNING id;

-- name: mark_unpaid
-- Primary key, within orders that are held. $1 instalments; its event says when.
UPDATE instalment SET state = 'unpaid'
WHERE id = ANY($1::uuid[]) AND state = 'in_progress' AND counts
RETURNING id;

-- name: activate
-- Primary key, of an order that is held, and constraint instalment_number. $1 order, $2 when, $3 its card.
UPDATE purchase_order AS p SET activated_at = $2, card_id = $3
FROM instalment AS i
WHERE p.id = $1 AND p.activated_at IS NULL AND p.abandoned_at IS NULL
  AND i.order_id = p.id AND i.number = 1 AND i.state = 'in_progress'
RETURNING i.id;

-- name: abandon
-- Primary key, of orders that are held; constraint instalment_number. $1 orders, $2 when.
UPDATE purchase_order AS p SET abandoned_at = $2
WHERE p.id = ANY($1::uuid[]) AND p.state = 'awaiting_payment'
  AND NOT EXISTS (SELECT FROM instalment AS i WHERE i.order_id = p.id AND i.state <> 'upcoming')
RETURNING p.id;

-- name: waiting_orders
-- Partial index purchase_order_waiting. $1 made before, $2 limit.
SELECT id FROM purchase_order WHERE state = 'awaiting_payment' AND made_at < $1 ORDER BY made_at LIMIT $2;

-- name: owed_refunds
-- Partial index order_refund_owed, then primary keys. $1 limit, $2 and $3 moment and refund after which, or none.
SELECT r.id, r.order_id, r.amount_minor, r.asked_at, p.company_id, p.currency
FROM order_refund AS r JOIN purchase_order AS p ON p.id = r.order_id
WHERE r.sent_at IS NULL AND ($2::timestamptz IS NULL OR (r.asked_at, r.id) > ($2, $3::uuid))
ORDER BY r.asked_at, r.id
LIMIT $1;

-- name: mark_refunds_sent
-- Primary keys; once. $1 refunds, $2 when.
UPDATE order_refund AS r SET sent_at = $2
FROM purchase_order AS p
WHERE r.id = ANY($1::uuid[]) AND r.sent_at IS NULL AND p.id = r.order_id
RETURNING r.id, r.order_id, r.amount_minor, p.company_id, p.reference, p.currency;

-- name: cancellation_of_key
-- Constraints order_cancellation_once and order_refund_once. $1 order, $2 key.
SELECT c.id, c.kind, c.amount_minor, c.before::text AS before, c.after::text AS after,
       coalesce((SELECT r.amount_minor FROM order_refund AS r WHERE r.order_id = c.order_id AND r.cause_id = c.id), 0)
           AS owed_back_minor
FROM order_cancellation AS c WHERE c.order_id = $1 AND c.key = $2;

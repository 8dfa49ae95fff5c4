-- name: orders_after
-- Primary key, a chunk after the one before.
SELECT id FROM purchase_order WHERE id > $1 ORDER BY id LIMIT $2;

-- name: instalments_by_events
-- V8. Constraint order_event_once leaves one event of a payment at most; here, that each payment has it and each of them
-- its payment.
SELECT count(*) AS checked,
       count(*) FILTER (WHERE i.id IS NULL OR e.id IS NULL) AS breaches,
       (array_agg(coalesce(i.id, e.about_id)) FILTER (WHERE i.id IS NULL OR e.id IS NULL))[1:5] AS examples
FROM (SELECT id FROM instalment WHERE state = 'paid') AS i
FULL JOIN (SELECT id, about_id FROM order_event WHERE kind = 'instalment_paid') AS e ON e.about_id = i.id;

-- name: cards_by_changes
-- V14 cards. Changes that were made, each beside the one before it, by index card_change_order; orders by primary key,
-- verifications within their months, but for those that were put away. A settlement may bring a card too: its orders are left out.
WITH put_away AS (
    -- Months of payments are detached by hand, the current one and the one before never; the oldest payment says which are there.
    SELECT least(
        (SELECT date_trunc('month', a.business_date)::date FROM attempt AS a ORDER BY a.id LIMIT 1),
        (date_trunc('month', current_date) - interval '1 month')::date
    ) AS before
), made AS (
    SELECT
        x.id, x.order_id, x.card_id, x.old_card_id, x.verification_id, x.business_date,
        lag(x.card_id) OVER of_order AS before_id, lead(x.id) OVER of_order IS NULL AS is_last
    FROM card_change AS x
    WHERE x.state = 'done'
    WINDOW of_order AS (PARTITION BY x.order_id ORDER BY x.id)
), judged AS (
    SELECT
        m.id,
        coalesce(m.before_id, m.old_card_id) = m.old_card_id AND (NOT m.is_last OR p.card_id = m.card_id)
            AND (a.id IS NOT NULL OR m.business_date < b.before) AS agrees
    FROM made AS m
    CROSS JOIN put_away AS b
    JOIN purchase_order AS p ON p.id = m.order_id AND p.settling_since IS NULL
    LEFT JOIN attempt AS a ON a.id = m.verification_id AND a.business_date = m.business_date
        AND a.kind = :Kind.VERIFICATION AND a.state = :State.APPROVED
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE NOT coalesce(j.agrees, false)) AS breaches,
    (array_agg(j.id) FILTER (WHERE NOT coalesce(j.agrees, false)))[1:5] AS examples
FROM judged AS j;

-- name: instalments_of_settlements
-- V8. What does not count has no debit that was approved, and what counts is no part of a settlement that has not begun; what
-- was taken over, was so by one that has. Index debit_standing, primary keys.
SELECT count(*) AS checked,
       count(*) FILTER (WHERE w.is_breach) AS breaches,
       (array_agg(w.id) FILTER (WHERE w.is_breach))[1:5] AS examples
FROM (
    SELECT i.id,
           (NOT i.counts AND EXISTS (SELECT FROM debit AS d WHERE d.instalment_id = i.id AND d.state = 'approved'))
           OR (i.counts AND i.settlement_id IS NOT NULL AND p.begun_at IS NULL)
           OR (NOT i.counts AND i.replaced_by IS NOT NULL AND r.begun_at IS NULL) AS is_breach
    FROM instalment AS i
    LEFT JOIN settlement AS p ON p.id = i.settlement_id
    LEFT JOIN settlement AS r ON r.id = i.replaced_by
    WHERE i.settlement_id IS NOT NULL OR i.replaced_by IS NOT NULL
) AS w;

-- name: instalments_of_pauses
-- V14 pauses. Whoever pauses an order has its instalments locked when held_from is written, and so has whoever ends it when
-- held_to is: a claim between them saw the pause. Of a day on which it was over it claims all the same. Index
-- order_pause_order, constraint instalment_number, debit_instalment, index instalment_paused.
SELECT count(*) AS checked,
       count(*) FILTER (WHERE w.is_breach) AS breaches,
       (array_agg(w.id) FILTER (WHERE w.is_breach))[1:5] AS examples
FROM (
    SELECT i.id,
           (i.state IN ('upcoming', 'in_progress') AND i.counts
               AND i.paused_until IS DISTINCT FROM (max(p.until_on) FILTER (WHERE p.ended_at IS NULL)))
           OR coalesce(bool_or(EXISTS (
               SELECT FROM debit AS d
               WHERE d.instalment_id = i.id AND d.initiator = 'merchant' AND d.run_on < p.until_on
                   AND d.claimed_at > p.held_from AND (p.held_to IS NULL OR d.claimed_at < p.held_to)
           )), false) AS is_breach
    FROM instalment AS i
    LEFT JOIN order_pause AS p ON p.order_id = i.order_id
    WHERE i.paused_until IS NOT NULL OR p.id IS NOT NULL
    GROUP BY i.id
) AS w;

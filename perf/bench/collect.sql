-- name: pause
-- Nothing is claimed while the purchases are written.
INSERT INTO collection_pause (reason, paused_by, paused_at) SELECT 'bench', a.id, now() FROM agent AS a ORDER BY a.id LIMIT 1;

-- name: resume
UPDATE collection_pause SET resumed_at = now(), resumed_by = paused_by, resume_reason = 'bench' WHERE resumed_at IS NULL;

-- name: services
-- $1 stores that sell from afar, among those of the load's terminals.
INSERT INTO service (store_id, kind, acquirer_id, active)
SELECT s.id, 'ecommerce', v.acquirer_id, true
FROM (SELECT DISTINCT store_id FROM terminal WHERE terminal LIKE 'T1%' ORDER BY store_id LIMIT $1) AS t
INNER JOIN store AS s ON s.id = t.store_id
CROSS JOIN LATERAL (SELECT acquirer_id FROM service WHERE store_id = s.id LIMIT 1) AS v
WHERE NOT EXISTS (SELECT FROM service AS e WHERE e.store_id = s.id AND e.kind = 'ecommerce');

-- name: points_of_sale
INSERT INTO terminal (store_id, service_id, terminal, model, activated_at)
SELECT v.store_id, v.id, 'V' || lpad(nextval('virtual_terminal_number')::text, 7, '0'), 'virtual', now()
FROM service AS v WHERE v.kind = 'ecommerce' AND v.active
    AND NOT EXISTS (SELECT FROM terminal AS t WHERE t.service_id = v.id);

-- name: purchases
-- $1 purchases in two of which the first is due today, each by a card of its own that a terminal has read before, spread over
-- the virtual points of sale.
WITH sale AS (
    SELECT t.id AS terminal_id, s.company_id, row_number() OVER (ORDER BY t.id) - 1 AS place, count(*) OVER () AS many
    FROM terminal AS t INNER JOIN store AS s ON s.id = t.store_id WHERE t.terminal LIKE 'V%'
), read AS (
    SELECT a.card_ciphertext, a.card_fingerprint, a.card_bin, a.card_last_four, a.card_brand,
        row_number() OVER () - 1 AS place, count(*) OVER () AS many
    FROM (SELECT * FROM attempt WHERE card_ciphertext <> '' AND state = :State.APPROVED LIMIT 2000) AS a
), card AS (
    INSERT INTO stored_card (
        token_id, company_id, ciphertext, fingerprint, bin, last_four, expiry, brand, network_transaction_id, stored_at, verified_at
    )
    SELECT uuidv7(), s.company_id, r.card_ciphertext, r.card_fingerprint, r.card_bin, r.card_last_four, '4912', r.card_brand,
        'abcdefghij', now(), now()
    FROM generate_series(0, $1::int - 1) AS n
    INNER JOIN sale AS s ON s.place = n % s.many
    INNER JOIN read AS r ON r.place = n % r.many
    RETURNING id, company_id
), numbered AS (
    SELECT c.id, c.company_id, row_number() OVER (PARTITION BY c.company_id) - 1 AS place FROM card AS c
), of_company AS (
    SELECT s.terminal_id, s.company_id, row_number() OVER (PARTITION BY s.company_id ORDER BY s.place) - 1 AS place,
        count(*) OVER (PARTITION BY s.company_id) AS many
    FROM sale AS s
), bought AS (
    INSERT INTO purchase_order (
        company_id, reference, plan_id, currency, amount_minor, fee_minor, email, email_key, customer_name, language,
        purchased_on, made_at, activated_at, card_id, terminal_id, state
    )
    SELECT c.company_id, c.id::text, p.id, 'EUR', 8531, 0, c.id || '@exemple.example', c.id || '@exemple.example',
        'Dominique Martin', 'fr', current_date - 30, now() - interval '30 days', now() - interval '30 days', c.id,
        s.terminal_id, 'in_progress'
    FROM numbered AS c
    INNER JOIN of_company AS s ON s.company_id = c.company_id AND s.place = c.place % s.many
    CROSS JOIN (SELECT id FROM plan WHERE parts = 2 ORDER BY id LIMIT 1) AS p
    RETURNING id
)
INSERT INTO instalment (order_id, number, due_on, amount_minor, state)
SELECT b.id, n, (now() AT TIME ZONE 'Europe/Paris')::date + 30 * (n - 1), CASE n WHEN 1 THEN 4266 ELSE 4265 END, 'upcoming'
FROM bought AS b CROSS JOIN generate_series(1, 2) AS n;

-- name: progress
-- How many debits were approved; those that are not are few at every moment.
SELECT count(*) FILTER (WHERE d.state = 'approved')::int AS collected, count(*) FILTER (WHERE d.state <> 'approved')::int AS others
FROM debit AS d;

-- name: left
-- Due and not paid.
SELECT count(*)::int FROM instalment AS i INNER JOIN purchase_order AS o ON o.id = i.order_id
WHERE i.number = 1 AND i.state <> 'paid' AND o.activated_at IS NOT NULL;

-- name: doubled
SELECT count(*)::int FROM (
    SELECT FROM debit AS d INNER JOIN attempt AS a ON a.id = d.id AND a.business_date = d.business_date
    WHERE a.approved_minor > 0 GROUP BY d.instalment_id HAVING count(*) > 1
) AS twice;

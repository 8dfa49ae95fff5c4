-- name: orders_of
-- $1 orders of an address, of every state that a customer sees, newest last; $2 address.
INSERT INTO purchase_order (
    company_id, store_id, reference, plan_id, currency, amount_minor, fee_minor, email, email_key, customer_name, language,
    purchased_on, made_at, activated_at, state
)
SELECT
    s.company_id, s.id, format('MESURE-%s-%s', md5($2), lpad(n::text, 6, '0')), p.id, 'EUR', 12796, 0, $2, lower($2),
    'Camille Durand', 'fr', current_date - 40, now() - interval '40 days', now() - interval '40 days',
    (ARRAY['in_progress', 'in_progress', 'settled', 'unpaid', 'settled'])[1 + n % 5]
FROM generate_series(1, $1::int) AS n
CROSS JOIN (SELECT id, company_id FROM store ORDER BY id LIMIT 1) AS s
CROSS JOIN (SELECT id FROM plan WHERE parts = 3 ORDER BY id LIMIT 1) AS p;

-- name: instalments_of
-- Of every order that has none: three, as far along as their order says.
INSERT INTO instalment (order_id, number, due_on, amount_minor, state, paid_at)
SELECT
    o.id, n, o.purchased_on + 30 * (n - 1), CASE n WHEN 1 THEN 4266 ELSE 4265 END, x.state,
    CASE x.state WHEN 'paid' THEN now() END
FROM purchase_order AS o
CROSS JOIN generate_series(1, 3) AS n
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN n = 1 OR o.state = 'settled' THEN 'paid'
            WHEN n = 2 AND o.state = 'unpaid' THEN 'unpaid'
            WHEN n = 2 THEN 'paid'
            ELSE 'upcoming'
        END AS state
) AS x
WHERE NOT EXISTS (SELECT 1 FROM instalment AS i WHERE i.order_id = o.id);

-- name: others
-- $1 orders of customers of their own.
INSERT INTO purchase_order (
    company_id, store_id, reference, plan_id, currency, amount_minor, fee_minor, email, email_key, customer_name, language,
    purchased_on, made_at, activated_at, state
)
SELECT
    s.company_id, s.id, format('AUTRE-%s', lpad(n::text, 9, '0')), p.id, 'EUR', 12796, 0, x.email, x.email,
    'Dominique Martin', 'fr', current_date - 40, now() - interval '40 days', now() - interval '40 days', 'in_progress'
FROM generate_series(1, $1::int) AS n
CROSS JOIN LATERAL (SELECT format('client%s@exemple.example', n / 2) AS email) AS x
CROSS JOIN (SELECT id, company_id FROM store ORDER BY id LIMIT 1) AS s
CROSS JOIN (SELECT id FROM plan WHERE parts = 3 ORDER BY id LIMIT 1) AS p;

-- name: link
-- The newest link that was sent to an address.
SELECT facts ->> 'link' FROM mail WHERE recipient = $1 AND template = $2 ORDER BY id DESC LIMIT 1;

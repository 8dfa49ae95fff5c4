-- name: notices_beside_events
-- V15 notices. What happened to an order has its notice and no notice of such a thing is without it (trigger note_order_events);
-- what is announced, failed or is asked for again is about something of its order; what was told names its mail, until mails of
-- its age are put away: none of thirty days is, nor any younger than the oldest that is there. Waiting: not told yet.
WITH bound AS (
    SELECT least(
        (SELECT min(m.id::text)::uuid FROM mail AS m WHERE m.state <> 'waiting'),
        (lpad(to_hex((extract(EPOCH FROM $1::timestamptz - interval '30 days') * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
    ) AS mail_id
), happened AS (
    SELECT e.order_id, w.notice, e.about_id
    FROM order_event AS e
    INNER JOIN (
        VALUES ('activated', 'order_confirmed'), ('cancelled', 'order_changed'), ('refunded', 'order_changed'),
            ('instalment_paid', 'debit_paid'), ('instalment_unpaid', 'instalment_unpaid'), ('refund_sent', 'refund_sent')
    ) AS w (event, notice) ON w.event = e.kind
), judged AS (
    SELECT
        coalesce(n.order_id, h.order_id) AS order_id,
        CASE
            WHEN n.id IS NULL THEN false
            WHEN n.state = 'told' AND n.mail_id > b.mail_id AND m.id IS NULL THEN false
            WHEN m.id IS NOT NULL AND (m.about_kind, m.about_id) <> ('order', n.order_id) THEN false
            WHEN n.kind IN ('debit_coming', 'unpaid_reminder') THEN coalesce(i.order_id = n.order_id, false)
            WHEN n.kind = 'debit_failed' THEN coalesce(d.order_id = n.order_id, false)
            WHEN n.kind = 'card_expiring' THEN k.id IS NOT NULL
            ELSE h.order_id IS NOT NULL
        END AS agrees,
        n.state = 'due' AS waits
    FROM order_notice AS n
    FULL JOIN happened AS h
        ON h.order_id = n.order_id AND h.notice = n.kind AND h.about_id = n.about_id AND n.about_key = ''
    CROSS JOIN bound AS b
    LEFT JOIN mail AS m ON m.id = n.mail_id
    LEFT JOIN instalment AS i ON i.id = n.about_id
    LEFT JOIN debit AS d ON d.id = n.about_id
    LEFT JOIN stored_card AS k ON k.id = n.about_id
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE NOT j.agrees) AS breaches,
    count(*) FILTER (WHERE j.agrees AND j.waits) AS waiting,
    (array_agg(j.order_id) FILTER (WHERE NOT j.agrees))[1:5] AS examples
FROM judged AS j;

-- name: sent_from_journal
-- Mails that agents sent once more from the journal of mail: a few of the audit, which keeps them longer than the mails.
SELECT a.facts ->> 'sent_mail' AS mail FROM action AS a WHERE a.kind = 'mail.resent' AND a.facts ? 'sent_mail';

-- name: mails_beside_notices
-- V15 mails. A mail about an order has one notice, of the order, of its kind and to its address; those of another card have as many
-- changes that were made. What an agent sent once more has its event, or was sent from the journal of mail: $1, and what was sent
-- before the audit named them. Mails are few for each order, and those without a notice few of them.
WITH notice AS (
    SELECT n.mail_id, count(*) AS times, min(n.kind) AS kind FROM order_notice AS n WHERE n.mail_id IS NOT NULL GROUP BY n.mail_id
), changed AS (
    SELECT x.order_id, count(*) AS times FROM card_change AS x WHERE x.state = 'done' GROUP BY x.order_id
), judged AS (
    SELECT
        m.about_id AS order_id,
        o.id IS NOT NULL AND m.recipient = o.email AND CASE m.template
            WHEN 'card_changed' THEN n.mail_id IS NULL AND (
                r.is_resent OR coalesce(c.times, 0) >= count(*) FILTER (WHERE NOT r.is_resent) OVER (PARTITION BY m.about_id, m.template)
            )
            ELSE r.is_resent OR n.times = 1 AND n.kind = CASE WHEN m.template IN ('debit_failed_card_ends', 'card_expired', 'card_expired_at_bank',
                'authentication_needed') THEN 'debit_failed' ELSE m.template END
        END AS agrees
    FROM mail AS m
    LEFT JOIN purchase_order AS o ON o.id = m.about_id
    LEFT JOIN notice AS n ON n.mail_id = m.id
    LEFT JOIN changed AS c ON c.order_id = m.about_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN n.mail_id IS NOT NULL THEN false ELSE
            m.id = ANY ($1::uuid[]) OR EXISTS (
                SELECT FROM order_event AS e
                WHERE e.order_id = m.about_id AND e.kind = 'message_resent' AND e.about_id = m.id
            ) OR EXISTS (
                SELECT FROM mail AS b INNER JOIN action AS a ON a.target_id = b.id AND a.kind = 'mail.resent'
                    AND NOT a.facts ? 'sent_mail'
                WHERE b.about_id = m.about_id AND b.template = m.template AND b.id < m.id
            )
        END AS is_resent
    ) AS r
    WHERE m.about_kind = 'order'
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE j.agrees IS NOT TRUE) AS breaches,
    (array_agg(j.order_id) FILTER (WHERE j.agrees IS NOT TRUE))[1:5] AS examples
FROM judged AS j;

-- name: webhooks_beside_events
-- V15 webhooks. What happened to an order is told to its company where that had an endpoint, once (once_key), and what is told of an
-- order happened; of parts that became unpaid with another no event says so. An event is on its way to each endpoint that wanted it,
-- and to none of another company. Events are put away after seven days at the least, and none that is younger than the oldest
-- there. What was added, changed or taken away within a minute of an event may have been seen or not.
WITH bound AS (
    SELECT least(
        (SELECT min(v.id::text)::uuid FROM webhook_event AS v),
        (lpad(to_hex((extract(EPOCH FROM $1::timestamptz - interval '7 days') * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
    ) AS event_id
), listening AS (
    SELECT
        w.id, w.company_id, w.kinds, uuid_extract_timestamp(w.id) + interval '1 minute' AS since,
        w.changed_at + interval '1 minute' AS alike_since,
        coalesce(w.removed_at, 'infinity') - interval '1 minute' AS until
    FROM webhook_endpoint AS w
), happened AS (
    SELECT e.id, o.id AS order_id, o.company_id, w.told, replace(e.about_id::text, '-', '') AS once_key
    FROM order_event AS e
    INNER JOIN (
        VALUES ('activated', 'order.activated'), ('cancelled', 'order.cancelled'), ('refunded', 'order.cancelled'),
            ('instalment_paid', 'instalment.paid'), ('instalment_unpaid', 'instalment.unpaid'), ('refund_sent', 'refund.sent')
    ) AS w (event, told) ON w.event = e.kind
    INNER JOIN purchase_order AS o ON o.id = e.order_id
), owed AS (
    SELECT DISTINCT h.id
    FROM happened AS h
    INNER JOIN listening AS l
        ON l.company_id = h.company_id AND uuid_extract_timestamp(h.id) BETWEEN l.since AND l.until
    CROSS JOIN bound AS b
    WHERE h.id > b.event_id
), of_event AS (
    SELECT
        h.order_id,
        CASE WHEN h.id IS NULL THEN coalesce(v.kind = 'instalment.unpaid' AND o.company_id = v.company_id, false)
        ELSE v.id IS NOT NULL OR w.id IS NULL END AS agrees
    FROM happened AS h
    FULL JOIN (SELECT * FROM webhook_event WHERE kind <> 'endpoint.tested') AS v
        ON v.company_id = h.company_id AND v.kind = h.told AND v.once_key = h.once_key
    LEFT JOIN owed AS w ON w.id = h.id
    LEFT JOIN instalment AS i ON replace(i.id::text, '-', '') = v.once_key AND v.kind = 'instalment.unpaid'
    LEFT JOIN purchase_order AS o ON o.id = i.order_id
), of_delivery AS (
    SELECT
        v.id,
        CASE
            WHEN d.id IS NULL THEN false
            WHEN l.company_id IS DISTINCT FROM v.company_id THEN false
            ELSE (d.state = 'waiting') = (d.done_at IS NULL) AND (d.state <> 'delivered' OR d.attempts > 0)
        END AS agrees
    FROM (
        SELECT v.id, l.id AS endpoint_id
        FROM webhook_event AS v
        INNER JOIN listening AS l
            ON l.company_id = v.company_id AND uuid_extract_timestamp(v.id) BETWEEN greatest(l.since, l.alike_since) AND l.until
            AND (l.kinds = '{}' OR v.kind = ANY (l.kinds))
        WHERE v.kind <> 'endpoint.tested'
    ) AS wanted
    FULL JOIN webhook_delivery AS d ON d.event_id = wanted.id AND d.endpoint_id = wanted.endpoint_id
    INNER JOIN webhook_event AS v ON v.id = coalesce(d.event_id, wanted.id)
    LEFT JOIN listening AS l ON l.id = d.endpoint_id
), judged AS (
    SELECT e.order_id, e.agrees FROM of_event AS e
    UNION ALL
    SELECT NULL, d.agrees FROM of_delivery AS d
)
SELECT
    count(*) AS checked,
    count(*) FILTER (WHERE NOT j.agrees) AS breaches,
    (array_agg(j.order_id) FILTER (WHERE NOT j.agrees AND j.order_id IS NOT NULL))[1:5] AS examples
FROM judged AS j;

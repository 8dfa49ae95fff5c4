-- migrate:up
-- What waits for a person, a view for each kind, so that one kind changes without the others. Each has the columns of
-- delivery_matter, in their order; matter is all of them with the places that they are about.

-- What a host does not accept.
CREATE VIEW delivery_matter AS
SELECT
    d.id,
    CASE d.kind
        WHEN 1 THEN 'reversal_not_accepted'
        WHEN 2 THEN 'advice_not_accepted'
        WHEN 3 THEN 'completion_not_accepted'
        ELSE 'partial_reversal_not_accepted'
    END AS kind,
    d.refused_at IS NOT NULL AS at_once, -- it waits for a person from the start
    d.created_at AS since, d.attempt_id, d.business_date,
    -- Of a part: what is to be given back. The delivery itself says what stays.
    CASE WHEN d.kind = 4 THEN coalesce((
        SELECT -e.amount_minor FROM ledger_entry AS e
        WHERE e.attempt_id = d.attempt_id AND e.business_date = d.business_date AND e.operation = 2 AND e.part = 1
            AND e.leg = 1
    ), d.amount_minor) ELSE d.amount_minor END AS amount_minor,
    coalesce(a.currency, '') AS currency, a.kind AS attempt_kind, d.tries::integer AS tries, d.last_result,
    d.accepted_at AS closed_at, d.closed_reason, '' AS reference, '{}'::text[] AS causes, NULL::bytea AS payload,
    a.terminal_id, '' AS terminal_said, a.store_id, d.acquirer_id,
    false AS settled -- by what became of the payment since
FROM delivery AS d
LEFT JOIN attempt AS a ON a.id = d.attempt_id AND a.business_date = d.business_date;

-- What a host said on its own. What it took back by itself and we gave back as well is twice the customer's.
CREATE VIEW host_matter AS
SELECT
    h.id, CASE h.kind WHEN 1 THEN 'reversal_by_host' ELSE 'totals_by_host' END AS kind, true AS at_once, h.at AS since,
    h.attempt_id, h.business_date, h.amount_minor, coalesce(h.currency, a.currency, '') AS currency,
    a.kind AS attempt_kind, h.repeats + 1 AS tries, '' AS last_result, h.closed_at, h.closed_reason, h.reference,
    '{}'::text[] AS causes, NULL::bytea AS payload, a.terminal_id, h.terminal AS terminal_said, a.store_id,
    h.acquirer_id, h.kind = 1 AND coalesce(a.state IN (5, 6, 7), false) AS settled
FROM host_message AS h
LEFT JOIN attempt AS a ON a.id = h.attempt_id AND a.business_date = h.business_date;

-- What was booked because it had happened, or refused although it had. A person looks at money that stands: what was
-- declined, taken back (here or on its way to the host) or given back whole does not, and what was refused is over once its
-- terminal has taken it back.
CREATE VIEW doubt_matter AS
SELECT
    o.id, CASE WHEN a.state = 5 AND a.kind IN (5, 6) THEN 'advice_refused' ELSE 'booked_in_doubt' END AS kind,
    true AS at_once, o.at AS since, o.attempt_id, o.business_date, a.amount_minor, a.currency, a.kind AS attempt_kind,
    0 AS tries, '' AS last_result, o.closed_at, o.closed_reason, '' AS reference, ARRAY[o.cause] AS causes,
    NULL::bytea AS payload, a.terminal_id, '' AS terminal_said, a.store_id, a.acquirer_id,
    CASE WHEN a.state = 5 AND a.kind IN (5, 6) THEN EXISTS (
        SELECT FROM reversal AS r WHERE r.attempt_id = o.attempt_id AND r.reason = 100
    ) ELSE a.state IN (5, 6, 7, 9) END AS settled
FROM doubt AS o
INNER JOIN attempt AS a ON a.id = o.attempt_id AND a.business_date = o.business_date;

-- What a terminal took back in words that are untrue of what was found, or true of more than one.
CREATE VIEW reversal_matter AS
SELECT
    r.id, CASE r.finding WHEN 3 THEN 'reversal_disagrees' ELSE 'reversal_ambiguous' END AS kind, true AS at_once,
    r.received_at AS since, r.attempt_id, r.attempt_date AS business_date, r.amount_minor,
    coalesce(nullif(r.currency, ''), a.currency, '') AS currency, a.kind AS attempt_kind, r.repeats + 1 AS tries,
    '' AS last_result, r.closed_at, r.closed_reason, r.reference, r.differs AS causes, NULL::bytea AS payload,
    coalesce(a.terminal_id, r.terminal_id) AS terminal_id, '' AS terminal_said, a.store_id, a.acquirer_id,
    coalesce(a.state IN (5, 6, 7, 9), false) AS settled
FROM reversal AS r
LEFT JOIN attempt AS a ON a.id = r.attempt_id AND a.business_date = r.attempt_date
WHERE r.finding IN (3, 4);

-- What could not be handled.
CREATE VIEW dead_letter_matter AS
SELECT
    l.id, 'dead_letter' AS kind, true AS at_once, l.at AS since, NULL::uuid AS attempt_id, NULL::date AS business_date,
    NULL::bigint AS amount_minor, '' AS currency, NULL::smallint AS attempt_kind, 0 AS tries, l.error AS last_result,
    l.closed_at, l.closed_reason, '' AS reference, ARRAY[l.subject] AS causes, l.payload, NULL::uuid AS terminal_id,
    '' AS terminal_said, NULL::uuid AS store_id, NULL::smallint AS acquirer_id, false AS settled
FROM dead_letter AS l;

CREATE OR REPLACE VIEW matter AS
SELECT
    w.id, w.kind, w.at_once, w.since, w.attempt_id, w.business_date, w.amount_minor, w.currency, w.attempt_kind, w.tries,
    w.last_result, w.closed_at, w.closed_reason, w.reference, w.causes, w.payload,
    coalesce(t.terminal, w.terminal_said) AS terminal, t.id AS terminal_id, v.kind AS service,
    coalesce(q.name, '') AS acquirer, s.id AS store_id, s.company_id, s.name AS store_name, s.department, w.settled
FROM (
    TABLE delivery_matter
    UNION ALL TABLE host_matter
    UNION ALL TABLE doubt_matter
    UNION ALL TABLE reversal_matter
    UNION ALL TABLE dead_letter_matter
) AS w
LEFT JOIN terminal AS t ON t.id = w.terminal_id
LEFT JOIN service AS v ON v.id = t.service_id
LEFT JOIN store AS s ON s.id = coalesce(w.store_id, t.store_id)
LEFT JOIN acquirer AS q ON q.id = w.acquirer_id;

-- migrate:down
DROP VIEW matter;
DROP VIEW delivery_matter, host_matter, doubt_matter, reversal_matter, dead_letter_matter;
CREATE VIEW matter AS
SELECT
    w.id, w.kind, w.at_once, w.since, w.attempt_id, w.business_date, w.amount_minor,
    coalesce(w.currency, a.currency, '') AS currency,
    a.kind AS attempt_kind, w.tries, w.last_result, w.closed_at, w.closed_reason, w.reference, w.causes, w.payload,
    coalesce(t.terminal, w.terminal) AS terminal, t.id AS terminal_id, v.kind AS service,
    coalesce(q.name, '') AS acquirer, s.id AS store_id, s.company_id, s.name AS store_name, s.department,
    -- What a person would look at is money that stands. What was declined, taken back (here or on its way to the host) or
    -- given back whole does not; that its reversal must reach the host is a matter of its own. What the host took back by
    -- itself and we gave back as well is twice the customer's.
    w.kind IN ('booked_in_doubt', 'reversal_disagrees', 'reversal_ambiguous', 'reversal_by_host')
        AND coalesce(a.state IN (5, 6, 7) OR a.state = 9 AND w.kind <> 'reversal_by_host', false)
        -- What was refused and then taken back by its terminal is over.
        OR w.kind = 'advice_refused' AND EXISTS (
            SELECT FROM reversal AS r WHERE r.attempt_id = w.attempt_id AND r.reason = 100
        ) AS settled
FROM (
    SELECT
        d.id,
        CASE d.kind
            WHEN 1 THEN 'reversal_not_accepted'
            WHEN 2 THEN 'advice_not_accepted'
            WHEN 3 THEN 'completion_not_accepted'
            ELSE 'partial_reversal_not_accepted'
        END AS kind,
        d.refused_at IS NOT NULL AS at_once, d.created_at AS since, d.acquirer_id, d.attempt_id, d.business_date,
        NULL::uuid AS terminal_id, '' AS terminal,
        -- Of a part: what is to be given back. The delivery itself says what stays.
        CASE WHEN d.kind = 4 THEN coalesce((
            SELECT -e.amount_minor FROM ledger_entry AS e
            WHERE e.attempt_id = d.attempt_id AND e.business_date = d.business_date AND e.operation = 2 AND e.part = 1
                AND e.leg = 1
        ), d.amount_minor) ELSE d.amount_minor END AS amount_minor,
        NULL::text AS currency, d.tries::integer AS tries,
        d.last_result, d.accepted_at AS closed_at, d.closed_reason, '' AS reference, '{}'::text[] AS causes,
        NULL::bytea AS payload
    FROM delivery AS d
    UNION ALL
    SELECT
        h.id, CASE h.kind WHEN 1 THEN 'reversal_by_host' ELSE 'totals_by_host' END,
        true, h.at, h.acquirer_id, h.attempt_id, h.business_date,
        NULL, h.terminal, h.amount_minor, h.currency, h.repeats + 1,
        '', h.closed_at, h.closed_reason, h.reference, '{}', NULL
    FROM host_message AS h
    UNION ALL
    SELECT
        o.id, CASE WHEN a.state = 5 AND a.kind IN (5, 6) THEN 'advice_refused' ELSE 'booked_in_doubt' END,
        true, o.at, a.acquirer_id, o.attempt_id, o.business_date,
        NULL, '', a.amount_minor, a.currency, 0,
        '', o.closed_at, o.closed_reason, '', ARRAY[o.cause], NULL
    FROM doubt AS o
    INNER JOIN attempt AS a ON a.id = o.attempt_id AND a.business_date = o.business_date
    UNION ALL
    SELECT
        r.id, CASE r.finding WHEN 3 THEN 'reversal_disagrees' ELSE 'reversal_ambiguous' END,
        true, r.received_at, NULL, r.attempt_id, r.attempt_date,
        r.terminal_id, '', r.amount_minor, nullif(r.currency, ''), r.repeats + 1,
        '', r.closed_at, r.closed_reason, r.reference, r.differs, NULL
    FROM reversal AS r
    WHERE r.finding IN (3, 4)
    UNION ALL
    SELECT
        l.id, 'dead_letter',
        true, l.at, NULL, NULL, NULL,
        NULL, '', NULL, '', 0,
        l.error, l.closed_at, l.closed_reason, '', ARRAY[l.subject], l.payload
    FROM dead_letter AS l
) AS w
LEFT JOIN attempt AS a ON a.id = w.attempt_id AND a.business_date = w.business_date
LEFT JOIN terminal AS t ON t.id = coalesce(a.terminal_id, w.terminal_id)
LEFT JOIN service AS v ON v.id = t.service_id
LEFT JOIN store AS s ON s.id = coalesce(a.store_id, t.store_id)
LEFT JOIN acquirer AS q ON q.id = coalesce(w.acquirer_id, a.acquirer_id);

-- migrate:up
-- What was recorded under an identifier older than twenty seconds, which whoever follows attempts by their identifiers has
-- passed: acts of people that were asked again under their key. A row goes when the attempt is decided and can be searched.
CREATE TABLE late_attempt (
    attempt_id uuid PRIMARY KEY,
    business_date date NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- What was passed before.
INSERT INTO late_attempt (attempt_id, business_date)
SELECT a.id, a.business_date
FROM attempt AS a
WHERE a.message_class = 12 AND a.id <= (SELECT p.attempt_id FROM key_position AS p)
    AND NOT EXISTS (SELECT FROM attempt_key AS k WHERE k.attempt_id = a.id);

CREATE OR REPLACE VIEW matter AS
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

-- migrate:down
CREATE OR REPLACE VIEW matter AS
SELECT
    w.id, w.kind, w.at_once, w.since, w.attempt_id, w.business_date, w.amount_minor,
    coalesce(w.currency, a.currency, '') AS currency,
    a.kind AS attempt_kind, w.tries, w.last_result, w.closed_at, w.closed_reason, w.reference, w.causes, w.payload,
    coalesce(t.terminal, w.terminal) AS terminal, t.id AS terminal_id, v.kind AS service,
    coalesce(q.name, '') AS acquirer, s.id AS store_id, s.company_id, s.name AS store_name, s.department,
    -- What a person would look at is money that stands. What was declined, taken back (here or on its way to the host) or
    -- given back whole does not; that its reversal must reach the host is a matter of its own.
    w.kind IN ('booked_in_doubt', 'reversal_disagrees', 'reversal_ambiguous', 'reversal_by_host')
        AND coalesce(a.state IN (5, 6, 7, 9), false)
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
        NULL::uuid AS terminal_id, '' AS terminal, d.amount_minor, NULL::text AS currency, d.tries::integer AS tries,
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
DROP TABLE late_attempt;

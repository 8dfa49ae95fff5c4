-- migrate:up
-- What a terminal took back and was told no, although it stands: its till believes one thing, its customer pays another.

-- Few by nature; not every refusal is closed, since what no longer stands waits for nobody.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX reversal_refused_open ON reversal (id) WHERE closed_at IS NULL AND finding = 1 AND reason <> 100;

-- amount_minor: what would still go back to the card. Of a part whatever is above what was to stay, and it is over once so
-- much has gone.
CREATE VIEW refused_reversal_matter AS
SELECT
    r.id, 'reversal_refused' AS kind, true AS at_once, r.received_at AS since, r.attempt_id,
    r.attempt_date AS business_date,
    greatest(a.approved_minor - a.refunded_minor - coalesce(r.replacement_minor, 0), 0) AS amount_minor,
    coalesce(nullif(r.currency, ''), a.currency, '') AS currency, a.kind AS attempt_kind, r.repeats + 1 AS tries,
    '' AS last_result, r.closed_at, r.closed_reason, r.reference,
    ARRAY[CASE WHEN r.replacement_minor IS NULL THEN 'whole' ELSE 'part' END] AS causes, NULL::bytea AS payload,
    a.terminal_id, '' AS terminal_said, a.store_id, a.acquirer_id,
    a.state IN (5, 6, 7, 9) OR coalesce(
        a.approved_minor - a.refunded_minor + refund_pending_minor(a.id) <= r.replacement_minor, false
    ) AS settled
FROM reversal AS r
INNER JOIN attempt AS a ON a.id = r.attempt_id AND a.business_date = r.attempt_date
WHERE r.finding = 1 AND r.reason <> 100;

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
    UNION ALL TABLE refused_reversal_matter
    UNION ALL TABLE dead_letter_matter
) AS w
LEFT JOIN terminal AS t ON t.id = w.terminal_id
LEFT JOIN service AS v ON v.id = t.service_id
LEFT JOIN store AS s ON s.id = coalesce(w.store_id, t.store_id)
LEFT JOIN acquirer AS q ON q.id = w.acquirer_id;

-- migrate:down
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
DROP VIEW refused_reversal_matter;
DROP INDEX reversal_refused_open;

-- migrate:up
-- What was kept aside, and what its terminal has taken back since, or had taken back before: whoever looks at it knows.
ALTER TABLE dead_letter ADD COLUMN taken_back_at timestamptz;

CREATE OR REPLACE VIEW dead_letter_matter AS
SELECT
    l.id, 'dead_letter' AS kind, true AS at_once, l.at AS since, NULL::uuid AS attempt_id, NULL::date AS business_date,
    NULL::bigint AS amount_minor, '' AS currency, NULL::smallint AS attempt_kind, 0 AS tries, l.error AS last_result,
    l.closed_at, l.closed_reason, '' AS reference,
    CASE WHEN l.taken_back_at IS NULL THEN ARRAY[l.subject] ELSE ARRAY[l.subject, 'taken_back'] END AS causes, l.payload,
    NULL::uuid AS terminal_id, '' AS terminal_said, NULL::uuid AS store_id, NULL::smallint AS acquirer_id, false AS settled
FROM dead_letter AS l;

-- migrate:down
CREATE OR REPLACE VIEW dead_letter_matter AS
SELECT
    l.id, 'dead_letter' AS kind, true AS at_once, l.at AS since, NULL::uuid AS attempt_id, NULL::date AS business_date,
    NULL::bigint AS amount_minor, '' AS currency, NULL::smallint AS attempt_kind, 0 AS tries, l.error AS last_result,
    l.closed_at, l.closed_reason, '' AS reference, ARRAY[l.subject] AS causes, l.payload, NULL::uuid AS terminal_id,
    '' AS terminal_said, NULL::uuid AS store_id, NULL::smallint AS acquirer_id, false AS settled
FROM dead_letter AS l;
ALTER TABLE dead_letter DROP COLUMN taken_back_at;

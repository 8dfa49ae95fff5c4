-- name: tell
-- One statement for a whole batch, within the caller's transaction; endpoints by webhook_endpoint_url.
-- $1 companies, $2 kinds, $3 facts, $4 moments, $5 keys that tell a thing once: one array each, side by side.
WITH listening AS (
    SELECT e.id, e.company_id, e.kinds FROM webhook_endpoint e
    WHERE e.company_id = ANY($1::uuid[]) AND e.removed_at IS NULL
), told AS (
    INSERT INTO webhook_event (company_id, kind, facts, at, once_key)
    SELECT t.company_id, t.kind, t.facts::jsonb, t.at, t.once_key
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[])
        WITH ORDINALITY AS t (company_id, kind, facts, at, once_key, place)
    WHERE t.company_id IN (SELECT l.company_id FROM listening l)
    ORDER BY t.place
    ON CONFLICT (company_id, kind, once_key) WHERE once_key <> '' DO NOTHING
    RETURNING id, company_id, kind, at
)
INSERT INTO webhook_delivery (event_id, endpoint_id, due_at)
SELECT told.id, l.id, told.at
FROM told JOIN listening l ON l.company_id = told.company_id AND (l.kinds = '{}' OR told.kind = ANY(l.kinds));

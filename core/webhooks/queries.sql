-- name: listeners
-- Which companies have an endpoint; webhook_endpoint_url. $1 companies.
SELECT DISTINCT e.company_id FROM webhook_endpoint AS e WHERE e.company_id = ANY($1::uuid[]) AND e.removed_at IS NULL;

-- name: tell
-- One statement for a whole batch, within the caller's transaction; endpoints by webhook_endpoint_url.
-- What happens on a day of a calendar that was moved ahead is due at once all the same.
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
SELECT told.id, l.id, least(told.at, now())
FROM told JOIN listening l ON l.company_id = told.company_id AND (l.kinds = '{}' OR told.kind = ANY(l.kinds));

-- name: add_event_for
-- An event for one endpoint alone. $1 endpoint, $2 kind, $3 facts, $4 moment.
WITH told AS (
    INSERT INTO webhook_event (company_id, kind, facts, at)
    SELECT e.company_id, $2, $3::jsonb, $4 FROM webhook_endpoint e WHERE e.id = $1
    RETURNING id, at
)
INSERT INTO webhook_delivery (event_id, endpoint_id, due_at) SELECT told.id, $1, told.at FROM told RETURNING id;

-- name: lease
-- For each endpoint of a kind (one that fails, or one that does not) that has something due and is not being asked now:
-- its first few, by index webhook_delivery_due. Whoever takes them moves them on; another worker skips what is locked.
-- $1 now, $2 until when they are leased, $3 whether those that fail, $4 endpoints in hand, $5 endpoints, $6 of each.
WITH due AS (
    SELECT e.id
    FROM webhook_endpoint e
    JOIN LATERAL (
        SELECT d.due_at FROM webhook_delivery d
        WHERE d.endpoint_id = e.id AND d.state = 'waiting' AND d.due_at <= $1 ORDER BY d.due_at LIMIT 1
    ) AS first ON true
    WHERE e.removed_at IS NULL AND e.disabled_at IS NULL AND (e.failing_since IS NOT NULL) = $3 AND e.id <> ALL($4::uuid[])
    ORDER BY first.due_at
    LIMIT $5
), chosen AS (
    SELECT one.id
    FROM due
    CROSS JOIN LATERAL (
        SELECT d.id FROM webhook_delivery d
        WHERE d.endpoint_id = due.id AND d.state = 'waiting' AND d.due_at <= $1
        ORDER BY d.due_at LIMIT $6 FOR UPDATE SKIP LOCKED
    ) AS one
), taken AS (
    UPDATE webhook_delivery d SET due_at = $2, attempts = d.attempts + 1, tries = d.tries + 1
    FROM chosen WHERE d.id = chosen.id
    RETURNING d.id, d.endpoint_id, d.event_id, d.attempts, d.tries
)
SELECT t.id, t.endpoint_id, t.event_id, t.attempts, t.tries, e.url, v.kind, v.facts, v.at, ARRAY(
    SELECT s.sealed FROM webhook_secret s
    WHERE s.endpoint_id = t.endpoint_id AND (s.ends_at IS NULL OR s.ends_at > $1) ORDER BY s.made_at DESC, s.id DESC
) AS sealed
FROM taken t JOIN webhook_endpoint e ON e.id = t.endpoint_id JOIN webhook_event v ON v.id = t.event_id
ORDER BY t.event_id;

-- name: note_attempt
-- Primary key: of two workers that tried under one number, one is kept.
INSERT INTO webhook_attempt (delivery_id, number, at, duration_ms, outcome, status, answer)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING;

-- name: note_delivered
-- Primary key. What was taken once is delivered, whatever a later attempt says.
UPDATE webhook_delivery SET state = 'delivered', done_at = $2 WHERE id = $1;

-- name: note_not_delivered
-- Primary key. $1 delivery, $2 the attempt that this is about, $3 when to try again, or none, $4 now.
UPDATE webhook_delivery SET
    due_at = coalesce($3, due_at),
    state = CASE WHEN $3::timestamptz IS NULL THEN 'failed' ELSE state END,
    done_at = CASE WHEN $3 IS NULL THEN $4::timestamptz END
WHERE id = $1 AND attempts = $2 AND state = 'waiting';

-- name: note_works
-- Primary key; nothing is written while it goes on working.
UPDATE webhook_endpoint SET failing_since = NULL, failing_why = '' WHERE id = $1 AND failing_since IS NOT NULL;

-- name: note_fails
-- Since when it fails; primary key. Nothing is written while it goes on failing alike. $1 endpoint, $2 now, $3 how.
WITH noted AS (
    UPDATE webhook_endpoint SET failing_since = coalesce(failing_since, $2), failing_why = $3
    WHERE id = $1 AND (failing_since IS NULL OR failing_why <> $3)
    RETURNING failing_since
)
SELECT n.failing_since FROM noted AS n
UNION ALL
SELECT e.failing_since FROM webhook_endpoint AS e WHERE e.id = $1 AND NOT EXISTS (SELECT FROM noted);

-- name: give_up
-- Primary key; of two workers one disables it. $1 endpoint, $2 now, $3 why.
UPDATE webhook_endpoint e SET disabled_at = $2, disabled_why = $3
FROM company c
WHERE e.id = $1 AND e.disabled_at IS NULL AND e.removed_at IS NULL AND c.id = e.company_id
RETURNING e.company_id, c.department, c.legal_name, e.url;

-- name: endpoints
-- One by its primary key, or a page, newest first; those of a company by index webhook_endpoint_url.
-- $1 scope, $2 endpoint or none, $3 company or none, $4 state or none, $5 before which, $6 limit, $7 now.
SELECT e.id, e.company_id, c.legal_name, e.url, e.description, e.kinds, e.made_at, e.changed_at, e.failing_since,
       e.failing_why, e.disabled_at, e.disabled_why,
       (SELECT count(*) FROM (
           SELECT FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.state = 'waiting' LIMIT 1000) AS w)::int AS waiting,
       ARRAY(SELECT s.made_at FROM webhook_secret s
             WHERE s.endpoint_id = e.id AND (s.ends_at IS NULL OR s.ends_at > $7) ORDER BY s.made_at DESC, s.id DESC
       ) AS secrets_made,
       ARRAY(SELECT s.ends_at FROM webhook_secret s
             WHERE s.endpoint_id = e.id AND (s.ends_at IS NULL OR s.ends_at > $7) ORDER BY s.made_at DESC, s.id DESC
       ) AS secrets_end
FROM webhook_endpoint e JOIN company c ON c.id = e.company_id
WHERE e.removed_at IS NULL AND sees($1::area[], c.department, NULL, c.id, NULL)
  AND ($2::uuid IS NULL OR e.id = $2) AND ($3::uuid IS NULL OR e.company_id = $3) AND ($5::uuid IS NULL OR e.id < $5)
  AND ($4::text IS NULL OR $4 = CASE WHEN e.disabled_at IS NOT NULL THEN 'disabled'
                                     WHEN e.failing_since IS NOT NULL THEN 'failing' ELSE 'active' END)
ORDER BY e.id DESC LIMIT $6;

-- name: endpoint_seen
-- Primary key, within the scope.
SELECT true FROM webhook_endpoint e JOIN company c ON c.id = e.company_id
WHERE e.id = $2 AND e.removed_at IS NULL AND sees($1::area[], c.department, NULL, c.id, NULL);

-- name: lock_company
-- Primary key, within the scope: endpoints of one company are added one after the other.
SELECT c.legal_name, (SELECT count(*) FROM webhook_endpoint e WHERE e.company_id = c.id AND e.removed_at IS NULL) AS endpoints
FROM company c WHERE c.id = $2 AND sees($1::area[], c.department, NULL, c.id, NULL) FOR NO KEY UPDATE OF c;

-- name: lock_endpoint
-- Primary key, within the scope; two who change it take turns.
SELECT e.url, e.changed_at, e.disabled_at, e.disabled_why
FROM webhook_endpoint e JOIN company c ON c.id = e.company_id
WHERE e.id = $2 AND e.removed_at IS NULL AND sees($1::area[], c.department, NULL, c.id, NULL) FOR UPDATE OF e;

-- name: add_endpoint
-- None when the company has the address already: index webhook_endpoint_url.
INSERT INTO webhook_endpoint (company_id, url, description, kinds, made_at, changed_at) VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT (company_id, url) WHERE removed_at IS NULL DO NOTHING RETURNING id;

-- name: other_with_url
-- Index webhook_endpoint_url. $1 endpoint, $2 address.
SELECT o.id FROM webhook_endpoint e JOIN webhook_endpoint o ON o.company_id = e.company_id AND o.url = $2
WHERE e.id = $1 AND o.id <> e.id AND o.removed_at IS NULL;

-- name: change_endpoint
-- Primary key, on a row that is locked; index webhook_endpoint_url. A new address is given a new chance.
UPDATE webhook_endpoint SET url = $2, description = $3, kinds = $4, changed_at = $5,
    failing_since = CASE WHEN url = $2 THEN failing_since END, failing_why = CASE WHEN url = $2 THEN failing_why ELSE '' END
WHERE id = $1;

-- name: disable_endpoint
-- Primary key, on a row that is locked.
UPDATE webhook_endpoint SET disabled_at = $2, disabled_why = 'asked', changed_at = $2 WHERE id = $1;

-- name: enable_endpoint
-- Primary key, on a row that is locked. It is as if it had never failed.
UPDATE webhook_endpoint SET disabled_at = NULL, disabled_why = NULL, failing_since = NULL, failing_why = '', changed_at = $2
WHERE id = $1;

-- name: try_all_now
-- Index webhook_delivery_due: what waits is tried as if for the first time.
UPDATE webhook_delivery SET due_at = $2, tries = 0 WHERE endpoint_id = $1 AND state = 'waiting';

-- name: remove_endpoint
-- Primary key, on a row that is locked.
UPDATE webhook_endpoint SET removed_at = $2, changed_at = $2 WHERE id = $1;

-- name: drop_waiting
-- Index webhook_delivery_due.
UPDATE webhook_delivery SET state = 'dropped', done_at = $2 WHERE endpoint_id = $1 AND state = 'waiting';

-- name: add_secret
INSERT INTO webhook_secret (endpoint_id, sealed, made_at) VALUES ($1, $2, $3);

-- name: secrets_in_use
-- Index webhook_secret_endpoint, the newest first. $1 endpoint, $2 now.
SELECT s.id, s.sealed, s.made_at, s.ends_at FROM webhook_secret s
WHERE s.endpoint_id = $1 AND (s.ends_at IS NULL OR s.ends_at > $2) ORDER BY s.made_at DESC, s.id DESC;

-- name: end_secrets
-- Index webhook_secret_endpoint, on an endpoint that is locked: one that ends sooner does so.
UPDATE webhook_secret SET ends_at = least(ends_at, $2) WHERE endpoint_id = $1 AND (ends_at IS NULL OR ends_at > $2);

-- name: deliveries
-- One by its primary key, or a page of an endpoint, newest first, by index webhook_delivery_endpoint.
-- $1 scope, $2 delivery or none, $3 endpoint or none, $4 state or none, $5 kind or none, $6 before which, $7 limit.
SELECT d.id, d.event_id, d.endpoint_id, e.url, v.kind, v.facts, v.at, d.state, d.attempts, d.due_at, d.done_at,
       a.outcome AS last_outcome, a.status AS last_status
FROM webhook_delivery d
JOIN webhook_endpoint e ON e.id = d.endpoint_id
JOIN company c ON c.id = e.company_id
JOIN webhook_event v ON v.id = d.event_id
LEFT JOIN LATERAL (
    SELECT t.outcome, t.status FROM webhook_attempt t WHERE t.delivery_id = d.id ORDER BY t.number DESC LIMIT 1
) AS a ON true
WHERE sees($1::area[], c.department, NULL, c.id, NULL)
  AND ($2::uuid IS NULL OR d.id = $2) AND ($3::uuid IS NULL OR d.endpoint_id = $3) AND ($6::uuid IS NULL OR d.id < $6)
  AND ($4::text IS NULL OR d.state = $4) AND ($5::text IS NULL OR v.kind = $5)
ORDER BY d.id DESC LIMIT $7;

-- name: attempts
-- Primary key, the last ones first.
SELECT t.number, t.at, t.duration_ms, t.outcome, t.status, t.answer FROM webhook_attempt t
WHERE t.delivery_id = $1 ORDER BY t.number DESC LIMIT 50;

-- name: lock_delivery
-- Primary key, within the scope.
SELECT e.removed_at IS NOT NULL AS removed, e.disabled_at IS NOT NULL AS disabled, v.kind, e.url
FROM webhook_delivery d
JOIN webhook_endpoint e ON e.id = d.endpoint_id
JOIN company c ON c.id = e.company_id
JOIN webhook_event v ON v.id = d.event_id
WHERE d.id = $2 AND sees($1::area[], c.department, NULL, c.id, NULL) FOR UPDATE OF d;

-- name: send_again
-- Primary key, on a row that is locked.
UPDATE webhook_delivery SET state = 'waiting', tries = 0, due_at = $2, done_at = NULL WHERE id = $1;

-- name: prune_events
-- Primary key; deliveries and attempts go with it.
WITH due AS MATERIALIZED (
    SELECT v.id FROM webhook_event v WHERE v.id < $1 ORDER BY v.id LIMIT $2 FOR UPDATE SKIP LOCKED
)
DELETE FROM webhook_event USING due WHERE webhook_event.id = due.id;

-- name: record_names
-- Primary keys; only as far as the reader sees the company. $1 kinds and $2 identifiers, side by side; $3 everything, $4 scope.
SELECT w.kind, w.id, e.url AS name, $3::boolean OR sees($4::area[], c.department, NULL, c.id, NULL) AS seen
FROM unnest($1::text[], $2::uuid[]) AS w (kind, id)
JOIN webhook_endpoint e ON e.id = w.id JOIN company c ON c.id = e.company_id;

-- name: prune_exports
-- Primary key. Only those whose file has gone: the round of exports deletes files, this forgets that they were.
WITH due AS MATERIALIZED (
    SELECT j.id FROM export_job j
    WHERE j.id < $1 AND j.state IN ('failed', 'cancelled', 'expired') ORDER BY j.id LIMIT $2 FOR UPDATE SKIP LOCKED
)
DELETE FROM export_job USING due WHERE export_job.id = due.id;

-- name: prune_alerts
-- Primary key; its events go with it. An alert that stands is never old enough.
WITH due AS MATERIALIZED (
    SELECT a.id FROM alert a
    WHERE a.id < $1 AND a.recovered_at IS NOT NULL ORDER BY a.id LIMIT $2 FOR UPDATE SKIP LOCKED
)
DELETE FROM alert USING due WHERE alert.id = due.id;

-- name: prune_activity
-- Primary key by its first column, then the whole of it. Counts made from events, which stay: the charts' older days,
-- no money.
WITH due AS MATERIALIZED (
    SELECT a.minute, a.store_id, a.service, a.brand, a.state, a.reason, a.currency FROM activity_minute a
    WHERE a.minute < $1 ORDER BY a.minute LIMIT $2 FOR UPDATE SKIP LOCKED
)
DELETE FROM activity_minute AS m USING due
WHERE (m.minute, m.store_id, m.service, m.brand, m.state, m.reason, m.currency)
    = (due.minute, due.store_id, due.service, due.brand, due.state, due.reason, due.currency);

-- name: record_names
-- Primary keys. $1 kinds and $2 identifiers, side by side.
SELECT n.kind, n.id, n.name, n.name IS NOT NULL AS seen FROM (SELECT w.kind, w.id,
       CASE w.kind
           WHEN 'alert' THEN (SELECT a.label FROM alert a WHERE a.id = w.id)
           WHEN 'alert_rule' THEN (SELECT r.name FROM alert_rule r WHERE r.id = w.id)
           WHEN 'view' THEN (SELECT v.name FROM saved_view v WHERE v.id = w.id)
       END AS name
FROM unnest($1::text[], $2::uuid[]) AS w (kind, id)) AS n;

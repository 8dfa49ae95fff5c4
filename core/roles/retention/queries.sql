-- Rows past their time, a batch at a statement, the oldest first. SKIP LOCKED lets two workers share the work, and
-- waits for nobody. Ids are UUIDv7: an age is a bound on the primary key. $1 cutoff (a moment, or its lowest id), $2 rows.

-- name: terminal_events
-- Primary key. The trigger terminal_event_kept refuses what is younger than a month, whatever the setting.
DELETE FROM terminal_event WHERE id IN (
    SELECT e.id FROM terminal_event e
    WHERE e.id < $1 AND e.at < now() - interval '31 days' ORDER BY e.id LIMIT $2 FOR UPDATE SKIP LOCKED);

-- name: sessions
-- Index session_expiry: what ended by itself long ago. Whoever opened it is in the audit.
DELETE FROM session WHERE token_hash IN (
    SELECT s.token_hash FROM session s WHERE s.expires_at < $1 ORDER BY s.expires_at LIMIT $2 FOR UPDATE SKIP LOCKED);

-- name: mail
-- Primary key. Mail that waits is never old enough.
DELETE FROM mail WHERE id IN (
    SELECT m.id FROM mail m
    WHERE m.id < $1 AND m.state <> 'waiting' ORDER BY m.id LIMIT $2 FOR UPDATE SKIP LOCKED);

-- name: notices
-- Primary key.
DELETE FROM notice WHERE id IN (
    SELECT n.id FROM notice n WHERE n.id < $1 ORDER BY n.id LIMIT $2 FOR UPDATE SKIP LOCKED);

-- name: exports
-- Primary key. Only those whose file has gone: the round of exports deletes files, this forgets that they were.
DELETE FROM export_job WHERE id IN (
    SELECT j.id FROM export_job j
    WHERE j.id < $1 AND j.state IN ('failed', 'cancelled', 'expired') ORDER BY j.id LIMIT $2 FOR UPDATE SKIP LOCKED);

-- name: alerts
-- Primary key; its events go with it. An alert that stands is never old enough.
DELETE FROM alert WHERE id IN (
    SELECT a.id FROM alert a
    WHERE a.id < $1 AND a.recovered_at IS NOT NULL ORDER BY a.id LIMIT $2 FOR UPDATE SKIP LOCKED);

-- name: activity
-- Primary key by its first column, then the whole of it. Counts made from events, which stay: the charts' older days,
-- no money.
DELETE FROM activity_minute WHERE (minute, store_id, service, brand, state, reason, currency) IN (
    SELECT a.minute, a.store_id, a.service, a.brand, a.state, a.reason, a.currency FROM activity_minute a
    WHERE a.minute < $1 ORDER BY a.minute LIMIT $2 FOR UPDATE SKIP LOCKED);

-- name: keys
-- Primary key. Keys of attempts whose partition has been put away; without an attempt that they could find.
DELETE FROM attempt_key WHERE attempt_id IN (
    SELECT k.attempt_id FROM attempt_key k WHERE k.attempt_id < $1 ORDER BY k.attempt_id LIMIT $2
    FOR UPDATE SKIP LOCKED);

-- name: oldest_attempt
-- Primary keys of the partitions, merged: one row of each. None at all: nothing is known to have been put away.
SELECT id FROM attempt ORDER BY id LIMIT 1;

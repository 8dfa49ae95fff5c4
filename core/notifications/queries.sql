-- name: prune_mail
-- Primary key. Mail that waits is never old enough.
WITH due AS MATERIALIZED (
    SELECT m.id FROM mail m
    WHERE m.id < $1 AND m.state <> 'waiting' ORDER BY m.id LIMIT $2 FOR UPDATE SKIP LOCKED
)
DELETE FROM mail USING due WHERE mail.id = due.id;

-- name: prune_notices
-- Primary key.
WITH due AS MATERIALIZED (
    SELECT n.id FROM notice n WHERE n.id < $1 ORDER BY n.id LIMIT $2 FOR UPDATE SKIP LOCKED
)
DELETE FROM notice USING due WHERE notice.id = due.id;

-- name: record_names
-- Primary key. $1 kinds and $2 identifiers, side by side.
SELECT w.kind, w.id, b.name FROM unnest($1::text[], $2::uuid[]) AS w (kind, id) JOIN brand b ON b.id = w.id;

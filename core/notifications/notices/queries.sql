-- name: add_notices
-- One row for each agent; the foreign key holds the agent.
INSERT INTO notice (agent_id, kind, facts, link, created_at)
SELECT u.agent_id, $2, $3::text::jsonb, $4, $5 FROM unnest($1::uuid[]) AS u (agent_id);

-- name: list_notices
-- Index notice_agent. $1 agent, $2 not read only, $3 id before, $4 limit.
SELECT id, kind, facts::text AS facts, link, created_at, read_at FROM notice
WHERE agent_id = $1 AND (NOT $2::boolean OR read_at IS NULL) AND ($3::uuid IS NULL OR id < $3)
ORDER BY id DESC
LIMIT $4;

-- name: count_unread
-- Partial index notice_unread, never more than a hundred entries of it.
SELECT count(*)::int FROM (SELECT FROM notice WHERE agent_id = $1 AND read_at IS NULL LIMIT 100) AS few;

-- name: agent_of_session
-- Primary key. Whether the session is still good has been asked.
SELECT agent_id FROM session WHERE token_hash = $1;

-- name: read_notices
-- Partial index notice_unread. $3 NULL: all of them.
UPDATE notice SET read_at = $2 WHERE agent_id = $1 AND read_at IS NULL AND ($3::uuid[] IS NULL OR id = ANY ($3));

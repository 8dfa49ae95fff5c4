-- name: read_answer
-- The messages of the outcome of an attempt; event_attempt.
SELECT e.detail FROM event AS e
WHERE e.attempt_id = $1 AND e.business_date = $2 AND e.kind = :EventKind.DECIDED
LIMIT 1;

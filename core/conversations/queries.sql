-- name: record_names
-- Primary keys. $1 kinds and $2 identifiers, side by side.
SELECT w.kind, w.id, v.question_fr AS name, v.question_en AS name_en, e.removed_at IS NULL AS seen
FROM unnest($1::text[], $2::uuid[]) AS w (kind, id)
JOIN faq_entry e ON e.id = w.id
JOIN faq_version v ON v.entry_id = e.id AND v.number = e.version
WHERE w.kind = 'faq_entry'
UNION ALL
SELECT w.kind, w.id, coalesce(nullif(c.subject, ''), c.channel) AS name, NULL AS name_en, true AS seen
FROM unnest($1::text[], $2::uuid[]) AS w (kind, id)
JOIN conversation c ON c.id = w.id
WHERE w.kind = 'conversation';

-- name: prune_messages
-- Index conversation_state, then the primary key. The conversation itself stays, which the audit names. $1 cutoff, $2 rows.
WITH due AS MATERIALIZED (
    SELECT m.conversation_id, m.number
    FROM conversation c JOIN conversation_message m ON m.conversation_id = c.id
    WHERE c.state = 'ended' AND c.since < $1 ORDER BY c.since LIMIT $2 FOR UPDATE OF m SKIP LOCKED
)
DELETE FROM conversation_message AS m USING due WHERE m.conversation_id = due.conversation_id AND m.number = due.number;

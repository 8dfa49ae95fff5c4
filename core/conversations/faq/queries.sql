-- name: entries
-- One by its primary key, or a page of a few hundred rows that are sorted. $1 entry or none, $2 topic or none, $3 topic with
-- place and $4 entry after which, $5 limit.
SELECT e.id, e.changed_at, v.number, v.topic, v.place, v.question_fr, v.question_en, v.answer_fr, v.answer_en, v.keywords,
       v.published, v.made_at, v.made_by, a.name AS made_by_name
FROM faq_entry e
JOIN faq_version v ON v.entry_id = e.id AND v.number = e.version
LEFT JOIN agent a ON a.id = v.made_by
WHERE e.removed_at IS NULL AND ($1::uuid IS NULL OR e.id = $1) AND ($2::text IS NULL OR v.topic = $2)
  AND (v.topic || to_char(v.place, 'FM000'), e.id) > ($3, $4)
ORDER BY v.topic || to_char(v.place, 'FM000'), e.id
LIMIT $5;

-- name: earlier_versions
-- The last fifty but the present one, by the primary key.
SELECT v.number, v.topic, v.place, v.question_fr, v.question_en, v.answer_fr, v.answer_en, v.keywords, v.published, v.made_at,
       v.made_by, a.name AS made_by_name
FROM faq_version v LEFT JOIN agent a ON a.id = v.made_by
WHERE v.entry_id = $1 AND v.number < $2
ORDER BY v.number DESC LIMIT 50;

-- name: revision
-- How many entries there are and when the last change was: a few hundred rows are read.
SELECT count(*) AS entries, max(greatest(changed_at, removed_at)) AS changed_at FROM faq_entry;

-- name: count_entries
-- A few hundred rows are read.
SELECT count(*) FROM faq_entry WHERE removed_at IS NULL;

-- name: add_entry
INSERT INTO faq_entry (version, changed_at) VALUES (1, $1) RETURNING id;

-- name: lock_entry
-- Primary key; two who change it take turns.
SELECT e.version, e.changed_at FROM faq_entry e WHERE e.id = $1 AND e.removed_at IS NULL FOR UPDATE;

-- name: add_version
-- The entry is locked or new. Primary key: a version is written once.
INSERT INTO faq_version (
    entry_id, number, topic, place, question_fr, question_en, answer_fr, answer_en, keywords, published, made_by, made_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: take_version
-- Primary key, on a row that is locked.
UPDATE faq_entry SET version = $2, changed_at = $3 WHERE id = $1;

-- name: remove_entry
-- Primary key; of two who remove it, one does.
UPDATE faq_entry SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL RETURNING version;

-- name: version_question
-- Primary key.
SELECT question_fr FROM faq_version WHERE entry_id = $1 AND number = $2;

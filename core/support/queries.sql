-- What support's records are called, for who reads of them elsewhere.

-- name: record_names
-- Primary keys. $1 kinds and $2 identifiers, side by side. Statuses of a request have their names by its type.
SELECT w.kind, w.id, r.code AS name, NULL AS name_en, r.type
FROM unnest($1::text[], $2::uuid[]) AS w (kind, id) JOIN request r ON w.kind = 'request' AND r.id = w.id
UNION ALL
SELECT w.kind, w.id, m.name_fr, m.name_en, NULL
FROM unnest($1, $2) AS w (kind, id) JOIN macro m ON w.kind = 'macro' AND m.id = w.id;

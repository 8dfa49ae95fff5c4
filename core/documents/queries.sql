-- name: put_part
-- Primary key: a part sent again is the same part.
INSERT INTO document_part (agent_id, upload, number, content, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (agent_id, upload, number) DO NOTHING;

-- name: parts
-- Primary key, in order; at most 40 rows of half a mebibyte.
SELECT number, content FROM document_part WHERE agent_id = $1 AND upload = $2 ORDER BY number;

-- name: forget_parts
DELETE FROM document_part WHERE agent_id = $1 AND upload = $2;

-- name: forget_old_parts
-- Index document_part_age.
DELETE FROM document_part WHERE at < $1;

-- name: put_blob
INSERT INTO document_blob (sha256, content) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING;

-- name: read_blob
-- Primary key; substring reads only the slices of the row that it needs.
SELECT substring(content FROM $2::int + 1 FOR $3::int) AS part FROM document_blob WHERE sha256 = $1;

-- name: company_seen
-- A company is seen by whoever sees it as a whole, or one of its stores (index store_company).
SELECT EXISTS (
    SELECT FROM company c LEFT JOIN store s ON s.company_id = c.id
    WHERE c.id = $2 AND sees($1::area[], s.department, s.id, c.id, NULL)
);

-- name: company_held
-- Primary key. What a company brought shows its account and its people: for whoever sees it as a whole.
SELECT EXISTS (SELECT FROM company c WHERE c.id = $2 AND sees($1::area[], c.department, NULL, c.id, NULL));

-- name: documents_of
-- Index document_company backwards in time. $1 company, $2 kinds, $3 how many at most.
SELECT d.id, d.kind, d.company_id, c.legal_name, d.name, d.media_type, d.sha256, d.size_bytes, d.made_by,
       a.name AS made_by_name, d.made_at
FROM document d
JOIN company c ON c.id = d.company_id
LEFT JOIN agent a ON a.id = d.made_by
WHERE d.company_id = $1 AND d.kind = ANY($2::text[])
ORDER BY d.made_at DESC, d.id DESC
LIMIT $3;

-- name: add_document
INSERT INTO document (kind, company_id, name, media_type, sha256, size_bytes, made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING id;

-- name: document_by_id
-- Primary key. The scope follows from the kind, so it is asked for in a second statement.
SELECT d.id, d.kind, d.company_id, c.legal_name, d.name, d.media_type, d.sha256, d.size_bytes, d.made_by,
       a.name AS made_by_name, d.made_at
FROM document d
JOIN company c ON c.id = d.company_id
LEFT JOIN agent a ON a.id = d.made_by
WHERE d.id = $1;

-- name: record_names
-- Primary key. $1 kinds and $2 identifiers, side by side.
SELECT w.kind, w.id, d.name FROM unnest($1::text[], $2::uuid[]) AS w (kind, id) JOIN document d ON d.id = w.id;

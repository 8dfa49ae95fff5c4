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

-- name: readable
-- Index document_company backwards in time; contract_company, then primary keys, for what a paper belongs to.
-- An attachment is the company's, a paper the contract's whose version names it: each is read where that is. A paper of
-- no version (replaced, or not signed with yet) may cover any service: for whoever sees the company whatever the
-- service, and for whoever brought it.
-- $1 company, $2 one document, $3 scope of attachments, $4 of contracts, $5 its areas of every service, $6 who asks,
-- $7 how many at most.
SELECT d.id, d.kind, d.company_id, c.legal_name, d.name, d.media_type, d.sha256, d.size_bytes, d.made_by,
       a.name AS made_by_name, d.made_at
FROM document d
JOIN company c ON c.id = d.company_id
LEFT JOIN agent a ON a.id = d.made_by
LEFT JOIN LATERAL (
    SELECT w.contract_id FROM contract k JOIN contract_version w ON w.contract_id = k.id
    WHERE k.company_id = d.company_id AND d.id IN (w.pdf_fr, w.pdf_en, w.signed_document) LIMIT 1
) p ON d.kind <> 'attachment'
WHERE d.company_id = $1 AND ($2::uuid IS NULL OR d.id = $2) AND CASE
    WHEN d.kind = 'attachment' THEN sees($3::area[], c.department, NULL, c.id, NULL)
    WHEN p.contract_id IS NOT NULL THEN EXISTS (
        SELECT FROM contract_service x JOIN store s ON s.id = x.store_id
        WHERE x.contract_id = p.contract_id AND sees($4::area[], s.department, s.id, s.company_id, x.kind))
    ELSE sees($5::area[], c.department, NULL, c.id, NULL)
         OR d.made_by = $6 AND EXISTS (
             SELECT FROM store s
             WHERE s.company_id = c.id AND sees($4::area[], s.department, s.id, s.company_id, NULL)) END
ORDER BY d.made_at DESC, d.id DESC
LIMIT $7;

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

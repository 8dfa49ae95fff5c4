-- What has left the house and what rings in the demonstration. Agents by their address, requests by their title.

-- name: requests_given
-- A handful of rows: who has a request, and who gave it.
SELECT r.id, r.code, r.title, r.store_id IS NOT NULL AS has_place, y.name_fr AS type, g.email, g.name, g.locale, a.name AS by,
       a.id AS author_id
FROM request r
JOIN request_type y ON y.code = r.type
JOIN agent g ON g.id = r.assignee_id
JOIN agent a ON a.id = r.author_id
WHERE r.title = ANY($1::text[]) AND g.id <> a.id
ORDER BY r.id
LIMIT 20;

-- name: add_comment
-- Index request_entry_request: the same comment is there once.
INSERT INTO request_entry (request_id, agent_id, at, kind, body)
SELECT $1, $2, $3, 'comment', $4::text
WHERE NOT EXISTS (SELECT FROM request_entry e WHERE e.request_id = $1 AND e.kind = 'comment' AND e.body = $4);

-- name: drop_closed_mention
-- Index notice_agent: what an earlier seed told somebody of a request that only its team may open.
DELETE FROM notice n USING agent g, request r
WHERE g.email = $1 AND n.agent_id = g.id AND n.kind = 'request_mention' AND n.link = '/requests/' || r.code
  AND r.title = ANY($2::text[]) AND r.company_id IS NULL;

-- name: contracts_made
-- A handful of rows: the contracts of the demonstration with who is written to, by the contact of the company.
SELECT k.id, k.number, k.state, k.company_id, c.legal_name, p.name, p.email
FROM contract k
JOIN company c ON c.id = k.company_id
JOIN contact p ON p.company_id = c.id
WHERE c.siren = ANY($1::text[]) AND k.state IN ('ready', 'active')
ORDER BY k.id
LIMIT 20;

-- name: file_submitted
-- Primary key.
SELECT o.id, o.name, g.name AS by FROM onboarding o JOIN agent g ON g.id = o.submitted_by WHERE o.id = $1;

-- name: add_letter
-- Unique index on once: what stands is left alone. Nothing of it leaves: it has left, or has failed.
INSERT INTO mail (once, template, recipient, locale, facts, about_kind, about_id, state, tries, last_error, created_at,
                  sent_at)
VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7, $8, $9, $10, $11, CASE WHEN $8 = 'sent' THEN $11::timestamptz END)
ON CONFLICT (once) DO NOTHING;

-- name: ring
-- Index notice_agent: the same notice at the same page is there once.
INSERT INTO notice (agent_id, kind, facts, link, created_at)
SELECT g.id, $2, $3::text::jsonb, $4, $5 FROM agent g
WHERE g.email = $1
  AND NOT EXISTS (SELECT FROM notice n WHERE n.agent_id = g.id AND n.kind = $2 AND n.link = $4);

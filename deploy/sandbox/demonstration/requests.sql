-- name: add_requests
-- Primary key: what stands is left alone. Agents by their address, companies by their first store's city.
WITH made AS (
    INSERT INTO request (id, code, type, status, title, team, author_id, assignee_id, due_on, company_id, store_id,
                         priority, created_at, changed_at)
    SELECT u.id, u.code, u.type, u.status, u.title, y.team, a.id, g.id, u.due_on, s.company_id, s.id, u.priority,
           now(), now()
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                $9::date[], $10::text[])
         AS u (id, code, type, status, title, author, assignee, store, due_on, priority)
    JOIN request_type y ON y.code = u.type
    JOIN agent a ON a.email = u.author
    LEFT JOIN agent g ON g.email = u.assignee
    LEFT JOIN store s ON s.name = u.store
    ON CONFLICT (id) DO NOTHING
    RETURNING id, author_id, created_at
)
INSERT INTO request_entry (request_id, agent_id, at, kind) SELECT id, author_id, created_at, 'created' FROM made;

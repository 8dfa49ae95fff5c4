-- What support's records are called, for who reads of them elsewhere.

-- name: record_names
-- Primary keys. $1 kinds and $2 identifiers, side by side. Statuses of a request have their names by its type. Who sees a
-- request is who sees it in lists (requests/queries.sql): $3 scope, $4 agent, $5 teams of the agent.
SELECT w.kind, w.id, r.code AS name, NULL AS name_en, r.type,
       CASE WHEN r.company_id IS NULL
            THEN r.author_id = $4 OR r.assignee_id IS NOT DISTINCT FROM $4 OR r.team = ANY ($5::text[])
            WHEN r.store_id IS NOT NULL THEN sees($3::area[], s.department, s.id, s.company_id, v.kind)
            ELSE sees($3, NULL, NULL, r.company_id, NULL)
                 OR EXISTS (SELECT FROM store o WHERE o.company_id = r.company_id
                                                  AND sees($3, o.department, o.id, o.company_id, NULL)) END AS seen
FROM unnest($1::text[], $2::uuid[]) AS w (kind, id)
JOIN request r ON w.kind = 'request' AND r.id = w.id
LEFT JOIN store s ON s.id = r.store_id
LEFT JOIN terminal t ON t.id = r.terminal_id
LEFT JOIN service v ON v.id = t.service_id
UNION ALL
SELECT w.kind, w.id, m.name_fr, m.name_en, NULL, true
FROM unnest($1, $2) AS w (kind, id) JOIN macro m ON w.kind = 'macro' AND m.id = w.id;

-- name: put_receiver
-- The one that stands follows the port; what was changed or removed by people stays so. None when there is nothing to add.
WITH of_company AS (
    SELECT c.id FROM company c WHERE c.legal_name = $1
), moved AS (
    UPDATE webhook_endpoint e SET url = $2 FROM of_company c
    WHERE e.company_id = c.id AND e.description = 'Sandbox receiver' AND e.url <> $2 AND e.removed_at IS NULL
        AND NOT EXISTS (
            SELECT FROM webhook_endpoint o WHERE o.company_id = c.id AND o.url = $2 AND o.removed_at IS NULL)
)
INSERT INTO webhook_endpoint (company_id, url, description, made_at, changed_at)
SELECT c.id, $2, 'Sandbox receiver', now(), now() FROM of_company c
WHERE NOT EXISTS (SELECT FROM webhook_endpoint e WHERE e.company_id = c.id AND e.description = 'Sandbox receiver')
RETURNING id;

-- name: put_receiver_secret
INSERT INTO webhook_secret (endpoint_id, sealed, made_at) VALUES ($1, $2, now());

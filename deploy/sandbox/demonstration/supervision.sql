-- name: add_view
INSERT INTO saved_view (id, list, owner_id, name, shared_role, filters, columns, created_at, updated_at)
SELECT $1, 'transactions', a.id, $3, 'hotline', $4, '{}', now(), now() FROM agent a WHERE a.email = $2
ON CONFLICT DO NOTHING;

-- name: add_alert
-- One that is over, so that the history has something to show; a rule of the institution's own opened it.
INSERT INTO alert (
    id, rule_id, severity, subject_kind, subject_key, subject_id, label, store_id, measured, usual, volume, opened_at,
    seen_at, recovered_at
)
SELECT $1, r.id, r.severity, 'store', s.id::text, s.id, s.name, s.id, 52, 6.5, 46, now() - interval '3 hours',
       now() - interval '150 minutes', now() - interval '140 minutes'
FROM store s, (SELECT id, severity FROM alert_rule WHERE kind = 'decline_rate' AND per = 'store' ORDER BY id LIMIT 1) AS r
WHERE s.name = $2
ON CONFLICT DO NOTHING
RETURNING id;

-- name: add_happenings
INSERT INTO alert_event (alert_id, at, kind) VALUES
($1, now() - interval '3 hours', 'opened'), ($1, now() - interval '140 minutes', 'recovered');

-- name: add_export
-- An export whose day is over: its file is gone, who asked for what is not.
INSERT INTO export_job (
    id, agent_id, kind, format, locale, columns, asked, filter, scope, until, state, rows_done, rows_total, created_at,
    finished_at, expires_at
)
SELECT $1, a.id, 'transactions', 'xlsx', 'fr', '{received_at,state,amount,store}', '{"state": "declined"}',
       '{"states": [5]}', '{"areas": [{}]}', now() - interval '2 days', 'expired', 128, 128, now() - interval '2 days',
       now() - interval '2 days', now() - interval '1 day'
FROM agent a WHERE a.email = $2
ON CONFLICT DO NOTHING;

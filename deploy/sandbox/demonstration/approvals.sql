-- What the demonstration shows of approvals, options and repairs. Ids are fixed, so that a second run finds them.

-- name: add_profiles
INSERT INTO terminal_profile (terminal_id, serial, connectivity, tip, tip_percent_max)
SELECT t.id, 'PAX-' || t.terminal, CASE WHEN t.terminal < 'T0000006' THEN 'ethernet' ELSE 'wifi' END,
       s.merchant_category = '5812', CASE WHEN s.merchant_category = '5812' THEN 15 END
FROM terminal t JOIN store s ON s.id = t.store_id
WHERE t.terminal LIKE 'T00000__'
ON CONFLICT (terminal_id) DO NOTHING;

-- name: add_approval
-- Refused already, so that it asks nobody for anything: it shows what one looks like.
INSERT INTO approval (
    id, kind, target_kind, target_id, store_id, service, payload, amount_minor, currency, reason, state, asked_by,
    asked_at, expires_at, decided_by, decided_at, decision_reason
)
SELECT '0192f0a0-0000-7000-8000-00000000a001', 'transaction.refund', 'transaction',
       '0192f0a0-0000-7000-8000-00000000a002', s.id, 'pax',
       '{"original_date": "2026-11-01", "label": "DEMONSTRATE0"}', 62000, 'EUR', 'Article cassé à la livraison',
       'refused', asker.id, '2026-11-02T09:00:00Z', '2026-11-09T09:00:00Z', decider.id, '2026-11-02T10:00:00Z',
       'Le magasin a déjà remboursé en espèces'
FROM store s, agent asker, agent decider
WHERE s.acceptor = 'GCT000000000001' AND asker.email = 'backoffice@guichet.example'
    AND decider.email = 'superviseur@guichet.example'
ON CONFLICT (id) DO NOTHING;

-- name: add_run
INSERT INTO macro_run (id, macro_id, target_kind, target_id, run_by, run_at, results)
SELECT '0192f0a0-0000-7000-8000-00000000a003', m.id, 'terminal', t.id, g.id, '2026-11-02T09:00:00Z',
       '[{"step": "reload_parameters", "outcome": "done", "why": null, "detail": ""}]'
FROM (SELECT id FROM macro WHERE kind = 'sequence' ORDER BY id LIMIT 1) AS m, terminal t, agent g
WHERE t.terminal = 'T0000003' AND g.email = 'technicien@guichet.example'
ON CONFLICT (id) DO NOTHING;

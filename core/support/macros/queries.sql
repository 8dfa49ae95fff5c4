-- Stored answers and sequences. Macros belong to the institution; their targets are bound to the scope $1.

-- name: list_macros
-- A few dozen rows.
SELECT m.id, m.kind, m.target_kind, m.name_fr, m.name_en, m.text_fr, m.text_en, m.steps, m.changed_at, g.name AS changed_by
FROM macro m LEFT JOIN agent g ON g.id = m.changed_by
WHERE m.removed_at IS NULL AND ($1::text IS NULL OR m.target_kind IN ($1, 'any')) AND ($2::uuid IS NULL OR m.id = $2)
ORDER BY m.kind, m.name_fr, m.id LIMIT 200;

-- name: add_macro
INSERT INTO macro (kind, target_kind, name_fr, name_en, text_fr, text_en, steps, changed_by, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id;

-- name: lock_macro
-- Primary key; two who change it take turns.
SELECT changed_at FROM macro WHERE id = $1 AND removed_at IS NULL FOR UPDATE;

-- name: change_macro
-- Primary key.
UPDATE macro SET kind = $2, target_kind = $3, name_fr = $4, name_en = $5, text_fr = $6, text_en = $7, steps = $8,
    changed_by = $9, changed_at = $10
WHERE id = $1 AND removed_at IS NULL RETURNING id;

-- name: remove_macro
-- Primary key; its runs stay.
UPDATE macro SET removed_at = $2, changed_by = $3, changed_at = $2 WHERE id = $1 AND removed_at IS NULL RETURNING id;

-- name: target_terminal
-- Primary keys, the standing block by block_standing, the last payment by attempt_once newest date first.
-- $2 terminal, $3 earliest date of a payment.
SELECT t.id, t.terminal, t.activated_at, s.name AS store_name, s.time_zone, v.active AS service_active, o.retired_at,
       b.id AS block_id, b.reason AS block_reason,
       a.id AS payment_id, a.approved_minor, a.currency, a.received_at, a.card_brand, a.card_last_four
FROM terminal t
JOIN store s ON s.id = t.store_id
JOIN service v ON v.id = t.service_id
LEFT JOIN terminal_profile o ON o.terminal_id = t.id
LEFT JOIN block b ON b.target_kind = :BlockTarget.TERMINAL AND b.target_id = t.id AND b.lifted_at IS NULL
LEFT JOIN LATERAL (
    SELECT p.id, p.approved_minor, p.currency, p.received_at, p.card_brand, p.card_last_four
    FROM attempt p
    WHERE p.terminal_id = t.id AND p.business_date >= $3 AND p.kind IN (:Kind.AUTHORISATION, :Kind.PURCHASE)
        AND p.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.CAPTURED, :State.REFUNDED, :State.SETTLED)
    ORDER BY p.business_date DESC, p.id DESC
    LIMIT 1
) a ON true
WHERE t.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, v.kind);

-- name: target_store
-- Primary key, the standing block by block_standing.
SELECT s.id, s.name AS store_name, b.id AS block_id, b.reason AS block_reason
FROM store s
LEFT JOIN block b ON b.target_kind = :BlockTarget.STORE AND b.target_id = s.id AND b.lifted_at IS NULL
WHERE s.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, NULL);

-- name: add_note
INSERT INTO estate_note (target_kind, target_id, text, written_by, written_at) VALUES ($1, $2, $3, $4, $5);

-- name: add_run
INSERT INTO macro_run (id, macro_id, target_kind, target_id, run_by, run_at, results)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: offer_before
-- The plans of today were offered before as well, so that customers can have bought by them: constraint plan_days leaves what
-- is there already.
INSERT INTO plan (
    code, name_fr, name_en, parts, step_unit, step_count, currency, amount_min_minor, amount_max_minor, fee_bp, fee_minor,
    markets, valid_from, valid_to, made_at
)
SELECT DISTINCT ON (p.code)
    p.code, p.name_fr, p.name_en, p.parts, p.step_unit, p.step_count, p.currency, p.amount_min_minor, p.amount_max_minor,
    p.fee_bp, p.fee_minor, p.markets, DATE '2026-01-01', p.valid_from, now()
FROM plan AS p
WHERE p.made_by IS NULL AND p.valid_from > DATE '2026-01-01'
ORDER BY p.code, p.valid_from
ON CONFLICT DO NOTHING;

-- migrate:up
-- By what a code's days are kept apart.
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- A version of a plan: how a purchase is parted, and what it costs. It never changes, but for the day on which it ends.
CREATE TABLE plan (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    code text NOT NULL CHECK (code ~ '^[a-z0-9][a-z0-9-]{1,39}$'),
    name_fr text NOT NULL CHECK (length(name_fr) BETWEEN 2 AND 80),
    name_en text NOT NULL CHECK (length(name_en) BETWEEN 2 AND 80),
    parts smallint NOT NULL CHECK (parts IN (2, 3, 4, 10)),
    step_unit text NOT NULL CHECK (step_unit IN ('days', 'months')),
    step_count smallint NOT NULL CHECK (step_count BETWEEN 1 AND CASE step_unit WHEN 'months' THEN 12 ELSE 90 END),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount_min_minor bigint NOT NULL CHECK (amount_min_minor >= parts), -- a cent for each part
    amount_max_minor bigint NOT NULL CHECK (amount_max_minor BETWEEN amount_min_minor AND 1000000000),
    fee_bp integer CHECK (fee_bp BETWEEN 0 AND 2000),
    fee_minor bigint CHECK (fee_minor BETWEEN 0 AND 1000000000),
    valid_from date NOT NULL, -- days in Paris: the first on which it is offered
    valid_to date CHECK (valid_to >= valid_from), -- the first on which it is not; the same day: it never was
    made_by uuid REFERENCES agent (id),
    made_at timestamptz NOT NULL,
    CONSTRAINT plan_finite CHECK (isfinite(valid_from) AND isfinite(valid_to)),
    CONSTRAINT plan_fee CHECK (num_nonnulls(fee_bp, fee_minor) = 1),
    CONSTRAINT plan_days EXCLUDE USING gist (code WITH =, daterange(valid_from, valid_to) WITH &&)
);
CREATE INDEX plan_code ON plan (code, id);

INSERT INTO plan (
    code, name_fr, name_en, parts, step_unit, step_count, currency, amount_min_minor, amount_max_minor, fee_bp,
    valid_from, made_at
) VALUES
('2x', 'En 2 fois', 'In 2 payments', 2, 'days', 30, 'EUR', 5000, 300000, 75, '2026-11-01', now()),
('3x', 'En 3 fois', 'In 3 payments', 3, 'days', 30, 'EUR', 10000, 300000, 150, '2026-11-01', now()),
('4x', 'En 4 fois', 'In 4 payments', 4, 'days', 30, 'EUR', 10000, 300000, 220, '2026-11-01', now()),
('10x', 'En 10 fois', 'In 10 payments', 10, 'months', 1, 'EUR', 15000, 300000, 580, '2026-11-01', now());

SELECT allow_at_first(
    'plans.read', '{hotline,shop_seller,technician,back_office,sales,legal,supervisor,administrator}'
);
SELECT allow_at_first('plans.write', '{supervisor,administrator}');

-- migrate:down
DELETE FROM role_permission WHERE permission IN ('plans.read', 'plans.write');
DELETE FROM founding_permission WHERE permission IN ('plans.read', 'plans.write');
DROP TABLE plan;

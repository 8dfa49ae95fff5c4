-- migrate:up
-- Where a plan is offered: countries of buyers, ISO 3166-1. What was offered so far was offered in France.
ALTER TABLE plan ADD COLUMN markets text [] NOT NULL DEFAULT '{FR}';
ALTER TABLE plan ADD CONSTRAINT plan_markets CHECK (
    cardinality(markets) BETWEEN 1 AND 30 AND array_ndims(markets) = 1 AND array_position(markets, NULL) IS NULL
    AND '' <> ALL (markets)
) NOT VALID;
ALTER TABLE purchase_order ADD COLUMN country text NOT NULL DEFAULT 'FR';
ALTER TABLE purchase_order ADD CONSTRAINT purchase_order_country CHECK (country ~ '^[A-Z]{2}$') NOT VALID;

-- migrate:down
ALTER TABLE purchase_order DROP COLUMN country;
ALTER TABLE plan DROP COLUMN markets;

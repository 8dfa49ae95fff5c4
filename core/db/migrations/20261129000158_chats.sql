-- migrate:up
-- When each side of a chat was last there, and last typed: who talks sees whether the other is there.
ALTER TABLE conversation
    ADD COLUMN customer_seen_at timestamptz,
    ADD COLUMN agent_seen_at timestamptz,
    ADD COLUMN customer_typed_at timestamptz,
    ADD COLUMN agent_typed_at timestamptz;

-- migrate:down
ALTER TABLE conversation
    DROP COLUMN customer_seen_at,
    DROP COLUMN agent_seen_at,
    DROP COLUMN customer_typed_at,
    DROP COLUMN agent_typed_at;

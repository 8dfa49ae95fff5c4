-- migrate:up
-- By what a merchant's own program calls: a key of its company. The key itself is shown once and never kept.
CREATE TABLE api_key (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    company_id uuid NOT NULL REFERENCES company (id),
    name text NOT NULL CHECK (length(name) BETWEEN 2 AND 80),
    prefix text NOT NULL CHECK (length(prefix) = 12), -- its first characters, by which people tell keys apart
    key_hash bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32), -- SHA-256
    made_by uuid NOT NULL REFERENCES agent (id),
    made_at timestamptz NOT NULL,
    used_at timestamptz, -- to the minute
    revoked_by uuid REFERENCES agent (id),
    revoked_at timestamptz,
    CONSTRAINT api_key_revoked CHECK ((revoked_by IS NULL) = (revoked_at IS NULL))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX api_key_name ON api_key (company_id, name) WHERE revoked_at IS NULL;
CREATE INDEX api_key_company ON api_key (company_id, id);

SELECT allow_at_first('api_keys.write', '{back_office,supervisor,administrator}');

-- migrate:down
DELETE FROM role_permission WHERE permission = 'api_keys.write';
DELETE FROM founding_permission WHERE permission = 'api_keys.write';
DROP TABLE api_key;

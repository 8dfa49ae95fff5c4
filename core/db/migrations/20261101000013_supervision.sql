-- migrate:up
-- Supervision: exports as jobs, saved views, alert rules and their alerts, and what charts need of the activity.

-- An export is a job of the worker; its file stands in the data folder until it expires.
CREATE TABLE export_job (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    agent_id uuid NOT NULL REFERENCES agent (id),
    kind text NOT NULL CHECK (kind IN ('transactions')),
    format text NOT NULL CHECK (format IN ('csv', 'xlsx')),
    compressed boolean NOT NULL DEFAULT false,
    locale text NOT NULL CHECK (locale IN ('fr', 'en')),
    columns text[] NOT NULL CHECK (cardinality(columns) BETWEEN 1 AND 40),
    asked jsonb NOT NULL, -- the filters as the API received them, to show
    filter jsonb NOT NULL, -- contracts.desk_requests.TransactionFilter, to run
    scope jsonb NOT NULL, -- contracts.scope.Scope when it was asked for: later grants add nothing to it
    until timestamptz NOT NULL, -- nothing received later enters: pages stay still while rows are added
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled', 'expired')),
    failure text NOT NULL DEFAULT '',
    rows_done bigint NOT NULL DEFAULT 0,
    rows_total bigint, -- counted when it starts; NULL until then
    bytes bigint,
    file text NOT NULL DEFAULT '',
    runs integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    heartbeat_at timestamptz, -- a running job without one for a while belongs to nobody
    finished_at timestamptz,
    expires_at timestamptz
) WITH (fillfactor = 70);
CREATE INDEX export_job_agent ON export_job (agent_id, id DESC);
CREATE INDEX export_job_open ON export_job (id) WHERE state IN ('waiting', 'running');
CREATE INDEX export_job_expiry ON export_job (expires_at) WHERE state = 'done';

-- A list as somebody likes to see it: filters, columns, and dates only where they belong to the view.
CREATE TABLE saved_view (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    list text NOT NULL CHECK (list IN ('transactions', 'terminals')),
    owner_id uuid NOT NULL REFERENCES agent (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    shared_role text REFERENCES role (code) ON DELETE SET NULL, -- NULL: the owner's alone
    filters jsonb NOT NULL DEFAULT '{}',
    columns text[] NOT NULL DEFAULT '{}', -- empty: the usual ones
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (owner_id, list, name)
);
CREATE INDEX saved_view_shared ON saved_view (shared_role) WHERE shared_role IS NOT NULL;

CREATE TABLE saved_view_default (
    agent_id uuid NOT NULL REFERENCES agent (id),
    list text NOT NULL,
    view_id uuid NOT NULL REFERENCES saved_view (id) ON DELETE CASCADE,
    PRIMARY KEY (agent_id, list)
);
CREATE INDEX saved_view_default_view ON saved_view_default (view_id);

CREATE TABLE alert_rule (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    kind text NOT NULL CHECK (kind IN (
        'decline_rate', 'volume_drop', 'store_silence', 'terminal_silence', 'host_link_down', 'reversal_stuck')),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    enabled boolean NOT NULL DEFAULT true,
    severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    threshold integer NOT NULL CHECK (threshold BETWEEN 1 AND 100000), -- percent, or a number of things
    window_minutes integer NOT NULL CHECK (window_minutes BETWEEN 5 AND 1440),
    volume_min integer NOT NULL CHECK (volume_min BETWEEN 0 AND 1000000),
    per text NOT NULL CHECK (per IN ('area', 'store', 'terminal', 'acquirer')), -- what one alert is about
    area jsonb NOT NULL DEFAULT '{}', -- contracts.scope.Area; {} is everywhere
    quiet_from smallint CHECK (quiet_from BETWEEN 0 AND 1439), -- minutes of the day in Paris
    quiet_to smallint CHECK (quiet_to BETWEEN 0 AND 1439),
    created_by uuid REFERENCES agent (id), -- NULL: made with the institution
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    CHECK ((quiet_from IS NULL) = (quiet_to IS NULL))
);

CREATE TABLE alert (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    rule_id uuid NOT NULL REFERENCES alert_rule (id),
    severity text NOT NULL,
    subject_kind text NOT NULL CHECK (subject_kind IN ('area', 'store', 'terminal', 'acquirer')),
    subject_key text NOT NULL, -- an id as text, 'all' for the area of the rule
    subject_id uuid,
    label text NOT NULL,
    store_id uuid, -- set when the subject is a store or stands in one: whoever sees it sees the alert
    measured double precision NOT NULL,
    usual double precision, -- the same figure at the same hours of the last weeks; NULL when there is none
    volume integer NOT NULL,
    opened_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL, -- the last time it was over the threshold
    recovered_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by uuid REFERENCES agent (id),
    snoozed_until timestamptz
) WITH (fillfactor = 70);
-- One standing alert for a rule and a subject.
CREATE UNIQUE INDEX alert_standing ON alert (rule_id, subject_key) WHERE recovered_at IS NULL;
CREATE INDEX alert_store ON alert (store_id, id DESC);

CREATE TABLE alert_event (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    alert_id uuid NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('opened', 'acknowledged', 'snoozed', 'recovered')),
    agent_id uuid REFERENCES agent (id),
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 500)
);
CREATE INDEX alert_event_alert ON alert_event (alert_id, id);

INSERT INTO alert_rule (kind, name, severity, threshold, window_minutes, volume_min, per, quiet_from, quiet_to) VALUES
('decline_rate', 'Refus inhabituels dans un magasin', 'warning', 40, 15, 20, 'store', NULL, NULL),
('decline_rate', 'Refus inhabituels, tous magasins', 'critical', 25, 10, 200, 'area', NULL, NULL),
('volume_drop', 'Chute du volume, tous magasins', 'critical', 60, 15, 100, 'area', NULL, NULL),
('store_silence', 'Magasin silencieux', 'warning', 1, 60, 20, 'store', 1320, 420),
('terminal_silence', 'Terminal silencieux', 'info', 1, 30, 0, 'terminal', 1320, 420),
('host_link_down', 'Liaison avec un acquéreur coupée', 'critical', 20, 5, 10, 'acquirer', NULL, NULL),
('reversal_stuck', 'Annulations non acceptées', 'critical', 1, 10, 0, 'acquirer', NULL, NULL);

-- Charts also ask by service (the functional scope) and by brand, and how long decisions took. The counts by bound
-- are cumulative (decided within so many milliseconds), so that a percentile is read from sums.
-- The table is one row a minute, store and result, so that the lock while its key is built lasts moments.
ALTER TABLE activity_minute
    ADD COLUMN service text NOT NULL DEFAULT '',
    ADD COLUMN brand smallint NOT NULL DEFAULT 0,
    ADD COLUMN timed integer NOT NULL DEFAULT 0,
    ADD COLUMN latency_ms_sum bigint NOT NULL DEFAULT 0,
    ADD COLUMN within_100ms integer NOT NULL DEFAULT 0,
    ADD COLUMN within_250ms integer NOT NULL DEFAULT 0,
    ADD COLUMN within_500ms integer NOT NULL DEFAULT 0,
    ADD COLUMN within_1000ms integer NOT NULL DEFAULT 0,
    ADD COLUMN within_2000ms integer NOT NULL DEFAULT 0,
    ADD COLUMN within_5000ms integer NOT NULL DEFAULT 0,
    -- squawk-ignore ban-drop-constraint
    DROP CONSTRAINT activity_minute_pkey,
    -- squawk-ignore constraint-missing-not-valid, adding-serial-primary-key-field
    ADD CONSTRAINT activity_minute_pkey PRIMARY KEY (minute, store_id, service, brand, state, reason, currency);
-- What was counted before belongs to the store's service where it has only one.
UPDATE activity_minute AS m SET service = single.kind
FROM (SELECT store_id, min(kind) AS kind FROM service GROUP BY store_id HAVING count(*) = 1) AS single
WHERE single.store_id = m.store_id;

-- migrate:down
-- Rows that only the new columns tell apart are added up again.
CREATE TEMPORARY TABLE activity_before AS
SELECT minute, store_id, state, reason, currency, sum(transactions)::integer AS transactions,
    sum(amount_minor)::bigint AS amount_minor
FROM activity_minute GROUP BY 1, 2, 3, 4, 5;
DELETE FROM activity_minute;
ALTER TABLE activity_minute
    DROP CONSTRAINT activity_minute_pkey,
    DROP COLUMN service, DROP COLUMN brand, DROP COLUMN timed, DROP COLUMN latency_ms_sum,
    DROP COLUMN within_100ms, DROP COLUMN within_250ms, DROP COLUMN within_500ms,
    DROP COLUMN within_1000ms, DROP COLUMN within_2000ms, DROP COLUMN within_5000ms,
    ADD CONSTRAINT activity_minute_pkey PRIMARY KEY (minute, store_id, state, reason, currency);
INSERT INTO activity_minute (minute, store_id, state, reason, currency, transactions, amount_minor)
SELECT minute, store_id, state, reason, currency, transactions, amount_minor FROM activity_before;
DROP TABLE activity_before;
DROP TABLE alert_event;
DROP TABLE alert;
DROP TABLE alert_rule;
DROP TABLE saved_view_default;
DROP TABLE saved_view;
DROP TABLE export_job;

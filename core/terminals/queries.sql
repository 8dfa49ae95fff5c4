-- name: terminals_of
-- Index terminal_store: a store has a few. $1 scope, $2 store, $3 limit, $4 seen since, $5 now.
SELECT t.id, t.terminal, t.model, s.id AS store_id, s.name AS store_name, s.department, s.time_zone, v.kind AS service,
       p.connected, p.last_seen_at,
       terminal_condition(
           o.retired_at, t.blocked_at, s.blocked_at, v.blocked_at, t.activated_at, v.active, p.connected, p.last_seen_at,
           l.failing, $4, is_trading(s.time_zone, $5)
       ) AS condition
FROM terminal t
JOIN store s ON s.id = t.store_id
JOIN service v ON v.id = t.service_id
LEFT JOIN terminal_presence p ON p.terminal_id = t.id
LEFT JOIN terminal_profile o ON o.terminal_id = t.id
LEFT JOIN terminal_level l ON l.terminal_id = t.id
WHERE sees($1::area[], s.department, s.id, s.company_id, v.kind)
  AND t.store_id = $2
ORDER BY t.terminal
LIMIT $3;

-- name: terminal_by_id
-- Primary key, within the scope. $3 seen since, $4 now.
SELECT t.id, t.terminal, t.model, s.id AS store_id, s.name AS store_name, s.department, s.time_zone, v.kind AS service,
       p.connected, p.last_seen_at,
       terminal_condition(
           o.retired_at, t.blocked_at, s.blocked_at, v.blocked_at, t.activated_at, v.active, p.connected, p.last_seen_at,
           l.failing, $3, is_trading(s.time_zone, $4)
       ) AS condition
FROM terminal t
JOIN store s ON s.id = t.store_id
JOIN service v ON v.id = t.service_id
LEFT JOIN terminal_presence p ON p.terminal_id = t.id
LEFT JOIN terminal_profile o ON o.terminal_id = t.id
LEFT JOIN terminal_level l ON l.terminal_id = t.id
WHERE t.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, v.kind);

-- name: sign_on
-- Unique index on terminal.terminal, then primary keys.
SELECT t.id, t.dialect, t.activated_at, t.blocked_at, s.acceptor, s.merchant_category,
       s.blocked_at AS store_blocked_at, v.active AS service_active, v.blocked_at AS service_blocked_at
FROM terminal t
JOIN store s ON s.id = t.store_id
JOIN service v ON v.id = t.service_id
WHERE t.terminal = $1;

-- name: signed_on
-- Primary key of terminal_presence; the journal has every sign-on.
WITH shown AS (
    INSERT INTO terminal_presence (terminal_id, edge, address, firmware, connected, connected_since, last_seen_at)
    VALUES ($1, $2, $3, $4, true, $5, $5)
    ON CONFLICT (terminal_id) DO UPDATE SET
        edge = excluded.edge, address = excluded.address, firmware = excluded.firmware, connected = true,
        connected_since = excluded.connected_since, last_seen_at = excluded.last_seen_at
)
INSERT INTO terminal_event (terminal_id, at, kind, edge, address, firmware)
VALUES ($1, $5, 'signed_on', $2, $3, $4);

-- name: refused
-- Index terminal_event_terminal: a terminal that is refused tries again every few seconds, for days.
INSERT INTO terminal_event (terminal_id, at, kind, edge, address, firmware, reason)
SELECT $1::uuid, $5::timestamptz, 'refused', $2, $3, $4, $6::smallint
WHERE NOT EXISTS (
    SELECT FROM terminal_event e
    WHERE e.terminal_id = $1 AND e.at > $5 - interval '10 minutes' AND e.kind = 'refused'
      AND e.reason = $6
      AND NOT EXISTS (SELECT FROM terminal_event s
                      WHERE s.terminal_id = $1 AND s.kind = 'signed_on' AND s.at >= e.at)
);

-- name: standing_refusals
-- Index terminal_event_terminal, the newest sign-on of each terminal: where it was refused, and why.
SELECT t.id AS terminal_id, e.at, e.reason
FROM unnest($1::uuid[]) AS t (id)
CROSS JOIN LATERAL (
    SELECT n.at, n.kind, n.reason FROM terminal_event n
    WHERE n.terminal_id = t.id AND n.kind IN ('signed_on', 'refused')
    ORDER BY n.at DESC LIMIT 1
) e
WHERE e.kind = 'refused';

-- name: presences
-- A batch, at most one row a terminal, in the order of ids so that two batches cannot wait for each other.
-- A terminal that moved to another edge is not shown as gone by the one that it left. The journal has who is gone.
WITH noted AS (
    INSERT INTO terminal_presence AS p (terminal_id, edge, connected, connected_since, last_seen_at)
    SELECT u.terminal_id, u.edge, u.connected, CASE WHEN u.connected THEN u.at END, u.at
    FROM unnest($1::uuid[], $2::text[], $3::boolean[], $4::timestamptz[]) AS u (terminal_id, edge, connected, at)
    JOIN terminal t ON t.id = u.terminal_id
    ORDER BY u.terminal_id
    ON CONFLICT (terminal_id) DO UPDATE SET
        edge = excluded.edge, connected = excluded.connected,
        connected_since = CASE WHEN NOT excluded.connected THEN NULL
                               WHEN p.connected AND p.edge = excluded.edge THEN p.connected_since
                               ELSE excluded.last_seen_at END,
        last_seen_at = greatest(p.last_seen_at, excluded.last_seen_at)
    WHERE excluded.last_seen_at >= p.last_seen_at AND (excluded.connected OR p.edge = excluded.edge)
    RETURNING new.terminal_id, new.edge, new.last_seen_at, coalesce(old.connected, false) AND NOT new.connected AS lost
)
INSERT INTO terminal_event (terminal_id, at, kind, edge)
SELECT n.terminal_id, n.last_seen_at, 'disconnected', n.edge FROM noted n WHERE n.lost;

-- name: keep_administrative_advice
-- Unique index terminal_event_advised, by terminal and number: the same sending has its time, a repeat by its type may
-- have another. Index terminal_event_terminal for those of a day. No row: there is no such terminal.
-- $1 terminal, $2 received, $3 number, $4 its time, $5 text, $6 repeat, $7 known so long, $8 most in a day.
WITH asked AS (
    SELECT t.id,
        EXISTS (
            SELECT FROM terminal_event e
            WHERE e.terminal_id = t.id AND e.kind = 'advised' AND e.stan = $3 AND e.text = $5
              AND (e.local_time = $4 OR ($6::boolean AND e.at > $2::timestamptz - $7::interval))
        ) AS is_known,
        $8 <= (
            SELECT count(*) FROM terminal_event e
            WHERE e.terminal_id = t.id AND e.kind = 'advised' AND e.at > $2::timestamptz - interval '1 day'
        ) AS is_full
    FROM terminal t
    WHERE t.id = $1
), kept AS (
    INSERT INTO terminal_event (terminal_id, at, kind, stan, local_time, text)
    SELECT a.id, $2, 'advised', $3, $4, $5 FROM asked a WHERE NOT a.is_known AND NOT a.is_full
    ON CONFLICT DO NOTHING
)
SELECT a.is_known OR NOT a.is_full FROM asked a;

-- name: target_store
-- Primary key; the row stays locked until the block is written.
SELECT s.id, s.name AS label FROM store s
WHERE s.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, NULL) FOR UPDATE OF s;

-- name: target_service
SELECT v.id, s.name || ' · ' || v.kind AS label FROM service v JOIN store s ON s.id = v.store_id
WHERE v.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, v.kind) FOR UPDATE OF v;

-- name: target_terminal
SELECT t.id, t.terminal || ' · ' || s.name AS label FROM terminal t JOIN store s ON s.id = t.store_id
JOIN service v ON v.id = t.service_id
WHERE t.id = $2 AND sees($1::area[], s.department, s.id, s.company_id, v.kind) FOR UPDATE OF t;

-- name: make_block
-- Unique index block_standing: a target has at most one standing block.
INSERT INTO block (target_kind, target_id, reason, blocked_by, blocked_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (target_kind, target_id) WHERE lifted_at IS NULL DO NOTHING
RETURNING id;

-- name: echo_store
UPDATE store SET blocked_at = $2 WHERE id = $1;

-- name: echo_service
UPDATE service SET blocked_at = $2 WHERE id = $1;

-- name: echo_terminal
UPDATE terminal SET blocked_at = $2 WHERE id = $1;

-- name: lock_block
-- Primary key.
SELECT target_kind, target_id, lifted_at FROM block WHERE id = $1 FOR UPDATE;

-- name: lift_block
UPDATE block SET lifted_at = $2, lifted_by = $3, lift_reason = $4 WHERE id = $1 AND lifted_at IS NULL;

-- name: blocks
-- Index block_target when a target is named, else the primary key backwards (its ids grow with time).
-- $1 scope, $2 one block, $3 target, $4 standing, $5 id before, $6 limit.
SELECT b.id, b.target_kind, b.target_id, b.reason, b.blocked_at, b.lifted_at, b.lift_reason,
       b.blocked_by, maker.name AS blocked_by_name, b.lifted_by, lifter.name AS lifted_by_name,
       CASE b.target_kind WHEN 1 THEN st.name
                          WHEN 2 THEN st.name || ' · ' || v.kind
                          ELSE t.terminal || ' · ' || st.name END AS label, st.time_zone
FROM block b
LEFT JOIN terminal t ON b.target_kind = :BlockTarget.TERMINAL AND t.id = b.target_id
LEFT JOIN service v ON v.id = CASE b.target_kind WHEN 2 THEN b.target_id WHEN 3 THEN t.service_id END
JOIN store st ON st.id = CASE b.target_kind WHEN 1 THEN b.target_id ELSE v.store_id END
LEFT JOIN agent maker ON maker.id = b.blocked_by
LEFT JOIN agent lifter ON lifter.id = b.lifted_by
WHERE sees($1::area[], st.department, st.id, st.company_id, v.kind)
  AND ($2::uuid IS NULL OR b.id = $2)
  AND ($3::uuid IS NULL OR b.target_id = $3)
  AND ($4::boolean IS NULL OR (b.lifted_at IS NULL) = $4)
  AND ($5::uuid IS NULL OR b.id < $5)
ORDER BY b.id DESC
LIMIT $6;

-- name: standing_blocks_of
-- Unique index block_standing, by each target.
SELECT b.id, b.target_kind, b.target_id, b.reason, b.blocked_at, b.lifted_at, b.lift_reason,
       b.blocked_by, maker.name AS blocked_by_name, b.lifted_by, NULL::text AS lifted_by_name,
       CASE b.target_kind WHEN 1 THEN st.name
                          WHEN 2 THEN st.name || ' · ' || v.kind
                          ELSE t.terminal || ' · ' || st.name END AS label, st.time_zone
FROM block b
LEFT JOIN terminal t ON b.target_kind = :BlockTarget.TERMINAL AND t.id = b.target_id
LEFT JOIN service v ON b.target_kind = :BlockTarget.SERVICE AND v.id = b.target_id
JOIN store st ON st.id = CASE b.target_kind WHEN 1 THEN b.target_id WHEN 2 THEN v.store_id ELSE t.store_id END
LEFT JOIN agent maker ON maker.id = b.blocked_by
WHERE b.target_id = ANY($1::uuid[]) AND b.lifted_at IS NULL;

-- name: prune_terminal_events
-- Primary key. The trigger terminal_event_kept refuses what is younger than a month, whatever the setting.
WITH due AS MATERIALIZED (
    SELECT e.id FROM terminal_event e
    WHERE e.id < $1 AND e.at < now() - interval '31 days' ORDER BY e.id LIMIT $2 FOR UPDATE SKIP LOCKED
)
DELETE FROM terminal_event USING due WHERE terminal_event.id = due.id;

-- name: record_names
-- Primary keys; those that the reader sees. $1 kinds and $2 identifiers, side by side; $3 everything, $4 scope.
SELECT w.kind, w.id, t.terminal AS name
FROM unnest($1::text[], $2::uuid[]) AS w (kind, id)
JOIN terminal t ON t.id = w.id
JOIN service v ON v.id = t.service_id
JOIN store s ON s.id = v.store_id
WHERE $3::boolean OR sees($4::area[], s.department, s.id, s.company_id, v.kind);

-- name: virtual_terminal
-- The virtual point of sale of a company, or of one of its stores: store_company, terminal_store. $1 company, $2 store or none.
SELECT t.id
FROM store AS s
INNER JOIN service AS v ON v.store_id = s.id AND v.kind = 'ecommerce' AND v.active
INNER JOIN terminal AS t ON t.store_id = s.id AND t.service_id = v.id AND t.activated_at IS NOT NULL
LEFT JOIN terminal_profile AS o ON o.terminal_id = t.id
WHERE s.company_id = $1 AND ($2::uuid IS NULL OR s.id = $2) AND o.retired_at IS NULL
ORDER BY s.id, t.id LIMIT 1;

-- name: lock_web_service
-- Of those that could have one, so that two who want it make one; store_company. $1 company, $2 store or none.
SELECT v.id, v.store_id
FROM store AS s INNER JOIN service AS v ON v.store_id = s.id
WHERE s.company_id = $1 AND ($2::uuid IS NULL OR s.id = $2) AND v.kind = 'ecommerce' AND v.active
ORDER BY s.id LIMIT 1
FOR UPDATE OF v;

-- name: add_virtual_terminal
-- $1 store, $2 service. Nobody signs on as it: no certificate has its number.
INSERT INTO terminal (store_id, service_id, terminal, model, activated_at)
VALUES ($1, $2, 'V' || lpad(nextval('virtual_terminal_number')::text, 7, '0'), 'virtual', now())
RETURNING id;

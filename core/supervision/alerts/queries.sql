-- name: rules
-- A small table. $1 one rule, $2 those that are switched on alone.
SELECT r.id, r.kind, r.name, r.enabled, r.severity, r.threshold, r.window_minutes, r.volume_min, r.per, r.area::text,
       r.quiet_from, r.quiet_to, r.updated_at,
       (SELECT count(*)::int FROM alert a WHERE a.rule_id = r.id AND a.recovered_at IS NULL) AS standing
FROM alert_rule r
WHERE r.deleted_at IS NULL AND ($1::uuid IS NULL OR r.id = $1) AND (NOT $2::boolean OR r.enabled)
ORDER BY r.name, r.id
LIMIT 200;

-- name: lock_rules
-- Rules are counted and written one at a time.
SELECT pg_advisory_xact_lock(hashtext('guichet alert rules'));

-- name: add_rule
INSERT INTO alert_rule (
    kind, name, enabled, severity, threshold, window_minutes, volume_min, per, area, quiet_from, quiet_to, created_by,
    created_at, updated_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
RETURNING id;

-- name: change_rule
-- Primary key.
UPDATE alert_rule
SET kind = $1, name = $2, enabled = $3, severity = $4, threshold = $5, window_minutes = $6, volume_min = $7, per = $8,
    area = $9, quiet_from = $10, quiet_to = $11, updated_at = $12
WHERE id = $13 AND deleted_at IS NULL
RETURNING id;

-- name: delete_rule
UPDATE alert_rule SET deleted_at = $2, enabled = false WHERE id = $1 AND deleted_at IS NULL;

-- name: recover_of_rule
-- Index alert_standing. A rule that was changed, switched off or deleted watches anew: what stood is over,
-- by whoever changed it ($3).
WITH over AS (
    UPDATE alert SET recovered_at = $2 WHERE rule_id = $1 AND recovered_at IS NULL RETURNING id
)
INSERT INTO alert_event (alert_id, at, kind, agent_id) SELECT id, $2, 'recovered', $3 FROM over;

-- name: rates
-- Primary key of activity_minute by its first column, one window. Of the payments that were decided, how many were
-- declined: what is unknown is on neither side. Of what goes to an acquirer, how much found no answer or none that settles it (reasons 50, 51, 58, 59).
-- $1 area, $2 from, $3 to, $4 per.
SELECT CASE $4::text WHEN 'store' THEN m.store_id::text WHEN 'acquirer' THEN v.acquirer_id::text
    ELSE 'all' END AS key,
       CASE WHEN $4 = 'store' THEN m.store_id END AS store_id,
       CASE $4 WHEN 'store' THEN min(s.name) WHEN 'acquirer' THEN min(q.name) ELSE '' END AS label,
       sum(CASE WHEN $4 = 'acquirer' THEN m.transactions ELSE m.payments END)::int AS volume,
       coalesce(sum(CASE WHEN $4 = 'acquirer' THEN m.transactions ELSE m.payments END) FILTER (
           WHERE CASE WHEN $4 = 'acquirer' THEN m.reason IN (:Reason.HOST_UNREACHABLE, :Reason.HOST_NO_REPLY,
               :Reason.HOST_CODE_UNKNOWN, :Reason.HOST_ANSWER_DIFFERS)
                   ELSE m.state = :State.DECLINED END), 0)::int AS bad
FROM activity_minute m
JOIN store s ON s.id = m.store_id
LEFT JOIN service v ON v.store_id = m.store_id AND v.kind = m.service
LEFT JOIN acquirer q ON q.id = v.acquirer_id
WHERE m.minute >= $2 AND m.minute < $3
  AND ($4 = 'acquirer' OR m.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.DECLINED))
  AND ($4 <> 'acquirer' OR v.acquirer_id IS NOT NULL)
  AND sees($1::area[], s.department, s.id, s.company_id, m.service)
GROUP BY 1, 2;

-- name: usual_rates
-- The same over the week before, for the few subjects that are about to alert.
-- $1 area, $2 from, $3 to, $4 per, $5 keys.
SELECT key, sum(bad) * 100.0 / nullif(sum(volume), 0) AS usual
FROM (
    SELECT CASE $4::text WHEN 'store' THEN m.store_id::text WHEN 'acquirer' THEN v.acquirer_id::text
        ELSE 'all' END AS key,
           CASE WHEN $4 = 'acquirer' THEN m.transactions ELSE m.payments END AS volume,
           CASE WHEN $4 = 'acquirer' AND m.reason IN (:Reason.HOST_UNREACHABLE, :Reason.HOST_NO_REPLY,
               :Reason.HOST_CODE_UNKNOWN, :Reason.HOST_ANSWER_DIFFERS) THEN m.transactions
                WHEN $4 <> 'acquirer' AND m.state = :State.DECLINED THEN m.payments ELSE 0 END AS bad
    FROM activity_minute m
    JOIN store s ON s.id = m.store_id
    LEFT JOIN service v ON v.store_id = m.store_id AND v.kind = m.service
    WHERE m.minute >= $2 AND m.minute < $3
      AND ($4 = 'acquirer' OR m.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.DECLINED))
      AND sees($1::area[], s.department, s.id, s.company_id, m.service)
) AS counted
WHERE key = ANY($5::text[])
GROUP BY key;

-- name: volumes
-- Primary key of activity_minute by its first column: this window, and in each of the four weeks before the one of the
-- same hours by the clock of each store. Zones whose clocks changed alike since share a window, so there is one a week
-- but for the weeks after a change. $1 area, $2 from, $3 to, $4 per.
WITH hours AS (
    SELECT w.weeks, b.from_at, b.to_at, array_agg(z.time_zone) AS time_zones
    FROM generate_series(0, 4) AS w (weeks)
    CROSS JOIN (SELECT DISTINCT s.time_zone FROM store AS s) AS z
    CROSS JOIN LATERAL (
        SELECT CASE w.weeks WHEN 0 THEN $2::timestamptz ELSE
                   (($2::timestamptz AT TIME ZONE z.time_zone) - w.weeks * interval '7 days') AT TIME ZONE z.time_zone
               END AS from_at,
               CASE w.weeks WHEN 0 THEN $3::timestamptz ELSE
                   (($3::timestamptz AT TIME ZONE z.time_zone) - w.weeks * interval '7 days') AT TIME ZONE z.time_zone
               END AS to_at
    ) AS b
    GROUP BY 1, 2, 3
)
SELECT CASE WHEN $4::text = 'store' THEN m.store_id::text ELSE 'all' END AS key,
       CASE WHEN $4 = 'store' THEN m.store_id END AS store_id,
       CASE WHEN $4 = 'store' THEN min(s.name) ELSE '' END AS label,
       coalesce(sum(m.payments) FILTER (WHERE w.weeks = 0), 0)::int AS volume,
       count(DISTINCT w.weeks) FILTER (WHERE w.weeks > 0)::int AS weeks,
       (coalesce(sum(m.payments) FILTER (WHERE w.weeks > 0), 0)::float8
            / greatest(count(DISTINCT w.weeks) FILTER (WHERE w.weeks > 0), 1)) AS usual
FROM hours AS w
JOIN activity_minute m ON m.minute >= w.from_at AND m.minute < w.to_at
JOIN store s ON s.id = m.store_id AND s.time_zone = ANY (w.time_zones)
WHERE sees($1::area[], s.department, s.id, s.company_id, m.service)
GROUP BY 1, 2;

-- name: silent_terminals
-- A pass over terminal_presence. Who was there within a week and whose state is silent for as long as the rule waits:
-- what an alert calls silent, every page does. $1 area, $2 silent since, $3 not longer than since, $4 now, $5 limit,
-- $6 seen since, $7 now.
SELECT t.id::text AS key, t.id AS subject_id, s.id AS store_id, t.terminal || ' · ' || s.name AS label,
       (extract(epoch FROM $4::timestamptz - p.last_seen_at) / 60)::float8 AS minutes
FROM terminal_presence p
JOIN terminal t ON t.id = p.terminal_id
JOIN store s ON s.id = t.store_id
JOIN service v ON v.id = t.service_id
LEFT JOIN terminal_profile o ON o.terminal_id = t.id
WHERE NOT p.connected AND p.last_seen_at < $2 AND p.last_seen_at >= $3
  AND terminal_condition(
      o.retired_at, t.blocked_at, s.blocked_at, v.blocked_at, t.activated_at, v.active, p.connected, p.last_seen_at, false,
      $6, is_trading(s.time_zone, $7)
  ) = 'silent'
  AND sees($1::area[], s.department, s.id, s.company_id, v.kind)
ORDER BY p.last_seen_at DESC, t.id
LIMIT $5;

-- name: stuck_reversals
-- Partial index delivery_due: what has not been accepted is little. Advices and completions count as reversals do; what
-- the host refused for good counts at once.
-- $1 area, $2 created before.
SELECT d.acquirer_id::text AS key, min(q.name) AS label, count(*)::int AS stuck
FROM delivery d
JOIN attempt a ON a.id = d.attempt_id AND a.business_date = d.business_date
JOIN acquirer q ON q.id = d.acquirer_id
LEFT JOIN terminal t ON t.id = a.terminal_id
LEFT JOIN service v ON v.id = t.service_id
LEFT JOIN store s ON s.id = a.store_id
WHERE d.accepted_at IS NULL AND (d.created_at < $2 OR d.refused_at IS NOT NULL)
  AND sees($1::area[], s.department, s.id, s.company_id, v.kind)
GROUP BY 1;

-- name: standing_of
-- Index alert_standing.
SELECT id, subject_key, seen_at FROM alert WHERE rule_id = $1 AND recovered_at IS NULL;

-- name: put_alerts
-- Index alert_standing: what stands is brought up to date, what is new opens, in one statement.
WITH put AS (
    INSERT INTO alert AS a (
        rule_id, severity, subject_kind, subject_key, subject_id, label, store_id, measured, usual, volume, opened_at,
        seen_at
    )
    SELECT $1, $2, $3, u.key, u.subject_id, u.label, u.store_id, u.measured, u.usual, u.volume, $4, $4
    FROM unnest($5::text[], $6::uuid[], $7::text[], $8::uuid[], $9::float8[], $10::float8[], $11::integer[])
        AS u (key, subject_id, label, store_id, measured, usual, volume)
    ORDER BY u.key
    ON CONFLICT (rule_id, subject_key) WHERE recovered_at IS NULL DO UPDATE SET
        measured = excluded.measured, usual = coalesce(excluded.usual, a.usual), volume = excluded.volume,
        seen_at = excluded.seen_at
    RETURNING a.id, a.xmax = 0 AS opened
)
INSERT INTO alert_event (alert_id, at, kind) SELECT id, $4, 'opened' FROM put WHERE opened RETURNING alert_id;

-- name: recover_alerts
-- Primary key.
WITH over AS (
    UPDATE alert SET recovered_at = $2 WHERE id = ANY($1::uuid[]) AND recovered_at IS NULL RETURNING id
)
INSERT INTO alert_event (alert_id, at, kind) SELECT id, $2, 'recovered' FROM over;

-- name: alerts
-- Primary key backwards. An alert about a store is for who sees the store and every service that its rule counts;
-- one about an area or an acquirer for who sees the whole area of its rule ($2).
-- $1 scope, $2 rules whose area is seen whole, $3 one alert, $4 recovered ones, $5 id before, $6 limit.
SELECT a.id, a.rule_id, r.name AS rule_name, r.kind, r.threshold, r.window_minutes, a.severity, a.subject_kind,
       a.subject_key, a.subject_id, a.label, a.store_id, a.measured, a.usual, a.volume, a.opened_at, a.seen_at,
       a.recovered_at, a.acknowledged_at, a.acknowledged_by, g.name AS acknowledged_by_name, a.snoozed_until,
       s.time_zone
FROM alert a
JOIN alert_rule r ON r.id = a.rule_id
LEFT JOIN store s ON s.id = a.store_id
LEFT JOIN agent g ON g.id = a.acknowledged_by
WHERE CASE WHEN a.store_id IS NULL THEN a.rule_id = ANY($2::uuid[])
           ELSE NOT EXISTS (
               SELECT FROM unnest(
                   CASE jsonb_typeof(r.area -> 'services')
                       WHEN 'array' THEN ARRAY(SELECT jsonb_array_elements_text(r.area -> 'services'))
                       ELSE ARRAY['pax', 'softpos', 'onsite', 'ecommerce'] END) AS k (kind)
               WHERE NOT sees($1::area[], s.department, s.id, s.company_id, k.kind)) END
  AND ($3::uuid IS NULL OR a.id = $3)
  AND ($4::boolean IS NULL OR (a.recovered_at IS NOT NULL) = $4)
  AND ($5::uuid IS NULL OR a.id < $5)
ORDER BY a.id DESC
LIMIT $6;

-- name: acknowledge
-- Primary key. What another has acknowledged stays theirs.
UPDATE alert SET acknowledged_at = $2, acknowledged_by = $3
WHERE id = $1 AND recovered_at IS NULL AND (acknowledged_by IS NULL OR acknowledged_by = $3) RETURNING id;

-- name: snooze
UPDATE alert SET snoozed_until = $2 WHERE id = $1 AND recovered_at IS NULL RETURNING id;

-- name: note_answer
INSERT INTO alert_event (alert_id, at, kind, agent_id, note) VALUES ($1, $2, $3, $4, $5);

-- name: history
-- Index alert_event_alert.
SELECT e.at, e.kind, e.agent_id, g.name AS agent_name, e.note
FROM alert_event e LEFT JOIN agent g ON g.id = e.agent_id
WHERE e.alert_id = $1 ORDER BY e.id LIMIT 200;

-- name: preview_rates
-- How often a rate would have passed its threshold: windows side by side over the past, a run of them counts once.
-- $1 area, $2 from, $3 to, $4 window, $5 per, $6 least volume, $7 threshold, $8 and $9 quiet hours.
WITH counted AS (
    SELECT date_bin($4::interval, m.minute, $2::timestamptz) AS at,
           CASE $5::text WHEN 'store' THEN m.store_id::text WHEN 'acquirer' THEN v.acquirer_id::text
               ELSE 'all' END AS key,
           sum(CASE WHEN $5 = 'acquirer' THEN m.transactions ELSE m.payments END) AS volume,
           coalesce(sum(CASE WHEN $5 = 'acquirer' THEN m.transactions ELSE m.payments END) FILTER (
               WHERE CASE WHEN $5 = 'acquirer' THEN m.reason IN (:Reason.HOST_UNREACHABLE, :Reason.HOST_NO_REPLY,
                   :Reason.HOST_CODE_UNKNOWN, :Reason.HOST_ANSWER_DIFFERS)
                       ELSE m.state = :State.DECLINED END), 0) AS bad
    FROM activity_minute m
    JOIN store s ON s.id = m.store_id
    LEFT JOIN service v ON v.store_id = m.store_id AND v.kind = m.service
    WHERE m.minute >= $2 AND m.minute < $3
      AND ($5 = 'acquirer' OR m.state IN (:State.APPROVED, :State.PARTIALLY_APPROVED, :State.DECLINED))
      AND ($5 <> 'acquirer' OR v.acquirer_id IS NOT NULL)
      AND sees($1::area[], s.department, s.id, s.company_id, m.service)
    GROUP BY 1, 2
), judged AS (
    SELECT at, key, volume >= greatest($6::integer, 1) AND bad * 100 >= $7::integer * volume
           AND NOT CASE
               WHEN $8::smallint IS NULL THEN false
               WHEN $8 <= $9::smallint THEN minute_of_day >= $8 AND minute_of_day < $9
               ELSE minute_of_day >= $8 OR minute_of_day < $9 END AS over
    FROM counted
    CROSS JOIN LATERAL (
        SELECT (extract(hour FROM at AT TIME ZONE 'Europe/Paris') * 60
                + extract(minute FROM at AT TIME ZONE 'Europe/Paris'))::int AS minute_of_day) AS local
), runs AS (
    -- A window in which nothing happened ends a run as one below the threshold does, unless it stands alone.
    SELECT key, over AND NOT coalesce(
               lag(over) OVER past AND lag(at) OVER past >= at - 2 * $4::interval, false) AS fires
    FROM judged
    WINDOW past AS (PARTITION BY key ORDER BY at)
)
SELECT count(*) FILTER (WHERE fires)::int AS fired, count(DISTINCT key) FILTER (WHERE fires)::int AS subjects
    FROM runs;

-- name: preview_volumes
-- The same for a volume against the four weeks before it. $10 weeks that must have traded.
WITH counted AS (
    SELECT w.weeks, date_bin($4::interval, CASE w.weeks WHEN 0 THEN m.minute ELSE
               ((m.minute AT TIME ZONE s.time_zone) + w.weeks * interval '7 days') AT TIME ZONE s.time_zone
           END, $2::timestamptz) AS at,
           CASE WHEN $5::text = 'store' THEN m.store_id::text ELSE 'all' END AS key, sum(m.payments) AS volume
    FROM generate_series(0, 4) AS w (weeks)
    JOIN activity_minute m
      ON m.minute >= $2::timestamptz - w.weeks * interval '7 days'
          AND m.minute < $3::timestamptz - w.weeks * interval '7 days'
    JOIN store s ON s.id = m.store_id
    WHERE sees($1::area[], s.department, s.id, s.company_id, m.service)
    GROUP BY 1, 2, 3
), compared AS (
    SELECT at, key, coalesce(sum(volume) FILTER (WHERE weeks = 0), 0) AS now,
           count(*) FILTER (WHERE weeks > 0) AS weeks,
           sum(volume) FILTER (WHERE weeks > 0) / nullif(count(*) FILTER (WHERE weeks > 0), 0) AS usual
    FROM counted GROUP BY at, key
), judged AS (
    SELECT at, key, coalesce(usual >= greatest($6::integer, 1) AND weeks >= $10::integer
           AND (usual - now) * 100 >= $7::integer * usual, false)
           AND NOT CASE
               WHEN $8::smallint IS NULL THEN false
               WHEN $8 <= $9::smallint THEN minute_of_day >= $8 AND minute_of_day < $9
               ELSE minute_of_day >= $8 OR minute_of_day < $9 END AS over
    FROM compared
    CROSS JOIN LATERAL (
        SELECT (extract(hour FROM at AT TIME ZONE 'Europe/Paris') * 60
                + extract(minute FROM at AT TIME ZONE 'Europe/Paris'))::int AS minute_of_day) AS local
), runs AS (
    -- A window in which nothing happened ends a run as one below the threshold does, unless it stands alone.
    SELECT key, over AND NOT coalesce(
               lag(over) OVER past AND lag(at) OVER past >= at - 2 * $4::interval, false) AS fires
    FROM judged
    WINDOW past AS (PARTITION BY key ORDER BY at)
)
SELECT count(*) FILTER (WHERE fires)::int AS fired, count(DISTINCT key) FILTER (WHERE fires)::int AS subjects
    FROM runs;

-- name: preview_reversals
-- A pass over the deliveries of a week: an hour of an acquirer with enough late reversals counts once.
-- $1 area, $2 from, $3 to, $4 how late, $5 threshold.
SELECT count(*)::int AS fired, count(DISTINCT late.acquirer_id)::int AS subjects
FROM (
    SELECT d.acquirer_id, date_trunc('hour', d.created_at) AS hour
    FROM delivery d
    JOIN attempt a ON a.id = d.attempt_id AND a.business_date = d.business_date
    LEFT JOIN terminal t ON t.id = a.terminal_id
    LEFT JOIN service v ON v.id = t.service_id
    LEFT JOIN store s ON s.id = a.store_id
    WHERE d.created_at >= $2 AND d.created_at < $3
      AND coalesce(d.accepted_at, $3) - d.created_at > $4::interval
      AND sees($1::area[], s.department, s.id, s.company_id, v.kind)
    GROUP BY 1, 2
    HAVING count(*) >= $5::integer
) AS late;

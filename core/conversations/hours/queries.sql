-- name: channels
-- A handful of rows.
SELECT c.channel, c.offered, c.address, c.note_fr, c.note_en, c.changed_at FROM contact_channel c
ORDER BY array_position('{chat,whatsapp,phone,collections,form}'::text[], c.channel);

-- name: lock_channel
-- Primary key; two who change it take turns.
SELECT c.offered, c.address, c.note_fr, c.note_en, c.changed_at FROM contact_channel c WHERE c.channel = $1 FOR UPDATE;

-- name: change_channel
-- Primary key, on a row that is locked.
UPDATE contact_channel SET offered = $2, address = $3, note_fr = $4, note_en = $5, changed_at = $6 WHERE channel = $1;

-- name: weeks
-- What may hold from a day on: of each channel the version in force then, and all that begin later, by index
-- opening_hours_day. $1 the day.
SELECT h.channel, h.valid_from, h.closed_on_holidays,
       ARRAY(SELECT ARRAY[p.weekday, p.opens_minute, p.closes_minute]::int[] FROM opening_period p WHERE p.hours_id = h.id
       ) AS periods
FROM opening_hours h
WHERE h.withdrawn_at IS NULL AND h.valid_from >= (
    SELECT coalesce(max(o.valid_from), '-infinity') FROM opening_hours o
    WHERE o.channel = h.channel AND o.withdrawn_at IS NULL AND o.valid_from <= $1
)
LIMIT 500;

-- name: special_days
-- Index opening_exception_day. $1 the first day, $2 the last.
SELECT e.channel, e.day, e.opens_minute, e.closes_minute, e.label_fr, e.label_en FROM opening_exception e
WHERE e.removed_at IS NULL AND e.day BETWEEN $1 AND $2 LIMIT 500;

-- name: hours
-- One by its primary key, or the newest versions. $1 version or none, $2 channel or none.
SELECT h.id, h.channel, h.valid_from, h.closed_on_holidays, h.made_at, h.made_by, a.name AS made_by_name, h.withdrawn_at,
       (SELECT min(o.valid_from) FROM opening_hours o
        WHERE o.channel = h.channel AND o.withdrawn_at IS NULL AND o.valid_from > h.valid_from) AS valid_to,
       ARRAY(SELECT ARRAY[p.weekday, p.opens_minute, p.closes_minute]::int[] FROM opening_period p WHERE p.hours_id = h.id
             ORDER BY p.weekday, p.opens_minute) AS periods
FROM opening_hours h LEFT JOIN agent a ON a.id = h.made_by
WHERE ($1::uuid IS NULL OR h.id = $1) AND ($2::text IS NULL OR h.channel = $2)
ORDER BY h.valid_from DESC, h.channel, h.id LIMIT 100;

-- name: add_hours
-- None when another version of the channel begins on the day: index opening_hours_day.
INSERT INTO opening_hours (channel, valid_from, closed_on_holidays, made_by, made_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (channel, valid_from) WHERE withdrawn_at IS NULL DO NOTHING RETURNING id;

-- name: add_periods
-- $1 version; $2 weekdays, $3 and $4 minutes, side by side.
INSERT INTO opening_period (hours_id, weekday, opens_minute, closes_minute)
SELECT $1, p.weekday, p.opens, p.closes FROM unnest($2::smallint[], $3::smallint[], $4::smallint[]) AS p (weekday, opens, closes);

-- name: lock_hours
-- Primary key; two who take it back take turns.
SELECT h.channel, h.valid_from, h.withdrawn_at FROM opening_hours h WHERE h.id = $1 FOR UPDATE;

-- name: withdraw_hours
-- Primary key, on a row that is locked.
UPDATE opening_hours SET withdrawn_at = $2 WHERE id = $1;

-- name: exceptions
-- One by its primary key, or those from a day on by index opening_exception_day. $1 exception or none, $2 the day.
SELECT e.id, e.channel, e.day, e.opens_minute, e.closes_minute, e.label_fr, e.label_en, e.made_by, a.name AS made_by_name
FROM opening_exception e LEFT JOIN agent a ON a.id = e.made_by
WHERE e.removed_at IS NULL AND ($1::uuid IS NULL OR e.id = $1) AND e.day >= $2
ORDER BY e.day, e.channel NULLS FIRST LIMIT 200;

-- name: add_exception
-- None when the channel has a special day then: index opening_exception_day.
INSERT INTO opening_exception (channel, day, opens_minute, closes_minute, label_fr, label_en, made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (coalesce(channel, ''), day) WHERE removed_at IS NULL DO NOTHING RETURNING id;

-- name: remove_exception
-- Primary key; of two who remove it, one does.
UPDATE opening_exception SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL RETURNING day, channel, label_fr;

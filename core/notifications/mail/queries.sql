-- name: queue_mail
-- Unique index on mail.once: a repeat of the same mail finds it there, in whatever state.
INSERT INTO mail (once, template, recipient, locale, facts, about_kind, about_id)
VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7)
ON CONFLICT (once) DO NOTHING;

-- name: queue_mails
-- Unique index on mail.once. Hashes, templates, recipients, languages, facts, and what they are about (kind and identifier), side
-- by side. Gives those that were there already too.
WITH asked AS (
    SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[])
        AS w (once, template, recipient, locale, facts, about_kind, about_id)
), added AS (
    INSERT INTO mail (once, template, recipient, locale, facts, about_kind, about_id)
    SELECT a.once, a.template, a.recipient, a.locale, a.facts::jsonb, a.about_kind, a.about_id FROM asked AS a
    ON CONFLICT (once) DO NOTHING
    RETURNING id, once
)
SELECT d.id, d.once FROM added AS d
UNION ALL
SELECT m.id, m.once FROM asked AS a INNER JOIN mail AS m ON m.once = a.once;

-- name: lease_mail
-- Partial index mail_due; rows that another worker takes just now are passed over. The account chooses the brand.
WITH due AS (
    SELECT m.id FROM mail m WHERE m.state = 'waiting' AND m.due_at <= $1
    ORDER BY m.due_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
UPDATE mail m SET due_at = $2, tries = m.tries + 1
FROM due
WHERE m.id = due.id
RETURNING m.id, m.template, m.recipient, m.locale, m.facts::text AS facts, m.tries,
          (SELECT c.account_id FROM company c
           WHERE c.id = CASE m.about_kind
                        WHEN 'company' THEN m.about_id
                        WHEN 'store' THEN (SELECT s.company_id FROM store s WHERE s.id = m.about_id)
                        WHEN 'order' THEN (SELECT o.company_id FROM purchase_order o WHERE o.id = m.about_id) END) AS account_id;

-- name: mail_sent
-- Primary key. One-time links go with the mail: nobody reads them here afterwards.
UPDATE mail SET state = 'sent', sent_at = $2, last_error = '', facts = facts - $3::text[]
WHERE id = $1 AND state = 'waiting';

-- name: mail_not_sent
-- Primary key. `due_at` NULL: it has failed for good.
UPDATE mail SET state = CASE WHEN $2::timestamptz IS NULL THEN 'failed' ELSE 'waiting' END,
                due_at = coalesce($2, due_at), last_error = $3
WHERE id = $1 AND state = 'waiting';

-- name: list_mail
-- Primary key backwards (its ids grow with time), or mail_about when one thing is named.
-- $1 whole business, $2 scope, $3 one mail, $4 state, $5 template, $6 recipient holds, $7 about, $8 id before, $9 limit.
-- What is about a store, a company or an order is seen where that is; everything else only by whoever sees everything.
SELECT m.id, m.template, m.recipient, m.locale, m.facts::text AS facts, m.about_kind, m.about_id, m.state, m.tries,
       m.due_at, m.last_error, m.created_at, m.sent_at,
       (SELECT c.account_id FROM company c
        WHERE c.id = CASE m.about_kind
                     WHEN 'company' THEN m.about_id
                     WHEN 'store' THEN (SELECT s.company_id FROM store s WHERE s.id = m.about_id)
                     WHEN 'order' THEN (SELECT o.company_id FROM purchase_order o WHERE o.id = m.about_id) END) AS account_id
FROM mail m
WHERE ($1::boolean OR EXISTS (
          SELECT FROM store s
          WHERE (m.about_kind = 'store' AND s.id = m.about_id OR m.about_kind = 'company' AND s.company_id = m.about_id)
            AND sees($2::area[], s.department, s.id, s.company_id, NULL))
       OR m.about_kind = 'order' AND EXISTS (
          SELECT FROM purchase_order o JOIN company c ON c.id = o.company_id LEFT JOIN store s ON s.id = o.store_id
          WHERE o.id = m.about_id
            AND sees($2::area[], coalesce(s.department, c.department), o.store_id, o.company_id, 'ecommerce')))
  AND ($3::uuid IS NULL OR m.id = $3)
  AND ($4::text IS NULL OR m.state = $4)
  AND ($5::text IS NULL OR m.template = $5)
  AND ($6::text = '' OR m.recipient ILIKE $6)
  AND ($7::uuid IS NULL OR m.about_id = $7)
  AND ($8::uuid IS NULL OR m.id < $8)
ORDER BY m.id DESC
LIMIT $9;

-- name: lock_mail
-- Primary key.
SELECT state FROM mail WHERE id = $1 FOR UPDATE;

-- name: retry_mail
-- Primary key. A mail that failed for good starts over under the same Message-ID.
UPDATE mail SET state = 'waiting', tries = 0, due_at = $2, last_error = '' WHERE id = $1 AND state = 'failed';

-- name: mail_waits
-- Partial index mail_due.
SELECT count(*)::int AS waiting, min(created_at) FILTER (WHERE tries = 0) AS untried_since FROM mail
    WHERE state = 'waiting';

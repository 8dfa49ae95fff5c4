-- name: queue_mail
-- Unique index on mail.once: a repeat of the same mail finds it there, in whatever state.
INSERT INTO mail (once, template, recipient, locale, facts, about_kind, about_id)
VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7)
ON CONFLICT (once) DO NOTHING;

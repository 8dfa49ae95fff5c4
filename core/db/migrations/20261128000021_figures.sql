-- migrate:up
-- What each figure counts, said once (docs/figures.md): by figure_has for one attempt, and by the two views for sums.

-- Whether an attempt is one of those that a figure counts. A payment is an authorisation, a purchase or an advice; a
-- completion belongs to its authorisation, and a verification moves nothing. What was approved and taken back later was
-- approved all the same; what got no answer stays unknown after its reversal, and never was a decline. A reversal that
-- came before its payment is no payment: it was never sent.
CREATE FUNCTION figure_has(figure text, kind smallint, state smallint, approved_minor bigint, sent_at timestamptz)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE figure
    WHEN 'approved' THEN kind IN (1, 2, 5) AND (state IN (3, 4, 8, 9, 10) OR state = 7 AND approved_minor > 0)
    WHEN 'cancelled' THEN kind IN (1, 2, 5) AND state = 7 AND approved_minor > 0
    WHEN 'declined' THEN kind IN (1, 2, 5) AND state = 5
    WHEN 'unknown' THEN kind IN (1, 2, 5) AND (state = 6 OR state = 7 AND approved_minor = 0 AND sent_at IS NOT NULL)
    WHEN 'payments' THEN kind IN (1, 2, 5)
        AND (state IN (3, 4, 5, 6, 8, 9, 10) OR state = 7 AND (approved_minor > 0 OR sent_at IS NOT NULL))
    WHEN 'refunds' THEN kind = 4 AND state IN (3, 8, 10)
    ELSE false
END;

-- The figures of one attempt as it stands. Gross is what purchases and advices hold or have captured and what
-- completions captured: a hold is no money yet, and its completion would count it twice.
CREATE VIEW attempt_figure AS
SELECT
    a.id, a.business_date, a.received_at, a.store_id, a.terminal_id, a.acquirer_id, a.card_brand AS brand,
    a.reason, a.currency,
    figure_has('payments', a.kind, a.state, a.approved_minor, a.sent_at)::integer AS payments,
    figure_has('approved', a.kind, a.state, a.approved_minor, a.sent_at)::integer AS approved,
    figure_has('cancelled', a.kind, a.state, a.approved_minor, a.sent_at)::integer AS cancelled,
    figure_has('declined', a.kind, a.state, a.approved_minor, a.sent_at)::integer AS declined,
    figure_has('unknown', a.kind, a.state, a.approved_minor, a.sent_at)::integer AS unknown,
    figure_has('refunds', a.kind, a.state, a.approved_minor, a.sent_at)::integer AS refunds,
    CASE WHEN a.kind IN (2, 5, 6) AND a.state IN (3, 4, 8, 9, 10) THEN a.approved_minor ELSE 0 END AS gross_minor,
    CASE WHEN a.kind = 4 AND a.state IN (3, 8, 10) THEN a.approved_minor ELSE 0 END AS refunded_minor
FROM attempt AS a;

-- The projection keeps the same: its rows are by what an attempt first became, and one that is taken back later adds a
-- row of state 7 that takes its money off again.
ALTER TABLE activity_minute
    ADD COLUMN payments integer NOT NULL DEFAULT 0,
    ADD COLUMN cancelled integer NOT NULL DEFAULT 0,
    ADD COLUMN gross_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN refunds integer NOT NULL DEFAULT 0,
    ADD COLUMN refunded_minor bigint NOT NULL DEFAULT 0;

-- What was counted before, from the events that the projection has taken in and from no later one.
INSERT INTO activity_minute AS m (
    minute, store_id, service, brand, state, reason, currency, transactions, amount_minor, payments, cancelled,
    gross_minor, refunds, refunded_minor
)
SELECT
    date_trunc('minute', a.received_at, 'UTC'), a.store_id, coalesce(v.kind, ''), a.card_brand, e.state, e.reason,
    a.currency, count(*) FILTER (WHERE e.first AND e.kind IN (5, 10)), 0,
    count(*) FILTER (WHERE e.first AND a.kind IN (1, 2, 5)),
    count(*) FILTER (WHERE NOT e.first AND a.kind IN (1, 2, 5)),
    coalesce(sum(CASE WHEN e.first THEN a.approved_minor ELSE -a.approved_minor END)
        FILTER (WHERE a.kind IN (2, 5, 6) AND e.state IN (3, 4, 7)), 0),
    coalesce(sum(CASE WHEN e.first THEN 1 ELSE -1 END) FILTER (WHERE a.kind = 4 AND e.state IN (3, 7)), 0),
    coalesce(sum(CASE WHEN e.first THEN a.approved_minor ELSE -a.approved_minor END)
        FILTER (WHERE a.kind = 4 AND e.state IN (3, 7)), 0)
FROM (
    SELECT
        n.attempt_id, n.business_date, n.kind, n.state, n.reason,
        n.kind IN (1, 2, 3, 7) OR n.kind IN (5, 10) AND n.state = 6 AS first
    FROM event AS n
    INNER JOIN (
        SELECT i.to_txid, i.to_seq FROM inbox AS i WHERE i.consumer = 'activity' ORDER BY i.to_txid DESC, i.to_seq DESC LIMIT 1
    ) AS taken ON (n.txid, n.seq) <= (taken.to_txid, taken.to_seq)
    WHERE n.kind IN (1, 2, 3, 7) OR n.kind IN (5, 10) AND n.state IN (6, 7)
) AS e
INNER JOIN attempt AS a ON a.id = e.attempt_id AND a.business_date = e.business_date
LEFT JOIN terminal AS t ON t.id = a.terminal_id
LEFT JOIN service AS v ON v.id = t.service_id
WHERE a.store_id IS NOT NULL AND (e.first OR a.approved_minor > 0)
GROUP BY 1, 2, 3, 4, 5, 6, 7
ON CONFLICT (minute, store_id, service, brand, state, reason, currency) DO UPDATE SET
    transactions = m.transactions + excluded.transactions, payments = excluded.payments, cancelled = excluded.cancelled,
    gross_minor = excluded.gross_minor, refunds = excluded.refunds, refunded_minor = excluded.refunded_minor;

-- From here on whoever counts must say the figures. The projection of the version before cannot: it waits where it
-- stands, and the next version counts from there. Payments do not wait for it.
-- squawk-ignore ban-drop-default
ALTER TABLE activity_minute ALTER COLUMN payments DROP DEFAULT;

-- The figures of a minute, by store, service, brand, reason and currency.
CREATE VIEW figure_minute AS
SELECT
    m.minute, m.store_id, m.service, m.brand, m.reason, m.currency, m.payments,
    CASE WHEN m.state IN (3, 4) THEN m.payments ELSE 0 END AS approved,
    m.cancelled,
    CASE WHEN m.state = 5 THEN m.payments ELSE 0 END AS declined,
    CASE WHEN m.state = 6 THEN m.payments ELSE 0 END AS unknown,
    m.refunds, m.gross_minor, m.refunded_minor,
    m.timed, m.within_100ms, m.within_250ms, m.within_500ms, m.within_1000ms, m.within_2000ms, m.within_5000ms
FROM activity_minute AS m;

-- migrate:down
DROP VIEW figure_minute;
DELETE FROM activity_minute WHERE state = 7;
ALTER TABLE activity_minute
    DROP COLUMN payments, DROP COLUMN cancelled, DROP COLUMN gross_minor, DROP COLUMN refunds, DROP COLUMN refunded_minor;
DROP VIEW attempt_figure;
DROP FUNCTION figure_has(text, smallint, smallint, bigint, timestamptz);

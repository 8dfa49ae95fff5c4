-- name: take_asked
-- Partial index stored_card_ending; orders by purchase_order_card. Cards that end by a month and pay something, not asked about
-- since a moment; what another worker holds is left to it. $1 month (YYMM), $2 asked before, $3 now, $4 how many.
WITH due AS MATERIALIZED (
    SELECT c.id FROM stored_card AS c
    WHERE c.released_at IS NULL AND c.refused_at IS NULL AND c.expiry <= $1
        AND (c.updates_asked_at IS NULL OR c.updates_asked_at < $2)
        AND EXISTS (
            SELECT FROM purchase_order AS p
            WHERE p.card_id = c.id AND p.state IN ('in_progress', 'unpaid', 'being_settled')
        )
    ORDER BY c.expiry, c.id
    LIMIT $4
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE stored_card AS k SET updates_asked_at = $3
FROM due WHERE k.id = due.id
RETURNING k.id, k.brand, k.bin, k.last_four, k.expiry;

-- name: renew
-- Primary key; a later month alone renews, so that a word that comes again changes nothing. $1 card, $2 month, $3 when.
WITH before AS (
    SELECT id, expiry FROM stored_card WHERE id = $1 AND expiry < $2 AND released_at IS NULL FOR NO KEY UPDATE
), renewed AS (
    UPDATE stored_card AS k SET expiry = $2 FROM before AS b WHERE k.id = b.id RETURNING k.id
)
INSERT INTO card_update (card_id, says, expiry_before, expiry, told_at)
SELECT b.id, 'renewed', b.expiry, $2, $3 FROM before AS b JOIN renewed AS r ON r.id = b.id
ON CONFLICT DO NOTHING
RETURNING id;

-- name: close
-- Primary key, once: nothing is sent by it any more. $1 card, $2 reason, $3 when.
WITH closed AS (
    UPDATE stored_card SET refused_reason = $2, refused_at = $3
    WHERE id = $1 AND refused_at IS NULL AND released_at IS NULL
    RETURNING id, expiry
)
INSERT INTO card_update (card_id, says, expiry_before, told_at) SELECT id, 'closed', expiry, $3 FROM closed
ON CONFLICT DO NOTHING
RETURNING id;

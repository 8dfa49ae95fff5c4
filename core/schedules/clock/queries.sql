-- name: move
-- One row; primary key.
INSERT INTO test_clock (offset_s, moved_by, moved_at) VALUES ($1, $2, $3)
ON CONFLICT (only_one) DO UPDATE SET offset_s = $1, moved_by = $2, moved_at = $3;

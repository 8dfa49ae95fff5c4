-- name: read_test_clock
-- One row at most.
SELECT offset_s FROM test_clock;

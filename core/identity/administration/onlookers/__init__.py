"""Who else has a record open."""

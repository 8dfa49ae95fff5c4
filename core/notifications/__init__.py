"""Mail: an outbox in PostgreSQL, sent once, with a journal."""

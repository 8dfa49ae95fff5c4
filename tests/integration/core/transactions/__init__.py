"""The transaction engine against real PostgreSQL and NATS."""

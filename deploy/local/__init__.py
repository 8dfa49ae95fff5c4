"""Everything on one machine: PostgreSQL, NATS and Guichet's own processes, started from wheels."""

"""What happens at a record: its payments, open work, contracts, documents and last changes."""

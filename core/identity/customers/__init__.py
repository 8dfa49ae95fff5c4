"""Customers: a realm beside agents. They get in by the same code, and see what was bought with addresses they proved."""

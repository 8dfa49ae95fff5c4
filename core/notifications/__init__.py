"""Mail: an outbox in PostgreSQL, sent once, with a journal.

Tables, what a row of each is for, and who writes it:
- `mail`, `notice`, `brand`: mail as an outbox, the bell, name and logo (desk, worker)
"""

"""Transactions as the desk sees them: lists, one whole transaction, counters, replay, and what agents do."""

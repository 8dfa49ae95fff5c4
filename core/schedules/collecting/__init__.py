"""Collecting what is due: debits, the daily run that makes them, and what follows from how they end (SCH-3, SCH-4)."""

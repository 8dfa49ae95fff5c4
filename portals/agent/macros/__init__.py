"""Stored answers and sequences."""

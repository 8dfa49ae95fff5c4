"""Payments by cards that are kept: the same machine as for terminals, fed by whoever collects."""

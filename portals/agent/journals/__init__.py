"""Journals on one time line."""

"""Notices: what customers are told by mail of what becomes of their purchases (NOT-1)."""

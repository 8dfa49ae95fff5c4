"""Requests between teams, macros."""

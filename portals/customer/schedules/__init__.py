"""Schedules: one of them, those that have ended, and on paper."""

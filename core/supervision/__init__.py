"""Saved views, exports, alerts, activity."""

"""Saved views, exports, alerts, activity.

Tables, what a row of each is for, and who writes it:
- `export_job`, `saved_view`, `saved_view_default`, `alert_rule`, `alert`, `alert_event`: supervision (desk, worker)
"""

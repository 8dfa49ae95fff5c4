"""Requests between teams, macros.

Tables, what a row of each is for, and who writes it:
- `macro`, `macro_run`: repairs (desk)
- `request_type`, `request_status`, `request`, `request_entry`: work between teams (desk)
"""

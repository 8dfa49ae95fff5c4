"""Requests between teams, macros.

Tables, what a row of each is for, and who writes it:
- `macro`, `macro_run`, `estate_note`: repairs, and the remark that one leaves on a terminal or a store (desk)
- `request_type`, `request_status`, `request`, `request_entry`: work between teams (desk)
"""

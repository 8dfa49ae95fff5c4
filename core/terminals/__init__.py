"""Terminals: sign-on and presence, blocks, what a technician sets on them.

Tables, what a row of each is for, and who writes it:
- `terminal_presence`: last sign of life of a terminal (desk)
- `terminal_profile`, `terminal_level`, `estate_note`: what a technician sets on a terminal; its last hour beside its
  usual one; remarks (desk, worker)
- `block`: a block, with who, when and why; echoed in `blocked_at` of its target (desk)
"""

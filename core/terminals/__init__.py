"""Terminals: sign-on and presence, blocks, what a technician sets on them.

Tables, what a row of each is for, and who writes it:
- `terminal`: a terminal, and the store and service that it serves (desk, seed)
- `terminal_presence`, `terminal_event`: last sign of life of a terminal; when it signed on, was refused or lost, and what
  it reported of itself (desk, engine)
- `terminal_profile`, `terminal_level`: what a technician sets on a terminal; its last hour beside its usual one (desk,
  worker)
- `block`: a block, with who, when and why; echoed in `blocked_at` of its target (desk)
"""

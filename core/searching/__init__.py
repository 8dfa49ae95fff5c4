"""One search over everything; journals on one time line.

Tables, what a row of each is for, and who writes it:
- `search_entry`, `attempt_key`, `key_position`, `late_attempt`: what search and journals read; `search_entry` has a
  partition for each kind (triggers, worker, desk)
"""

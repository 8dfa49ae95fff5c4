"""Mail through an outbox, notices of the bell, and the brands of faces and letters.

Tables, what a row of each is for, and who writes it:
- `mail`, `notice`, `brand`: mail as an outbox, the bell, name and logo (desk, worker)
"""

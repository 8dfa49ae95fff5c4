"""Agents and customers: how they get in, what they may do, and what they did.

Tables, what a row of each is for, and who writes it:
- `agent`, `session`, `login_failure`, `idempotency`, `agent_factor`, `recovery_code`, `known_device`,
  `pending_login`, `sign_on_request`, `agent_invitation`: people and how they get in (desk)
- `customer`, `customer_email`, `customer_session`, `customer_factor`, `customer_recovery_code`, `customer_device`,
  `customer_pending_login`, `customer_link`, `customer_event`: customers, how they get in, what they did about it (desk)
- `role`, `role_permission`, `agent_grant`: who may do what, where (desk)
- `action`, `action_checked`: what people did, as a chain of hashes; how far it was recomputed (desk, engine)
- `founding_permission`, `founding_mark`: what roles allowed before each change of them was an action (migrations)
- `looking`: who looks at what (desk)
"""

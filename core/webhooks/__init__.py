"""Events that merchants' own systems are told of, by signed messages that are retried until they are taken.

Tables, what a row of each is for, and who writes it:
- `webhook_endpoint`, `webhook_secret`: where a company is told, and what its messages are signed with (desk)
- `webhook_event`, `webhook_delivery`: what it is told, and to which endpoint (desk, engine and worker, by `tell`)
- `webhook_attempt`: what an endpoint answered, each time (worker)
"""

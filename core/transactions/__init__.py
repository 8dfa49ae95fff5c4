"""Payments and all that follows them: the engine, the ledger, what is owed to hosts, acts of people.

Tables, what a row of each is for, and who writes it:
- `attempt`: one attempt at a payment (TX1, TX2, sweeper)
- `event`: one transition, and the outbox (TX1 (refusals), TX2, sweeper, desk)
- `ledger_entry`: one leg of a movement (TX2 and later operations)
- `delivery`: something that the host must accept (sweeper, engine, desk)
- `sweep`, `relay_position`, `inbox`: how far somebody has come (worker; the relay)
- `reversal`: what a terminal's reversal said of its original, what was found, what it was told (engine)
- `repeat_time`: a time that a repeat of a message bore and its first sending did not (engine)
- `doubt`: what was booked because it had happened, or was refused although it had, for a person to look at (engine, worker)
- `host_message`: what an acquirer said on its own: a reversal, totals, a cut-over (engine)
- `dead_letter`: a message that could not be handled, or that edge refused although it had happened (engine, worker)
- `activity_minute`: volume by minute (worker)
- `batch_total`: a terminal's totals beside ours (engine)
- `act`: a refund or a cancellation by a person, before it is a message (decision 23) (desk, engine)
- `approval`, `approval_limit`: acts of two people, and from which amount (desk)
"""

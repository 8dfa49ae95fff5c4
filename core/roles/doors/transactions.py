"""Transactions and their events."""

from core.contracts import desk_requests as ask
from core.contracts import transactions as asked
from core.roles.doors.door import Door, Doors, Parts, served
from core.transactions.desk.handlers import TransactionHandlers


def doors(parts: Parts) -> Doors:
    """Return the subjects of transactions."""
    transactions = TransactionHandlers(parts.pool, parts.clock, parts.bus)
    return {
        ask.EVENTS_AFTER: Door(
            ask.EventsAfter, False, lambda _who, body, _locale: transactions.events_after(body)
        ),
        ask.EVENTS_END: Door(ask.Nothing, False, lambda _who, body, _locale: transactions.events_end(body)),
        ask.REASONS: Door(ask.Nothing, False, lambda _who, body, _locale: transactions.reasons(body)),
        **served(
            (asked.LIST, transactions.transactions),
            (asked.COUNT, transactions.counters),
            (asked.ONE, transactions.transaction),
            (asked.REFUND, transactions.refund),
            (asked.CANCEL, transactions.cancel),
        ),
    }

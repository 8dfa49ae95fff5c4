"""Transactions and their events."""

from core.contracts import desk_requests as ask
from core.roles.doors.door import Door, Doors, Parts
from core.transactions.desk.handlers import TransactionHandlers


def doors(parts: Parts) -> Doors:
    """Return the subjects of transactions."""
    transactions = TransactionHandlers(parts.pool, parts.clock, parts.bus)
    return {
        ask.TRANSACTIONS: Door(ask.ListTransactions, True, transactions.transactions),
        ask.TRANSACTION: Door(ask.ById, True, transactions.transaction),
        ask.REFUND: Door(ask.Refund, True, transactions.refund),
        ask.CANCEL: Door(ask.Cancel, True, transactions.cancel),
        ask.COUNTERS: Door(
            ask.CountFigures, True, lambda who, body, _locale: transactions.counters(who, body)
        ),
        ask.EVENTS_AFTER: Door(
            ask.EventsAfter, False, lambda _who, body, _locale: transactions.events_after(body)
        ),
        ask.EVENTS_END: Door(ask.Nothing, False, lambda _who, body, _locale: transactions.events_end(body)),
        ask.REASONS: Door(ask.Nothing, False, lambda _who, body, _locale: transactions.reasons(body)),
    }

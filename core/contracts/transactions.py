"""Transactions: lists and figures, one of them, refund and cancellation. Operations and requests."""

from typing import Annotated, Final

import msgspec

from core.contracts.approvals import Approval
from core.contracts.desk_requests import EventsAfter, EventsPage, Nothing, Position, ReasonTexts
from core.contracts.desk_views import Counters, Money, Transaction, TransactionDetail, TransactionPage
from core.contracts.ids import TransactionId
from core.contracts.listing import Cursor, Limit, Why
from core.contracts.operation import ACT, GET, NO_SESSION, Operation, Route, somewhere
from core.contracts.permissions import Permission
from core.contracts.transaction_filter import TransactionQuery


class ListTransactions(TransactionQuery, kw_only=True):
    """A page. Every filter narrows the list; all of them together."""

    limit: Limit = 50
    cursor: Cursor | None = None


_MINUTES: Final = msgspec.Meta(ge=1, le=1440, description="The last ones, the running one included")


class CountTransactions(TransactionQuery, kw_only=True):
    """What the filters of the list leave, counted: payments, refunds, and money by currency.

    Without `from`, `to`, `minutes` and other filters: the last 15 minutes.
    """

    minutes: Annotated[int, _MINUTES] | None = None


class OneTransaction(msgspec.Struct, kw_only=True):
    """A transaction with its events, hops, messages, entries, deliveries and diagnosis."""

    id: TransactionId


class SomeMoney(Money, frozen=True, forbid_unknown_fields=True):
    """An amount above zero in minor units (cents) and its currency."""

    amount: Annotated[int, msgspec.Meta(ge=1, le=2**53)]


class Refund(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How much and why."""

    id: TransactionId
    amount: SomeMoney
    reason: Why
    idempotency_key: str


class Cancel(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    id: TransactionId
    reason: Why
    idempotency_key: str = ""


_REFUND: Final = """Refund part or all of what was captured. The result follows: ask for the refund by its id.

Above what one person may give alone, the answer is an approval (`apr_…`) that somebody else decides on."""
_CANCEL: Final = "Take back a payment that is approved and not yet captured."


_TRANSACTIONS_READ: Final = somewhere(Permission.TRANSACTIONS_READ)
LIST = Operation(
    "transactions.list",
    ListTransactions,
    TransactionPage,
    _TRANSACTIONS_READ,
    http=GET("/transactions", "List transactions, newest first"),
)
COUNT = Operation(
    "transactions.count",
    CountTransactions,
    Counters,
    _TRANSACTIONS_READ,
    http=GET("/counters", "Transactions in figures"),
)
ONE = Operation(
    "transactions.one",
    OneTransaction,
    TransactionDetail,
    _TRANSACTIONS_READ,
    http=GET("/transactions/{id}", "One transaction"),
)
REFUND = Operation(
    "transactions.refund",
    Refund,
    Transaction | Approval,  # pyright: ignore[reportArgumentType] -- one of two
    somewhere(Permission.TRANSACTIONS_REFUND),
    http=Route("POST", 202, "/transactions/{id}/refund", "Refund", _REFUND),
    audit=("approval.asked", "transaction.refunded"),
)
CANCEL = Operation(
    "transactions.cancel",
    Cancel,
    Transaction,
    somewhere(Permission.TRANSACTIONS_CANCEL),
    http=ACT("/transactions/{id}/cancel", "Cancel before capture", _CANCEL),
    audit=("transaction.cancelled",),
)
# The gateway asks for itself: it follows the event log once and filters for each of its listeners.
EVENTS_AFTER = Operation("events.after", EventsAfter, EventsPage, NO_SESSION)
EVENTS_END = Operation("events.end", Nothing, Position, NO_SESSION)
REASONS = Operation("reasons.words", Nothing, ReasonTexts, NO_SESSION)

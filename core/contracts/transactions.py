"""Transactions: lists and figures, one of them, refund and cancellation. Operations, requests and public shapes."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.approvals import Approval
from core.contracts.feed import EventsAfter, EventsPage, Position
from core.contracts.ids import TransactionId
from core.contracts.listing import Cursor, Limit, Nothing, Why
from core.contracts.operation import ACT, GET, NO_SESSION, Operation, Route, somewhere
from core.contracts.permissions import Permission
from core.contracts.references import (
    BrandName,
    CompanyRef,
    KindName,
    LocatedStore,
    Money,
    StateName,
    TerminalRef,
    Timestamp,
)
from core.contracts.transaction_filter import TransactionQuery

COUNTED_MINUTES: Final = 15


class ReasonText(msgspec.Struct):
    """The words for one reason in one language."""

    declined_by: str
    severity: str
    retry: bool
    customer: str
    agent: str
    next_step: str


class ReasonTexts(msgspec.Struct):
    """locale -> number of the reason -> words."""

    by_locale: dict[str, dict[int, ReasonText]]


DeclinedBy = Literal["issuer", "acquirer", "us", "nobody"]
ReasonSeverity = Literal["none", "soft", "hard"]
HopName = Literal["edge_to_core", "check_and_commit", "wait_for_link", "host", "decide"]
Direction = Literal["terminal_to_edge", "edge_to_host", "host_to_edge", "edge_to_terminal"]


class ReasonView(msgspec.Struct, frozen=True):
    """Why it ended so, for machines and for people."""

    code: str
    declined_by: DeclinedBy
    severity: ReasonSeverity
    retry: bool
    customer: str
    agent: str
    next_step: str


class CardView(msgspec.Struct, frozen=True):
    """All that anybody is shown of a card."""

    brand: BrandName
    bin: str
    last_four: str
    expiry: str | None = None


class Transaction(msgspec.Struct, kw_only=True):
    """One transaction. In live events what the feed does not carry is null: captured, refunded, pending, expiry.

    `refund_pending_amount`: asked of the acquirer, which has not answered for it yet; it counts against what may still
    be refunded, and may come back.
    """

    id: str
    kind: KindName
    state: StateName
    reason: ReasonView
    amount: Money
    approved_amount: Money
    captured_amount: Money | None = None
    refunded_amount: Money | None = None
    refund_pending_amount: Money | None = None
    net_amount: Money | None = None  # what the row adds to the figure "net"
    card: CardView
    terminal: TerminalRef
    store: LocatedStore | None
    company: CompanyRef | None
    received_at: Timestamp
    decided_at: Timestamp | None
    stan: str
    rrn: str
    approval_code: str
    host_code: str
    entry_mode: str
    event_id: str | None = None


class EventView(msgspec.Struct):
    """Something that happened to a transaction."""

    id: str
    at: Timestamp
    kind: str
    state: StateName
    reason: str
    cause: str
    title: str


class Hop(msgspec.Struct):
    """One leg of the way and how long it took."""

    name: HopName
    started_at: Timestamp
    duration_ms: float | None
    ok: bool


class FieldView(msgspec.Struct):
    """One data element of a message, masked where it must be."""

    field: str
    name: str
    value: str


class MessageView(msgspec.Struct):
    """A decoded message; `reconstructed` when it was built again from stored facts and not recorded."""

    direction: Direction
    mti: str
    fields: list[FieldView]
    reconstructed: bool


class LedgerEntryView(msgspec.Struct):
    """One ledger entry; debits are positive, credits negative."""

    operation: str
    layer: Literal["pending", "posted"]
    account: str
    owner: str
    amount: Money
    posted_at: Timestamp


class DeliveryView(msgspec.Struct):
    """Something that must reach the host."""

    kind: Literal["reversal", "advice", "completion", "partial_reversal"]
    state: Literal["due", "refused", "accepted", "withdrawn", "closed"]
    """Refused: for good, a person must look. Withdrawn: its payment was taken back first. Closed: by a person."""
    tries: int
    due_at: Timestamp  # the next try; of one that is not due, the last
    ended_at: Timestamp | None  # accepted, withdrawn or closed
    last_result: str


class RelatedTransaction(msgspec.Struct):
    """Another transaction about the same payment."""

    id: str
    relation: Literal["original", "follow_up"]
    kind: KindName
    state: StateName
    amount: Money
    received_at: Timestamp


class Diagnosis(msgspec.Struct):
    """What happened, in plain words, and what to do."""

    title: str
    explanation: str
    next_step: str
    hop: HopName | None
    severity: Literal["ok", "warning", "problem"]
    is_to_check: bool = False  # a person must settle a host matter of it


class RefundAction(msgspec.Struct):
    """Whether a refund may be asked for, and up to how much."""

    allowed: bool
    max: Money
    why: str | None = None


class CancelAction(msgspec.Struct):
    """Whether it may be cancelled."""

    allowed: bool
    why: str | None = None


class Actions(msgspec.Struct):
    """What this agent may do with it now: one act at most, or `why` none."""

    refund: RefundAction
    cancel: CancelAction
    why: str | None = None


class TransactionDetail(Transaction, kw_only=True):
    """One transaction with everything known about it."""

    events: list[EventView]
    hops: list[Hop]
    messages: list[MessageView]
    entries: list[LedgerEntryView]
    deliveries: list[DeliveryView]
    related: list[RelatedTransaction]
    diagnosis: Diagnosis
    customer: str | None  # what may be said to the cardholder; None: the state says all
    actions: Actions


class TransactionPage(msgspec.Struct):
    """Newest first; no cursor on the last page."""

    data: list[Transaction]
    next_cursor: str | None = None


class MoneyFigures(msgspec.Struct, frozen=True):
    """What payments of one currency come to: gross, refunds as a negative amount, and their sum."""

    gross: Money
    refunds: Money
    net: Money


class Figures(msgspec.Struct, kw_only=True):
    """Counts and money as docs/figures.md defines them; money has one entry for each currency that moved."""

    payments: int
    approved: int
    cancelled: int  # of the approved
    declined: int
    unknown: int
    refunds: int
    approval_rate: float | None  # null while nothing was decided; what is unknown was not
    money: list[MoneyFigures]


class MinuteCount(Figures, kw_only=True):
    """One minute of activity."""

    minute: Timestamp


class ReasonCount(msgspec.Struct):
    """How often a payment was declined for a reason."""

    reason: str
    count: int


class Counters(Figures, kw_only=True):
    """The transactions that the filters leave between two moments, in figures.

    `partial`: they are so many that only the newest were counted. By minute for an hour at most.
    """

    from_: Timestamp | None = msgspec.field(name="from")
    to: Timestamp
    partial: bool
    by_minute: list[MinuteCount]
    by_reason: list[ReasonCount]


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

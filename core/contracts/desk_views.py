"""What the desk answers with: the public shapes of API v1. Ids are typed text, times RFC 3339 with milliseconds."""

from typing import Annotated, Literal

import msgspec

Timestamp = Annotated[
    str, msgspec.Meta(description="RFC 3339, UTC, milliseconds", examples=["2026-11-22T10:15:00.123Z"])
]
KindName = Literal["purchase", "authorisation", "verification", "refund", "advice", "completion"]
StateName = Literal[
    "received",
    "sent",
    "approved",
    "partially_approved",
    "declined",
    "unknown",
    "reversed",
    "captured",
    "refunded",
    "settled",
]
BrandName = Literal["other", "cb", "visa", "mastercard", "amex"]
DeclinedBy = Literal["issuer", "acquirer", "us", "nobody"]
ReasonSeverity = Literal["none", "soft", "hard"]
TargetKind = Literal["store", "service", "terminal"]
TerminalState = Literal[
    "active", "failing", "silent", "resting", "blocked", "never_seen", "not_active", "retired"
]
"""How a terminal is doing, as the SQL function terminal_condition says it and nothing else."""

HopName = Literal["edge_to_core", "check_and_commit", "wait_for_link", "host", "decide"]
Direction = Literal["terminal_to_edge", "edge_to_host", "host_to_edge", "edge_to_terminal"]


class Money(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount in minor units (cents) and its currency."""

    amount: Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]


class Agent(msgspec.Struct, frozen=True):
    """Somebody who works at the desk."""

    id: str
    name: str
    email: str
    role: str
    locale: str
    departments: list[str] | None
    permissions: list[str] = []


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


class TerminalRef(msgspec.Struct, frozen=True):
    """A terminal in few words; `terminal` is the number on its label."""

    id: str
    terminal: str


class StoreRef(msgspec.Struct, frozen=True):
    """A store in few words."""

    id: str
    name: str
    department: str


class LocatedStore(StoreRef, frozen=True):
    """A store beside a moment that is its own: `time_zone` is the IANA name of the clock on its wall."""

    time_zone: str = ""  # of an event that an older process wrote: not known


class CompanyRef(msgspec.Struct, frozen=True):
    """A company; the live feed leaves its name out."""

    id: str
    name: str | None = None


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


class EntryView(msgspec.Struct):
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
    entries: list[EntryView]
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


class PersonRef(msgspec.Struct):
    """Who did it."""

    id: str
    name: str


class BlockTargetView(msgspec.Struct):
    """What a block stops, and the time zone of its store; the label is for people."""

    kind: TargetKind
    id: str
    label: str
    time_zone: str = ""


class Block(msgspec.Struct):
    """A block: who, when, why, and the same for its end."""

    id: str
    target: BlockTargetView
    reason: str
    blocked_by: PersonRef
    blocked_at: Timestamp
    lifted_at: Timestamp | None
    lifted_by: PersonRef | None
    lift_reason: str | None


class BlockList(msgspec.Struct):
    """Newest first."""

    data: list[Block]
    next_cursor: str | None = None


class ServiceView(msgspec.Struct):
    """One way a store takes cards, with its limits in minor units."""

    id: str
    kind: str
    active: bool
    blocked: bool
    currency: str
    brands: list[BrandName]
    transaction_max: Money
    terminal_day_max: Money | None
    store_day_max: Money | None
    duplicate_window_s: int | None


class SignOnRefusal(msgspec.Struct, frozen=True):
    """The last sign-on of a terminal that we refused; gone when one is welcome. `reason` is one of ours."""

    at: Timestamp
    reason: str


class TerminalView(msgspec.Struct, kw_only=True):
    """A terminal and how it is doing."""

    id: str
    terminal: str
    store: LocatedStore
    service: str
    model: str
    state: TerminalState
    connected: bool
    last_seen_at: Timestamp | None
    block: Block | None = None
    refusal: SignOnRefusal | None = None


class StoreSummary(msgspec.Struct, kw_only=True):
    """A store in a list."""

    id: str
    name: str
    siret: str
    acceptor: str
    company: CompanyRef
    city: str
    postcode: str
    department: str
    terminal_count: int
    blocked: bool


class StorePage(msgspec.Struct):
    """In alphabetical order."""

    data: list[StoreSummary]
    next_cursor: str | None = None


class StoreDetail(StoreSummary, kw_only=True):
    """A store with what stands in it."""

    street: str
    merchant_category: str
    services: list[ServiceView]
    terminals: list[TerminalView]
    blocks: list[Block]


class SessionOpened(msgspec.Struct):
    """The token is shown this once. `enrolling`: it does nothing but add a second factor."""

    token: str
    expires_at: Timestamp
    agent: Agent
    enrolling: bool = False
    device: str | None = None  # to send with the next log in from this browser, if it asked to be remembered

    def __repr__(self) -> str:
        return f"SessionOpened(agent={self.agent.id!r})"


class SessionView(msgspec.Struct):
    """The caller's own session."""

    agent: Agent
    created_at: Timestamp
    last_seen_at: Timestamp
    expires_at: Timestamp

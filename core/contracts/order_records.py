"""What agents see of orders, and may do to them: within their grants, with a reason, and in the audit."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.card_changes import CardChangeFailure
from core.contracts.collecting import DebitOutcome
from core.contracts.fees import DateText
from core.contracts.ids import CompanyId, MailId, StoreId
from core.contracts.listing import Paged, Why, Words
from core.contracts.my_orders import MyOrderView
from core.contracts.operation import ACT, GET, Operation, somewhere
from core.contracts.orders import (
    INSTALMENTS_MAX,
    ActorKind,
    OrderAmount,
    OrderEventKind,
    OrderId,
    OrderPage,
    OrderState,
    OrderView,
    ShownInstalment,
)
from core.contracts.permissions import Right
from core.contracts.references import BrandName, Money, PersonRef, Timestamp

MOVED_DAYS_MAX: Final = 15
"""By how much an instalment may be later than its plan says."""

PAUSED_DAYS_MAX: Final = 60
"""So many days from today a pause lasts at most."""


ToCollect = Literal["due", "waiting"]
"""What is left to collect of what is due: at once, or later because a debit has failed."""

RESENT_A_DAY_MAX: Final = 3
"""So many mails of an order are sent once more on a day."""

LASTING_TEMPLATES: Final[frozenset[str]] = frozenset(
    {"order_confirmed", "debit_paid", "order_changed", "refund_sent", "card_changed"}
)
"""Mails that tell of what has happened, and are written as it stands now; what others told of may be so no longer."""


class OrderRight(Right):
    """What a role may do with orders."""

    READ = "orders.read"
    WRITE = "orders.write"


class ListOrders(Paged, kw_only=True):
    """Orders, the newest first. `query`: a part of the number, the e-mail or the name, or the last four digits of the card.

    `debited_on`: those of which the run of that day collected something, or tried to; its debits ended with `debit_outcome`,
    for `debit_reason`, at a card of `debit_brand`. These three narrow `debited_on`, and nothing without it.
    `to_collect`: those of which a run would claim something now, or has something that is tried again later.
    """

    query: Words = ""
    company: CompanyId | None = None
    store: StoreId | None = None
    state: list[OrderState] | None = None
    debited_on: DateText | None = None
    debit_outcome: DebitOutcome | None = None
    debit_reason: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    debit_brand: BrandName | None = None
    to_collect: ToCollect | None = None


class OneOrder(msgspec.Struct, kw_only=True):
    """One order, with its schedule and what happened to it."""

    id: OrderId


class CancelOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Take an amount off a purchase for its merchant, all of it without one; what was overpaid is owed back."""

    id: OrderId
    reason: Why
    amount: OrderAmount | None = None
    idempotency_key: str = ""


class MoveInstalment(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Move the day of an instalment that is still to come: after the one before it, and before the one after.

    From tomorrow on, and at most 15 days later than the plan of the order says.
    """

    id: OrderId
    number: Annotated[int, msgspec.Meta(ge=1, le=INSTALMENTS_MAX)]
    due_on: DateText
    reason: Why
    idempotency_key: str = ""


class PauseOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Let the daily run debit nothing of an order before a day: from tomorrow on, and at most 60 days from today.

    What is under way goes on to its end. An order that is paused already is paused until the new day instead.
    """

    id: OrderId
    until: DateText
    reason: Why
    idempotency_key: str = ""


class ResumeOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """End the pause of an order: what is due is debited by the next round of the daily run."""

    id: OrderId
    reason: Why
    idempotency_key: str = ""


class ResendMessage(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Send a mail of an order once more: as it stands now, to the address of the order, which its customer has proved.

    Confirmations, receipts, changes and refunds that are still so, three a day for an order.
    """

    id: OrderId
    message: MailId
    reason: Why
    idempotency_key: str = ""


class SeeAsCustomer(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Look at an order as its customer sees it now; that somebody looked is in the audit."""

    id: OrderId


class CardOfOrder(msgspec.Struct, kw_only=True):
    """The card that debits go to: as little of it as people need."""

    brand: BrandName
    last_four: str
    expiry: str  # YYMM


class OrderEventView(msgspec.Struct, kw_only=True):
    """Something that happened. `person` is the agent who did it; `decline` says why a debit was not approved."""

    at: Timestamp
    kind: OrderEventKind
    by: ActorKind
    person: PersonRef | None = None
    number: int | None = None
    amount: Money | None = None
    owed_back: Money | None = None
    due_on: str | None = None
    reason: str | None = None
    decline: str | None = None


class CancellationView(msgspec.Struct, kw_only=True):
    """What was taken off, and the schedule before and after it as the customer saw it."""

    id: str
    kind: Literal["cancellation", "refund"]
    amount: Money
    owed_back: Money
    reason: str
    at: Timestamp
    by: ActorKind
    before: list[ShownInstalment]
    after: list[ShownInstalment]


class OwedBack(msgspec.Struct, kw_only=True):
    """What is owed back to the customer, and when it was sent."""

    id: str
    amount: Money
    asked_at: Timestamp
    sent_at: Timestamp | None = None


class DebitView(msgspec.Struct, kw_only=True):
    """An attempt to collect an instalment. `transaction` is where something was sent; `next_try` of the last one that failed."""

    at: Timestamp
    number: int
    amount: Money
    outcome: DebitOutcome
    by: Literal["customer", "merchant"]  # who asked for it: at the purchase, or by the daily run
    reason: str | None = None
    transaction: str | None = None
    next_try: Timestamp | None = None


class CardChangeLine(msgspec.Struct, kw_only=True):
    """A change of card by the customer. `decline`: why its bank said no."""

    id: str
    state: Literal["open", "done", "failed"]
    asked_at: Timestamp
    old_card: CardOfOrder
    new_card: CardOfOrder | None = None
    decided_at: Timestamp | None = None
    failure: CardChangeFailure | None = None
    decline: str | None = None


class OrderMessage(msgspec.Struct, kw_only=True):
    """A mail to the customer about the order; the recipient is masked but for the domain.

    `told_at` is by the calendar of schedules, as all that happens to an order; the mail itself was made and sent in real time.
    """

    id: str
    template: str
    recipient: str
    language: str
    state: Literal["waiting", "sent", "failed"]
    told_at: Timestamp
    made_at: Timestamp
    sent_at: Timestamp | None = None
    resendable: bool = False


class SettlementRecord(msgspec.Struct, kw_only=True):
    """What the customer settled or tried to, in how many parts, by which card. `refusal`: why it was given up."""

    id: str
    parts: int
    amount: Money
    settled: Money
    state: Literal["asked", "running", "settled", "failed", "cancelled", "given_up"]
    asked_at: Timestamp
    begun_at: Timestamp | None = None
    ended_at: Timestamp | None = None
    refusal: str | None = None
    card: CardOfOrder | None = None


class OrderPause(msgspec.Struct, kw_only=True):
    """A pause that stands. `until`: the first day on which the daily run debits again."""

    until: str
    reason: str
    paused_at: Timestamp
    paused_by: PersonRef


class OrderRecord(OrderView, kw_only=True):
    """An order with what happened to it, the newest first, at most 200 of each."""

    events: list[OrderEventView]
    cancellations: list[CancellationView]
    refunds: list[OwedBack]
    debits: list[DebitView]
    card_changes: list[CardChangeLine]
    messages: list[OrderMessage]
    settlements: list[SettlementRecord]
    card: CardOfOrder | None = None
    pause: OrderPause | None = None


_READ: Final = somewhere(OrderRight.READ)
_WRITE: Final = somewhere(OrderRight.WRITE)
LIST = Operation("orders.list", ListOrders, OrderPage, _READ, http=GET("/orders", "List orders"))
ONE = Operation("orders.one", OneOrder, OrderRecord, _READ, http=GET("/orders/{id}", "One order"))
CANCEL = Operation(
    "orders.cancel",
    CancelOrder,
    OrderRecord,
    _WRITE,
    http=ACT("/orders/{id}/cancel", "Cancel an order, in part or whole"),
    audit=("order.cancelled",),
)
MOVE = Operation(
    "orders.move",
    MoveInstalment,
    OrderRecord,
    _WRITE,
    http=ACT("/orders/{id}/move", "Move the day of an instalment"),
    audit=("order.moved",),
)
PAUSE = Operation(
    "orders.pause",
    PauseOrder,
    OrderRecord,
    _WRITE,
    http=ACT("/orders/{id}/pause", "Pause the collection of an order"),
    audit=("order.paused",),
)
RESUME = Operation(
    "orders.resume",
    ResumeOrder,
    OrderRecord,
    _WRITE,
    http=ACT("/orders/{id}/resume", "Resume the collection of an order"),
    audit=("order.resumed",),
)
RESEND = Operation(
    "orders.resend",
    ResendMessage,
    OrderRecord,
    _WRITE,
    http=ACT("/orders/{id}/resend", "Send a mail of an order again"),
    audit=("order.message_resent",),
)
SEE = Operation(
    "orders.see_as_customer",
    SeeAsCustomer,
    MyOrderView,
    _READ,
    http=ACT("/orders/{id}/customer-view", "See an order as its customer does"),
    audit=("order.seen_as_customer",),
)

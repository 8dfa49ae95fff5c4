"""Orders, their schedules and instalments: operations of merchants' programs and of agents (SCH-1, SCH-2, SCH-5)."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.ids import Id, StoreId
from core.contracts.listing import Paged, Why
from core.contracts.operation import ACT, GET, INTEGRATOR, POST, Operation
from core.contracts.plans import Code, Country
from core.contracts.references import CompanyRef, Money, StoreRef, Timestamp

INSTALMENTS_MAX: Final = 10

InstalmentState = Literal["upcoming", "in_progress", "paid", "unpaid", "cancelled"]
OrderState = Literal[
    "awaiting_payment", "abandoned", "in_progress", "settled", "unpaid", "being_settled", "cancelled"
]
"""The schedule's; the first two before the first debit is approved."""
OrderEventKind = Literal[
    "made",
    "activated",
    "abandoned",
    "cancelled",
    "refunded",
    "refund_owed",
    "refund_sent",
    "refund_refused",
    "instalment_paid",
    "instalment_unpaid",
    "paid_ahead",
    "moved",
    "paused",
    "resumed",
    "message_resent",
    "customer_needed",
    "card_changed",
    "settlement_begun",
    "settlement_paid",
    "settlement_failed",
]
ActorKind = Literal["integrator", "agent", "customer", "run"]
PaymentState = Literal[
    "no_card", "challenge", "to_finish", "under_way", "paid", "declined", "not_authenticated", "closed"
]
"""How the first payment stands: `challenge`, its holder is at their bank; `to_finish`, ask to pay once more, without a token;
`closed`, the order was cancelled or abandoned before, and is paid no more."""
NotPaid = Literal[
    "insufficient_funds",
    "limit_exceeded",
    "card_expired",
    "card_unknown",
    "card_refused",
    "authentication_required",
    "authentication_failed",
    "authentication_abandoned",
    "authentication_timed_out",
    "authentication_unavailable",
    "amount_changed",
    "bank_unavailable",
    "no_answer",
    "try_later",
]
"""Why a card did not pay. Nothing is debited, and another card, or the same one typed again, may be tried."""

Reference = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[!-~](?:[ -~]{0,62}[!-~])?$",
        description="The merchant's own number of the order",
        max_length=64,
    ),
]
ReturnUrl = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^https?://[^\s@/?#]+(?:[/?#][^\s]*)?$",
        max_length=500,
        description="A page by HTTPS, without a fragment, where the customer goes once it is paid, or not",
    ),
]


class OrderId(Id, kind="order", prefix="ord"):
    """A purchase paid in instalments."""


class InstalmentId(Id, kind="instalment", prefix="ins"):
    """An instalment of an order."""


class CancellationId(Id, kind="cancellation", prefix="cnl"):
    """What was taken off an order."""


class OrderRefundId(Id, kind="order_refund", prefix="orf"):
    """What is owed back to the customer of an order."""


# What is asked.


class OrderAmount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """1 to 1,000,000,000 minor units."""

    amount: Annotated[int, msgspec.Meta(ge=1, le=10**9)]
    currency: Literal["EUR"]


class BuyerFields(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Who buys. Whoever proves the e-mail sees the order in the space of customers."""

    email: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]
    phone: Annotated[str, msgspec.Meta(max_length=40)] = ""
    language: Literal["fr", "en"] = "fr"


class ListOfferedPlans(msgspec.Struct, kw_only=True):
    """Plans that are offered today to buyers of a country, those of few payments first."""

    country: Country = "FR"


class PreviewOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a purchase of today would be paid in, by a plan that is offered in the buyer's country; nothing is written."""

    plan: Code
    amount: OrderAmount
    country: Country = "FR"


class MakeOrder(PreviewOrder, kw_only=True, forbid_unknown_fields=True):
    """A purchase. It waits for its first debit, which is due at once; another one with its reference is refused."""

    reference: Reference
    customer: BuyerFields
    store: StoreId | None = None
    return_url: ReturnUrl | None = None
    idempotency_key: str


class ListMerchantOrders(Paged, kw_only=True):
    """The company's orders, the newest first."""

    reference: Reference | None = None
    state: list[OrderState] | None = None


class OneMerchantOrder(msgspec.Struct, kw_only=True):
    """One order of the company."""

    id: OrderId


class CancelMerchantOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Take an amount off a purchase, all of it without one.

    It is taken off what is still to be paid; what was paid above what the purchase is still of is owed back to the
    customer. A part leaves the fee as it is; with all of it, the fee is owed back too.
    """

    id: OrderId
    reason: Why
    amount: OrderAmount | None = None
    idempotency_key: str


class RefundMerchantOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Owe the customer an amount of what was paid; what is still to be paid stays as it is."""

    id: OrderId
    reason: Why
    amount: OrderAmount
    idempotency_key: str


class PayMerchantOrderAhead(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Let instalments be due today, as the customer wished: those of these numbers, all that are upcoming without any."""

    id: OrderId
    numbers: Annotated[
        list[Annotated[int, msgspec.Meta(ge=1, le=INSTALMENTS_MAX)]], msgspec.Meta(max_length=10)
    ] = []
    idempotency_key: str


# What is answered.


class OfferedPlan(msgspec.Struct, kw_only=True):
    """A plan as a shop offers it."""

    code: str
    name: str  # in the language of the call
    parts: int
    step_unit: Literal["days", "months"]
    step_count: int
    amount_min: Money
    amount_max: Money
    fee_bp: int | None = None
    fee: Money | None = None


class OfferedPlans(msgspec.Struct):
    """Plans that are offered today."""

    data: list[OfferedPlan]


class PlannedInstalment(msgspec.Struct, kw_only=True):
    """What would be due on a day, its part of the fee within. The date may move by one or two days with the banks."""

    number: int
    due_on: str
    amount: Money
    fee: Money


class OrderPreview(msgspec.Struct, kw_only=True):
    """What a purchase would be paid in."""

    plan: OfferedPlan
    amount: Money
    fee: Money
    total: Money
    instalments: list[PlannedInstalment]


class InstalmentView(PlannedInstalment, kw_only=True):
    """An instalment as it stands; one of which nothing is left is cancelled, with an amount of 0.

    `is_settling`: it is a part by which the customer settles what was unpaid, and stands beside the plan's own.
    `is_taken_over`: such parts are paid instead of it, so that nothing of it is owed any more.
    """

    id: str
    state: InstalmentState
    paid_at: Timestamp | None = None
    is_settling: bool = False
    is_taken_over: bool = False


class Buyer(msgspec.Struct, kw_only=True):
    """Who bought."""

    name: str
    email: str
    phone: str | None = None
    language: Literal["fr", "en"]
    country: str


class OrderSummary(msgspec.Struct, kw_only=True):
    """An order in a list. `remaining` is still to be paid, the fee within.

    `next_due_on`: the first day on which something is debited; a pause puts it off.
    """

    id: str
    reference: str
    company: CompanyRef
    state: OrderState
    plan: str
    parts: int
    amount: Money
    remaining: Money
    customer: Buyer
    purchased_on: str
    made_at: Timestamp
    store: StoreRef | None = None
    next_due_on: str | None = None


class OrderView(OrderSummary, kw_only=True):
    """An order with its schedule. `owed_back`: what the customer is still to get back, which the daily run sends."""

    plan_name: str
    fee: Money
    cancelled: Money
    paid: Money
    refunded: Money
    owed_back: Money
    instalments: list[InstalmentView]
    activated_at: Timestamp | None = None
    abandoned_at: Timestamp | None = None
    return_url: str | None = None


class PaymentAction(msgspec.Struct, kw_only=True):
    """What the customer has to do: go to this address, their bank's, from which they come back."""

    redirect: str
    expires_at: Timestamp


class OrderPayment(msgspec.Struct, kw_only=True):
    """How the first payment of an order stands; `text` says it to the customer, in the language of the order."""

    state: PaymentState
    reason: NotPaid | None = None
    text: str | None = None
    action: PaymentAction | None = None


class PayableOrder(OrderView, kw_only=True):
    """An order with its schedule, and how its first payment stands."""

    payment: OrderPayment


class OrderPage(msgspec.Struct):
    """A page of orders."""

    data: list[OrderSummary]
    next_cursor: str | None = None


class ShownInstalment(msgspec.Struct, kw_only=True):
    """An instalment as a customer saw it at a moment. `is_settling`: it is a part of a settlement of what was unpaid."""

    number: int
    due_on: str
    amount: Money
    state: InstalmentState
    is_settling: bool = False


class ChangedOrder(msgspec.Struct, kw_only=True):
    """What a cancellation or a refund changed: the schedule before and after, and what is owed back by it."""

    id: str
    order: OrderView
    amount: Money
    owed_back: Money
    before: list[ShownInstalment]
    after: list[ShownInstalment]


_BUYER: Final = {"email": "walk@guichet.example", "name": "Odette Walker"}
_AMOUNT: Final = {"amount": 12_796, "currency": "EUR"}
OFFERED = Operation(
    "merchant_plans.list",
    ListOfferedPlans,
    OfferedPlans,
    INTEGRATOR,
    http=GET("/merchant/plans", "Plans that are offered today"),
)
PREVIEW = Operation(
    "merchant_orders.preview",
    PreviewOrder,
    OrderPreview,
    INTEGRATOR,
    http=ACT("/merchant/orders/preview", "Preview a purchase in instalments"),
    example={"plan": "3x", "amount": _AMOUNT},
)
MAKE = Operation(
    "merchant_orders.make",
    MakeOrder,
    OrderView,
    INTEGRATOR,
    http=POST("/merchant/orders", "Make an order"),
    example={"plan": "3x", "amount": _AMOUNT, "reference": "WALK-1", "customer": _BUYER},
)
LIST = Operation(
    "merchant_orders.list",
    ListMerchantOrders,
    OrderPage,
    INTEGRATOR,
    http=GET("/merchant/orders", "List orders"),
)
ONE = Operation(
    "merchant_orders.one",
    OneMerchantOrder,
    PayableOrder,
    INTEGRATOR,
    http=GET("/merchant/orders/{id}", "One order"),
)
CANCEL = Operation(
    "merchant_orders.cancel",
    CancelMerchantOrder,
    ChangedOrder,
    INTEGRATOR,
    http=ACT("/merchant/orders/{id}/cancel", "Cancel an order, in part or whole"),
)
REFUND = Operation(
    "merchant_orders.refund",
    RefundMerchantOrder,
    ChangedOrder,
    INTEGRATOR,
    http=ACT("/merchant/orders/{id}/refund", "Give back a part of what was paid"),
    example={"amount": _AMOUNT},
)
PAY_AHEAD = Operation(
    "merchant_orders.pay_ahead",
    PayMerchantOrderAhead,
    OrderView,
    INTEGRATOR,
    http=ACT("/merchant/orders/{id}/pay-ahead", "Let instalments be due today"),
)

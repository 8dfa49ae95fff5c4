"""What customers see of their purchases: schedules under way and ended, and what needs them now (CUS-4, S2.22 to S2.28)."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.card_changes import MyCard, MyCardRule
from core.contracts.listing import Cursor, Nothing
from core.contracts.operation import CUSTOMER, GET, Operation
from core.contracts.orders import InstalmentState, OrderId, ShownInstalment
from core.contracts.references import Money, Timestamp

MyOrderState = Literal["in_progress", "unpaid", "being_settled", "settled", "cancelled"]
Shown = Literal["current", "ended"]
Need = Literal[
    "unpaid", "debit_failed", "being_settled", "debit_under_way", "next_debit", "all_settled", "no_purchase"
]
"""What needs the customer now, the most pressing first. `debit_failed`: it is not given up as unpaid yet."""

Todo = Literal["nothing", "funds", "card_ends", "card_expired", "consent"]
"""What a customer has to do so that a debit is paid. `card_ends`: their card is not good on that day, and another one is
needed. Where it has expired, or their bank wants their consent, nothing is tried before they have done something."""


class ListMyOrders(msgspec.Struct, kw_only=True):
    """The customer's schedules: those under way, what needs them first; or those that have ended."""

    shown: Shown = "current"
    limit: Annotated[int, msgspec.Meta(ge=1, le=50)] = 10
    cursor: Cursor | None = None


class OneMyOrder(msgspec.Struct, kw_only=True):
    """One of the customer's schedules."""

    id: OrderId


class PrintMyOrder(msgspec.Struct, kw_only=True):
    """One of the customer's schedules as a paper, in the language of the call."""

    id: OrderId


class MyInstalment(msgspec.Struct, kw_only=True):
    """A debit of the schedule, its part of the fee within. The date may move by one or two days with the banks.

    `is_taken_over`: it was unpaid, and a settlement's parts are paid instead of it. `has_failed`: a debit of it was refused;
    `retry_on` is when it is tried again, if it is. `next_on`: when it is debited next, which a pause may put after `due_on`;
    only of what is upcoming.
    """

    number: int
    due_on: str
    amount: Money
    state: InstalmentState
    paid_at: Timestamp | None = None
    is_taken_over: bool = False
    has_failed: bool = False
    retry_on: str | None = None
    next_on: str | None = None


class MyOrder(msgspec.Struct, kw_only=True):
    """A purchase and its schedule. `remaining` is still to be paid, the fee within; `email` is how it was bought.

    `card_change`: whether its card may be changed now, and if not, why.
    `paid` is what was debited; of it `refunded` was given back, and `owed_back` is still to be.
    `settling` are the parts by which what was unpaid is or was settled, apart from the plan's own; `settled` is what was
    paid of them.
    `paused_until`: an adviser paused its collection, and nothing of it is debited before that day.
    """

    id: str
    reference: str
    shop: str
    state: MyOrderState
    purchased_on: str
    amount: Money
    fee: Money
    cancelled: Money
    paid: Money
    remaining: Money
    unpaid: Money
    refunded: Money
    owed_back: Money
    email: str
    instalments: list[MyInstalment]
    card_change: MyCardRule
    settled: Money
    settling: list[MyInstalment] = []
    card: MyCard | None = None
    paused_until: str | None = None


class MyChange(msgspec.Struct, kw_only=True):
    """What the shop took off a purchase, or gave back: the schedule before and after."""

    kind: Literal["cancellation", "refund"]
    at: Timestamp
    amount: Money
    owed_back: Money
    before: list[ShownInstalment]
    after: list[ShownInstalment]


class MyOrderView(MyOrder, kw_only=True):
    """A purchase, its schedule, and what has changed it."""

    changes: list[MyChange]


class MyOrderPage(msgspec.Struct):
    """A page of schedules."""

    data: list[MyOrder]
    next_cursor: str | None = None


class MyDebit(msgspec.Struct, kw_only=True):
    """A debit of one of the customer's schedules.

    `next_on` is when it is made, or tried again; after that day it is unpaid where only the customer can do something.
    `remaining` is what is still to be paid of its purchase. It is the one with that `number` of `parts`, as the schedule
    shows them: of those by which what was unpaid is settled where it `is_settling`, of the plan's own elsewhere.
    """

    order: str
    reference: str
    shop: str
    number: int
    parts: int
    is_settling: bool
    amount: Money
    due_on: str
    next_on: str
    todo: Todo
    remaining: Money
    card: MyCard | None = None


class MySummary(msgspec.Struct, kw_only=True):
    """What needs the customer now. `debit` is the one that it is about; `unpaid` the sum of what was not collected."""

    need: Need
    current: int
    ended: int
    unpaid_orders: int
    unpaid: Money | None = None
    debit: MyDebit | None = None


SUMMARY = Operation(
    "me.summary",
    Nothing,
    MySummary,
    CUSTOMER,
    http=GET(
        "/me/summary",
        "What needs the customer now",
        "Say what needs the customer now, and how many schedules there are.",
    ),
)
LIST = Operation(
    "me.orders", ListMyOrders, MyOrderPage, CUSTOMER, http=GET("/me/orders", "List one’s schedules")
)
ONE = Operation("me.order", OneMyOrder, MyOrderView, CUSTOMER, http=GET("/me/orders/{id}", "One schedule"))
PRINT: Final = Operation("me.print_order", PrintMyOrder, bytes, CUSTOMER)

"""Customers settle what is unpaid of a purchase, in one to three monthly parts (REG-1 to REG-3, S2.36 to S2.42)."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.cards import CardTokenId
from core.contracts.ids import Id
from core.contracts.my_orders import MyCard, MyInstalment, MyOrderState
from core.contracts.operation import ACT, CUSTOMER, GET, Operation
from core.contracts.orders import OrderAmount, OrderId
from core.contracts.references import Money, Timestamp

CardProblem = Literal["none", "expired", "ends_too_soon", "refused"]
"""Why the card of an order cannot pay: there is none, it is past its month, or before the last part, or its bank said no."""

SettlementState = Literal[
    "asked", "challenge", "under_way", "running", "settled", "failed", "cancelled", "given_up"
]
"""Asked: a card is still to be given. Under way: nobody knows yet whether the first part is paid. Running: it is, and the
daily run collects the others. Failed: one of these was not collected, so that the rest is unpaid again. Given up: the first
part was not paid."""

Parts = Annotated[
    int, msgspec.Meta(ge=1, le=3, description="In how many monthly parts; the first is paid at once")
]


class SettlementId(Id, kind="settlement", prefix="stl"):
    """A settlement of what is unpaid."""


class OneMySettlement(msgspec.Struct, kw_only=True):
    """What is unpaid of one of the customer's purchases, in what it may be settled, and how the last settlement stands."""

    id: OrderId


class OpenSettlementFrame(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Open a page of the card frame on which another card is typed to settle by; it leads back to the space.

    `amount` is what is unpaid, as the customer was shown it: another sum is refused.
    """

    id: OrderId
    parts: Parts
    amount: OrderAmount


class PaySettlement(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Settle what is unpaid, and pay the first part at once: by the card of a token, or by that of the order.

    `latest.state` says how it stands: `running` or `settled` once the first part is paid; `challenge`, lead the browser to
    `latest.redirect`, and when it is back ask to go on; `under_way`, nobody knows yet; `given_up`, it was not paid and
    nothing has changed. One settlement is open at a time, and one debit stands, however often it is asked.
    """

    id: OrderId
    parts: Parts
    amount: OrderAmount
    token: CardTokenId | None = None
    idempotency_key: str


class GoOnSettling(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Go on with a settlement once its customer is back from their bank. It may be asked as often as one likes."""

    id: OrderId


class SettlementChoice(msgspec.Struct, kw_only=True):
    """In how many parts, on which days and of what; `card_problem` says why the card of the order cannot pay them."""

    parts: int
    due: list[MyInstalment]
    card_problem: CardProblem | None = None


class MySettlementView(msgspec.Struct, kw_only=True):
    """A settlement. `refusal` says why it was given up: what the bank said of the debit or of its customer."""

    id: str
    parts: int
    amount: Money
    first: Money  # what is or was to be paid at once
    state: SettlementState
    asked_at: Timestamp
    refusal: str | None = None
    redirect: str | None = None


class MySettlement(msgspec.Struct, kw_only=True):
    """What is unpaid, what was settled so far, and in what the rest may be: nothing is offered while nothing is unpaid."""

    order: str
    reference: str
    shop: str
    state: MyOrderState
    unpaid: Money
    settled: Money
    choices: list[SettlementChoice]
    card: MyCard | None = None
    latest: MySettlementView | None = None


class SettlementFrame(msgspec.Struct, kw_only=True):
    """Where a card is typed. Who has the address may type one there, once: it is not for logs."""

    address: str
    expires_at: Timestamp


_EXAMPLE: Final = {"parts": 2, "amount": {"amount": 4_265, "currency": "EUR"}}
SHOW = Operation(
    "me.settlement",
    OneMySettlement,
    MySettlement,
    CUSTOMER,
    http=GET("/me/orders/{id}/settlement", "How an unpaid may be settled"),
)
OPEN_FRAME = Operation(
    "me.open_settlement_frame",
    OpenSettlementFrame,
    SettlementFrame,
    CUSTOMER,
    http=ACT("/me/orders/{id}/settlement/frame", "Open a page for another card to settle by"),
    example=_EXAMPLE,
)
PAY = Operation(
    "me.settle",
    PaySettlement,
    MySettlement,
    CUSTOMER,
    http=ACT("/me/orders/{id}/settlement/pay", "Settle an unpaid"),
    example=_EXAMPLE,
)
GO_ON = Operation(
    "me.go_on_settling",
    GoOnSettling,
    MySettlement,
    CUSTOMER,
    http=ACT("/me/orders/{id}/settlement/continue", "Go on after the bank"),
)

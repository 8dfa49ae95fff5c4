"""The payment of an order by its customer's card: operations of merchants' programs (SCH-1, EDG-7)."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.cards import CardTokenId
from core.contracts.operation import ACT, INTEGRATOR, POST, Operation
from core.contracts.orders import OrderId, PayableOrder
from core.contracts.references import Money, Timestamp

Origin = Annotated[
    str,
    msgspec.Meta(
        max_length=300,
        description="Of the page that embeds the frame, or leads to it: scheme, host and port, without a path. It alone is told the token",
    ),
]
PageOfShop = Annotated[
    str,
    msgspec.Meta(max_length=500, description="A page of that origin, to which the browser is led afterwards"),
]


class OpenCardFrame(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Open a page on which the customer of an order types a card: to be embedded, or to be led to.

    It makes one token, for this order and nothing else, good for fifteen minutes. The page tells it to its origin by
    `postMessage` as `{"source": "guichet-card-frame", "type": "token", "token": "ctk_…"}`, and leads to `return_url` with
    `card_token` where no script took it. Without a `return_url` that of the order is taken, where it is a page of this origin.
    """

    id: OrderId
    origin: Origin
    return_url: PageOfShop | None = None
    language: Literal["fr", "en"] | None = None


class PayOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Pay the first instalment of an order by the card of a token, or go on with the card that was given.

    `payment.state` says how it stands: `paid`; `challenge`, lead the browser to `payment.action.redirect`, and when it is
    back at `return_url` ask once more, without a token; `under_way`, nobody knows yet, read the order until it is settled;
    `declined` or `not_authenticated`, open another page for a card; `closed`, the order is paid no more. However often it is asked, in however many tabs, one
    token is one authentication and one debit at most. Without a `return_url` that of the order is taken.
    """

    id: OrderId
    token: CardTokenId | None = None
    return_url: PageOfShop | None = None
    idempotency_key: str


class CardFrameView(msgspec.Struct, kw_only=True):
    """Where a card is typed. Who has the address may type one there, once: it is not for logs."""

    address: str
    amount: Money
    expires_at: Timestamp


OPEN_FRAME: Final = Operation(
    "merchant_orders.open_frame",
    OpenCardFrame,
    CardFrameView,
    INTEGRATOR,
    http=POST("/merchant/orders/{id}/frame", "Open a page on which a card is typed"),
    example={"origin": "https://shop.example"},
)
PAY: Final = Operation(
    "merchant_orders.pay",
    PayOrder,
    PayableOrder,
    INTEGRATOR,
    http=ACT("/merchant/orders/{id}/pay", "Pay an order by a card that was typed"),
    example={"token": f"ctk_{'0' * 26}"},
)

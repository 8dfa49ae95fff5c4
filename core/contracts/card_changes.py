"""Customers put another card in the place of the one that pays a purchase (CAR-1 to CAR-3, S2.29 to S2.35)."""

from typing import Final, Literal

import msgspec

from core.contracts.cards import CardTokenId
from core.contracts.ids import Id
from core.contracts.operation import ACT, CUSTOMER, GET, POST, Operation
from core.contracts.orders import OrderId
from core.contracts.references import BrandName, Money, Timestamp

CHANGE_DAYS_BEFORE: Final = 7
"""So many days before the next debit a card may be changed for the last time (S2.33)."""

CardChangeRefusal = Literal["nothing_due", "unpaid", "debit_submitted", "too_late"]
"""`unpaid`: the customer settles first. `debit_submitted`: a debit is on its way. `too_late`: the next one is too near."""

CardChangeFailure = Literal[
    "nothing_due",
    "unpaid",
    "debit_submitted",
    "too_late",
    "ends_too_soon",  # before a last debit that was moved meanwhile
    "not_confirmed",  # the bank did not recognise its holder
    "cancelled",  # by the holder, on the page of the bank
    "timed_out",  # nobody confirmed in time
    "bank_unavailable",  # the bank could not authenticate anybody
    "declined",  # the bank says that the card is not good
    "brand_refused",  # by us: the shop does not take cards of that brand
    "unanswered",  # nobody knows; nothing was debited, and the card may be tried again
    "replaced",  # the customer began again
    "overtaken",  # another card pays since: the customer settled by it
    "left",  # nobody came back
]
"""Why a change was not made. The card before it stays, whichever it is."""

CardChangeState = Literal["to_type", "to_confirm", "checking", "done", "failed"]
"""`to_confirm`: the holder goes to the page of their bank. `checking`: ask again in a moment."""


class CardChangeId(Id, kind="card_change", prefix="cch"):
    """A change of the card of an order."""


class OpenCardChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Open a page on which another card is typed for one of the customer's purchases.

    Refused while the card may not be changed. A change that waits for its card goes on; one whose holder did not come back
    from their bank is given up for this one.
    """

    id: OrderId


class OneCardChange(msgspec.Struct, kw_only=True):
    """How a change stands."""

    id: CardChangeId


class ContinueCardChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Go on with a change, as far as that goes: with the token of the card that was typed, then without one.

    The new card is authenticated by its bank and verified for nothing before it takes the place of the old one. Asked
    again, it does nothing twice.
    """

    id: CardChangeId
    token: CardTokenId | None = None


class CollectNow(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Let what a debit failed to collect be tried at once, by the card that took the place of the one that failed."""

    id: OrderId


class MyCard(msgspec.Struct, kw_only=True):
    """The card that is debited; `expires` is its last month, such as 2027-09, and `has_expired` whether it is over."""

    brand: BrandName
    last_four: str
    expires: str
    has_expired: bool = False


class MyCardRule(msgspec.Struct, kw_only=True):
    """Whether the card may be changed now, and if not, why. Days are in Paris.

    `until`: the last day on which it may, before the next debit. `last_debit`: a new card is good on that day.
    `waiting`: what a debit failed to collect, and is tried again.
    """

    allowed: bool
    refusal: CardChangeRefusal | None = None
    until: str | None = None
    next_debit: str | None = None
    last_debit: str | None = None
    waiting: Money | None = None


class MyCardChange(msgspec.Struct, kw_only=True):
    """A change. `redirect`: where its holder confirms it; `waiting`: what may be collected at once, now that it is done."""

    id: str
    order: str
    shop: str
    state: CardChangeState
    asked_at: Timestamp
    old_card: MyCard
    new_card: MyCard | None = None
    failure: CardChangeFailure | None = None
    redirect: str | None = None
    waiting: Money | None = None


class CardChangePage(msgspec.Struct, kw_only=True):
    """Where the card is typed. Who has the address may type one there, once: it is not for logs."""

    change: MyCardChange
    last_debit: str
    address: str
    expires_at: Timestamp


class CollectedNow(msgspec.Struct, kw_only=True):
    """What is collected by the next round of the daily run."""

    amount: Money


OPEN: Final = Operation(
    "card_changes.open",
    OpenCardChange,
    CardChangePage,
    CUSTOMER,
    http=POST("/me/orders/{id}/card/changes", "Begin to change the card"),
)
ONE: Final = Operation(
    "card_changes.one",
    OneCardChange,
    MyCardChange,
    CUSTOMER,
    http=GET("/me/card-changes/{id}", "One change of card"),
)
CONTINUE: Final = Operation(
    "card_changes.continue",
    ContinueCardChange,
    MyCardChange,
    CUSTOMER,
    http=ACT("/me/card-changes/{id}/continue", "Go on with a change of card"),
    example={"token": None},
)
COLLECT_NOW: Final = Operation(
    "card_changes.collect_now",
    CollectNow,
    CollectedNow,
    CUSTOMER,
    http=ACT("/me/orders/{id}/collect-now", "Collect by the new card what failed"),
)

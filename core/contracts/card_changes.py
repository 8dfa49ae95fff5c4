"""The card of a purchase in the customers' space: whether it may be changed, and why not (CAR-1, CAR-2)."""

from typing import Final, Literal

import msgspec

from core.contracts.references import Money

CHANGE_DAYS_BEFORE: Final = 7
"""So many days before the next debit a card may be changed for the last time (S2.33)."""

CardChangeRefusal = Literal["nothing_due", "unpaid", "debit_submitted", "too_late"]
"""`unpaid`: the customer settles first. `debit_submitted`: a debit is on its way. `too_late`: the next one is too near."""


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

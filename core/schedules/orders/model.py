"""The facts of an order, and what follows from them."""

from datetime import date
from typing import NamedTuple

from core.contracts.orders import InstalmentState


class Part(NamedTuple):
    """An instalment of a new schedule; `fee_minor` is within `amount_minor`."""

    number: int
    due_on: date
    amount_minor: int
    fee_minor: int


class Due(NamedTuple):
    """An instalment as it stands: `amount_minor` is what was or will be charged, its part of the fee within.

    `is_part`: of a settlement. One that does not count was taken over by a settlement, or is a first part that is not paid.
    """

    number: int
    amount_minor: int
    fee_minor: int
    state: InstalmentState
    is_part: bool = False
    counts: bool = True


class Facts(NamedTuple):
    """What an order's schedule and state follow from.

    `cancelled_minor`: what the merchant took off, whether from what is to be paid or by giving it back. `refunded_minor`:
    what is owed back to the customer or was given back.
    """

    amount_minor: int
    fee_minor: int
    cancelled_minor: int
    refunded_minor: int
    is_active: bool
    is_abandoned: bool
    dues: tuple[Due, ...]

    @property
    def remaining_minor(self) -> int:
        """What the purchase is still of."""
        return self.amount_minor - self.cancelled_minor

    @property
    def owed_minor(self) -> int:
        """What the customer pays in all; whoever takes everything off takes the fee off with it.

        Nothing of a purchase that was abandoned: it was none.
        """
        if self.is_abandoned:
            return 0
        return self.remaining_minor + (self.fee_minor if self.remaining_minor else 0)

    @property
    def paid_minor(self) -> int:
        """What was collected."""
        return sum(due.amount_minor for due in self.dues if due.state == "paid")

    @property
    def counted(self) -> tuple[Due, ...]:
        """Those that are paid or owed."""
        return tuple(due for due in self.dues if due.counts)


class Balance(NamedTuple):
    """What follows from facts: each instalment as it has to stand, and what else is owed back."""

    dues: tuple[Due, ...]
    refund_minor: int

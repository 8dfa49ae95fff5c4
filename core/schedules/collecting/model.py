"""Debits, and what a run knows of them."""

from datetime import date, datetime
from typing import Literal, NamedTuple

DebitState = Literal["open", "approved", "declined", "reversed", "not_sent"]
"""Open: nobody knows yet. Reversed: nobody knew, and it was taken back. Not sent: no host was asked."""

Answer = Literal["approved", "soft", "hard", "customer", "ours"]
"""What an end of a debit says: it may pass, it never will, the customer must do something, or it says nothing of the card."""


class Policy(NamedTuple):
    """How a decline is tried again: on these days after the first try. `customer_days`: to act, where only they can."""

    days: tuple[int, ...]
    customer_days: int


class History(NamedTuple):
    """What there was of an instalment before, this end of a debit included."""

    first_on: date  # the run that tried it first
    declines: int  # by the bank
    failures: int  # that say nothing of the card


class Ended(NamedTuple):
    """A debit that has ended, or that was never to be sent."""

    id: bytes
    order_id: bytes
    instalment_id: bytes
    state: DebitState
    reason: int
    brand: int
    history: History


class Next(NamedTuple):
    """What becomes of an instalment that was not collected: tried again after a moment, or unpaid."""

    after: datetime | None
    asks_customer: bool = False
    card_is_dead: bool = False

    @property
    def is_unpaid(self) -> bool:
        """Whether nothing is tried any more."""
        return self.after is None

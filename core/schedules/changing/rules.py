"""Pure decisions on changes of card: whether one may begin, and which card may take the place of another.

Days are civil dates in Paris, by the calendar of schedules.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from core.contracts.card_changes import CHANGE_DAYS_BEFORE, CardChangeFailure, CardChangeRefusal
from core.contracts.orders import InstalmentState, OrderState
from core.contracts.reasons import Reason
from core.contracts.states import State

_BEFORE: Final = timedelta(days=CHANGE_DAYS_BEFORE)
_OVER: Final = frozenset({"settled", "cancelled", "abandoned", "awaiting_payment"})


class DueDebit(NamedTuple):
    """An instalment. `waits`: a debit of it failed, and it is tried again later."""

    due_on: date
    amount_minor: int
    state: InstalmentState
    waits: bool = False


class Standing(NamedTuple):
    """Whether the card of an order may be changed now.

    `until`: the last day on which it may, where a debit is to come. `last_debit`: a new card is good on that day.
    `waiting_minor`: what a debit failed to collect and is tried again later.
    """

    refusal: CardChangeRefusal | None
    last_debit: date | None
    next_debit: date | None
    until: date | None
    waiting_minor: int


def standing_of(state: OrderState, dues: Sequence[DueDebit], *, has_card: bool, today: date) -> Standing:
    """Return whether a card may be changed: the most pressing reason against it, which the customer is told.

    A debit that failed and waits does not stand in the way, whatever its next day: its customer is asked for another card.
    """
    open_ones = [due for due in dues if due.state in ("upcoming", "in_progress", "unpaid")]
    coming = [due.due_on for due in open_ones if due.state == "upcoming" and not due.waits]
    next_debit = min(coming, default=None)
    until = None if next_debit is None else next_debit - _BEFORE
    return Standing(
        refusal=_refusal(state, open_ones, has_card=has_card, until=until, today=today),
        last_debit=max((due.due_on for due in open_ones), default=None),
        next_debit=next_debit,
        until=until,
        waiting_minor=sum(due.amount_minor for due in open_ones if due.waits and due.state == "upcoming"),
    )


def _refusal(
    state: OrderState, open_ones: Sequence[DueDebit], *, has_card: bool, until: date | None, today: date
) -> CardChangeRefusal | None:
    if state == "unpaid":
        return "unpaid"
    if state in _OVER or not open_ones or not has_card:
        return "nothing_due"
    if any(due.state == "in_progress" for due in open_ones):
        return "debit_submitted"
    return "too_late" if until is not None and today > until else None


def failure_of_verification(state: int, reason: int) -> CardChangeFailure:
    """Return why a card was not verified: its bank said no, the shop does not take its brand, or nobody knows.

    What else we refused ourselves, or could not send, says nothing of the card.
    """
    if state == State.DECLINED and reason == Reason.BRAND_REFUSED:
        return "brand_refused"
    return "declined" if state == State.DECLINED and reason >= Reason.APPROVED else "unanswered"

"""Pure decisions on collecting: what a decline says, and what is done next. Sources: docs/collecting.md."""

from datetime import date, datetime, time, timedelta
from typing import Final

from core.contracts.reasons import Reason
from core.schedules.collecting.model import Answer, DebitState, History, Next, Policy
from core.values.clock import PARIS

FAILURES_MAX: Final = 20
"""So often no host was asked, or nobody knew and it was taken back; then it is unpaid. About ten days."""

FIRST_PAUSE: Final = timedelta(minutes=5)
LAST_PAUSE: Final = timedelta(hours=24)

_HARD: Final = frozenset(
    {
        Reason.PICK_UP_CARD,
        Reason.INVALID_TRANSACTION,
        Reason.INVALID_CARD_NUMBER,
        Reason.NO_SUCH_ISSUER,
        Reason.LOST_CARD,
        Reason.STOLEN_CARD,
        Reason.NOT_PERMITTED_TO_CARDHOLDER,
        Reason.SUSPECTED_FRAUD,
        Reason.REVOCATION_OF_MANDATE,
    }
)
"""The bank will never say yes to this card: trying again is forbidden, or costs the merchant a fee."""

ASKS_CUSTOMER: Final = frozenset({Reason.STRONG_AUTHENTICATION_REQUIRED, Reason.EXPIRED_CARD})
"""Only the customer can do something about it: that card is not tried again for the instalment."""


def answer_of(state: DebitState, reason: int) -> Answer:
    """Return what the end of a debit says.

    What was not sent says nothing of the card, but where it was not sent because of what the bank had said before, or
    because the card is past its last month.
    """
    if state == "approved":
        return "approved"
    if state == "reversed" or reason < Reason.APPROVED:
        return "ours"
    if reason in _HARD:
        return "hard"
    return "customer" if reason in ASKS_CUSTOMER else "soft"


def next_of(answer: Answer, history: History, policy: Policy, *, now: datetime) -> Next:
    """Return what becomes of an instalment that was not collected."""
    match answer:
        case "approved":
            raise ValueError("nothing follows what was collected")
        case "hard":
            return Next(None, card_is_dead=True)
        case "customer":
            until = _morning(history.first_on + timedelta(days=policy.customer_days))
            return Next(until if until > now else None, asks_customer=True)
        case "soft":
            days = sorted(policy.days)
            if history.declines > len(days):
                return Next(None)
            # A run that was late tries again no sooner than the day after.
            first = _morning(history.first_on + timedelta(days=days[history.declines - 1]))
            return Next(max(first, _morning(now.astimezone(PARIS).date() + timedelta(days=1))))
        case "ours":
            if history.failures >= FAILURES_MAX:
                return Next(None)
            pause = min(FIRST_PAUSE * 2 ** (history.failures - 1), LAST_PAUSE)
            return Next(now + pause)


def _morning(day: date) -> datetime:
    """Return the moment at which a civil date begins in Paris."""
    return datetime.combine(day, time(), PARIS)

"""The end of a payment that was written down and never armed: nobody arms it any more."""

from core.contracts.reasons import Reason
from core.contracts.states import EventKind, State
from core.transactions.bookings import store as bookings
from core.transactions.bookings.attempts import attempt_of_payment
from core.transactions.bookings.store import Connection
from core.transactions.stored_cards.payment import StoredPayment

ARMED_NO_MORE_S = 60
"""Whoever was to arm it refuses after half a minute, and a statement ends within ten seconds."""


async def forestall(connection: Connection, payment: StoredPayment, *, cause: str) -> bool:
    """Record a payment as declined by ourselves, under its own identifier; False where it was armed after all.

    Whoever was stopped in the middle and goes on finds the identifier taken, so that its host is not asked: no clock
    decides that. In the caller's transaction.
    """
    new = attempt_of_payment(payment, state=State.DECLINED, reason=Reason.SYSTEM_BUSY)
    recorded = await bookings.insert(connection, new)
    if recorded is None:
        return False
    await bookings.note(
        connection,
        new.id,
        new.business_date,
        EventKind.REFUSED,
        state=new.state,
        reason=new.reason,
        cause=cause,
    )
    return True

"""The end of a payment that was written down and never armed: nobody arms it any more."""

from datetime import date

from core.contracts.reasons import Reason
from core.contracts.states import EventKind, State
from core.transactions.bookings import store as bookings
from core.transactions.bookings.store import Connection, NewAttempt
from core.transactions.stored_cards.payment import StoredPayment

ARMED_NO_MORE_S = 60
"""Whoever was to arm it refuses after half a minute, and a statement ends within ten seconds."""


async def forestall(connection: Connection, payment: StoredPayment, *, cause: str) -> bool:
    """Record a payment as declined by ourselves, under its own identifier; False where it was armed after all.

    Whoever was stopped in the middle and goes on finds the identifier taken, so that its host is not asked: no clock
    decides that. In the caller's transaction.
    """
    business_date = date.fromordinal(payment.business_date)
    recorded = await bookings.insert(
        connection,
        NewAttempt(
            id=payment.id,
            business_date=business_date,
            terminal_id=payment.terminal_id,
            received_at_us=payment.received_at_us,
            state=State.DECLINED,
            reason=Reason.SYSTEM_BUSY,
            kind=payment.kind,
            message_class=payment.message_class,
            stan=payment.stan,
            body_hash=payment.body_hash,
            amount_minor=payment.amount_minor,
            approved_minor=0,
            currency=payment.currency,
            card=payment.card,
            entry_mode=payment.entry_mode,
            transmitted_at=payment.transmitted_at,
            local_time=payment.local_time,
            approval_code="",
            request=payment.request,
        ),
    )
    if recorded is None:
        return False
    await bookings.note(
        connection,
        payment.id,
        business_date,
        EventKind.REFUSED,
        state=State.DECLINED,
        reason=Reason.SYSTEM_BUSY,
        cause=cause,
    )
    return True

"""A terminal or an agent takes an attempt back."""

from datetime import date

import asyncpg

from core.contracts.payment import AuthoriseReply, Reverse, SealedCard
from core.contracts.reasons import Reason
from core.contracts.states import DeliveryKind, EventKind, Kind, Layer, Operation, State
from core.transactions.bookings import store
from core.transactions.bookings.store import Connection, NewAttempt, Standing
from core.values.ids import rrn_of

LOOKS_MAX = 3
"""How often a reversal and its authorisation may cross; a second look finds what the first has missed."""

_NO_CARD = SealedCard(b"", 0, "", "", "", 0)


async def reverse(pool: asyncpg.Pool, asked: Reverse) -> AuthoriseReply:
    """Take back the attempt under the original's key; durable when this returns.

    A reversal that comes before its authorisation leaves a mark under the authorisation's own key, so that the
    authorisation is refused when it arrives. Repeats find the work done and get the same answer.
    """
    for _ in range(LOOKS_MAX):
        async with pool.acquire() as connection, connection.transaction():
            standing = await store.lock_by_key(
                connection,
                terminal_id=asked.terminal_id,
                business_date=date.fromordinal(asked.original_business_date),
                message_class=asked.original_message_class,
                stan=asked.original_stan,
            )
            if standing is not None:
                reason = await take_back(connection, standing, cause=asked.cause, who="terminal")
                return _answer(asked, reason, standing)
            if await _mark_unseen(connection, asked):
                return _answer(asked, Reason.APPROVED, None)
        # The authorisation was committed between the look and the mark: look again.
    # Neither there nor to be marked: a terminal that the directory does not know.
    return _answer(asked, Reason.TERMINAL_UNKNOWN, None)


async def take_back(connection: Connection, standing: Standing, *, cause: int, who: str) -> Reason:
    """Undo a locked attempt if its state allows it; the host is told until it accepts.

    Returns APPROVED when it is undone, now or before, else why not.
    """
    if standing.state in (State.REVERSED, State.DECLINED):
        return Reason.APPROVED
    if standing.state == State.UNKNOWN:
        return Reason.APPROVED  # Its reversal is on its way already.
    if standing.state in (State.CAPTURED, State.REFUNDED, State.SETTLED):
        return Reason.ALREADY_CAPTURED
    if standing.kind == Kind.COMPLETION:
        return Reason.ALREADY_CAPTURED
    if standing.state == State.SENT:
        # The host may still approve: unknown until it has accepted the reversal. A late approval changes nothing.
        await store.move(connection, standing, to=State.UNKNOWN, reason=cause, from_states=(State.SENT,))
        state = State.UNKNOWN
    else:
        await store.move(
            connection,
            standing,
            to=State.REVERSED,
            reason=cause,
            from_states=(State.APPROVED, State.PARTIALLY_APPROVED),
        )
        state = State.REVERSED
        await _undo_money(connection, standing)
    if standing.kind == Kind.ADVICE:
        # Told after its reversal, the host would book what nobody pays.
        await store.withdraw_advice(connection, standing)
    await store.owe(
        connection,
        standing.id,
        standing.business_date,
        DeliveryKind.REVERSAL,
        reason=cause,
        amount_minor=standing.approved_minor or standing.amount_minor,
        acquirer_id=standing.acquirer_id,
    )
    kind = EventKind.CANCELLED if cause != Reason.REVERSED_BY_TERMINAL else EventKind.REVERSED
    await store.note(
        connection, standing.id, standing.business_date, kind, state=state, reason=cause, cause=who
    )
    return Reason.APPROVED


async def _undo_money(connection: Connection, standing: Standing) -> None:
    if standing.kind == Kind.REFUND:
        await store.post(
            connection, standing, Operation.REFUND_RELEASE, Layer.POSTED, standing.approved_minor
        )
        await give_back(connection, standing)
    elif standing.approved_minor:
        await store.post(connection, standing, Operation.RELEASE, Layer.PENDING, -standing.approved_minor)


async def give_back(connection: Connection, refund: Standing) -> None:
    """Return what a refund had reserved to the amount that can still be refunded."""
    if refund.original_id is None or refund.original_date is None:
        return
    original = await store.lock_by_id(connection, refund.original_id, refund.original_date)
    if original is None:
        return
    state = await store.add_refunded(connection, original, -refund.amount_minor, final=False)
    if state != original.state:
        await store.note(
            connection,
            original.id,
            original.business_date,
            EventKind.CAPTURED,
            state=state,
            reason=original.reason,
            cause=f"refund {refund.id.hex()} given back",
        )


async def _mark_unseen(connection: Connection, asked: Reverse) -> bool:
    """Record that the original, should it come, has been reversed already. False: it came meanwhile."""
    business_date = date.fromordinal(asked.original_business_date)
    recorded = await store.insert(
        connection,
        NewAttempt(
            id=asked.id,
            business_date=business_date,
            terminal_id=asked.terminal_id,
            received_at_us=asked.received_at_us,
            state=State.REVERSED,
            reason=asked.cause,
            kind=Kind.PURCHASE if asked.original_message_class == 2 else Kind.AUTHORISATION,
            message_class=asked.original_message_class,
            stan=asked.original_stan,
            body_hash=0,
            amount_minor=asked.amount_minor,
            approved_minor=0,
            currency=asked.currency,
            card=asked.card or _NO_CARD,
            entry_mode="",
            transmitted_at="",
            local_time="",
            approval_code="",
            request=asked.request,
        ),
    )
    if recorded is None:
        return False
    await store.note(
        connection,
        asked.id,
        business_date,
        EventKind.REVERSED,
        state=State.REVERSED,
        reason=asked.cause,
        cause="before its authorisation",
    )
    return True


def _answer(asked: Reverse, reason: Reason, standing: Standing | None) -> AuthoriseReply:
    return AuthoriseReply(
        asked.id,
        reason,
        standing.approval_code if standing else "",
        standing.approved_minor if standing else 0,
        rrn_of(standing.id if standing else asked.id),
    )

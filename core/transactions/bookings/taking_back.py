"""What undoes a locked attempt, whole or in part: its state, its money, and what its host is owed."""

from core.contracts.reasons import Reason
from core.contracts.states import DeliveryKind, EventKind, Kind, Layer, LedgerOperation, State
from core.transactions.bookings import kept_reversals, store
from core.transactions.bookings.attempts import Standing
from core.transactions.bookings.store import Connection

_PARTLY_REVERSIBLE = frozenset({Kind.AUTHORISATION, Kind.PURCHASE, Kind.ADVICE})
_HELD = (State.APPROVED, State.PARTIALLY_APPROVED)

REPLACED_PART = 1
"""The part under which a release in part is booked; the release of the rest is part 0."""


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
        await store.withdraw(connection, standing, DeliveryKind.ADVICE)
    await store.withdraw(connection, standing, DeliveryKind.PARTIAL_REVERSAL)
    # A host compares the whole with what it approved, whether or not a part was taken back meanwhile.
    approved_minor = standing.approved_minor + standing.released_minor
    await store.owe(
        connection,
        standing.id,
        standing.business_date,
        DeliveryKind.REVERSAL,
        reason=cause,
        amount_minor=approved_minor or standing.amount_minor,
        acquirer_id=standing.acquirer_id,
    )
    kind = EventKind.CANCELLED if cause != Reason.REVERSED_BY_TERMINAL else EventKind.REVERSED
    await store.note(
        connection, standing.id, standing.business_date, kind, state=state, reason=cause, cause=who
    )
    return Reason.APPROVED


async def take_back_part(connection: Connection, standing: Standing, *, stays_minor: int, who: str) -> Reason:
    """Lower what a locked attempt holds to `stays_minor`; the host is told until it accepts.

    Returns APPROVED when that is what stays, now or before; SYSTEM_BUSY while the host has not answered yet.
    """
    before_minor = await kept_reversals.replaced_amount(connection, standing)
    if before_minor is not None:
        return Reason.APPROVED if before_minor == stays_minor else Reason.REPLACEMENT_REFUSED
    if standing.state == State.SENT:
        return Reason.SYSTEM_BUSY
    if standing.state in (State.CAPTURED, State.REFUNDED, State.SETTLED):
        return Reason.ALREADY_CAPTURED
    if standing.kind not in _PARTLY_REVERSIBLE or standing.state not in _HELD:
        return Reason.REPLACEMENT_REFUSED
    if not 0 < stays_minor < standing.approved_minor:
        return Reason.REPLACEMENT_REFUSED
    await kept_reversals.lower_approved(connection, standing, stays_minor)
    await store.post(
        connection,
        standing,
        LedgerOperation.RELEASE,
        Layer.PENDING,
        stays_minor - standing.approved_minor,
        part=REPLACED_PART,
    )
    await store.owe(
        connection,
        standing.id,
        standing.business_date,
        DeliveryKind.PARTIAL_REVERSAL,
        reason=Reason.REVERSED_BY_TERMINAL,
        amount_minor=stays_minor,
        acquirer_id=standing.acquirer_id,
    )
    await store.note(
        connection,
        standing.id,
        standing.business_date,
        EventKind.PARTLY_REVERSED,
        state=standing.state,
        reason=standing.reason,
        cause=who,
    )
    return Reason.APPROVED


async def _undo_money(connection: Connection, standing: Standing) -> None:
    if standing.kind == Kind.REFUND:
        await store.post(
            connection, standing, LedgerOperation.REFUND_RELEASE, Layer.POSTED, standing.approved_minor
        )
        await give_back(connection, standing)
    elif standing.approved_minor:
        await store.post(
            connection, standing, LedgerOperation.RELEASE, Layer.PENDING, -standing.approved_minor
        )


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

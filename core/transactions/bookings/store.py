"""The statements of bookings as typed functions. Every one runs inside the caller's transaction."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeAlias

import asyncpg
from asyncpg.pgproto.pgproto import UUID

from core.contracts.states import DeliveryKind, EventKind, Layer, LedgerOperation, State
from core.db.queries import load
from core.transactions.bookings.attempts import NewAttempt, Standing
from core.transactions.bookings.messages import Elements, elements_in, reference_in
from core.values.clock import from_unix_us

queries = load(Path(__file__).with_name("queries.sql"))

OF_CARD_MAX: Final = 50

Connection: TypeAlias = "asyncpg.Connection | asyncpg.pool.PoolConnectionProxy"


async def lock_named(
    connection: Connection, *, terminal_id: bytes, message_class: int, stan: int, first: date, last: date
) -> list[Standing]:
    """Return what stands under a terminal's number between two dates, oldest first, locked."""
    rows = await connection.fetch(queries.lock_named, UUID(terminal_id), message_class, stan, first, last)
    return [_standing(row) for row in rows]


async def read_own_reference(connection: Connection, standing: Standing) -> str:
    """Return data element 37 of the terminal's own message, empty when it had none or is not kept yet."""
    return await own_reference_of(connection, standing.id, standing.business_date)


async def own_reference_of(connection: Connection, attempt_id: bytes, business_date: date) -> str:
    """Return the same of an attempt that is not locked: what its terminal sent does not change."""
    return reference_in(await own_message_of(connection, attempt_id, business_date))


async def own_message_of(connection: Connection, attempt_id: bytes, business_date: date) -> Elements:
    """Return the terminal's own message by data elements, masked; empty when it is not kept yet or cannot be read."""
    row = await connection.fetchrow(queries.read_terminal_message, UUID(attempt_id), business_date)
    if row is None:
        return {}
    return elements_in(row["request"] or row["detail"] or b"\x80")


async def ensure_month(pool: asyncpg.Pool, business_date: date) -> None:
    """Have a partition for a date."""
    async with pool.acquire() as connection:
        await connection.fetchrow(queries.ensure_month, business_date)


async def read_time_zone(connection: Connection, terminal_id: bytes) -> str:
    """Return the time zone of a terminal's store, empty for an unknown terminal."""
    row = await connection.fetchrow(queries.read_time_zone, UUID(terminal_id))
    return row["time_zone"] if row is not None else ""


async def read_allowance(connection: Connection, terminal_id: bytes) -> tuple[int, str] | None:
    """Return what a terminal's service allows for one payment: amount and currency."""
    row = await connection.fetchrow(queries.read_allowance, UUID(terminal_id))
    return (row["transaction_max_minor"], row["currency"]) if row is not None else None


async def add_doubt(connection: Connection, standing: Standing, cause: str) -> None:
    """Have a person look at what was booked, and say so in its history, once."""
    if await connection.fetchrow(queries.add_doubt, UUID(standing.id), standing.business_date, cause) is None:
        return
    await note(
        connection,
        standing.id,
        standing.business_date,
        EventKind.DOUBTED,
        state=standing.state,
        reason=standing.reason,
        cause=cause,
    )


async def show_refused(connection: Connection, attempt_id: bytes, business_date: date, cause: str) -> None:
    """Have a person look at what had happened and was not booked; its own event says that it was refused."""
    await connection.fetchrow(queries.add_doubt, UUID(attempt_id), business_date, cause)


async def find_of_card(
    connection: Connection, *, fingerprint: int, terminal_id: bytes, kinds: Sequence[int], since: date
) -> list[tuple[bytes, date]]:
    """Return ids and dates of what a terminal did with a card since a date, newest first and bounded."""
    rows = await connection.fetch(
        queries.find_of_card, fingerprint, UUID(terminal_id), list(kinds), since, OF_CARD_MAX
    )
    return [(row["id"].bytes, row["business_date"]) for row in rows]


async def find_by_code(
    connection: Connection, *, fingerprint: int, terminal_id: bytes, code: str, since: date
) -> list[tuple[bytes, date]]:
    """Return ids and dates of the holds of a card in a terminal's store that have an approval code, newest first."""
    rows = await connection.fetch(
        queries.find_by_code, fingerprint, UUID(terminal_id), code, since, OF_CARD_MAX
    )
    return [(row["id"].bytes, row["business_date"]) for row in rows]


async def is_paid_under_code(connection: Connection, standing: Standing, code: str, since: date) -> bool:
    """Whether the same card paid in the same store under an approval code, whatever amount: a tip may come on top."""
    row = await connection.fetchrow(
        queries.is_paid_under_code,
        standing.card_fingerprint,
        UUID(standing.store_id),
        code,
        since,
    )
    return row is not None and row["is_paid"]


async def is_hold_open(connection: Connection, standing: Standing, since: date) -> bool:
    """Whether a hold of the same card waits in the same store for its completion."""
    row = await connection.fetchrow(
        queries.is_hold_open, standing.card_fingerprint, UUID(standing.store_id), since
    )
    return row is not None and row["is_open"]


async def lock_by_id(connection: Connection, attempt_id: bytes, business_date: date) -> Standing | None:
    """Return an attempt, locked until the transaction ends."""
    row = await connection.fetchrow(queries.lock_by_id, UUID(attempt_id), business_date)
    return _standing(row) if row is not None else None


async def find_by_reference(
    connection: Connection, id_range: tuple[bytes, bytes], *, terminal_id: bytes
) -> tuple[bytes, date] | None:
    """Return id and date of the attempt with that reference in the terminal's own store."""
    row = await connection.fetchrow(
        queries.find_by_reference, UUID(id_range[0]), UUID(id_range[1]), UUID(terminal_id)
    )
    return (row["id"].bytes, row["business_date"]) if row is not None else None


async def insert(connection: Connection, new: NewAttempt) -> tuple[bytes, int] | None:
    """Record an attempt; return its store and acquirer, or None when its natural key is taken."""
    row = await connection.fetchrow(
        queries.insert_attempt,
        UUID(new.id),
        new.business_date,
        from_unix_us(new.received_at_us),
        int(new.state),
        new.reverse_after_ms,
        new.body_hash,
        new.amount_minor,
        new.approved_minor,
        new.card.fingerprint,
        UUID(new.original_id) if new.original_id else None,
        new.original_date,
        new.stan,
        new.kind,
        new.message_class,
        int(new.reason),
        new.card.brand,
        new.currency,
        new.card.bin,
        new.card.last_four,
        new.card.expiry,
        new.entry_mode,
        new.transmitted_at,
        new.local_time,
        new.approval_code,
        new.card.ciphertext,
        new.request,
        UUID(new.terminal_id),
    )
    return (row["store_id"].bytes, row["acquirer_id"]) if row is not None else None


async def move(
    connection: Connection, standing: Standing, *, to: State, reason: int, from_states: tuple[State, ...]
) -> bool:
    """Move a locked attempt to another state; False when it is in none of `from_states`."""
    row = await connection.fetchrow(
        queries.move_attempt,
        UUID(standing.id),
        standing.business_date,
        int(to),
        int(reason),
        [int(s) for s in from_states],
    )
    return row is not None


async def capture(connection: Connection, standing: Standing, amount_minor: int, *, cause: str) -> None:
    """Void what was held, post what is captured and say so, on a locked approved attempt."""
    await connection.fetchrow(
        queries.capture_attempt, UUID(standing.id), standing.business_date, amount_minor
    )
    await post(connection, standing, LedgerOperation.RELEASE, Layer.PENDING, -standing.approved_minor)
    await post(connection, standing, LedgerOperation.CAPTURE, Layer.POSTED, amount_minor)
    await note(
        connection,
        standing.id,
        standing.business_date,
        EventKind.CAPTURED,
        state=State.CAPTURED,
        reason=standing.reason,
        cause=cause,
    )


async def post(
    connection: Connection,
    standing: Standing,
    operation: LedgerOperation,
    layer: Layer,
    amount_minor: int,
    *,
    part: int = 0,
) -> None:
    """Post two legs on an attempt: `amount_minor` more owed by the acquirer, as much more owed to the merchant."""
    await connection.execute(
        queries.post_entries,
        UUID(standing.id),
        standing.business_date,
        UUID(standing.store_id),
        amount_minor,
        int(operation),
        int(layer),
        standing.currency,
        standing.acquirer_id,
        part,
    )


async def add_refunded(connection: Connection, standing: Standing, amount_minor: int, *, final: bool) -> int:
    """Reserve (positive) or give back (negative) a part of what was captured; return the state."""
    row = await connection.fetchrow(
        queries.add_refunded, UUID(standing.id), standing.business_date, amount_minor, final
    )
    return row["state"] if row is not None else standing.state


async def note(
    connection: Connection,
    attempt_id: bytes,
    business_date: date,
    kind: EventKind,
    *,
    state: int,
    reason: int,
    cause: str = "",
    detail: bytes | None = None,
) -> None:
    """Append an event."""
    await connection.execute(
        queries.add_event,
        UUID(attempt_id),
        business_date,
        int(kind),
        int(state),
        int(reason),
        cause,
        detail,
    )


async def owe(
    connection: Connection,
    attempt_id: bytes,
    business_date: date,
    kind: DeliveryKind,
    *,
    reason: int,
    amount_minor: int,
    acquirer_id: int,
) -> None:
    """Have something delivered to the host, however often it takes."""
    await connection.execute(
        queries.owe_delivery,
        UUID(attempt_id),
        business_date,
        int(kind),
        int(reason),
        amount_minor,
        acquirer_id,
    )


async def withdraw(connection: Connection, standing: Standing, kind: DeliveryKind) -> None:
    """Tell the host no more of something that is taken back."""
    await connection.execute(queries.withdraw_delivery, UUID(standing.id), int(kind))


def _standing(row: Any) -> Standing:
    return Standing(
        id=row["id"].bytes,
        business_date=row["business_date"],
        kind=row["kind"],
        state=row["state"],
        reason=row["reason"],
        amount_minor=row["amount_minor"],
        approved_minor=row["approved_minor"],
        captured_minor=row["captured_minor"],
        refunded_minor=row["refunded_minor"],
        currency=row["currency"],
        store_id=row["store_id"].bytes if row["store_id"] else bytes(16),
        terminal_id=row["terminal_id"].bytes,
        acquirer_id=row["acquirer_id"],
        body_hash=row["body_hash"],
        approval_code=row["approval_code"],
        host_code=row["host_code"],
        original_id=row["original_id"].bytes if row["original_id"] else None,
        original_date=row["original_date"],
        card_fingerprint=row["card_fingerprint"],
        transmitted_at=row["transmitted_at"],
        local_time=row["local_time"],
        received_at=row["received_at"],
        time_zone=row["time_zone"] or "",
        message_class=row["message_class"],
        stan=row["stan"],
        card_expiry=row["card_expiry"],
        released_minor=row["released_minor"],
        repeated_at=tuple((sent, local) for sent, local in row["repeated_at"]),
    )

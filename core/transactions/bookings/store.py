"""Typed doors to the statements of bookings. Every function runs inside the caller's transaction."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import asyncpg
import msgspec
from asyncpg.pgproto.pgproto import UUID

from core.contracts.payment import Authorise, Book, SealedCard
from core.contracts.states import DeliveryKind, EventKind, Layer, Operation, State
from core.db.queries import load
from core.transactions.bookings.rules import Candidate
from core.transactions.rules import REPEAT_DAYS, REPEAT_WITHIN_S, is_said_again
from core.values.clock import from_unix_us

queries = load(Path(__file__).with_name("queries.sql"))

OF_CARD_MAX = 50

Connection: TypeAlias = "asyncpg.Connection | asyncpg.pool.PoolConnectionProxy"


class Standing(NamedTuple):
    """An attempt under a row lock."""

    id: bytes
    business_date: date
    kind: int
    state: int
    reason: int
    amount_minor: int
    approved_minor: int
    captured_minor: int
    refunded_minor: int
    currency: str
    store_id: bytes
    terminal_id: bytes
    acquirer_id: int
    body_hash: int
    approval_code: str
    host_code: str
    original_id: bytes | None
    original_date: date | None
    card_fingerprint: int
    transmitted_at: str
    local_time: str
    received_at: datetime
    time_zone: str  # of its store; empty for one that was never known
    message_class: int
    stan: int
    card_expiry: str
    released_minor: int  # what a reversal in part has lowered it by


class NewAttempt(NamedTuple):
    """What an attempt that does not take the hot path is recorded with."""

    id: bytes
    business_date: date
    terminal_id: bytes
    received_at_us: int
    state: State
    reason: int
    kind: int
    message_class: int
    stan: int
    body_hash: int
    amount_minor: int
    approved_minor: int
    currency: str
    card: SealedCard
    entry_mode: str
    transmitted_at: str
    local_time: str
    approval_code: str
    request: bytes
    original_id: bytes | None = None
    original_date: date | None = None
    reverse_after_ms: int = 0


async def lock_named(
    connection: Connection, *, terminal_id: bytes, message_class: int, stan: int, first: date, last: date
) -> list[Standing]:
    """Return what stands under a terminal's number between two dates, oldest first, locked."""
    rows = await connection.fetch(queries.lock_named, UUID(terminal_id), message_class, stan, first, last)
    return [_standing(row) for row in rows]


def candidate_of(standing: Standing, own_reference: str = "") -> Candidate:
    """Return what a reversal may be compared with."""
    return Candidate(
        standing.id,
        standing.business_date,
        standing.state,
        standing.amount_minor,
        standing.approved_minor,
        standing.approved_minor + standing.released_minor,
        standing.currency,
        standing.card_fingerprint,
        standing.approval_code,
        standing.transmitted_at,
        standing.local_time,
        own_reference,
        standing.received_at,
        standing.time_zone,
    )


async def read_own_reference(connection: Connection, standing: Standing) -> str:
    """Return data element 37 of the terminal's own message, empty when it had none or is not kept yet."""
    return await own_reference_of(connection, standing.id, standing.business_date)


async def own_reference_of(connection: Connection, attempt_id: bytes, business_date: date) -> str:
    """Return the same of an attempt that is not locked: what its terminal sent does not change."""
    row = await connection.fetchrow(queries.read_terminal_message, UUID(attempt_id), business_date)
    if row is None:
        return ""
    try:
        message = msgspec.msgpack.decode(row["request"] or row["detail"] or b"\x80")
    except msgspec.DecodeError:
        return ""
    if isinstance(message, list):
        message = message[0] if message else {}
    own = message.get(37) if isinstance(message, dict) else None
    return str(own).strip().upper() if own is not None else ""


async def ensure_month(pool: asyncpg.Pool, business_date: date) -> None:
    """Have a partition for a date."""
    async with pool.acquire() as connection:
        await connection.fetchrow(queries.ensure_month, business_date)


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
    await post(connection, standing, Operation.RELEASE, Layer.PENDING, -standing.approved_minor)
    await post(connection, standing, Operation.CAPTURE, Layer.POSTED, amount_minor)
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
    operation: Operation,
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


async def find_first(connection: Connection, asked: Authorise | Book) -> asyncpg.Record | None:
    """Return what stands under a message's number: for a repeat, what it repeats, on whatever date near its own.

    What tells no date is booked under that on which it arrives, so that it has another one when it is sent again.
    """
    if asked.repeat or _is_undated(asked):
        row = await connection.fetchrow(
            queries.find_repeated,
            UUID(asked.terminal_id),
            asked.message_class,
            asked.stan,
            asked.body_hash,
            asked.local_time,
            date.fromordinal(asked.business_date),
            from_unix_us(asked.received_at_us),
            *REPEAT_DAYS,
            REPEAT_WITHIN_S,
        )
        if row is not None and (asked.repeat or is_first_of(asked, row)):
            return row
    return await connection.fetchrow(
        queries.find_by_key,
        UUID(asked.terminal_id),
        date.fromordinal(asked.business_date),
        asked.message_class,
        asked.stan,
    )


def is_first_of(asked: Authorise | Book, row: asyncpg.Record) -> bool:
    """Whether what `find_first` returned is the message itself, said before."""
    return not row["too_old"] and is_said_again(
        repeat=asked.repeat,
        body_hash=asked.body_hash,
        local_time=asked.local_time,
        first_hash=row["body_hash"],
        first_time=row["local_time"],
    )


async def has_first(connection: Connection, asked: Authorise | Book) -> bool:
    """Whether a message repeats what stands. Of what says itself that it is new its key decides, if it has a date."""
    return (
        (asked.repeat or _is_undated(asked))
        and (row := await find_first(connection, asked)) is not None
        and (is_first_of(asked, row) or (asked.repeat and row["too_old"]))
    )


def _is_undated(asked: Authorise | Book) -> bool:
    return isinstance(asked, Book) and asked.date_unreadable


async def is_recorded(connection: Connection, new: NewAttempt) -> bool:
    """Whether the natural key is taken by a committed attempt."""
    row = await connection.fetchrow(
        queries.find_by_key, UUID(new.terminal_id), new.business_date, new.message_class, new.stan
    )
    return row is not None


def standing_of(new: NewAttempt, store_id: bytes, acquirer_id: int) -> Standing:
    """Return a just recorded attempt as it stands."""
    return Standing(
        new.id,
        new.business_date,
        new.kind,
        new.state,
        new.reason,
        new.amount_minor,
        new.approved_minor,
        0,
        0,
        new.currency,
        store_id,
        new.terminal_id,
        acquirer_id,
        new.body_hash,
        new.approval_code,
        "",
        new.original_id,
        new.original_date,
        new.card.fingerprint,
        new.transmitted_at,
        new.local_time,
        from_unix_us(new.received_at_us),
        "",
        new.message_class,
        new.stan,
        new.card.expiry,
        0,
    )


def attempt_of_booking(
    book: Book, *, state: State, reason: int, approved_minor: int, original: Standing | None
) -> NewAttempt:
    """Return the attempt that an advice or a completion is recorded as."""
    return NewAttempt(
        id=book.id,
        business_date=date.fromordinal(book.business_date),
        terminal_id=book.terminal_id,
        received_at_us=book.received_at_us,
        state=state,
        reason=reason,
        kind=book.kind,
        message_class=book.message_class,
        stan=book.stan,
        body_hash=book.body_hash,
        amount_minor=book.amount_minor,
        approved_minor=approved_minor,
        currency=book.currency,
        card=book.card,
        entry_mode=book.entry_mode,
        transmitted_at=book.transmitted_at,
        local_time=book.local_time,
        approval_code=book.approval_code,
        request=book.request,
        original_id=original.id if original else None,
        original_date=original.business_date if original else None,
    )


def _standing(row: Any) -> Standing:
    return Standing(
        row["id"].bytes,
        row["business_date"],
        row["kind"],
        row["state"],
        row["reason"],
        row["amount_minor"],
        row["approved_minor"],
        row["captured_minor"],
        row["refunded_minor"],
        row["currency"],
        row["store_id"].bytes if row["store_id"] else bytes(16),
        row["terminal_id"].bytes,
        row["acquirer_id"],
        row["body_hash"],
        row["approval_code"],
        row["host_code"],
        row["original_id"].bytes if row["original_id"] else None,
        row["original_date"],
        row["card_fingerprint"],
        row["transmitted_at"],
        row["local_time"],
        row["received_at"],
        row["time_zone"] or "",
        row["message_class"],
        row["stan"],
        row["card_expiry"],
        row["released_minor"],
    )

"""The statements of bookings as typed functions. Every one runs inside the caller's transaction."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import asyncpg
import msgspec
from asyncpg.pgproto.pgproto import UUID

from core.contracts.payment import Authorise, Book, SealedCard
from core.contracts.states import DeliveryKind, EventKind, Kind, Layer, LedgerOperation, State
from core.db.queries import load
from core.transactions.bookings.rules import Candidate
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
    repeated_at: tuple[tuple[str, str], ...] = ()  # times of its repeats: of sending, and local


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
        id=standing.id,
        business_date=standing.business_date,
        state=standing.state,
        amount_minor=standing.amount_minor,
        approved_minor=standing.approved_minor,
        approved_first_minor=standing.approved_minor + standing.released_minor,
        currency=standing.currency,
        card_fingerprint=standing.card_fingerprint,
        approval_code=standing.approval_code,
        transmitted_at=standing.transmitted_at,
        local_time=standing.local_time,
        own_reference=own_reference,
        received_at=standing.received_at,
        time_zone=standing.time_zone,
        repeated_at=standing.repeated_at,
        is_advice=standing.kind in (Kind.ADVICE, Kind.COMPLETION),
    )


def candidate_of_asked(asked: Authorise | Book | NewAttempt) -> Candidate:
    """Return the same of what comes now, and is not recorded yet; its store's zone is not known here.

    A completion tells nothing that its terminal had asked: a reversal of what it calls a request may mean it.
    """
    day = asked.business_date
    return Candidate(
        id=asked.id,
        business_date=day if isinstance(day, date) else date.fromordinal(day),
        state=State.RECEIVED,
        amount_minor=asked.amount_minor,
        approved_minor=0,
        approved_first_minor=0,
        currency=asked.currency,
        card_fingerprint=asked.card.fingerprint,
        approval_code="" if isinstance(asked, Authorise) else asked.approval_code,
        transmitted_at=asked.transmitted_at,
        local_time=asked.local_time,
        own_reference=reference_in(_message_in(asked.request)),
        received_at=from_unix_us(asked.received_at_us),
        time_zone="",
        is_advice=asked.kind == Kind.ADVICE,
    )


async def read_own_reference(connection: Connection, standing: Standing) -> str:
    """Return data element 37 of the terminal's own message, empty when it had none or is not kept yet."""
    return await own_reference_of(connection, standing.id, standing.business_date)


async def own_reference_of(connection: Connection, attempt_id: bytes, business_date: date) -> str:
    """Return the same of an attempt that is not locked: what its terminal sent does not change."""
    return reference_in(await own_message_of(connection, attempt_id, business_date))


def reference_in(message: dict[int, Any]) -> str:
    """Return data element 37 of a message as it is compared."""
    return str(message.get(37, "")).strip().upper()


def sent_at_in(encoded: bytes) -> str:
    """Return data element 7 of a kept message, empty where it has none."""
    return str(_message_in(encoded).get(7, ""))


def described_type_in(encoded: bytes) -> str:
    """Return the type of what a kept message describes, by data element 90 (1987) or 56 (1993); empty where it says none."""
    message = _message_in(encoded)
    return str(message.get(90) or message.get(56) or "")[:4]


async def own_message_of(connection: Connection, attempt_id: bytes, business_date: date) -> dict[int, Any]:
    """Return the terminal's own message by data elements, masked; empty when it is not kept yet or cannot be read."""
    row = await connection.fetchrow(queries.read_terminal_message, UUID(attempt_id), business_date)
    if row is None:
        return {}
    return _message_in(row["request"] or row["detail"] or b"\x80")


def _message_in(encoded: bytes) -> dict[int, Any]:
    try:
        message = msgspec.msgpack.decode(encoded)
    except msgspec.DecodeError:
        return {}
    if isinstance(message, list):
        message = message[0] if message else {}
    return message if isinstance(message, dict) else {}


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


async def lock_number(connection: Connection, asked: Authorise | Book) -> None:
    """Let nobody else record what bears this number of a terminal, on any date, until the transaction ends."""
    await connection.execute(
        queries.lock_number, f"{asked.terminal_id.hex()} {asked.message_class} {asked.stan}"
    )


async def find_repeated(
    connection: Connection,
    asked: Authorise | Book,
    *,
    kinds: Sequence[int],
    days: tuple[date, date],
    local_time: str,
    received_after: datetime,
) -> list[asyncpg.Record]:
    """Return what may be the first sending of a message: alike, between two dates, by `local_time` before the latest."""
    return await connection.fetch(
        queries.find_repeated,
        UUID(asked.terminal_id),
        asked.message_class,
        asked.stan,
        asked.body_hash,
        local_time,
        *days,
        list(kinds),
        received_after,
    )


async def keep_repeat_time(
    connection: Connection, asked: Authorise | Book, first: asyncpg.Record, *, is_late: bool
) -> None:
    """Keep when a repeat was sent, for its reversal may name that time; one that came late is shown instead."""
    await connection.execute(
        queries.keep_repeat_times,
        [first["id"]],
        [first["business_date"]],
        [asked.transmitted_at],
        [asked.local_time],
        [is_late],
    )


async def shows_another_time(connection: Connection, asked: Authorise | Book, first: asyncpg.Record) -> bool:
    """Whether what the terminal sent since the first message shows another local time than that one."""
    return bool(
        await connection.fetchval(
            queries.shows_another_time,
            UUID(asked.terminal_id),
            first["business_date"],
            first["received_at"],
            asked.local_time,
        )
    )


async def is_repeat_time(connection: Connection, asked: Authorise | Book, first: asyncpg.Record) -> bool:
    """Whether a repeat of a message was sent at the times of this one."""
    return bool(
        await connection.fetchval(
            queries.is_repeat_time,
            first["id"],
            first["business_date"],
            asked.transmitted_at,
            asked.local_time,
        )
    )


async def find_by_key(connection: Connection, asked: Authorise | Book | NewAttempt) -> asyncpg.Record | None:
    """Return what stands under a message's natural key."""
    day = asked.business_date
    return await connection.fetchrow(
        queries.find_by_key,
        UUID(asked.terminal_id),
        day if isinstance(day, date) else date.fromordinal(day),
        asked.message_class,
        asked.stan,
    )


async def is_recorded(connection: Connection, new: NewAttempt) -> bool:
    """Whether the natural key is taken by a committed attempt."""
    return await find_by_key(connection, new) is not None


def standing_of(new: NewAttempt, store_id: bytes, acquirer_id: int) -> Standing:
    """Return a just recorded attempt as it stands."""
    return Standing(
        id=new.id,
        business_date=new.business_date,
        kind=new.kind,
        state=new.state,
        reason=new.reason,
        amount_minor=new.amount_minor,
        approved_minor=new.approved_minor,
        captured_minor=0,
        refunded_minor=0,
        currency=new.currency,
        store_id=store_id,
        terminal_id=new.terminal_id,
        acquirer_id=acquirer_id,
        body_hash=new.body_hash,
        approval_code=new.approval_code,
        host_code="",
        original_id=new.original_id,
        original_date=new.original_date,
        card_fingerprint=new.card.fingerprint,
        transmitted_at=new.transmitted_at,
        local_time=new.local_time,
        received_at=from_unix_us(new.received_at_us),
        time_zone="",
        message_class=new.message_class,
        stan=new.stan,
        card_expiry=new.card.expiry,
        released_minor=0,
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

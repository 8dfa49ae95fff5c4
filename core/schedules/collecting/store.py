"""The statements of collecting as typed functions; every one but `find_left` runs inside the caller's transaction."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import asyncpg
from asyncpg.pgproto.pgproto import UUID

from core.contracts.payment import BY_CUSTOMER, BY_MERCHANT, SealedCard
from core.db.queries import load_beside
from core.db.rows import Connection
from core.schedules.collecting.model import History, Policy
from core.schedules.collecting.rules import ASKS_CUSTOMER
from core.transactions.stored_cards.payment import StoredPayment, stored_payment

SQL = load_beside(__file__)

_INITIATORS = {"customer": BY_CUSTOMER, "merchant": BY_MERCHANT}


class Cursor(NamedTuple):
    """How far a run has claimed: it goes on behind this day and instalment."""

    due_on: date = date.min
    instalment_id: UUID = UUID(bytes(16))


class Decided(NamedTuple):
    """A debit that is open, and what its attempt says; its order is locked."""

    id: UUID
    order_id: UUID
    company_id: UUID
    instalment_id: UUID
    card_id: UUID
    initiator: str
    business_date: date
    attempt_state: int | None  # None: it was not to be sent
    reason: int
    brand: int
    is_changed: bool  # something was taken off its order, or is settled
    settlement_id: UUID | None  # whose first part it is


async def take_due(
    connection: Connection, *, today: date, now: datetime, after: Cursor, limit: int
) -> list[tuple[date, UUID]]:
    """Take instalments that are due, those of early days first; they are locked and in progress."""
    rows = await connection.fetch(SQL.take_due, today, *after, now, limit)
    return sorted((row["due_on"], row["id"]) for row in rows)


async def add_debits(
    connection: Connection,
    instalments: Sequence[UUID],
    ids: Sequence[bytes],
    *,
    made_at: datetime,
    today: date,
) -> list[asyncpg.Record]:
    """Write a debit for each; return what is needed to pay them, or why one is not to be sent (`forbidden`).

    `made_at` is the moment in the identifiers, `today` that of the calendar.
    """
    return await connection.fetch(
        SQL.add_debits, list(instalments), [UUID(each) for each in ids], made_at, today, sorted(ASKS_CUSTOMER)
    )


async def count_due(connection: Connection, on: date, moment: datetime) -> list[asyncpg.Record]:
    """Return what a run of a day would claim at a moment, by brand and by why it would not be sent."""
    return await connection.fetch(SQL.count_due, on, moment, sorted(ASKS_CUSTOMER))


async def begin_run(connection: Connection, today: date) -> None:
    """Note that the run of a day has begun."""
    await connection.execute(SQL.begin_run, today)


def payment_of(
    row: asyncpg.Record, *, initiator: str = "merchant", sensitive: bytes = b"", authentication: str = ""
) -> StoredPayment:
    """Return the payment that a claimed debit is made by."""
    return stored_payment(
        row["id"].bytes,
        terminal_id=row["terminal_id"].bytes,
        time_zone=row["time_zone"],
        stan=row["stan"],
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        card=SealedCard(
            row["ciphertext"], row["fingerprint"], row["bin"], row["last_four"], row["expiry"], row["brand"]
        ),
        initiator=_INITIATORS[initiator],
        network_id=row["network_transaction_id"] or "",
        sensitive=sensitive,
        authentication=authentication,
    )


async def lock_settled(
    connection: Connection, ids: Sequence[UUID], *, first: date, last: date
) -> list[Decided]:
    """Lock the orders of those debits whose attempts are decided; return these."""
    rows = await connection.fetch(SQL.lock_settled, list(ids), first, last)
    orders = list({row["order_id"] for row in rows})
    changed = {row["order_id"] for row in await connection.fetch(SQL.changed_orders, orders)}
    return [
        Decided(
            row["id"],
            row["order_id"],
            row["company_id"],
            row["instalment_id"],
            row["card_id"],
            row["initiator"],
            row["business_date"],
            row["attempt_state"],
            row["forbidden"] or row["attempt_reason"],
            row["brand"],
            row["is_settling"] or row["order_id"] in changed,
            row["settlement_id"],
        )
        for row in rows
    ]


async def settle_approved(
    connection: Connection, ids: Sequence[UUID], *, now: datetime, told: Iterable[UUID]
) -> list[asyncpg.Record]:
    """Let instalments be paid; return those of companies that are `told`, as they are told."""
    return await connection.fetch(SQL.settle_approved, list(ids), now, list(told))


async def end_debits(
    connection: Connection,
    ids: Sequence[UUID],
    states: Sequence[str],
    reasons: Sequence[int],
    *,
    now: datetime,
) -> set[UUID]:
    """End debits; return those that were open."""
    rows = await connection.fetch(SQL.end_debits, list(ids), list(states), list(reasons), now)
    return {row["id"] for row in rows}


async def read_histories(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, History]:
    """Return what there was of the instalments of debits."""
    rows = await connection.fetch(SQL.read_histories, list(ids))
    return {row["id"]: History(row["first_on"], row["declines"], row["failures"]) for row in rows}


async def read_policies(connection: Connection, today: date) -> dict[int | None, Policy]:
    """Return the policies of a day by brand; under None, that of all others."""
    rows = await connection.fetch(SQL.read_policies, today)
    return {row["brand"]: Policy(tuple(row["days"]), row["customer_days"]) for row in rows}


async def try_after(connection: Connection, instalments: Sequence[tuple[bytes, datetime | None]]) -> None:
    """Note when instalments are tried again."""
    await connection.execute(
        SQL.try_after, [UUID(each) for each, _ in instalments], [after for _, after in instalments]
    )


async def refuse_cards(connection: Connection, debits: Sequence[bytes], *, now: datetime) -> None:
    """Send nothing any more by the cards of debits."""
    await connection.execute(SQL.refuse_cards, [UUID(each) for each in debits], now)


async def find_left(
    connection: Connection, *, after: bytes, before: bytes, armed_no_more_s: int, limit: int
) -> list[tuple[UUID, date, bool]]:
    """Return debits that no process settles any more: identifier, business date, whether it has ended."""
    rows = await connection.fetch(SQL.find_left, UUID(after), UUID(before), armed_no_more_s, limit)
    return [(row["id"], row["business_date"], row["has_ended"]) for row in rows]


async def lock_claimed(connection: Connection, debit_id: UUID) -> StoredPayment | None:
    """Return the payment of a debit that is open, locked."""
    row: Any = await connection.fetchrow(SQL.lock_claimed, debit_id)
    return None if row is None else payment_of(row, initiator=row["initiator"])


async def read_claimed(
    connection: Connection, debit_id: UUID, *, sensitive: bytes, authentication: str
) -> StoredPayment | None:
    """Return the payment of a debit that is open, with what only its holder brings."""
    row: Any = await connection.fetchrow(SQL.read_claimed, debit_id)
    if row is None:
        return None
    return payment_of(row, initiator=row["initiator"], sensitive=sensitive, authentication=authentication)

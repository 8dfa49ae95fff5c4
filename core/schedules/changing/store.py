"""Statements of changes of card as typed functions. Whoever changes one holds its order, its instalments, then the change."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from core.contracts.card_changes import CardChangeFailure
from core.contracts.cards import Language
from core.contracts.orders import OrderState
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of
from core.schedules.changing.rules import DueDebit

SQL: Final = load_beside(__file__)


class HeldOrder(NamedTuple):
    """An order, locked with its instalments until the end of the transaction."""

    id: bytes
    company_id: bytes
    store_id: bytes | None
    state: OrderState
    currency: str
    card_id: bytes | None
    terminal_id: bytes | None
    language: Language
    email: str
    email_key: str
    reference: str
    shop: str
    dues: tuple[DueDebit, ...]


class Change(NamedTuple):
    """A change as it stands."""

    id: bytes
    order_id: bytes
    state: str
    card_id: bytes | None
    old_card_id: bytes
    verification_id: bytes | None
    business_date: date | None


async def hold_order(connection: Connection, order_id: bytes) -> HeldOrder:
    """Lock an order and its instalments."""
    row: Any = await connection.fetchrow(SQL.lock_order, uuid_of(order_id))
    dues = dues_in(await connection.fetch(SQL.lock_dues, uuid_of(order_id)))
    return HeldOrder(
        row["id"].bytes,
        row["company_id"].bytes,
        _bytes(row["store_id"]),
        row["state"],
        row["currency"],
        _bytes(row["card_id"]),
        _bytes(row["terminal_id"]),
        row["language"],
        row["email"],
        row["email_key"],
        row["reference"],
        row["shop"],
        dues,
    )


async def hold_change(connection: Connection, change_id: bytes) -> tuple[HeldOrder, Change | None]:
    """Lock the order of a change, and the change, None where it is no longer open."""
    order_id: Any = await connection.fetchval(SQL.order_of_change, uuid_of(change_id))
    order = await hold_order(connection, order_id.bytes)
    row = await connection.fetchrow(SQL.lock_change, uuid_of(change_id))
    return order, None if row is None else change_in(row)


def dues_in(rows: Sequence[asyncpg.Record]) -> tuple[DueDebit, ...]:
    """Return instalments as the rules look at them."""
    return tuple(DueDebit(row["due_on"], row["amount_minor"], row["state"], row["waits"]) for row in rows)


def change_in(row: asyncpg.Record) -> Change:
    """Return the change of a row."""
    return Change(
        row["id"].bytes,
        row["order_id"].bytes,
        row["state"],
        _bytes(row["card_id"]),
        row["old_card_id"].bytes,
        _bytes(row["verification_id"]),
        row["business_date"],
    )


async def set_failed(
    connection: Connection,
    change_id: bytes,
    failure: CardChangeFailure,
    *,
    reason: int | None = None,
    at: datetime,
) -> None:
    """Let a change that is held have failed."""
    await connection.execute(SQL.set_failed, uuid_of(change_id), failure, reason, at)


async def latest_changes(connection: Connection, order_id: bytes, *, limit: int) -> list[bytes]:
    """Return the newest changes of an order, by identifier."""
    return [row["id"].bytes for row in await connection.fetch(SQL.latest_changes, uuid_of(order_id), limit)]


async def list_changes(connection: Connection, order_id: bytes, *, limit: int) -> list[asyncpg.Record]:
    """Return the changes of an order, the newest first."""
    return await connection.fetch(SQL.changes_of_order, uuid_of(order_id), limit)


def _bytes(value: UUID | None) -> bytes | None:
    return None if value is None else value.bytes

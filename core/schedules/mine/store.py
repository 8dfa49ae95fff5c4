"""Statements of a customer's own purchases as typed functions. Each is bound to the addresses that they proved."""

from collections.abc import Sequence

import asyncpg

from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.runtime.manifest import Expected

_SQL = load_beside(__file__)


async def find_expected(connection: Connection, email: str) -> Expected | None:
    """Return who bought something with an address that nobody has proved yet."""
    row = await connection.fetchrow(_SQL.expected, email)
    return None if row is None else Expected(row["name"], row["language"])


async def list_orders(
    connection: Connection,
    emails: Sequence[str],
    states: Sequence[str],
    *,
    after: tuple[int, bytes] | None,
    rows: int,
) -> list[asyncpg.Record]:
    """Return orders in these states, those that need the customer first, then the newest."""
    place, last = (None, None) if after is None else after
    return await connection.fetch(_SQL.orders, list(emails), list(states), place, uuid_or_none(last), rows)


async def find_order(
    connection: Connection, emails: Sequence[str], states: Sequence[str], order_id: bytes
) -> asyncpg.Record | None:
    """Return one order; None for one that was bought with another address."""
    return await connection.fetchrow(_SQL.order_of, uuid_of(order_id), list(emails), list(states))


async def list_instalments(
    connection: Connection, orders: Sequence[asyncpg.Record]
) -> dict[bytes, list[asyncpg.Record]]:
    """Return the instalments of orders, by their order."""
    found: dict[bytes, list[asyncpg.Record]] = {row["id"].bytes: [] for row in orders}
    for row in await connection.fetch(_SQL.instalments, [row["id"] for row in orders]):
        found[row["order_id"].bytes].append(row)
    return found


async def list_changes(connection: Connection, order_id: bytes) -> list[asyncpg.Record]:
    """Return what was taken off an order or given back, oldest first."""
    return await connection.fetch(_SQL.changes, uuid_of(order_id))


async def count_orders(connection: Connection, emails: Sequence[str]) -> asyncpg.Record:
    """Return how many orders are current, ended, unpaid and being settled."""
    row = await connection.fetchrow(_SQL.counts, list(emails))
    assert row is not None
    return row


async def find_debit(connection: Connection, emails: Sequence[str]) -> asyncpg.Record | None:
    """Return the most pressing debit that is open."""
    return await connection.fetchrow(_SQL.debits, list(emails))

"""Statements of limits as typed functions."""

from datetime import datetime

import asyncpg

from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of

_SQL = load_beside(__file__)


async def list_limits(connection: Connection, caller: bytes) -> list[asyncpg.Record]:
    """Return every limit, with what counts for the caller."""
    return await connection.fetch(_SQL.limits, uuid_of(caller))


async def lock_limit(connection: Connection, kind: str, currency: str) -> tuple[int | None, bytes | None]:
    """Hold the limits until the end of the transaction; return the one that stands, and who set it."""
    await connection.execute(_SQL.lock_limits)
    row = await connection.fetchrow(_SQL.find_set, kind, currency)
    if row is None:
        return None, None
    return row["amount_minor"], None if row["set_by"] is None else row["set_by"].bytes


async def set_limit(
    connection: Connection, *, kind: str, currency: str, amount_minor: int, set_by: bytes, now: datetime
) -> None:
    """Put a limit in place."""
    await connection.execute(_SQL.set_limit, kind, currency, amount_minor, uuid_of(set_by), now)

"""Statements of settlements as typed functions. Whoever changes one holds its order."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import asyncpg

from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of
from core.schedules.settlements.rules import ASKED_A_DAY_MAX, SettlementPart

SQL: Final = load_beside(__file__)


class OpenSettlement(NamedTuple):
    """A settlement that is asked for or runs."""

    id: bytes
    parts: int
    amount_minor: int
    state: str
    card_id: bytes | None
    key: str | None


async def find_open(connection: Connection, order_id: bytes) -> OpenSettlement | None:
    """Return the one that is open, of which there is one at most."""
    row = await connection.fetchrow(SQL.open_settlement, uuid_of(order_id))
    if row is None:
        return None
    card_id = None if row["card_id"] is None else row["card_id"].bytes
    return OpenSettlement(
        row["id"].bytes, row["parts"], row["amount_minor"], row["state"], card_id, row["key"]
    )


async def find_by_key(connection: Connection, order_id: bytes, key: str) -> asyncpg.Record | None:
    """Return the settlement that was to be paid under a key."""
    return await connection.fetchrow(SQL.settlement_of_key, uuid_of(order_id), key)


async def find_latest(connection: Connection, order_id: bytes) -> asyncpg.Record | None:
    """Return the newest one, whatever became of it."""
    return await connection.fetchrow(SQL.latest_settlement, uuid_of(order_id))


async def list_settlements(connection: Connection, order_id: bytes) -> list[asyncpg.Record]:
    """Return those of an order, the newest first."""
    return await connection.fetch(SQL.settlements, uuid_of(order_id), ASKED_A_DAY_MAX)


async def count(connection: Connection, order_id: bytes, *, since: datetime) -> int:
    """Return how many were asked for since a moment."""
    found: Any = await connection.fetchval(SQL.count_settlements, uuid_of(order_id), since)
    return found


async def newest(connection: Connection, order_id: bytes) -> list[bytes]:
    """Return the newest of an order, by identifier: as many as may be asked for on a day."""
    rows = await connection.fetch(SQL.newest_settlements, uuid_of(order_id), ASKED_A_DAY_MAX)
    return [row["id"].bytes for row in rows]


async def add(
    connection: Connection, order_id: bytes, *, parts: int, amount_minor: int, at: datetime
) -> bytes:
    """Insert one that is asked for. Raises: UniqueViolationError, where one is open."""
    made: Any = await connection.fetchval(SQL.add_settlement, uuid_of(order_id), parts, amount_minor, at)
    return made.bytes


async def set_card(connection: Connection, settlement_id: bytes, card_id: bytes, *, key: str | None) -> None:
    """Say by which card the first part is paid, and under which key."""
    await connection.execute(SQL.set_card, uuid_of(settlement_id), uuid_of(card_id), key)


async def is_under_way(connection: Connection, settlement_id: bytes) -> bool:
    """Return whether the debit of its first part is on its way."""
    return bool(await connection.fetchval(SQL.is_under_way, uuid_of(settlement_id)))


async def take_over(connection: Connection, order_id: bytes, settlement_id: bytes) -> int:
    """Say which instalments it takes over once it has begun; return their sum."""
    rows = await connection.fetch(SQL.take_over, uuid_of(order_id), uuid_of(settlement_id))
    return sum(row["amount_minor"] for row in rows)


async def add_first_part(
    connection: Connection, order_id: bytes, settlement_id: bytes, part: SettlementPart
) -> bytes:
    """Insert the first part, claimed: it counts once it is paid."""
    made: Any = await connection.fetchval(
        SQL.add_first_part, uuid_of(order_id), uuid_of(settlement_id), *part
    )
    return made.bytes


async def add_parts(
    connection: Connection, order_id: bytes, settlement_id: bytes, parts: Sequence[SettlementPart]
) -> None:
    """Insert the parts that the daily run collects."""
    if parts:
        await connection.execute(
            SQL.add_parts,
            uuid_of(order_id),
            uuid_of(settlement_id),
            [part.due_on for part in parts],
            [part.amount_minor for part in parts],
        )


async def count_first_part(connection: Connection, instalment_id: bytes) -> tuple[date, int]:
    """Let the first part count: it was collected. Return its day and amount."""
    row: Any = await connection.fetchrow(SQL.count_first_part, uuid_of(instalment_id))
    return row["due_on"], row["amount_minor"]


async def stop_counting(connection: Connection, settlement_id: bytes) -> int:
    """Let nothing be owed any more of what a settlement takes over; return what was."""
    rows = await connection.fetch(SQL.taken_over, uuid_of(settlement_id))
    return sum(row["amount_minor"] for row in rows)

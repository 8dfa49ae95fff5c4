"""Orders whose first debit never came are given up after a day: their schedule would begin in the past."""

from datetime import timedelta
from typing import Final

import asyncpg

from core.db.queries import load_beside
from core.schedules.orders.outcomes import abandon
from core.values.clock import Clock

GIVEN_UP_AFTER: Final = timedelta(days=1)
BATCH_ROWS: Final = 500

_SQL: Final = load_beside(__file__)


async def abandon_waiting(pool: asyncpg.Pool, clock: Clock) -> int:
    """Give up a batch of orders that have waited too long; return how many."""
    now = clock.now()
    rows = await pool.fetch(_SQL.waiting_orders, now - GIVEN_UP_AFTER, BATCH_ROWS)
    if not rows:
        return 0
    async with pool.acquire() as connection, connection.transaction():
        return await abandon(connection, [row["id"].bytes for row in rows], at=now)

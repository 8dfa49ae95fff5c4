"""What waits where it should not: events without a relay, messages put aside. For gauges and their alerts."""

from typing import Final

import asyncpg

from core.transactions.jobs.store import queries
from core.transactions.relay import POSITION_NAME

COUNTED_MAX: Final = 100_000


class Backlogs:
    """`measure` now and then; the attributes hold what it found."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.unpublished = 0
        self.dead_letters = 0

    async def measure(self) -> None:
        """Count both, up to COUNTED_MAX."""
        async with self._pool.acquire() as connection:
            self.unpublished = await connection.fetchval(
                queries.count_unpublished, POSITION_NAME, COUNTED_MAX
            )
            self.dead_letters = await connection.fetchval(queries.count_dead_letters, COUNTED_MAX)

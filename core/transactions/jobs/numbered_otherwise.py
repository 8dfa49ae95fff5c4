"""Shows what a reversal with a wrong number came before: found by its time, which no payment is asked for as it comes."""

from datetime import timedelta

import asyncpg
import structlog

from core.transactions.jobs.store import queries
from core.transactions.jobs.sweeper import first_id_at
from core.values.clock import Clock

LOOKED_AT_FOR = timedelta(days=2)
"""How long after a reversal what it meant may come: what was done off line comes late."""

SHOWN_PER_ROUND_MAX = 100
_log = structlog.get_logger("core.reversals")


class NumberedOtherwise:
    """`round` is called every few minutes by the worker."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def round(self) -> int:
        """Show what has come since; return how many."""
        since = first_id_at(self._clock.now() - LOOKED_AT_FOR)
        async with self._pool.acquire() as connection:
            shown: int = await connection.fetchval(
                queries.show_numbered_otherwise, since, SHOWN_PER_ROUND_MAX
            )
        if shown:
            _log.warning("numbered_otherwise", attempts=shown)
        return shown

"""Shows what a reversal with a wrong number came before: found by its time, which no payment is asked for as it comes."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from core.transactions.bookings.rules import AGREEMENTS, shown_time_agrees
from core.transactions.jobs.store import queries
from core.transactions.jobs.sweeper import first_id_at
from core.values.clock import Clock

LOOKED_AT_FOR = timedelta(days=2)
"""How long after a reversal what it meant may come: what was done off line comes late."""

OF_A_TERMINAL_MAX: Final = 200
"""So many reversals of one terminal are looked at, the last ones: one that sends more has no numbers to mistake."""

REVERSALS_PER_PAGE: Final = 200
CANDIDATES_MAX: Final = 20
_log = structlog.get_logger("core.reversals")


class NumberedOtherwise:
    """`round` is called every few minutes by the worker."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def round(self) -> int:
        """Show what has come since; return how many. Each page is a statement of its own: one terminal's hold up no other's."""
        since = first_id_at(self._clock.now() - LOOKED_AT_FOR)
        after, shown = UUID(int=0), 0
        async with self._pool.acquire() as connection:
            while True:
                rows = await connection.fetch(
                    queries.list_numbered_otherwise,
                    since,
                    after,
                    REVERSALS_PER_PAGE,
                    OF_A_TERMINAL_MAX,
                    CANDIDATES_MAX,
                )
                meant = {row["id"]: row["business_date"] for row in rows if _is_meant(row)}
                if meant:
                    shown += await _show(connection, meant)
                if len({row["reversal_id"] for row in rows}) < REVERSALS_PER_PAGE:
                    break
                after = rows[-1]["reversal_id"]
        if shown:
            _log.warning("numbered_otherwise", attempts=shown)
        return shown


def _is_meant(row: asyncpg.Record) -> bool:
    """Whether a message shows the time of a reversal, by whatever clock, at first or in a repeat."""
    if row["id"] is None:
        return False
    sendings = ((row["transmitted_at"], row["local_time"]), *map(tuple, row["repeated_at"]))
    return shown_time_agrees(row["sent_at"], sendings, row["business_date"], row["time_zone"]) in AGREEMENTS


async def _show(connection: asyncpg.pool.PoolConnectionProxy, meant: dict[UUID, date]) -> int:
    shown: int = await connection.fetchval(queries.show_numbered_otherwise, list(meant), list(meant.values()))
    return shown

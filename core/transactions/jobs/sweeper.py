"""Finds attempts that were sent and never decided, and arms what their commit promised: a reversal.

Only a crash leaves such attempts: while it lives, the engine times out its own. The sweeper reads each stretch of
time twice, by identifier (they begin with their time): soon after its deadline, and again minutes later, when
nothing received in it can still be recorded (arming refuses what is older than 30 s, and a statement ends within
10 s). The second pass keeps its watermark in PostgreSQL. At start every open month is read once, without bounds.
An act of a person keeps the identifier of its first call, so what it records may be older than that: such rows are
listed in late_attempt as they are recorded, and looked at each round.
"""

from datetime import datetime, timedelta

import asyncpg
import structlog
from asyncpg.pgproto.pgproto import UUID

from core.contracts.reasons import Reason
from core.transactions.engine.store import queries as engine_queries
from core.transactions.jobs.store import queries
from core.transactions.rules import SWEPT
from core.values.clock import Clock, to_unix_us

SWEPT_PER_ROUND_MAX = 500
QUICK_AGE = timedelta(seconds=15)
"""The quick pass: just past the moment at which an engine that lives would have decided."""

QUICK_LOOK_BACK = timedelta(minutes=3)
"""How far back the quick pass begins after a start."""

SETTLED_AGE = timedelta(minutes=3)
"""The second pass: what was received so long ago is all recorded, or never will be."""

OPEN_MONTHS = timedelta(days=35)
_NAME = "sent"
_log = structlog.get_logger("core.sweeper")


class Sweeper:
    """`round` is called every second by the worker."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._looked_everywhere = False
        self._quick_until: datetime | None = None
        self.found = 0

    async def round(self) -> int:
        """Sweep once; return how many attempts became unknown."""
        now = self._clock.now()
        found = 0
        async with self._pool.acquire() as connection:
            if not self._looked_everywhere:
                rows = await connection.fetch(
                    queries.find_any_overdue, (now - OPEN_MONTHS).date(), now, SWEPT_PER_ROUND_MAX
                )
                found += await self._time_out(connection, rows)
                self._looked_everywhere = len(rows) < SWEPT_PER_ROUND_MAX
            found += await self._quick(connection, now)
            found += await self._settled(connection, now)
            late = await connection.fetch(queries.find_late_overdue, now, SWEPT_PER_ROUND_MAX)
            found += await self._time_out(connection, late)
        self.found += found
        return found

    async def _quick(self, connection: asyncpg.pool.PoolConnectionProxy, now: datetime) -> int:
        """Read each stretch of time once, soon."""
        until = now - QUICK_AGE
        start = self._quick_until or now - QUICK_LOOK_BACK
        if start > until:
            start = now - QUICK_LOOK_BACK  # The clock was set back.
        found = await self._between(connection, start, until, now)
        if found < SWEPT_PER_ROUND_MAX:
            self._quick_until = until
        return found

    async def _settled(self, connection: asyncpg.pool.PoolConnectionProxy, now: datetime) -> int:
        row = await connection.fetchrow(queries.read_sweep, _NAME)
        until = now - SETTLED_AGE
        if row is None:
            # The watermark begins here; what is older was found by the look at everything.
            await connection.execute(queries.keep_sweep, _NAME, until)
            return 0
        start: datetime = row["swept_until"]
        if start > until:
            # The clock was set back: what is received from now on stands before the watermark, which follows; what
            # was received while it was ahead is found by looking everywhere once more.
            await connection.execute(queries.keep_sweep, _NAME, until)
            self._looked_everywhere = False
            return 0
        found = await self._between(connection, start, until, now)
        if found < SWEPT_PER_ROUND_MAX:
            await connection.execute(queries.keep_sweep, _NAME, until)
        return found

    async def _between(
        self, connection: asyncpg.pool.PoolConnectionProxy, start: datetime, end: datetime, now: datetime
    ) -> int:
        rows = await connection.fetch(
            queries.find_overdue, first_id_at(start), first_id_at(end), now, SWEPT_PER_ROUND_MAX
        )
        return await self._time_out(connection, rows)

    async def _time_out(
        self, connection: asyncpg.pool.PoolConnectionProxy, rows: list[asyncpg.Record]
    ) -> int:
        if not rows:
            return 0
        row = await connection.fetchrow(
            engine_queries.time_out_attempts,
            [row["id"] for row in rows],
            [row["business_date"].toordinal() for row in rows],
            [int(Reason.HOST_NO_REPLY)] * len(rows),
            [SWEPT] * len(rows),
            [None] * len(rows),
            [""] * len(rows),
        )
        won: int = row["won"] if row is not None else 0
        if won:
            _log.warning("sent_without_outcome", attempts=won)
        return won


def first_id_at(moment: datetime) -> UUID:
    """Return the lowest identifier that `moment` can give (48 bits of milliseconds, then zeros)."""
    return UUID((to_unix_us(moment) // 1000).to_bytes(6, "big") + bytes(10))

"""Removes what is past its time, in small batches."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import asyncpg
import structlog

from core.db.queries import load_beside
from core.db.rows import uuid_of
from core.roles.retention.rules import KEPT
from core.values.clock import Clock, to_unix_us
from core.values.ids import lowest_id
from observability.metrics import PRUNED_ROWS

queries = load_beside(__file__)

BATCH_ROWS: Final = 2_000
# A round of a table that has waited for years ends, and the next one goes on.
BATCHES_MAX: Final = 200
# Between two batches others commit, vacuum gets on, and a standby keeps up.
PAUSE_S: Final = 0.05

_log = structlog.get_logger("core.retention")


class Retention:
    """One round removes what is due of every table; a second worker's round shares the work."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        ages: Mapping[str, timedelta],
        *,
        batch_rows: int = BATCH_ROWS,
        batches_max: int = BATCHES_MAX,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._ages = ages
        self._batch_rows = batch_rows
        self._batches_max = batches_max

    async def round(self) -> dict[str, int]:
        """Return how many rows of each table went."""
        now = self._clock.now()
        removed: dict[str, int] = {}
        for kept in KEPT:
            cutoff = now - self._ages[kept.name]
            bound = uuid_of(lowest_id(to_unix_us(cutoff))) if kept.by_id else cutoff
            removed[kept.name] = await self._remove(kept.name, getattr(queries, kept.statement), bound)
        # Lists and search find a transaction by its keys, so these last as long as the transactions themselves.
        oldest = await self._pool.fetchval(queries.oldest_attempt)
        if oldest is not None:
            removed["attempt_key"] = await self._remove("attempt_key", queries.keys, oldest)
        if any(removed.values()):
            _log.info("pruned", **{table: rows for table, rows in removed.items() if rows})
        return removed

    async def _remove(self, table: str, statement: str, bound: Any) -> int:
        total = 0
        for _ in range(self._batches_max):
            # A statement is a transaction of its own: its locks are gone before the next one begins.
            rows = int((await self._pool.execute(statement, bound, self._batch_rows)).rpartition(" ")[2])
            PRUNED_ROWS.child(table).n += rows
            total += rows
            if rows < self._batch_rows:
                break
            await asyncio.sleep(PAUSE_S)
        return total

"""The calendar by which schedules live: the clock, and in a sandbox a clock that people move (API-3).

Only what follows from dates of schedules reads it. What is exchanged with hosts, sessions and everything that expires goes
by the clock. GUICHET_TEST_CLOCK=1 makes a process one of a sandbox; without it the row that moves the calendar is not read.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from core.db.queries import load_beside
from core.runtime.jobs import Job
from core.values.clock import Clock

READ_EVERY_S: Final = 0.25
"""How long after it was moved a process may still live at the time before."""

_SQL: Final = load_beside(__file__)
_MICROSECOND: Final = timedelta(microseconds=1)


class Calendar:
    """A Clock that a row moves; `read` is called again and again."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, *, is_movable: bool) -> None:
        self._pool = pool
        self._clock = clock
        self.is_movable = is_movable
        self.offset = timedelta(0)

    def now(self) -> datetime:
        """Clock."""
        return self._clock.now() + self.offset

    def unix_us(self) -> int:
        """Clock."""
        return self._clock.unix_us() + self.offset // _MICROSECOND

    async def read(self) -> None:
        """Take by how much it is moved now."""
        if self.is_movable:
            offset_s: int | None = await self._pool.fetchval(_SQL.read_test_clock)
            self.offset = timedelta(seconds=offset_s or 0)

    def jobs(self) -> list[Job]:
        """Return what keeps it right."""
        return [Job("calendar", READ_EVERY_S, self.read)] if self.is_movable else []


def calendar_of(pool: asyncpg.Pool, clock: Clock, environment: Mapping[str, str]) -> Calendar:
    """Return the calendar of a process."""
    return Calendar(pool, clock, is_movable=environment.get("GUICHET_TEST_CLOCK") == "1")

"""End of day: what was bought is captured, business date by business date."""

from datetime import date, timedelta

import asyncpg
import structlog

from core.transactions.upkeep.store import queries
from core.values.clock import Clock, paris_date

CAPTURED_PER_COMMIT = 2_000
LOOK_BACK = timedelta(days=10)
_log = structlog.get_logger("core.day_end")


class DayEnd:
    """Captures every business date that is over in Paris; safe to stop and start at any point."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self.captured = 0

    async def round(self) -> int:
        """Capture what is left of the days before today; return how many attempts were captured."""
        today = paris_date(self._clock.now())
        async with self._pool.acquire() as connection:
            days = await connection.fetch(queries.uncaptured_days, today - LOOK_BACK, today)
            await connection.fetch(queries.keep_months_ahead, today, today + timedelta(days=35))
        captured = 0
        for day in days:
            captured += await self.close(day["business_date"])
        return captured

    async def close(self, business_date: date) -> int:
        """Capture one business date, in commits of a bounded size."""
        captured = 0
        async with self._pool.acquire() as connection:
            while True:
                row = await connection.fetchrow(queries.capture_day, business_date, CAPTURED_PER_COMMIT)
                count: int = row["captured"] if row is not None else 0
                captured += count
                if count < CAPTURED_PER_COMMIT:
                    break
        self.captured += captured
        if captured:
            _log.info("day_captured", business_date=business_date.isoformat(), attempts=captured)
        return captured

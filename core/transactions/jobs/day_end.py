"""End of day: what was bought is captured, business date by business date."""

from datetime import date, timedelta

import asyncpg
import structlog

from core.transactions.jobs.store import queries
from core.values.clock import Clock
from core.values.zones import date_there

CAPTURED_PER_COMMIT = 2_000
LOOK_BACK = timedelta(days=10)
BOOKED_BACK = timedelta(days=70)
"""How far back a day is captured on which something was booked late."""

_log = structlog.get_logger("core.day_end")


class DayEnd:
    """Captures every business date that is over where its store is; safe to stop and start at any point."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self.captured = 0

    async def round(self) -> int:
        """Capture what is left of the days that are over; return how many attempts were captured."""
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            zones = await connection.fetch(queries.list_time_zones)
            today_in = {row["time_zone"]: date_there(now, row["time_zone"]) for row in zones}
            utc_date = now.date()
            days = await connection.fetch(
                queries.uncaptured_days,
                utc_date - LOOK_BACK,
                max(today_in.values(), default=utc_date),
                utc_date - BOOKED_BACK,
            )
            await connection.fetch(queries.keep_months_ahead, utc_date, utc_date + timedelta(days=35))
        captured = 0
        for day in days:
            day_over = [zone for zone, today in today_in.items() if day["business_date"] < today]
            captured += await self.close(day["business_date"], day_over)
        return captured

    async def close(self, business_date: date, time_zones: list[str]) -> int:
        """Capture one business date of the stores in some time zones, in commits of a bounded size."""
        captured = 0
        async with self._pool.acquire() as connection:
            while True:
                row = await connection.fetchrow(
                    queries.capture_day, business_date, CAPTURED_PER_COMMIT, time_zones
                )
                count: int = row["captured"] if row is not None else 0
                captured += count
                if count < CAPTURED_PER_COMMIT:
                    break
        self.captured += captured
        if captured:
            _log.info("day_captured", business_date=business_date.isoformat(), attempts=captured)
        return captured

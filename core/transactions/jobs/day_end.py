"""End of day: what was bought is captured, business date by business date."""

from datetime import date, datetime, timedelta

import asyncpg
import structlog

from core.transactions.jobs.store import queries
from core.values.clock import Clock
from core.values.zones import date_there

CAPTURED_PER_COMMIT = 2_000
LOOK_BACK = timedelta(days=10)
BOOKED_BACK = timedelta(days=70)
"""How far back a day is captured on which something was booked late."""

TAKEN_BACK_WITHIN = timedelta(minutes=30)
"""How long a sale stays a hold after its day is over, for its till to take it back.

Tills void what they have just sold, within seconds or, with a customer who comes back to the counter, minutes; what is
captured can no longer be taken back. A store whose terminals keep the clock of another zone sells on dates that are over
where it is, and everybody sells just before midnight. A round is made every quarter of an hour, so what is too young for
one is taken by a later one: a date that was closed is looked at again for `LOOK_BACK`.
"""

_log = structlog.get_logger("core.day_end")


class DayEnd:
    """Captures every business date that is over where its store is; safe to stop and start at any point."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self.captured = 0

    async def round(self) -> int:
        """Capture what is left of the days that are over, but for what came just now; return how many were captured."""
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            zones = await connection.fetch(queries.list_time_zones)
            today_in = {row["time_zone"]: date_there(now, row["time_zone"]) for row in zones}
            utc_date = now.date()
            days = await connection.fetch(
                queries.uncaptured_days,
                # What was too young for the round before is of a date that was looked at then.
                (now - TAKEN_BACK_WITHIN * 2).date() - LOOK_BACK,
                max(today_in.values(), default=utc_date),
                utc_date - BOOKED_BACK,
            )
            await connection.fetch(queries.keep_months_ahead, utc_date, utc_date + timedelta(days=35))
        captured = 0
        for day in days:
            day_over = [zone for zone, today in today_in.items() if day["business_date"] < today]
            captured += await self.close(
                day["business_date"], day_over, received_before=now - TAKEN_BACK_WITHIN
            )
        return captured

    async def close(self, business_date: date, time_zones: list[str], *, received_before: datetime) -> int:
        """Capture what came before a moment of one date of the stores in some zones, in commits of a bounded size."""
        captured = 0
        async with self._pool.acquire() as connection:
            while True:
                row = await connection.fetchrow(
                    queries.capture_day, business_date, CAPTURED_PER_COMMIT, time_zones, received_before
                )
                count: int = row["captured"] if row is not None else 0
                captured += count
                if count < CAPTURED_PER_COMMIT:
                    break
        self.captured += captured
        if captured:
            _log.info("day_captured", business_date=business_date.isoformat(), attempts=captured)
        return captured

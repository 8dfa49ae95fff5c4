"""The wall, and the levels that the worker keeps for it."""

from datetime import datetime, timedelta
from typing import Final

import asyncpg

from core.contracts.estate import AskWall, WallCounts, WallGroup, WallView
from core.db.queries import load_beside
from core.db.rows import uuid_of
from core.identity.api import Permission, SignedIn, require
from core.terminals.wall import rules
from core.values.clock import Clock, to_unix_us
from core.values.ids import encode_id, uuid7
from core.values.regions import departments_of

STORES_MAX: Final = 200
RECENT: Final = timedelta(hours=1)
USUAL: Final = timedelta(days=14)
USUAL_EVERY: Final = timedelta(hours=1)
# A pass over two weeks of a large institution takes longer than a request may.
_USUAL_TIMEOUT_S: Final = 300.0

_SQL = load_beside(__file__)
_COUNTED: Final = ("active", "failing", "silent", "resting", "blocked", "never_seen", "not_active")


class WallHandlers:
    """The door to the wall."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def wall(self, caller: SignedIn, request: AskWall) -> WallView:
        """Return the estate by region and department, or a department by store. Raises: NotPermitted."""
        scope = require(caller, Permission.DIRECTORY_READ)
        now = self._clock.now()
        trading = rules.is_trading(now)
        since = now - timedelta(minutes=request.minutes)
        more = False
        stores: list[WallGroup] = []
        if request.department is not None:
            rows = await self._pool.fetch(
                _SQL.wall_by_store,
                scope.parameter(),
                scope.is_everything,
                request.department,
                request.service,
                since,
                trading,
                STORES_MAX + 1,
            )
            more = len(rows) > STORES_MAX
            stores = [
                rules.group_of(
                    encode_id("store", row["id"].bytes),
                    row["name"],
                    WallCounts(**{name: row[name] for name in _COUNTED}),
                )
                for row in rows[:STORES_MAX]
            ]
        # A department's sums count all of its stores, not only those that are listed.
        wanted = (
            [request.department]
            if request.department is not None
            else None
            if request.region is None
            else list(departments_of((request.region,)))
        )
        cells = await self._pool.fetch(
            _SQL.wall_by_department,
            scope.parameter(),
            scope.is_everything,
            wanted,
            request.service,
            since,
            trading,
        )
        regions = rules.regions_of((row["code"], row["condition"], row["count"]) for row in cells)
        together = rules.sum_of(regions)
        return WallView(
            level="country" if request.department is None else "department",
            department=request.department,
            region=request.region,
            trading=trading,
            minutes=request.minutes,
            total=rules.total(together),
            troubled=rules.troubled(together),
            counts=together,
            groups=regions if request.department is None else stores,
            more=more,
        )


class Levels:
    """Keeps each terminal's last hour beside its usual level, for the worker's round."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._usual_at: datetime | None = None

    async def round(self) -> None:
        """Work out the last hour of every terminal; once an hour also what is usual."""
        now = self._clock.now()
        if self._usual_at is None or now - self._usual_at >= USUAL_EVERY:
            await self._pool.execute(
                _SQL.refresh_usual,
                _first_id(now - USUAL),
                _first_id(now - RECENT),
                now,
                timeout=_USUAL_TIMEOUT_S,
            )
            self._usual_at = now
        await self._pool.execute(
            _SQL.refresh_recent,
            _first_id(now - RECENT),
            now,
            rules.RECENT_COUNT_MIN,
            rules.RECENT_FAILED_MIN,
            rules.USUAL_COUNT_MIN,
            rules.WORSE_BY_MIN,
        )


def _first_id(moment: datetime) -> object:
    return uuid_of(uuid7(unix_ms=to_unix_us(moment) // 1000, sequence=0, randomness=0))

"""The wall, and the levels that the worker keeps for it."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

import asyncpg

from core.contracts.scope import Scope
from core.contracts.terminals import AskWall, WallCounts, WallGroup, WallView
from core.db.queries import load_beside
from core.db.rows import uuid_of
from core.identity.api import Permission, SignedIn
from core.terminals.wall import rules
from core.terminals.wall.answer_cache import AnswerCache
from core.values.clock import Clock, to_unix_us
from core.values.ids import encode_id, lowest_id
from core.values.regions import departments_of
from core.values.timestamps import timestamp
from core.values.zones import time_zone_of

STORES_MAX: Final = 200
RECENT: Final = timedelta(hours=1)
USUAL: Final = timedelta(days=14)
USUAL_EVERY: Final = timedelta(hours=1)
# A pass over two weeks of a large institution takes longer than a request may.
_USUAL_TIMEOUT_S: Final = 300.0

_SQL = load_beside(__file__)
_COUNTED: Final = ("active", "failing", "silent", "resting", "blocked", "never_seen", "not_active")


class _Cell(NamedTuple):
    """How many terminals of one department and service are in one condition."""

    department: str
    service: str
    condition: str
    terminals: int


class WallHandlers:
    """Operations on the wall."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._country: AnswerCache[list[_Cell]] = AnswerCache(clock)
        self._departments: AnswerCache[list[asyncpg.Record]] = AnswerCache(clock)

    async def wall(self, caller: SignedIn, request: AskWall) -> WallView:
        """Return the estate by region and department, or a department by store."""
        scope = caller.scope_of(Permission.DIRECTORY_READ)
        cells, counted_at = await self._cells(scope)
        # A department's sums count all of its stores, not only those that are listed.
        wanted = (
            (request.department,)
            if request.department is not None
            else None
            if request.region is None
            else departments_of((request.region,))
        )
        regions = rules.regions_of(
            (cell.department, cell.condition, cell.terminals)
            for cell in cells
            if (wanted is None or cell.department in wanted)
            and (request.service is None or cell.service == request.service)
        )
        together = rules.sum_of(regions)
        stores: list[asyncpg.Record] = []
        if request.department is not None:
            stores = await self._stores(scope, request, request.department)
        return WallView(
            level="country" if request.department is None else "department",
            department=request.department,
            region=request.region,
            trading=any(
                rules.is_trading(counted_at, time_zone_of(place.code))
                for region in regions
                for place in region.groups
            ),
            silent_minutes=rules.SILENT_MINUTES,
            total=rules.total(together),
            troubled=rules.troubled(together),
            counts=together,
            groups=regions if request.department is None else [_store_of(row) for row in stores[:STORES_MAX]],
            more=len(stores) > STORES_MAX,
            counted_at=timestamp(counted_at),
        )

    async def _cells(self, scope: Scope) -> tuple[list[_Cell], datetime]:
        """Return the counts that the scope holds, and of when they are."""
        places = scope.places()
        if not places.everything and (places.stores or places.companies):
            now = self._clock.now()
            rows = await self._pool.fetch(
                _SQL.wall_of_places,
                scope.parameter(),
                *rules.silence_at(now),
                *places.named,
                places.anywhere,
            )
            return [_Cell(*row) for row in rows], now

        async def count(now: datetime) -> list[_Cell]:
            rows = await self._pool.fetch(_SQL.wall_of_country, *rules.silence_at(now))
            return [_Cell(*row) for row in rows]

        cached = await self._country.get((), count)
        if places.everything:
            return cached.answer, cached.at
        counted = {(cell.department, cell.service) for cell in cached.answer}
        seen = {each for each in counted if scope.sees(each[0], service=each[1])}
        return [cell for cell in cached.answer if (cell.department, cell.service) in seen], cached.at

    async def _stores(self, scope: Scope, request: AskWall, department: str) -> list[asyncpg.Record]:
        """Return the stores of a department, one more than are shown; who sees all of it share one answer."""
        # An area that holds for some services only sees a part of each store.
        whole = any(
            (area.services is None or request.service in area.services)
            and area.sees(department, b"", b"", request.service)
            for area in scope.areas
        )
        places = scope.places()

        async def read(now: datetime) -> list[asyncpg.Record]:
            return await self._pool.fetch(
                _SQL.wall_by_store,
                scope.parameter(),
                whole,
                department,
                request.service,
                *rules.silence_at(now),
                STORES_MAX + 1,
                [department] if places.anywhere else places.departments,
                places.stores,
                places.companies,
            )

        if not whole:
            return await read(self._clock.now())
        return (await self._departments.get((department, request.service), read)).answer


def _store_of(row: asyncpg.Record) -> WallGroup:
    counts = WallCounts(**{name: row[name] for name in _COUNTED})
    return rules.group_of(encode_id("store", row["id"].bytes), row["name"], counts)


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
                uuid_of(lowest_id(to_unix_us(now - USUAL))),
                uuid_of(lowest_id(to_unix_us(now - RECENT))),
                now,
                timeout=_USUAL_TIMEOUT_S,
            )
            self._usual_at = now
        await self._pool.execute(
            _SQL.refresh_recent,
            uuid_of(lowest_id(to_unix_us(now - RECENT))),
            now,
            rules.RECENT_COUNT_MIN,
            rules.RECENT_FAILED_MIN,
            rules.USUAL_COUNT_MIN,
            rules.WORSE_BY_MIN,
        )

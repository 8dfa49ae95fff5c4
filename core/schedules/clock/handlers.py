"""Showing and moving the test clock."""

from datetime import timedelta
from typing import Final

import asyncpg
import msgspec

from core.contracts.collecting import MoveTestClock, TestClock
from core.contracts.listing import Nothing, Written
from core.contracts.refusals import Refused
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of
from core.identity.api import SignedIn, WriteOnce, record_action
from core.runtime.calendar import Calendar
from core.values.clock import Clock, paris_date
from core.values.timestamps import timestamp

_SQL: Final = load_beside(__file__)


class ClockHandlers:
    """Operations on the time at which schedules live."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, calendar: Calendar) -> None:
        self._clock = clock
        self._calendar = calendar
        self._write = WriteOnce(pool, clock)

    async def show(self, _caller: SignedIn, _request: Nothing) -> TestClock:
        """Return it as it stands."""
        await self._calendar.read()
        return self._shown(self._calendar.offset)

    async def move(self, caller: SignedIn, request: MoveTestClock) -> Written:
        """Move it. Raises: Refused where this is no sandbox, KeyReused, StillRunning."""
        if not self._calendar.is_movable:
            raise Refused("no_test_clock")
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            await connection.execute(_SQL.move, request.offset_s, uuid_of(caller.agent_id), now)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="test_clock.moved",
                target_kind="test_clock",
                target_id=None,
                facts={"offset_s": request.offset_s},
            )
            return msgspec.json.encode(self._shown(timedelta(seconds=request.offset_s)))

        written = await self._write(caller, request, effect)
        await self._calendar.read()
        return written

    def _shown(self, offset: timedelta) -> TestClock:
        now = self._clock.now() + offset
        return TestClock(
            now=timestamp(now),
            today=paris_date(now).isoformat(),
            offset_s=offset // timedelta(seconds=1),
            is_movable=self._calendar.is_movable,
        )

"""A lane: one connection of its own with its statements prepared, for batches that leave when it is free.

`pool.fetchrow` costs more in resetting the connection than in reading (its reset query is a round trip), and a
pool hands out any connection; a lane keeps one, prepares once, and opens it again when it breaks.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Generic, TypeVar

import asyncpg
import structlog

from core.db.arrays import expect_flat_lists
from core.db.pool import PLANS_OF_BATCHES

Item = TypeVar("Item")

COMMAND_TIMEOUT_S = 10.0
"""A statement that takes longer is unknown: its connection is dropped and its rows looked up by key."""

REPLAN_FIRST_S = 0.5
REPLAN_LAST_S = 15.0
"""A plan made while a month was empty reads all of it, and would go on doing so as it fills. Plans are dropped half a
second after they were made, then after twice as long each time, up to this."""

DOWN_AFTER_S = 2.0
"""A lane that breaks is usually back in less; until then its items wait."""

# The internal one: a statement that met the server's goodbye on its way.
_CONNECTION_ERRORS = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_OPEN_TIMEOUT_S = 5
_REOPEN_DELAY_MAX_S = 2.0

_log = structlog.get_logger("core.db")
expect_flat_lists()


class LaneBroken(Exception):
    """The connection went while a statement ran: whether it committed is unknown until looked up by key."""


class Lane:
    """One connection to PostgreSQL with named prepared statements."""

    __slots__ = (
        "_connection",
        "_dsn",
        "_name",
        "_replan_after_s",
        "_replan_at",
        "_statements",
        "_texts",
        "on_lost",
    )

    def __init__(self, dsn: str, texts: Mapping[str, str], *, name: str) -> None:
        self._dsn = dsn
        self._texts = texts
        self._name = name
        self._connection: asyncpg.Connection | None = None
        # Called as soon as the connection is gone, whether a statement ran on it or none.
        self.on_lost: Callable[[Lane], None] | None = None
        self._replan_after_s = REPLAN_FIRST_S
        self._replan_at = 0.0
        self._statements: dict[str, Any] = {}

    async def open(self) -> None:
        """Connect and prepare. Raises: OSError, asyncpg.PostgresError, TimeoutError."""
        connection = await asyncpg.connect(
            self._dsn,
            timeout=_OPEN_TIMEOUT_S,
            command_timeout=COMMAND_TIMEOUT_S,
            server_settings={
                "application_name": self._name,
                "statement_timeout": str(int(COMMAND_TIMEOUT_S * 1000)),
                **PLANS_OF_BATCHES,
            },
        )
        try:
            self._statements = {name: await connection.prepare(text) for name, text in self._texts.items()}
            # Preparing leaves a transaction open that holds locks on what was parsed, until the next statement ends
            # it: an idle lane would keep a new month's partition waiting, and every payment behind that.
            await connection.execute("SELECT 1")
        except BaseException:
            connection.terminate()  # Else each try to reopen would leave one more behind.
            raise
        connection.add_termination_listener(self._on_termination)
        self._connection = connection
        self._replan_after_s = REPLAN_FIRST_S
        self._replan_at = time.monotonic() + self._replan_after_s

    @property
    def is_open(self) -> bool:
        """Whether statements can be tried; one more may find that the connection has just gone."""
        return self._connection is not None

    async def fetch(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        """Run one prepared statement as one transaction and return its rows.

        Raises: LaneBroken when the outcome is unknown; asyncpg.PostgresError when PostgreSQL refused it.
        """
        if not self.is_open:
            raise LaneBroken
        try:
            if time.monotonic() > self._replan_at:
                await self._replan()
            return await self._statements[name].fetch(*arguments)
        except (*_CONNECTION_ERRORS, asyncpg.PostgresConnectionError) as error:
            self._drop(name, error)
            raise LaneBroken from error
        except (asyncpg.OperatorInterventionError, asyncpg.QueryCanceledError) as error:
            # Shut down or cancelled by the server: the statement did not commit, but the connection is doubtful.
            self._drop(name, error)
            raise LaneBroken from error

    async def reopen(self) -> None:
        """Connect again, waiting longer each time, until it works."""
        delay = 0.05
        while True:
            try:
                await self.open()
            except (*_CONNECTION_ERRORS, asyncpg.PostgresError) as error:
                _log.warning("database_unreachable", lane=self._name, error=type(error).__name__)
                await asyncio.sleep(delay)
                delay = min(delay * 2, _REOPEN_DELAY_MAX_S)
            else:
                return

    async def close(self) -> None:
        """Say goodbye to the server, within a second."""
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed():
            try:
                await connection.close(timeout=1.0)
            except (*_CONNECTION_ERRORS, asyncpg.PostgresError):
                connection.terminate()

    async def _replan(self) -> None:
        connection = self._connection
        if connection is not None:
            self._replan_after_s = min(self._replan_after_s * 2, REPLAN_LAST_S)
            self._replan_at = time.monotonic() + self._replan_after_s
            await connection.execute("DISCARD PLANS")

    def _drop(self, statement: str, error: Exception) -> None:
        _log.warning("lane_broken", lane=self._name, statement=statement, error=repr(error)[:200])
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
            self._tell_lost()

    def _on_termination(self, connection: asyncpg.Connection) -> None:
        if connection is not self._connection:
            return  # Closed or dropped by the lane itself.
        _log.warning("lane_lost", lane=self._name)
        self._connection = None
        self._tell_lost()

    def _tell_lost(self) -> None:
        if self.on_lost is not None:
            self.on_lost(self)


class Pump(Generic[Item]):
    """Items wait while every lane is busy; a free lane takes all that wait, up to `batch_max`.

    So a batch is one item when there is little to do and grows with the load, without a window or a timer.
    `work(lane, batch)` must not raise; it answers for each of its items.
    A lane that loses its connection while nothing is to do opens it again at once: the next item must not be the one
    to find out.
    """

    def __init__(
        self,
        lanes: list[Lane],
        work: Callable[[Lane, list[Item]], Coroutine[Any, Any, None]],
        *,
        batch_max: int,
        waiting_max: int,
    ) -> None:
        self._idle = list(lanes)
        self._lanes = lanes
        self._work = work
        self._batch_max = batch_max
        self._waiting_max = waiting_max
        self._waiting: list[Item] = []
        self._scheduled = False
        self._loop = asyncio.get_running_loop()
        self._lost_at = self._loop.time()
        self._tasks: set[asyncio.Task[None]] = set()
        self._reopening: set[asyncio.Task[None]] = set()
        self.batches = 0
        self.items = 0
        self.refused = 0
        # Told items and microseconds of each batch that is done with; the metrics set it.
        self.measured: Callable[[int, int], None] | None = None

    @property
    def waiting(self) -> int:
        """Items that no lane has taken yet."""
        return len(self._waiting)

    def is_down(self) -> bool:
        """Whether every lane has been without a connection for longer than items may wait for one."""
        return not self.open_lanes and self._loop.time() - self._lost_at > DOWN_AFTER_S

    @property
    def open_lanes(self) -> int:
        """Lanes with a connection."""
        return sum(lane.is_open for lane in self._lanes)

    async def open(self) -> None:
        """Open every lane, and from now on keep it open."""
        for lane in self._lanes:
            await lane.reopen()
            lane.on_lost = self._on_lost

    def add(self, item: Item) -> bool:
        """Take an item; False when the bound is reached."""
        waiting = self._waiting
        if len(waiting) >= self._waiting_max:
            self.refused += 1
            return False
        waiting.append(item)
        if not self._scheduled and self._idle:
            self._scheduled = True
            self._loop.call_soon(self._dispatch)
        return True

    def add_all(self, items: list[Item]) -> int:
        """Take as many as the bound allows; return how many were taken (a prefix)."""
        room = self._waiting_max - len(self._waiting)
        taken = items if len(items) <= room else items[: max(room, 0)]
        self._waiting.extend(taken)
        self.refused += len(items) - len(taken)
        if taken and not self._scheduled and self._idle:
            self._scheduled = True
            self._loop.call_soon(self._dispatch)
        return len(taken)

    async def close(self) -> None:
        """Finish what runs and close the lanes; what still waits is dropped (its asker sees a timeout)."""
        self._waiting.clear()
        for lane in self._lanes:
            lane.on_lost = None
        for task in self._reopening:
            task.cancel()
        await asyncio.gather(*self._reopening, return_exceptions=True)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=COMMAND_TIMEOUT_S)
        for lane in self._lanes:
            await lane.close()

    def _on_lost(self, lane: Lane) -> None:
        self._lost_at = self._loop.time()
        if lane in self._idle:  # A batch that runs on it sees to it itself.
            self._idle.remove(lane)
            task = self._loop.create_task(self._bring_back(lane))
            self._reopening.add(task)
            task.add_done_callback(self._reopening.discard)

    async def _bring_back(self, lane: Lane) -> None:
        await lane.reopen()
        self._give_back(lane)

    def _give_back(self, lane: Lane) -> None:
        self._idle.append(lane)
        if self._waiting and not self._scheduled:
            self._dispatch()

    def _dispatch(self) -> None:
        self._scheduled = False
        while self._idle and self._waiting:
            lane = self._idle.pop()
            batch = self._waiting[: self._batch_max]
            del self._waiting[: self._batch_max]
            self.batches += 1
            self.items += len(batch)
            task = self._loop.create_task(self._run(lane, batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, lane: Lane, batch: list[Item]) -> None:
        began_ns = time.perf_counter_ns()
        try:
            await self._work(lane, batch)
        except Exception:
            # Only a defect gets here; the lane must go back whatever happened.
            _log.exception("batch_failed", items=len(batch))
        if self.measured is not None:
            self.measured(len(batch), (time.perf_counter_ns() - began_ns) // 1000)
        if not lane.is_open:
            await lane.reopen()
        self._give_back(lane)

"""The worker role: sweeps, deliveries to hosts, end of day, the projection of events."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError

from core.bus import ItemsReader, connect_control
from core.contracts.payment import HostReply, are_codes
from core.contracts.subjects import core_inbox, inbox_prefix
from core.roles.context import RoleContext
from core.roles.jobs import agreements, estate, notifications, retention, searching, supervision, support
from core.roles.jobs.job import JobParts
from core.transactions.tasks import end_task
from core.transactions.upkeep.backlogs import Backlogs
from core.transactions.upkeep.day_end import DayEnd
from core.transactions.upkeep.deliveries import Deliveries
from core.transactions.upkeep.projection import Projection
from core.transactions.upkeep.pruning import prune
from core.transactions.upkeep.sweeper import Sweeper
from observability.metrics import (
    DEAD_LETTERS,
    DELIVERIES,
    OUTBOX_BACKLOG,
    REVERSAL_BACKLOG,
    REVERSAL_OLDEST_SECONDS,
)

CONNECTIONS_MAX = 4
SWEEP_EVERY_S = 1.0
DELIVER_EVERY_S = 0.5
MEASURE_EVERY_S = 5.0
DAY_END_EVERY_S = 900.0
PRUNE_EVERY_S = 3_600.0
_TOPICS = (notifications, supervision, agreements, searching, estate, retention, support)

_log = structlog.get_logger("core.worker")


class WorkerRole:
    """Loops that look, each at its own pace; whatever one fails at, it tries again."""

    def __init__(
        self, tasks: list[asyncio.Task[None]], projection: Projection, pool: asyncpg.Pool, control: Client
    ) -> None:
        self._tasks = tasks
        self._projection = projection
        self._pool = pool
        self._control = control

    def not_ready(self) -> list[str]:
        """A worker has nobody waiting at its door."""
        return []

    async def stop(self) -> None:
        """Stop every loop; what was leased is due again by itself."""
        # All at once: each may take a moment to be cancelled for good.
        await asyncio.gather(*(end_task(task) for task in self._tasks))
        await self._projection.stop()
        await self._pool.close()
        await self._control.close()


async def start(context: RoleContext) -> WorkerRole:
    """Open connections and begin."""
    settings = context.settings
    control = await connect_control(
        settings.nats_url, name=f"core-{settings.instance}", inbox_prefix=inbox_prefix(settings.role)
    )
    pool = await asyncpg.create_pool(
        settings.database_url,
        min_size=1,
        max_size=CONNECTIONS_MAX,
        command_timeout=30,
        server_settings={"application_name": f"guichet-{settings.instance}"},
    )
    sweeper = Sweeper(pool, context.clock)
    deliveries = Deliveries(pool, context.bus, context.clock, instance=settings.instance)
    backlogs = Backlogs(pool)
    day_end = DayEnd(pool, context.clock)
    projection = Projection(pool, control)
    read = ItemsReader(HostReply, fits=are_codes).read
    told: asyncio.Queue[list[HostReply]] = asyncio.Queue(maxsize=1_024)

    def on_replies(_subject: str, _reply: str, payload: bytes) -> None:
        # What is lost here is due again: the host accepts a repeated reversal.
        replies, unread = read(payload)
        for each in unread:
            _log.error("host_reply_malformed", trace_id=each.id.hex(), error=each.error[:200])
        try:
            told.put_nowait(replies)
        except asyncio.QueueFull:
            _log.warning("host_replies_dropped", replies=len(replies))

    async def take_replies() -> None:
        await deliveries.told(await told.get())

    context.bus.subscribe(core_inbox(settings.instance, "worker"), on_replies)
    loop = asyncio.get_running_loop()
    # Before the first loop begins: a setting that cannot be ends the process with nothing under way.
    parts = JobParts(pool, context.clock)
    jobs = [job for topic in _TOPICS for job in topic.jobs(parts)]
    tasks = [
        loop.create_task(_every(SWEEP_EVERY_S, "sweep", sweeper.round)),
        loop.create_task(_every(DELIVER_EVERY_S, "deliver", deliveries.round)),
        loop.create_task(_every(0.0, "told", take_replies)),
        loop.create_task(_every(MEASURE_EVERY_S, "measure", deliveries.measure)),
        loop.create_task(_every(MEASURE_EVERY_S, "count", backlogs.measure)),
        loop.create_task(_every(DAY_END_EVERY_S, "day_end", day_end.round)),
        loop.create_task(_every(PRUNE_EVERY_S, "prune", lambda: prune(pool, context.clock.now()))),
        *(loop.create_task(_every(job.every_s, job.name, job.round)) for job in jobs),
    ]
    await projection.start()
    REVERSAL_BACKLOG.watch(lambda: deliveries.backlog)
    REVERSAL_OLDEST_SECONDS.watch(lambda: deliveries.oldest_s)
    OUTBOX_BACKLOG.watch(lambda: backlogs.unpublished)
    DEAD_LETTERS.watch(lambda: backlogs.dead_letters)
    DELIVERIES.watch(lambda: deliveries.sent, "any", "sent")
    DELIVERIES.watch(lambda: deliveries.accepted, "any", "accepted")
    return WorkerRole(tasks, projection, pool, control)


async def _every(seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await work()
        except (OSError, TimeoutError, NatsError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.warning("round_failed", round=name, error=type(error).__name__)
            await asyncio.sleep(1.0)
        except Exception:
            # A defect in one round must not end the others; it is logged whole and tried again.
            _log.exception("round_broken", round=name)
            await asyncio.sleep(5.0)
        await asyncio.sleep(seconds)

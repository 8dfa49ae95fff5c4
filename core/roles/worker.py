"""The worker role: sweeps, deliveries to hosts, end of day, the projection of events."""

import asyncpg
from nats.aio.client import Client

from core.bus import connect_control
from core.contracts.subjects import inbox_prefix
from core.db.pool import open_pool
from core.notifications.api import queue_mail
from core.roles.context import RoleContext, host_deadline_ms_of
from core.runtime.calendar import calendar_of
from core.runtime.jobs import Job, Jobs
from core.runtime.manifest import Parts
from core.runtime.retention import Retention
from core.schedules.collecting.collecting import Collecting
from core.schedules.refunding.refunding import Refunding
from core.slices import CONTACT_LINES, RETENTION_RULES, SLICES
from core.transactions.bookings.refunds import Refunds
from core.transactions.exchanges.answers import NOBODY
from core.transactions.jobs.backlogs import Backlogs
from core.transactions.jobs.day_end import DayEnd
from core.transactions.jobs.deliveries import Deliveries
from core.transactions.jobs.numbered_otherwise import NumberedOtherwise
from core.transactions.jobs.projection import Projection
from core.transactions.jobs.pruning import prune
from core.transactions.jobs.sweeper import Sweeper
from observability.metrics import (
    DEAD_LETTERS,
    DELIVERIES,
    OUTBOX_BACKLOG,
    REVERSAL_BACKLOG,
    REVERSAL_OLDEST_SECONDS,
)

CONNECTIONS_MAX = 4
STATEMENT_TIMEOUT_MS = 28_000
SWEEP_EVERY_S = 1.0
DELIVER_EVERY_S = 0.5
MEASURE_EVERY_S = 5.0
DAY_END_EVERY_S = 900.0
NUMBERED_OTHERWISE_EVERY_S = 300.0
COLLECT_EVERY_S = 0.5
TAKE_UP_DEBITS_EVERY_S = 2.0
REFUND_ORDERS_EVERY_S = 1.0
PRUNE_EVERY_S = 3_600.0
RETENTION_EVERY_S = 3_600.0


class WorkerRole:
    """Jobs at their own pace; whatever one fails at, it tries again."""

    def __init__(
        self,
        jobs: Jobs,
        deliveries: Deliveries,
        collecting: Collecting,
        projection: Projection,
        pool: asyncpg.Pool,
        control: Client,
    ) -> None:
        self._jobs = jobs
        self._deliveries = deliveries
        self._collecting = collecting
        self._projection = projection
        self._pool = pool
        self._control = control

    def not_ready(self) -> list[str]:
        """Nobody waits for a worker."""
        return []

    async def stop(self) -> None:
        """Stop every job; what was leased is due again by itself."""
        self._deliveries.exchanges.stop()
        await self._jobs.stop()
        await self._collecting.stop()
        await self._projection.stop()
        await self._pool.close()
        await self._control.close()


async def start(context: RoleContext) -> WorkerRole:
    """Open connections and begin. Raises: SettingRefused."""
    settings = context.settings
    control = await connect_control(
        settings.nats_url, name=f"core-{settings.instance}", inbox_prefix=inbox_prefix(settings.role)
    )
    pool = await open_pool(
        settings.database_url,
        name=f"guichet-{settings.instance}",
        connections_max=CONNECTIONS_MAX,
        statement_timeout_ms=STATEMENT_TIMEOUT_MS,
    )
    sweeper = Sweeper(pool, context.clock)
    deliveries = Deliveries(pool, context.bus, context.clock, instance=settings.instance)
    backlogs = Backlogs(pool)
    day_end = DayEnd(pool, context.clock)
    numbered_otherwise = NumberedOtherwise(pool, context.clock)
    projection = Projection(pool, control)
    # Before the first of them begins: a setting that cannot be ends the process with nothing under way.
    calendar = calendar_of(pool, context.clock, context.environment)
    await calendar.read()
    parts = Parts(
        pool,
        context.clock,
        context.bus,
        context.environment,
        queue_mail=queue_mail,
        calendar=calendar,
        contact_lines=CONTACT_LINES,
    )
    of_slices = [job for each in SLICES for job in each.jobs(parts)]
    collecting = Collecting(
        dsn=settings.database_url,
        bus=context.bus,
        clock=context.clock,
        calendar=calendar,
        instance=settings.instance,
        host_deadline_ms=host_deadline_ms_of(context.environment),
    )
    refunding = Refunding(
        pool,
        Refunds(
            pool=pool,
            clock=context.clock,
            answers=NOBODY,
            exchanges=collecting.exchanges,
            committed=lambda: None,  # The relay, in another process, looks by itself.
            host_deadline_ms=host_deadline_ms_of(context.environment),
        ),
        context.clock,
        calendar,
    )
    retention = Retention(pool, context.clock, RETENTION_RULES, context.environment)
    await collecting.start()
    jobs = Jobs(
        [
            Job("sweep", SWEEP_EVERY_S, sweeper.round),
            Job("deliver", DELIVER_EVERY_S, deliveries.round),
            Job("host_replies", 0.0, deliveries.take_replies),
            Job("measure_deliveries", MEASURE_EVERY_S, deliveries.measure),
            Job("measure_backlogs", MEASURE_EVERY_S, backlogs.measure),
            Job("day_end", DAY_END_EVERY_S, day_end.round),
            *calendar.jobs(),
            Job("collect", COLLECT_EVERY_S, collecting.collect),
            Job("settle_debits", 0.0, collecting.settle_decided),
            Job("take_up_debits", TAKE_UP_DEBITS_EVERY_S, collecting.take_up),
            Job("refund_orders", REFUND_ORDERS_EVERY_S, refunding.round),
            Job("numbered_otherwise", NUMBERED_OTHERWISE_EVERY_S, numbered_otherwise.round),
            Job("prune", PRUNE_EVERY_S, lambda: prune(pool, context.clock.now())),
            Job("retention", RETENTION_EVERY_S, retention.run),
            *of_slices,
        ]
    )
    deliveries.exchanges.start()
    await projection.start()
    REVERSAL_BACKLOG.watch(lambda: deliveries.backlog)
    REVERSAL_OLDEST_SECONDS.watch(lambda: deliveries.oldest_s)
    OUTBOX_BACKLOG.watch(lambda: backlogs.unpublished)
    DEAD_LETTERS.watch(lambda: backlogs.dead_letters)
    DELIVERIES.watch(lambda: deliveries.sent, "any", "sent")
    DELIVERIES.watch(lambda: deliveries.accepted, "any", "accepted")
    return WorkerRole(jobs, deliveries, collecting, projection, pool, control)

"""The engine role: the hot path, what is booked beside it, and the relay of its events."""

from typing import Any

import asyncpg
from nats.aio.client import Client

from core.bus import connect_control
from core.contracts.subjects import inbox_prefix
from core.db.lane import Pump
from core.db.pool import open_pool
from core.roles.context import RoleContext, host_deadline_ms_of
from core.schedules.changing.verifying import VERIFIES
from core.schedules.collecting.first_debits import FirstDebitServer
from core.transactions.bookings.refunds import Refunds
from core.transactions.bookings.serving import Bookings
from core.transactions.engine import failpoints
from core.transactions.engine.engine import Engine
from core.transactions.exchanges.answers import Answers
from core.transactions.relay import Relay
from observability.metrics import (
    BATCH_ITEMS,
    ENGINE_ATTEMPTS,
    ENGINE_DUPLICATES,
    ENGINE_IN_FLIGHT,
    ENGINE_SECONDS,
    ENGINE_TRANSACTIONS,
    OUTBOX_EVENTS,
    OUTBOX_SECONDS,
    QUEUE_REFUSED,
    QUEUE_WAITING,
)

BOOKING_CONNECTIONS_MAX = 4
BOOKING_STATEMENT_TIMEOUT_MS = 8_000


class EngineRole:
    """Everything that one engine process holds."""

    def __init__(
        self,
        *,
        engine: Engine,
        relay: Relay,
        bookings: Bookings,
        first_debits: FirstDebitServer,
        pool: asyncpg.Pool,
        control: Client,
    ) -> None:
        self._engine = engine
        self._relay = relay
        self._bookings = bookings
        self._first_debits = first_debits
        self._pool = pool
        self._control = control

    def not_ready(self) -> list[str]:
        """Return why payments would fail just now."""
        return self._engine.not_ready()

    async def stop(self) -> None:
        """Let go in the order in which work flows."""
        await self._engine.stop()
        await self._bookings.stop()
        await self._first_debits.stop()
        await self._relay.stop()
        await self._pool.close()
        await self._control.close()


async def start(context: RoleContext) -> EngineRole:
    """Open connections, then take messages."""
    failpoints.arm(context.environment)
    settings = context.settings
    host_deadline_ms = host_deadline_ms_of(context.environment)
    control = await connect_control(
        settings.nats_url, name=f"core-{settings.instance}-relay", inbox_prefix=inbox_prefix(settings.role)
    )
    pool = await open_pool(
        settings.database_url,
        name=f"guichet-{settings.instance}-bookings",
        connections_max=BOOKING_CONNECTIONS_MAX,
        statement_timeout_ms=BOOKING_STATEMENT_TIMEOUT_MS,
    )
    relay = Relay(dsn=settings.database_url, control=control, clock=context.clock, instance=settings.instance)
    answers = Answers(context.bus)
    engine = Engine(
        dsn=settings.database_url,
        bus=context.bus,
        clock=context.clock,
        instance=settings.instance,
        answers=answers,
        committed=relay.wake,
        refund=lambda item, source: refunds.take(item, source),  # noqa: PLW0108 -- Made below.
        host_deadline_ms=host_deadline_ms,
    )
    refunds = Refunds(
        pool=pool,
        clock=context.clock,
        answers=answers,
        exchanges=engine.exchanges,
        committed=relay.wake,
        host_deadline_ms=host_deadline_ms,
    )
    bookings = Bookings(context.bus, pool, refunds, clock=context.clock, committed=relay.wake)
    await relay.start()
    await engine.start()
    await bookings.start()
    first_debits = FirstDebitServer(
        dsn=settings.database_url,
        pool=pool,
        bus=context.bus,
        clock=context.clock,
        instance=settings.instance,
        host_deadline_ms=host_deadline_ms,
        others=(VERIFIES,),
    )
    await first_debits.start()
    _watch(engine, relay)
    return EngineRole(
        engine=engine, relay=relay, bookings=bookings, first_debits=first_debits, pool=pool, control=control
    )


def _watch(engine: Engine, relay: Relay) -> None:
    ENGINE_IN_FLIGHT.watch(lambda: engine.in_flight)
    ENGINE_ATTEMPTS.watch(lambda: engine.arming.refused, "refused")
    ENGINE_ATTEMPTS.watch(lambda: engine.deciding.decided - engine.deciding.declined, "approved")
    ENGINE_ATTEMPTS.watch(lambda: engine.deciding.declined, "declined")
    ENGINE_ATTEMPTS.watch(lambda: engine.deciding.timed_out, "unknown")
    ENGINE_DUPLICATES.watch(lambda: engine.arming.repeats - engine.arming.repeats_differing, "same")
    ENGINE_DUPLICATES.watch(lambda: engine.arming.repeats_differing, "differing")
    OUTBOX_EVENTS.watch(lambda: relay.published)
    relay.measured = OUTBOX_SECONDS.child().observe
    for name, pump in (("arming", engine.arming_pump), ("deciding", engine.deciding_pump)):
        QUEUE_WAITING.watch(lambda pump=pump: pump.waiting, name)
        QUEUE_REFUSED.watch(lambda pump=pump: pump.refused, name)
    for step, pump in (("arm", engine.arming_pump), ("decide", engine.deciding_pump)):
        ENGINE_TRANSACTIONS.watch(lambda pump=pump: pump.batches, step, "batches")
        ENGINE_TRANSACTIONS.watch(lambda pump=pump: pump.items, step, "items")
        _time(pump, step)


def _time(pump: Pump[Any], step: str) -> None:
    seconds, sizes = ENGINE_SECONDS.child(step).observe, BATCH_ITEMS.child(f"core.{step}").observe

    def measured(items: int, us: int) -> None:
        seconds(us)
        sizes(items)

    pump.measured = measured

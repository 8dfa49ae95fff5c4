"""Events from the commit to the stream and to their first consumer, told as sentences."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import asyncpg
import msgspec
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from core.bus import Bus, connect_control
from core.contracts.feed import EventBatch, TransactionSummary
from core.contracts.states import EventKind
from core.contracts.subjects import LIVE, STREAM
from core.roles import worker as worker_role
from core.roles.context import RoleContext, Settings
from core.transactions.jobs.projection import Projection
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.world import World, eventually, until

Position = tuple[int, int]


class Listener:
    """A plain subscriber of the live subject."""

    def __init__(self) -> None:
        self.batches: list[EventBatch] = []

    def on_message(self, _subject: str, _reply: str, payload: bytes) -> None:
        """Keep a batch."""
        self.batches.append(msgspec.msgpack.decode(payload, type=EventBatch))

    @property
    def positions(self) -> list[Position]:
        """Every position heard, in order."""
        return [(item.txid, item.seq) for batch in self.batches for item in batch.items]

    @property
    def summaries(self) -> list[TransactionSummary]:
        """Every summary heard, in order."""
        return [
            msgspec.msgpack.decode(item.summary, type=TransactionSummary)
            for batch in self.batches
            for item in batch.items
        ]


@pytest.fixture
async def listener(world: World) -> AsyncIterator[Listener]:
    bus = await Bus.connect(world.nats.url("core"), name="listener", inbox_prefix="_INBOX.core")
    listener = Listener()
    bus.subscribe(LIVE, listener.on_message)
    await bus.flush()
    yield listener
    await bus.close()


@pytest.fixture
async def control(world: World) -> AsyncIterator[Client]:
    client = await connect_control(world.nats.url("core"), name="test", inbox_prefix="_INBOX.core")
    yield client
    await client.close()


async def stored_positions(world: World) -> list[Position]:
    rows = await world.owner.fetch("SELECT txid, seq FROM event ORDER BY txid, seq")
    return [(row["txid"], row["seq"]) for row in rows]


async def counted(world: World) -> int:
    row = await world.owner.fetchrow("SELECT coalesce(sum(transactions), 0)::int AS n FROM activity_minute")
    return row["n"] if row is not None else 0


async def test_every_event_is_heard_once_in_order_and_the_batches_are_chained(
    world: World, listener: Listener
) -> None:
    world.host.script.extend([behaviour.APPROVE, behaviour.DECLINE, behaviour.SILENT] * 4)
    items = [world.payment() for _ in range(12)]
    for item in items:
        await world.pay(item)
    await world.reverse(items[0])
    stored = await stored_positions(world)
    assert len(stored) == 13
    await until(lambda: len(listener.positions) >= 13)
    assert listener.positions == stored
    for before, after in zip(listener.batches, listener.batches[1:], strict=False):
        assert (after.after_txid, after.after_seq) == (before.items[-1].txid, before.items[-1].seq)
    last = listener.summaries[-1]
    assert (last.id, last.event, last.store_name, last.terminal) == (
        items[0].id,
        EventKind.REVERSED,
        "Halles",
        "T0000001",
    )


async def test_nothing_slips_in_behind_a_reader_while_an_older_transaction_is_open(
    world: World, listener: Listener
) -> None:
    first = world.payment()
    await world.pay(first)
    await until(lambda: len(listener.positions) == 1)
    slow = await asyncpg.connect(world.database.dsn)
    transaction = slow.transaction()
    await transaction.start()
    await slow.execute(
        """
        INSERT INTO event (attempt_id, business_date, kind, state, reason)
        SELECT id, business_date, 10, state, reason FROM attempt
        """
    )
    later = world.payment()
    await world.pay(later)
    await asyncio.sleep(0.6)
    assert len(listener.positions) == 1  # The later one waits for the older one to end.
    await transaction.commit()
    await slow.close()
    await until(lambda: len(listener.positions) == 3)
    assert listener.positions == await stored_positions(world)
    assert [summary.event for summary in listener.summaries] == [2, 10, 2]


async def test_a_relay_that_starts_again_goes_on_and_skips_nothing(world: World, listener: Listener) -> None:
    await world.pay(world.payment())
    await until(lambda: len(listener.positions) == 1)
    await world.crash_engine()
    # Committed while nobody relays.
    await world.owner.execute(
        """
        INSERT INTO event (attempt_id, business_date, kind, state, reason)
        SELECT id, business_date, 10, state, reason FROM attempt
        """
    )
    await world.start_engine()
    await world.pay(world.payment())
    stored = await stored_positions(world)
    await until(lambda: listener.positions[-1:] == stored[-1:])
    assert sorted(set(listener.positions)) == stored


async def test_a_batch_delivered_five_times_counts_once(
    world: World, listener: Listener, control: Client
) -> None:
    await start_afresh(world, control)
    projection = Projection(world.pool, control)
    for _ in range(3):
        await world.pay(world.payment())
    await until(lambda: len(listener.positions) == 3)
    for _ in range(5):
        for batch in listener.batches:
            await projection.apply(batch)
    assert await counted(world) == 3


async def test_two_workers_that_take_in_the_same_events_count_them_once(
    world: World, listener: Listener, control: Client
) -> None:
    await start_afresh(world, control)
    one, other = Projection(world.pool, control), Projection(world.pool, control)
    for _ in range(4):
        await world.pay(world.payment())
    await until(lambda: len(listener.positions) == 4)
    assert await one._where(world.pool) == await other._where(world.pool)  # pyright: ignore[reportArgumentType]
    await asyncio.gather(one.apply(listener.batches[0]), other.catch_up())
    for batch in listener.batches:
        await asyncio.gather(one.apply(batch), other.apply(batch))
    await one.catch_up()
    assert await counted(world) == 4


async def test_a_lost_message_is_read_from_the_outbox(
    world: World, listener: Listener, control: Client
) -> None:
    await start_afresh(world, control)
    projection = Projection(world.pool, control)
    for number in range(4):
        await world.pay(world.payment())
        await until(lambda number=number: len(listener.positions) == number + 1)
    await projection.apply(listener.batches[-1])
    assert await counted(world) == 4
    assert projection.recovered == 3


async def test_a_stream_deleted_under_the_worker_is_made_again_and_nothing_is_lost(
    world: World, control: Client
) -> None:
    await start_afresh(world, control)
    projection = Projection(world.pool, control)
    await projection.start()
    await world.pay(world.payment())

    async def has_counted(count: int) -> bool:
        return await counted(world) == count

    await eventually(lambda: has_counted(1), timeout_s=8)
    await control.jetstream().delete_stream(STREAM)
    for _ in range(3):
        await world.pay(world.payment())
    await eventually(lambda: has_counted(4), timeout_s=15)
    await projection.stop()
    assert (await control.jetstream().stream_info(STREAM)).config.name == STREAM


async def test_the_worker_role_sweeps_delivers_and_counts_by_itself(world: World, control: Client) -> None:
    await start_afresh(world, control)
    bus = await Bus.connect(world.nats.url("worker"), name="worker9", inbox_prefix="_INBOX.worker")
    settings = Settings("worker", world.database.dsn, world.nats.url("worker"), 0, "worker9")
    role = await worker_role.start(RoleContext(settings, bus, world.clock, os.environ))
    world.host.script.append(behaviour.SILENT)
    item = world.payment()
    await world.pay(item)
    await world.until_event(item.id, EventKind.REVERSAL_ACCEPTED)

    async def has_counted() -> bool:
        return await counted(world) == 1

    await eventually(has_counted, timeout_s=8)
    async with asyncio.timeout(10):
        await role.stop()
    await bus.close()


async def start_afresh(world: World, control: Client) -> None:
    """Let the consumer begin where the events begin: everything before this test has been forgotten."""
    await world.owner.execute("DELETE FROM inbox")
    await world.owner.execute("DELETE FROM activity_minute")
    await control.jetstream().purge_stream(STREAM)


async def test_an_attempt_that_cannot_be_read_holds_up_neither_the_feed_nor_the_figures_nor_deliveries(
    world: World, listener: Listener, control: Client
) -> None:
    await start_afresh(world, control)
    assert world.role is not None
    failures = world.role._relay.failures
    projection = Projection(world.pool, control)
    await projection.start()
    spoilt, other = world.payment(), world.payment()
    await world.pay(spoilt)
    await world.pay(other)
    # PostgreSQL has years that Python has not.
    await world.owner.execute(
        "UPDATE attempt SET received_at = '33658-09-27', decided_at = '33658-09-27' WHERE id = $1",
        UUID(bytes=spoilt.id),
    )
    await world.reverse(spoilt)
    await world.reverse(other)
    last = world.payment()
    await world.pay(last)
    await until(lambda: last.id in {summary.id for summary in listener.summaries}, timeout_s=8)
    assert [s.event for s in listener.summaries if s.id == other.id] == [
        EventKind.DECIDED,
        EventKind.REVERSED,
    ]
    assert world.role._relay.failures == failures
    await world.deliver()
    assert {request.id for request in world.host.messages("0420")} >= {other.id}

    async def has_counted_all() -> bool:
        return await counted(world) == 3

    await eventually(has_counted_all, timeout_s=8)
    await projection.catch_up()
    assert projection.failures == 0
    await projection.stop()


async def test_a_defect_does_not_end_the_figures(
    world: World, control: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start_afresh(world, control)
    projection = Projection(world.pool, control)
    whole, failed = projection._take, []

    async def fails_once(messages: Sequence[Msg]) -> None:
        if not failed:
            failed.append(1)
            raise OverflowError("date value out of range")
        await whole(messages)

    monkeypatch.setattr(projection, "_take", fails_once)
    await projection.start()
    await world.pay(world.payment())

    async def has_counted() -> bool:
        return await counted(world) == 1

    await eventually(has_counted, timeout_s=40)
    assert failed
    await projection.stop()

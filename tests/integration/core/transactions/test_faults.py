"""Connections that end, processes that end, clocks that jump: the right answer or silence, never a wrong one."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg

from core.contracts.payment import Authorise
from core.contracts.reasons import Reason
from core.contracts.states import EventKind, State
from core.db.lane import DOWN_AFTER_S
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.invariants import check_books_agree, check_invariants
from tests.integration.core.transactions.world import World, eventually, until

TERMINATE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE $1
"""


async def drained(world: World) -> None:
    """Everything delivered, the two books equal."""
    await world.make_due()
    while await world.deliver():
        await world.make_due()
    await check_invariants(world)
    await check_books_agree(world)


async def blocked_backends(world: World, application: str) -> bool:
    """Whether a backend of that name waits for a lock."""
    return bool(
        await world.owner.fetchval(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name LIKE $1 AND wait_event_type = 'Lock'
            """,
            application,
        )
    )


async def test_a_connection_killed_inside_the_arming_commit_is_tried_again(world: World) -> None:
    item = world.payment()
    gate = await asyncpg.connect(world.database.owner_dsn)
    async with gate.transaction():
        await gate.execute("LOCK TABLE attempt IN ACCESS EXCLUSIVE MODE")
        world.send(item)
        await eventually(lambda: blocked_backends(world, "%-arm%"))
        await world.owner.execute(TERMINATE, "%-arm%")
    await gate.close()
    assert (await world.answer_to(item)).reason == Reason.APPROVED
    assert len(world.host.messages("0200")) == 1
    await drained(world)


async def test_what_waited_for_long_for_a_connection_is_never_recorded(world: World) -> None:
    """The sweeper, and whoever debits stored cards, count on what was asked so long ago being recorded or never."""
    item = world.payment()
    gate = await asyncpg.connect(world.database.owner_dsn)
    async with gate.transaction():
        await gate.execute("LOCK TABLE attempt IN ACCESS EXCLUSIVE MODE")
        world.send(item)
        await eventually(lambda: blocked_backends(world, "%-arm%"))
        world.clock.offset += timedelta(seconds=31)
        await world.owner.execute(TERMINATE, "%-arm%")
    await gate.close()
    assert (await world.pay(world.payment())).reason == Reason.APPROVED
    assert not world.answers.get(item.id)
    assert not await world.owner.fetchval("SELECT count(*) FROM attempt WHERE id = $1", UUID(bytes=item.id))
    assert item.id not in {request.id for request in world.host.messages("0200")}
    await drained(world)


async def test_a_connection_killed_inside_the_deciding_commit_is_tried_again(world: World) -> None:
    world.host.script.append(behaviour.HOLD)
    item = world.payment()
    world.send(item)
    await until(lambda: item.id in world.host.held)
    gate = await asyncpg.connect(world.database.owner_dsn)
    async with gate.transaction():
        await gate.execute("SELECT FROM attempt FOR UPDATE")
        world.host.held[item.id]()
        await eventually(lambda: blocked_backends(world, "%-decide%"))
        await world.owner.execute(TERMINATE, "%-decide%")
    await gate.close()
    assert (await world.answer_to(item)).reason == Reason.APPROVED
    assert [e["kind"] for e in await world.events(item.id)] == [EventKind.DECIDED]
    await drained(world)


async def test_a_commit_whose_confirmation_was_lost_is_found_again(world: World) -> None:
    engine = world.role._engine if world.role else None
    assert engine is not None
    lane = engine.deciding_pump._lanes[0]
    original = lane.__class__.fetch
    lost = {"decide_attempts": 1, "arm_attempts": 1}

    async def fetch_and_lose(self: object, name: str, *arguments: object) -> list[asyncpg.Record]:
        rows = await original(self, name, *arguments)  # pyright: ignore[reportArgumentType]
        if lost.get(name, 0):
            lost[name] -= 1
            self._drop(name, ConnectionError())  # pyright: ignore[reportAttributeAccessIssue]
            raise lane_broken()
        return rows

    from core.db.lane import Lane, LaneBroken

    def lane_broken() -> LaneBroken:
        return LaneBroken()

    Lane.fetch = fetch_and_lose  # pyright: ignore[reportAttributeAccessIssue]
    try:
        item = world.payment()
        reply = await world.pay(item)
    finally:
        Lane.fetch = original
    assert (reply.reason, reply.approved_minor, reply.approval_code) == (Reason.APPROVED, 1_250, "A12345")
    assert len(world.host.messages("0200")) == 1
    assert lost == {"decide_attempts": 0, "arm_attempts": 0}
    await drained(world)


async def test_connections_cut_while_nobody_pays_are_back_before_the_next_payment(world: World) -> None:
    await world.pay(world.payment())
    await asyncio.sleep(DOWN_AFTER_S + 0.5)
    # As when PostgreSQL is restarted at night: not one of them is left, and no payment is under way.
    await world.owner.execute(TERMINATE, "guichet-engine%")
    assert (await world.pay(world.payment())).reason == Reason.APPROVED
    await asyncio.sleep(DOWN_AFTER_S + 0.5)
    await world.owner.execute(TERMINATE, "guichet-engine%")
    await asyncio.sleep(DOWN_AFTER_S + 0.5)
    role = world.role
    assert role is not None
    assert not role.not_ready()
    assert (await world.pay(world.payment())).reason == Reason.APPROVED
    await drained(world)


async def test_payments_under_connections_killed_again_and_again_agree_with_the_host(world: World) -> None:
    items: list[Authorise] = []
    for _ in range(15):
        batch = [world.payment() for _ in range(8)]
        items += batch
        world.send(*batch)
        await asyncio.sleep(0.02)
        await world.owner.execute(TERMINATE, "guichet-engine%-arm%")
        world.send(*[world.again(item) for item in batch[:3]])
        await world.owner.execute(TERMINATE, "guichet-engine%-decide%")
    await asyncio.sleep(1.0)
    async with world.owner.transaction():
        await world.owner.execute("UPDATE attempt SET reverse_after = now() - interval '1 s' WHERE state = 2")
    await world.sweeper.round()
    approved = {item.id for item in items for reply in world.answers.get(item.id, ()) if reply.reason == 100}
    assert approved
    for row in await world.owner.fetch("SELECT id, state FROM attempt"):
        assert row["id"].bytes not in approved or row["state"] == State.APPROVED
    await drained(world)


async def test_the_sweeper_finds_what_a_crash_has_left_sent(world: World) -> None:
    world.host.usual = behaviour.HOLD
    items = [world.payment() for _ in range(3)]
    world.send(*items)
    await until(lambda: len(world.host.held) == 3)
    await world.crash_engine()
    assert await world.sweeper.round() == 0  # Their deadline has not passed.
    world.clock.offset = timedelta(seconds=20)
    assert await world.sweeper.round() == 3
    world.clock.offset = timedelta(0)
    for item in items:
        assert (await world.row(item.id))["state"] == State.UNKNOWN
    await drained(world)
    await world.start_engine()
    repeat = world.again(items[0])
    assert (await world.pay(repeat)).reason == Reason.ALREADY_REVERSED


async def test_the_second_pass_finds_what_was_recorded_behind_the_first(world: World) -> None:
    world.clock.offset = timedelta(seconds=60)
    await world.sweeper.round()  # Looks everywhere once; the quick pass has now read up to 45 s from here.
    world.clock.offset = timedelta(0)
    world.host.usual = behaviour.HOLD
    item = world.payment()
    world.send(item)
    await until(lambda: item.id in world.host.held)
    await world.crash_engine()
    world.clock.offset = timedelta(seconds=120)  # The quick pass goes on from where it was.
    assert await world.sweeper.round() == 0
    world.clock.offset = timedelta(seconds=250)  # The second pass comes by.
    assert await world.sweeper.round() == 1
    assert await world.sweeper.round() == 0


async def test_a_sweeper_that_starts_looks_at_every_open_month(world: World) -> None:
    world.host.usual = behaviour.HOLD
    item = world.payment()
    world.send(item)
    await until(lambda: item.id in world.host.held)
    await world.crash_engine()
    world.clock.offset = timedelta(hours=5)
    assert await world.sweeper.round() == 1


async def test_a_repeat_after_a_crash_is_answered_when_the_sweeper_has_seen_to_it(world: World) -> None:
    world.host.script.append(behaviour.HOLD)
    item = world.payment()
    world.send(item)
    await until(lambda: item.id in world.host.held)
    await world.crash_engine()
    await world.start_engine()
    repeat = world.again(item)
    world.send(repeat)
    assert await world.silence(repeat)
    world.clock.offset = timedelta(seconds=8)
    await world.sweeper.round()
    assert (await world.answer_to(repeat)).reason == Reason.HOST_NO_REPLY
    world.clock.offset = timedelta(0)
    await drained(world)


async def test_an_answer_of_the_host_to_an_engine_that_crashed_changes_nothing(world: World) -> None:
    world.host.script.append(behaviour.HOLD)
    item = world.payment()
    world.send(item)
    await until(lambda: item.id in world.host.held)
    await world.crash_engine()
    await world.start_engine()
    world.host.held[item.id]()
    assert await world.silence(item)
    assert (await world.row(item.id))["state"] == State.SENT
    world.clock.offset = timedelta(seconds=10)
    await world.sweeper.round()
    await drained(world)


async def test_a_clock_an_hour_ahead_and_back_loses_and_doubles_nothing(world: World) -> None:
    await world.sweeper.round()
    before = world.payment()
    await world.pay(before)
    world.clock.offset = timedelta(hours=1)
    ahead, unanswered = world.payment(), world.payment()
    assert (await world.pay(ahead)).reason == Reason.APPROVED
    world.host.script.append(behaviour.HOLD)
    world.send(unanswered)
    await until(lambda: unanswered.id in world.host.held)
    await world.sweeper.round()
    world.clock.offset = timedelta(0)
    await world.sweeper.round()
    assert (await world.pay(world.again(before))).reason == Reason.APPROVED
    assert (await world.pay(world.again(ahead))).reason == Reason.APPROVED
    assert (await world.pay(world.payment())).reason == Reason.APPROVED
    world.clock.offset = timedelta(hours=1, seconds=20)
    await world.sweeper.round()
    assert (await world.row(unanswered.id))["state"] == State.UNKNOWN
    world.clock.offset = timedelta(0)
    assert len(world.host.messages("0200")) == 4
    await drained(world)


async def test_a_clock_set_back_hides_no_crash_from_the_sweeper(world: World) -> None:
    await world.sweeper.round()
    world.clock.offset = timedelta(hours=1)
    await world.sweeper.round()
    world.clock.offset = timedelta(0)
    await world.sweeper.round()
    await world.sweeper.round()
    world.host.usual = behaviour.HOLD
    item = world.payment()
    world.send(item)
    await until(lambda: item.id in world.host.held)
    await world.crash_engine()
    world.clock.offset = timedelta(seconds=20)
    assert await world.sweeper.round() == 1

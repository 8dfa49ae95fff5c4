"""An act of a person keeps the identifier of its first call, however late it is carried out."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from core.contracts.payment import DELIVERY_NO_ORIGINAL
from core.contracts.reasons import Reason
from core.contracts.states import EventKind, State
from core.searching.store import KEYS_SETTLE, copy_keys, copy_late_keys
from core.values.ids import uuid7
from core.verify.run import verify
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.world import World, eventually

AGES = [timedelta(seconds=92), timedelta(minutes=5), timedelta(hours=3)]


async def refunded_late(world: World, age: timedelta) -> bytes:
    """Return a refund whose first call came so long before it was carried out, with everything copied that came since."""
    paid = world.payment()
    await world.pay(paid)
    old = uuid7(unix_ms=world.now_us() // 1000 - int(age.total_seconds() * 1000), sequence=1, randomness=7)
    act_id = await world.record_refund(paid, 400, act_id=old)
    async with world.pool.acquire() as connection:
        # Everything up to now is copied: other payments came meanwhile.
        await copy_keys(connection, world.clock.now() + KEYS_SETTLE + timedelta(minutes=1))
    await world.carry_out(act_id)
    return old


@pytest.mark.parametrize("age", AGES)
async def test_a_refund_carried_out_late_is_in_lists_and_search(world: World, age: timedelta) -> None:
    refund = await refunded_late(world, age)

    async def is_approved() -> bool:
        return (await world.row(refund))["state"] == State.APPROVED

    await eventually(is_approved)
    report = await verify(world.database.dsn, cards=False)
    assert report.finding("V13 lists").breaches == 0, "it is known to be still to copy"
    await world.owner.execute("UPDATE late_attempt SET recorded_at = recorded_at - interval '2 minutes'")
    async with world.pool.acquire() as connection:
        await copy_late_keys(connection)
    key = await world.owner.fetchrow(
        "SELECT amount_minor FROM attempt_key WHERE attempt_id = $1", uuid.UUID(bytes=refund)
    )
    assert key is not None
    assert key["amount_minor"] == 400
    assert await world.owner.fetchval("SELECT count(*) FROM late_attempt") == 0
    await world.owner.execute("DELETE FROM attempt_key WHERE attempt_id = $1", uuid.UUID(bytes=refund))
    report = await verify(world.database.dsn, cards=False)
    assert report.finding("V13 lists").breaches == 1, "what no list holds is seen"


@pytest.mark.parametrize("age", AGES)
async def test_a_refund_sent_late_and_never_decided_is_swept(world: World, age: timedelta) -> None:
    await world.sweeper.round()
    await world.sweeper.round()
    paid = world.payment()
    await world.pay(paid)
    old = uuid7(unix_ms=world.now_us() // 1000 - int(age.total_seconds() * 1000), sequence=2, randomness=9)
    act_id = await world.record_refund(paid, 400, act_id=old)
    world.host.script.append(behaviour.MUTE)
    await world.carry_out(act_id)
    assert (await world.row(old))["state"] == State.SENT
    await world.crash_engine()
    await world.make_overdue()
    await world.sweeper.round()
    assert (await world.row(old))["state"] == State.UNKNOWN
    assert (await world.row(old))["reason"] == Reason.HOST_NO_REPLY


async def test_a_host_that_approved_late_and_cannot_find_it_has_not_taken_it_back(world: World) -> None:
    world.host.script.append(behaviour.LATE)
    item = world.payment()
    await world.pay(item)

    async def has_come() -> bool:
        return any(event["kind"] == EventKind.LATE_REPLY for event in await world.events(item.id))

    await eventually(has_come)
    world.host.delivery_codes.append(("25", DELIVERY_NO_ORIGINAL))
    await world.deliver()
    row = await world.owner.fetchrow(
        "SELECT accepted_at, refused_at FROM delivery WHERE attempt_id = $1", uuid.UUID(bytes=item.id)
    )
    assert row is not None
    assert (row["accepted_at"] is None, row["refused_at"] is None) == (True, False)
    assert (await world.row(item.id))["state"] == State.UNKNOWN

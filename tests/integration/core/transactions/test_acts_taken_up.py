"""What an agent wanted while no engine was there is done once when there is one, or ended and said so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg
import msgspec
import pytest

from core.bus import Bus
from core.contracts.ids import TransactionId
from core.contracts.payment import Authorise
from core.contracts.permissions import Permission
from core.contracts.reasons import Reason
from core.contracts.states import State
from core.contracts.transactions import Cancel, Refund, SomeMoney
from core.identity.errors import StillRunning
from core.transactions.approvals.handlers import ApprovalHandlers
from core.transactions.approvals.taking_up import TAKE_UP_AFTER, TAKE_UP_WITHIN, TAKEN_UP_MAX
from core.transactions.desk.errors import NotCancellable
from core.transactions.desk.handlers import TransactionHandlers
from core.values.ids import encode_id
from core.verify.people import check_people
from tests.integration.core.transactions.test_two_person import person
from tests.integration.core.transactions.world import AGENT, World

LATER = TAKE_UP_AFTER + timedelta(seconds=1)
AGENT_HERE = person(
    AGENT,
    "agent",
    Permission.TRANSACTIONS_READ,
    Permission.TRANSACTIONS_REFUND,
    Permission.TRANSACTIONS_CANCEL,
)


@dataclass
class Desk:
    """The handlers that an agent reaches, and the desk's rounds: two desks, each on a connection of its own."""

    world: World
    transactions: TransactionHandlers
    rounds: list[ApprovalHandlers]

    async def cancel(self, paid: Authorise, key: str = "one wish") -> dict[str, object]:
        """Cancel as an agent does."""
        asked = Cancel(id=TransactionId(paid.id), reason="wrong till", idempotency_key=key)
        return msgspec.json.decode((await self.transactions.cancel(AGENT_HERE, asked)).body)

    async def refund(self, paid: Authorise, key: str = "one refund") -> dict[str, object]:
        """Give some back as an agent does."""
        asked = Refund(
            id=TransactionId(paid.id),
            amount=SomeMoney(500, "EUR"),
            reason="broken",
            idempotency_key=key,
        )
        return msgspec.json.decode((await self.transactions.refund(AGENT_HERE, asked)).body)

    async def take_up(self) -> int:
        """Let both desks make their round at the same time."""
        return sum(await asyncio.gather(*(each.take_up_acts() for each in self.rounds)))

    async def outcomes(self) -> list[int | None]:
        """Return what became of every act."""
        return [row["outcome"] for row in await self.world.owner.fetch("SELECT outcome FROM act ORDER BY id")]

    async def kinds_of(self, paid: Authorise) -> list[str]:
        """Return what the audit says of a payment."""
        rows = await self.world.owner.fetch(
            "SELECT kind FROM action WHERE target_id = $1 ORDER BY seq", UUID(bytes=paid.id)
        )
        return [row["kind"] for row in rows]

    async def notices(self) -> list[asyncpg.Record]:
        """Return what the agent was told by the bell."""
        return await self.world.owner.fetch(
            "SELECT kind, link FROM notice WHERE agent_id = $1 ORDER BY id", UUID(bytes=AGENT)
        )


@pytest.fixture
async def desk(world: World) -> AsyncIterator[Desk]:
    """An agent with every right, at a desk."""
    await world.owner.execute("DELETE FROM notice; DELETE FROM idempotency")
    await world.person(AGENT)
    buses = [
        await Bus.connect(world.nats.url("desk"), name=f"desk{n}", inbox_prefix="_INBOX.desk") for n in (1, 2)
    ]
    yield Desk(
        world,
        TransactionHandlers(world.pool, world.clock, buses[0]),
        [ApprovalHandlers(world.pool, world.clock, bus) for bus in buses],
    )
    for bus in buses:
        await bus.close()


async def left_without_engine(desk: Desk) -> Authorise:
    """Return a payment whose cancellation was recorded while no engine was there."""
    paid = desk.world.payment()
    await desk.world.pay(paid)
    await desk.world.stop_engine()
    with pytest.raises(StillRunning):
        await desk.cancel(paid)
    assert await desk.outcomes() == [None]
    return paid


async def test_a_cancellation_without_an_engine_is_done_once_when_there_is_one(desk: Desk) -> None:
    paid = await left_without_engine(desk)
    assert await desk.take_up() == 0, "whoever wants it is still waiting"
    desk.world.clock.offset = LATER
    assert await desk.take_up() == 0, "there is no engine yet"
    assert await desk.outcomes() == [None]

    await desk.world.start_engine()
    desk.world.clock.offset = LATER * 2
    assert await desk.take_up() == 1, "by one of two desks"
    assert await desk.take_up() == 0
    assert await desk.outcomes() == [Reason.APPROVED]
    assert await desk.kinds_of(paid) == ["transaction.cancelled"]
    assert (await desk.world.row(paid.id))["state"] == State.REVERSED
    assert await desk.notices() == []

    answer = await desk.cancel(paid)
    assert (answer["id"], answer["state"]) == (encode_id("transaction", paid.id), "reversed")
    assert await desk.kinds_of(paid) == ["transaction.cancelled"], "asked again under its key, it is told"
    kept = await desk.world.owner.fetch("SELECT result IS NOT NULL AS kept FROM idempotency")
    assert [row["kept"] for row in kept] == [True]


async def test_a_refund_without_an_engine_is_given_once_when_there_is_one(desk: Desk) -> None:
    paid = desk.world.payment()
    await desk.world.pay(paid)
    await desk.world.day_passes()
    await desk.world.stop_engine()
    with pytest.raises(StillRunning):
        await desk.refund(paid)
    await desk.world.start_engine()
    desk.world.clock.offset = LATER
    assert await desk.take_up() == 1
    assert await desk.outcomes() == [Reason.NONE]
    answer = await desk.refund(paid)
    assert answer["kind"] == "refund"
    made = await desk.world.owner.fetch(
        "SELECT amount_minor FROM attempt WHERE original_id = $1", UUID(bytes=paid.id)
    )
    assert [row["amount_minor"] for row in made] == [500]
    assert await desk.kinds_of(paid) == ["transaction.refunded"]


async def test_what_is_not_done_any_more_is_said_to_who_wanted_it(desk: Desk) -> None:
    paid = await left_without_engine(desk)
    await desk.world.start_engine()
    await desk.world.reverse(paid)
    desk.world.clock.offset = LATER
    assert await desk.take_up() == 1
    assert await desk.outcomes() == [Reason.ALREADY_REVERSED]
    assert await desk.kinds_of(paid) == []
    link = f"/transactions/{encode_id('transaction', paid.id)}"
    assert [tuple(row) for row in await desk.notices()] == [("cancellation_not_done", link)]


async def test_an_act_too_old_is_ended_as_not_done_and_may_be_wanted_anew(desk: Desk) -> None:
    paid = await left_without_engine(desk)
    desk.world.clock.offset = TAKE_UP_WITHIN
    assert await desk.take_up() == 1, "without an engine"
    assert await desk.outcomes() == [Reason.SYSTEM_BUSY]
    assert [row["kind"] for row in await desk.notices()] == ["cancellation_not_done"]
    assert await desk.kinds_of(paid) == []

    await desk.world.start_engine()
    assert await desk.take_up() == 0
    assert (await desk.world.row(paid.id))["state"] == State.APPROVED
    with pytest.raises(NotCancellable) as refused:
        await desk.cancel(paid)
    assert refused.value.problem.facts["why"] == "system_busy"
    assert (await desk.cancel(paid))["state"] == "reversed", "its key is free, and it is a new wish"
    assert await desk.kinds_of(paid) == ["transaction.cancelled"]


async def test_a_round_is_bounded_and_holds_up_nobody(desk: Desk) -> None:
    paid = [desk.world.payment() for _ in range(TAKEN_UP_MAX + 5)]
    for one in paid:
        await desk.world.pay(one)
    await desk.world.stop_engine()
    for number, one in enumerate(paid):
        with pytest.raises(StillRunning):
            await desk.cancel(one, f"wish {number}")
    desk.world.clock.offset = LATER
    assert await desk.rounds[0].take_up_acts() == 0
    await desk.world.start_engine()
    assert await desk.rounds[1].take_up_acts() == 5, "those that the other one is not at"
    desk.world.clock.offset = LATER * 2
    assert await desk.rounds[1].take_up_acts() == TAKEN_UP_MAX
    assert await desk.outcomes() == [Reason.APPROVED] * len(paid)


async def test_v12_sees_an_act_without_an_outcome_after_five_minutes(desk: Desk) -> None:
    paid = await left_without_engine(desk)
    blame = f"payment {encode_id('transaction', paid.id)}: what a person wanted of it"
    assert not [each for each in (await check_people(desk.world.owner)).examples if blame in each]
    async with desk.world.owner.transaction():
        await desk.world.owner.execute("SET LOCAL session_replication_role = replica")
        await desk.world.owner.execute("UPDATE act SET recorded_at = recorded_at - interval '6 minutes'")
    assert [each for each in (await check_people(desk.world.owner)).examples if blame in each]

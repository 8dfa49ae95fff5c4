"""A large refund takes two people, and the real engine moves the money once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
import pytest

from core.bus import Bus
from core.contracts.approvals import Approve
from core.contracts.ids import ApprovalId, TransactionId
from core.contracts.payment import Authorise
from core.contracts.permissions import Permission
from core.contracts.refusals import Refused
from core.contracts.scope import Area
from core.contracts.states import State
from core.contracts.transactions import Refund, SomeMoney
from core.identity.api import Grant, SignedIn
from core.identity.errors import StillRunning
from core.transactions.approvals.handlers import TAKE_UP_AFTER, ApprovalHandlers
from core.transactions.desk.errors import RefundAboveCaptured
from core.transactions.desk.handlers import TransactionHandlers
from core.values.ids import encode_id
from core.verify.people import check_people
from tests.integration.core.transactions.world import World

REFUNDS = frozenset(
    {
        Permission.TRANSACTIONS_READ,
        Permission.TRANSACTIONS_REFUND,
        Permission.TRANSACTIONS_REFUND_APPROVE,
    }
)
PAID_MINOR = 120_000
LARGE_MINOR = 80_000


def person(raw: bytes, name: str, *permissions: Permission) -> SignedIn:
    now = datetime.now(UTC)
    session = {
        "token_hash": raw,
        "agent_id": raw,
        "created_at": now,
        "last_seen_at": now,
        "confirmed_at": now,
        "expires_at": now + timedelta(hours=1),
        "ended_at": None,
        "email": f"{name}@example.com",
        "name": name,
        "role": "supervisor",
        "locale": "fr",
        "disabled_at": None,
        "grants": (Grant("supervisor", frozenset(permissions) or REFUNDS, Area()),),
    }
    return msgspec.convert(session, SignedIn)


ASKER, FIRST, SECOND = (
    person(bytes(14) + b"\x02" + bytes([n]), name) for n, name in enumerate(("ask", "one", "two"))
)


@dataclass
class Office:
    """The handlers that people reach, over the world's engine and books."""

    world: World
    refunds: TransactionHandlers
    approvals: ApprovalHandlers

    async def captured(self) -> Authorise:
        """Return a payment of 1,200 EUR that was captured yesterday evening."""
        paid = self.world.payment(amount_minor=PAID_MINOR)
        await self.world.pay(paid)
        await self.world.day_passes()
        return paid

    async def ask(self, paid: Authorise, key: str, amount_minor: int = LARGE_MINOR) -> dict[str, object]:
        """Ask for a refund as ASKER and return the answer."""
        asked = Refund(
            id=TransactionId(paid.id),
            amount=SomeMoney(amount_minor, "EUR"),
            reason="broken on delivery",
            idempotency_key=key,
        )
        return msgspec.json.decode((await self.refunds.refund(ASKER, asked)).body)

    async def approve(self, who: SignedIn, approval: object) -> dict[str, object] | Refused:
        """Approve and return the answer, or why it was refused."""
        try:
            written = await self.approvals.approve(who, Approve(id=ApprovalId.read(str(approval))))
        except Refused as refusal:
            return refusal
        return msgspec.json.decode(written.body)

    async def refunds_of(self, paid: Authorise) -> list[asyncpg.Record]:
        """Return the refunds that the engine recorded of a payment."""
        return await self.world.owner.fetch(
            "SELECT id, amount_minor FROM attempt WHERE original_id = $1", UUID(bytes=paid.id)
        )


@pytest.fixture
async def office(world: World) -> AsyncIterator[Office]:
    """Three people who may refund and approve."""
    await world.owner.execute("DELETE FROM approval")
    for who in (ASKER, FIRST, SECOND):
        await world.person(who.agent_id)
    bus = await Bus.connect(world.nats.url("desk"), name="office", inbox_prefix="_INBOX.desk")
    yield Office(
        world,
        TransactionHandlers(world.pool, world.clock, bus),
        ApprovalHandlers(world.pool, world.clock, bus),
    )
    await bus.close()


async def test_two_person_refund_runs_once_however_many_approve_at_once(office: Office) -> None:
    paid = await office.captured()
    asked = await office.ask(paid, "one wish")
    assert (asked["state"], asked["amount"]) == ("waiting", {"amount": LARGE_MINOR, "currency": "EUR"})
    assert await office.ask(paid, "one wish") == asked
    assert await office.refunds_of(paid) == []

    own = await office.approve(ASKER, asked["id"])
    assert isinstance(own, Refused)
    assert own.problem.code == "approval_own"

    answers = await asyncio.gather(*(office.approve(who, asked["id"]) for who in (FIRST, SECOND) * 4))
    done = [answer for answer in answers if isinstance(answer, dict)]
    late = [answer.problem.code for answer in answers if isinstance(answer, Refused)]
    assert len(done) == 4, "everybody who repeats their own approval is told the same"
    assert set(late) == {"approval_already_decided"}
    assert {answer["state"] for answer in done} == {"done"}
    (refund,) = await office.refunds_of(paid)
    assert refund["amount_minor"] == LARGE_MINOR
    assert {answer["result"] for answer in done} == {encode_id("transaction", refund["id"].bytes)}
    kinds = await office.world.owner.fetch(
        "SELECT kind FROM action WHERE target_id = $1 ORDER BY seq", UUID(bytes=paid.id)
    )
    assert [row["kind"] for row in kinds] == [
        "approval.asked",
        "approval.approved",
        "transaction.refunded",
    ]
    examples = (await check_people(office.world.owner)).examples
    assert [example for example in examples if example.startswith("refund")] == [], (
        "V12 finds two people behind it"
    )


async def test_two_person_refund_is_taken_up_after_a_crash_between_approval_and_money(office: Office) -> None:
    paid = await office.captured()
    asked = await office.ask(paid, "crash")
    await office.world.stop_engine()
    silent = await office.approve(FIRST, asked["id"])
    assert isinstance(silent, StillRunning)
    assert await office.refunds_of(paid) == []
    assert await office.approvals.take_up() == 0, "whoever approved is still waiting for it"

    await office.world.start_engine()
    office.world.clock.offset = TAKE_UP_AFTER + timedelta(seconds=1)
    assert await office.approvals.take_up() == 1
    again = await office.approve(FIRST, asked["id"])
    assert isinstance(again, dict)
    assert again["state"] == "done"
    (refund,) = await office.refunds_of(paid)
    assert again["result"] == encode_id("transaction", refund["id"].bytes)


async def test_two_person_refund_looks_again_at_what_is_left(office: Office) -> None:
    paid = await office.captured()
    asked = await office.ask(paid, "too late")
    small = await office.ask(paid, "small", amount_minor=50_000)
    assert small["kind"] == "refund", "500.00 needs nobody else"
    refused = await office.approve(FIRST, asked["id"])
    assert isinstance(refused, RefundAboveCaptured)
    assert refused.problem.facts["remaining_minor"] == PAID_MINOR - 50_000
    assert [row["amount_minor"] for row in await office.refunds_of(paid)] == [50_000]
    row = await office.world.row(paid.id)
    assert (State(row["state"]), row["refunded_minor"]) == (State.CAPTURED, 50_000)


async def test_an_approved_refund_that_the_engine_refuses_has_failed_and_says_why(office: Office) -> None:
    paid = await office.captured()
    asked = await office.ask(paid, "overtaken")
    await office.world.stop_engine()
    assert isinstance(await office.approve(FIRST, asked["id"]), StillRunning)
    # Meanwhile somebody else gives back what would have been left for it.
    await office.world.owner.execute(
        "UPDATE attempt SET refunded_minor = $2 WHERE id = $1", UUID(bytes=paid.id), 50_000
    )
    await office.world.start_engine()
    office.world.clock.offset = TAKE_UP_AFTER + timedelta(seconds=1)
    await office.approvals.take_up()
    row = await office.world.owner.fetchrow("SELECT state, result_code FROM approval")
    assert row is not None
    assert (row["state"], row["result_code"]) == ("failed", "refund_above_captured")
    await office.world.owner.execute("UPDATE approval SET state = 'done'")
    examples = (await check_people(office.world.owner)).examples
    assert any("its approval says that it was done" in example for example in examples), "V12 sees it"


async def test_two_person_refund_is_not_got_around_by_parts_at_the_same_instant(office: Office) -> None:
    for turn in range(4):
        paid = await office.captured()
        answers = await asyncio.gather(
            *(office.ask(paid, f"part {turn}.{n}", amount_minor=30_000) for n in range(2))
        )
        assert sorted(str(answer["kind"]) for answer in answers) == ["refund", "transaction.refund"]
        (waiting,) = [answer for answer in answers if answer["kind"] != "refund"]
        assert waiting["state"] == "waiting"
        assert [row["amount_minor"] for row in await office.refunds_of(paid)] == [30_000]

        approved = await office.approve(FIRST, waiting["id"])
        assert isinstance(approved, dict)
        assert approved["state"] == "done", "what waited can still be given back, by two"
        assert len(await office.refunds_of(paid)) == 2

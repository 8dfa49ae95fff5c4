"""Exchanges with hosts over a real bus: each is ended once, by its answer, its deadline, or at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from operator import attrgetter
from typing import Any

import msgspec
import pytest

from core.bus import Bus, Unread
from core.contracts.payment import HOST_NO_REPLY, HOST_NOT_SENT, HOST_REPLIED, HostReply, HostRequest
from core.contracts.states import DeliveryKind
from core.contracts.subjects import core_inbox
from core.transactions.exchanges.exchange import Exchange, HostOutcome, Source
from core.transactions.exchanges.exchanges import Exchanges
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.world import World, eventually, until

DEADLINE_US = 60_000_000


class Asker:
    """Exchanges of a process of the engine's, and what became of them."""

    def __init__(self, world: World, bus: Bus) -> None:
        self.world = world
        self.bus = bus
        self.outcomes: list[HostOutcome[Any]] = []
        self.unawaited: list[HostReply] = []
        self.unread: list[Unread] = []
        self.inbox = core_inbox("asker")
        self.exchanges = Exchanges(
            bus,
            world.clock,
            inbox=self.inbox,
            key_of=attrgetter("id"),
            unawaited=self.unawaited.append,
            unread=self.unread.append,
        )

    def ask(self, *, acquirer: str = behaviour.ACQUIRER, about: object = None) -> HostRequest:
        """Ask a host whether it approves a purchase."""
        request = HostRequest(
            id=self.world.new_id(),
            message="0200",
            processing_code="000000",
            amount_minor=1_250,
            currency="EUR",
            card_ciphertext=b"",
            card_expiry="",
            sensitive=b"",
            stan=1,
            transmitted_at="",
            local_time="",
            entry_mode="",
            merchant_category="",
            rrn=self.world.new_id().hex()[:12],
            terminal="",
            acceptor="",
            partial_ok=False,
            received_at_us=self.world.now_us(),
            deadline_at_us=self.world.now_us() + DEADLINE_US,
        )
        self.exchanges.ask(
            Exchange(
                request, acquirer=acquirer, source=Source("run"), about=about, settle=self.outcomes.extend
            )
        )
        return request

    async def ended(self, count: int) -> list[int]:
        """Wait until so many have ended; return with which results."""
        await until(lambda: len(self.outcomes) >= count)
        return [outcome.reply.result for outcome in self.outcomes]


@pytest.fixture
async def asker(world: World) -> AsyncIterator[Asker]:
    """An asker beside the engine, with a connection of its own."""
    bus = await Bus.connect(world.nats.url("engine"), name="asker", inbox_prefix="_INBOX.engine")
    one = Asker(world, bus)
    one.exchanges.start()
    await bus.flush()
    yield one
    one.exchanges.stop()
    await bus.close()


async def test_an_answer_ends_an_exchange_once_and_a_second_one_is_kept_apart(asker: Asker) -> None:
    asker.world.host.script.append(behaviour.TWICE)
    request = asker.ask(about="rent of May")
    assert asker.exchanges.find(request.id) is not None
    assert asker.exchanges.send() == 1
    assert await asker.ended(1) == [HOST_REPLIED]
    ((exchange, reply),) = asker.outcomes
    assert (exchange.about, exchange.request, reply.id) == ("rent of May", request, request.id)
    await until(lambda: len(asker.unawaited) == 1)
    assert asker.unawaited[0].late
    assert (len(asker.exchanges), len(asker.outcomes)) == (0, 1)


async def test_where_no_link_is_up_nothing_has_left_and_the_others_are_answered(asker: Asker) -> None:
    asker.ask(acquirer="nobody")
    asker.ask()
    assert asker.exchanges.send() == 2
    assert sorted(await asker.ended(2)) == [HOST_REPLIED, HOST_NOT_SENT]


async def test_what_no_link_reports_on_ends_by_its_deadline(asker: Asker) -> None:
    asker.world.host.script.append(behaviour.MUTE)
    asker.ask()
    asker.exchanges.send()
    await until(lambda: bool(asker.world.host.seen))
    assert asker.outcomes == []
    asker.exchanges._clock = Ahead(asker.world)
    assert await asker.ended(1) == [HOST_NO_REPLY]


class Ahead:
    """The clock of the world, past every deadline."""

    def __init__(self, world: World) -> None:
        self._clock = world.clock
        self.now = world.clock.now

    def unix_us(self) -> int:
        """Return microseconds since 1970."""
        return self._clock.unix_us() + DEADLINE_US + 2_000_000


async def test_an_answer_that_cannot_be_read_leaves_the_others_theirs(asker: Asker) -> None:
    asker.world.host.script.append(behaviour.HOLD)
    request = asker.ask()
    asker.exchanges.send()
    await until(lambda: request.id in asker.world.host.held)
    asker.world.edge.publish(asker.inbox, msgspec.msgpack.encode([[request.id, "0200", 9]]))
    asker.world.host.held[request.id]()
    assert await asker.ended(1) == [HOST_REPLIED]
    assert [each.id for each in asker.unread] == [request.id]


async def test_a_reversal_with_no_link_up_is_noted_at_once_and_stays_due(world: World) -> None:
    world.host.script.append(behaviour.SILENT)
    item = world.payment()
    await world.pay(item)
    assert world.host.listening is not None
    world.host.listening.unsubscribe()
    await world.host.bus.flush()
    assert await world.deliver() == 1

    async def noted() -> bool:
        row = await world.owner.fetchrow("SELECT last_result, accepted_at, refusals FROM delivery")
        return row is not None and tuple(row) == ("no reply", None, 0)

    await eventually(noted)
    world.host.start()
    await world.host.bus.flush()
    await world.make_due()
    assert await world.deliver() == 1
    kinds = await world.owner.fetch("SELECT kind FROM delivery WHERE accepted_at IS NOT NULL")
    assert [row["kind"] for row in kinds] == [DeliveryKind.REVERSAL]

"""Payments by cards that are kept go through the engine's own machine, from the worker's side of the bus."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.bus import Bus
from core.contracts.payment import BY_CUSTOMER, BY_MERCHANT, AuthoriseReply
from core.contracts.reasons import Reason
from core.contracts.states import State
from core.contracts.subjects import core_inbox
from core.transactions.stored_cards.machine import StoredCards
from core.transactions.stored_cards.payment import StoredPayment, stored_payment
from core.values.ids import AttemptIds
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.conftest import HOST_DEADLINE_MS
from tests.integration.core.transactions.invariants import check_books_agree, check_invariants
from tests.integration.core.transactions.world import CARD, World, eventually, until

NETWORK_ID = "abcdefghij"


class Collector:
    """A process of core that pays by cards that are kept, and what it was told."""

    def __init__(self, world: World, bus: Bus, name: str) -> None:
        self.world = world
        self.told: list[AuthoriseReply] = []
        self.ids = AttemptIds(secrets.randbits(62))
        self.cards = StoredCards(
            dsn=world.database.dsn,
            bus=bus,
            clock=world.clock,
            name=name,
            inbox=core_inbox(name, "worker"),
            committed=lambda: None,
            decided=self.told.append,
            host_deadline_ms=HOST_DEADLINE_MS,
        )

    def payment(self, **changes: Any) -> StoredPayment:
        """Return a merchant-initiated payment of 42.65 EUR."""
        values: dict[str, Any] = {
            "terminal_id": self.world.directory.terminals[0],
            "time_zone": "Europe/Paris",
            "stan": next(self.world.stans),
            "amount_minor": 4_265,
            "currency": "EUR",
            "card": CARD,
            "initiator": BY_MERCHANT,
            "network_id": NETWORK_ID,
        }
        return stored_payment(self.ids.next(self.world.now_us()), **{**values, **changes})

    async def pay(self, *payments: StoredPayment) -> list[AuthoriseReply]:
        """Pay and wait until each is told."""
        before = len(self.told)
        assert self.cards.pay(list(payments)) == len(payments)
        await until(lambda: len(self.told) >= before + len(payments))
        return self.told[before:]


@pytest.fixture
async def collector(world: World) -> AsyncIterator[Collector]:
    bus = await Bus.connect(world.nats.url("worker"), name="collector", inbox_prefix="_INBOX.worker")
    collector = Collector(world, bus, "collector")
    await collector.cards.start()
    await bus.flush()
    yield collector
    await collector.cards.stop()
    await bus.close()


async def test_a_batch_is_armed_asked_decided_and_held_as_payments_of_terminals_are(
    world: World, collector: Collector
) -> None:
    payments = [collector.payment() for _ in range(40)]
    told = await collector.pay(*payments)
    assert {reply.id for reply in told} == {payment.id for payment in payments}
    assert {reply.reason for reply in told} == {Reason.APPROVED}
    rows = await world.owner.fetch("SELECT state, message_class, entry_mode, partial_ok FROM attempt")
    assert {tuple(row) for row in rows} == {(State.APPROVED, 13, "100", False)}
    assert (
        await world.owner.fetchval("SELECT sum(amount_minor) FROM ledger_entry WHERE leg = 1") == 40 * 4_265
    )
    await check_invariants(world)
    await check_books_agree(world)


async def test_its_host_is_told_who_asks_and_which_payment_was_the_first(
    world: World, collector: Collector
) -> None:
    first = collector.payment(
        initiator=BY_CUSTOMER, network_id="", authentication="ECI=05", sensitive=b"code"
    )
    later = collector.payment()
    await collector.pay(first)
    await collector.pay(later)
    by_id = {request.id: request for request in world.host.messages("0200")}
    assert (by_id[first.id].initiator, by_id[first.id].network_id) == (BY_CUSTOMER, "")
    assert (by_id[first.id].authentication, by_id[first.id].sensitive) == ("ECI=05", b"code")
    assert by_id[first.id].entry_mode == "810"
    assert (by_id[later.id].initiator, by_id[later.id].network_id) == (BY_MERCHANT, NETWORK_ID)
    assert by_id[later.id].card_expiry == CARD.expiry


async def test_a_terminal_s_payment_says_nothing_of_a_stored_card(world: World) -> None:
    await world.pay(world.payment())
    (request,) = world.host.messages("0200")
    assert (request.initiator, request.network_id, request.authentication) == ("", "", "")


async def test_no_answer_is_unknown_and_reversed(world: World, collector: Collector) -> None:
    world.host.script.append(behaviour.SILENT)
    payment = collector.payment()
    (reply,) = await collector.pay(payment)
    assert reply.reason == Reason.HOST_NO_REPLY
    assert (await world.row(payment.id))["state"] == State.UNKNOWN
    await world.deliver()
    assert (await world.row(payment.id))["state"] == State.REVERSED
    await check_books_agree(world)


async def test_what_a_killed_process_left_sent_is_reversed_by_the_sweeper(
    world: World, collector: Collector
) -> None:
    world.host.script.append(behaviour.HOLD)
    payment = collector.payment()
    collector.cards.pay([payment])
    await until(lambda: payment.id in world.host.held)
    await collector.cards.stop()
    world.host.held[payment.id]()
    await world.make_overdue()
    world.restarted_sweeper()
    assert await world.sweeper.round() == 1
    await world.deliver()
    assert (await world.row(payment.id))["state"] == State.REVERSED
    await check_books_agree(world)


async def test_one_that_was_written_down_half_a_minute_ago_is_not_armed_any_more(
    world: World, collector: Collector
) -> None:
    old = collector.payment()
    world.clock.offset += type(world.clock.offset)(seconds=31)
    (reply,) = await collector.pay(old)
    assert reply.reason == Reason.SYSTEM_BUSY
    assert await world.owner.fetchval("SELECT count(*) FROM attempt") == 0
    assert world.host.messages("0200") == []


async def test_a_block_stops_it_before_its_host_is_asked(world: World, collector: Collector) -> None:
    await world.owner.execute("UPDATE store SET blocked_at = now()")
    (reply,) = await collector.pay(collector.payment())
    assert reply.reason == Reason.STORE_BLOCKED
    assert world.host.messages("0200") == []


async def test_given_twice_its_host_is_asked_once(world: World, collector: Collector) -> None:
    payment = collector.payment()
    await collector.pay(payment, payment)
    await collector.pay(payment)
    assert len(world.host.messages("0200")) == 1
    await check_invariants(world)


async def test_a_late_approval_is_kept_and_changes_nothing(world: World, collector: Collector) -> None:
    world.host.script.append(behaviour.LATE)
    payment = collector.payment()
    await collector.pay(payment)
    await world.deliver()

    async def is_reversed() -> bool:
        return (await world.row(payment.id))["state"] == State.REVERSED

    await eventually(is_reversed)
    await check_books_agree(world)

"""What is only asked of the host is read as pending, on the page, in lists and in exports; refunded is what is given back."""

from __future__ import annotations

import asyncpg

from core.contracts.reasons import Reason
from core.contracts.states import State
from core.contracts.transaction_filter import TransactionFilter
from core.contracts.transactions import Transaction
from core.identity.api import EVERYTHING
from core.supervision.exports.columns import Amount, values_of
from core.transactions.desk import views
from core.transactions.desk.rules import refund_action
from core.transactions.desk.store import find_transaction, list_transactions
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.test_bookings import drained
from tests.integration.core.transactions.world import World, until

_ENGLISH = "en"


async def read(world: World, transaction_id: bytes) -> tuple[asyncpg.Record, Transaction]:
    row = await find_transaction(world.owner, EVERYTHING, transaction_id)
    assert row is not None
    return row, views.transaction_of(row, _ENGLISH)


async def shown(world: World, transaction_id: bytes) -> tuple[int, int]:
    """Return what a person reads as refunded and as pending: the same on its page, in a list and in an export."""
    _, one = await read(world, transaction_id)
    assert one.refunded_amount is not None
    assert one.refund_pending_amount is not None
    read_as = one.refunded_amount.amount, one.refund_pending_amount.amount
    listed = await list_transactions(
        world.owner, EVERYTHING, TransactionFilter(), before=None, limit=50, now=world.clock.now()
    )
    (same,) = [each for each in listed if each["id"].bytes == transaction_id]
    listed_as = views.transaction_of(same, _ENGLISH)
    assert (listed_as.refunded_amount, listed_as.refund_pending_amount) == (
        one.refunded_amount,
        one.refund_pending_amount,
    )
    exported = values_of(same, ["refunded_amount", "refund_pending_amount"], _ENGLISH)
    assert exported == [Amount(read_as[0], 2), Amount(read_as[1], 2)]
    return read_as


async def test_a_refund_whose_result_is_unknown_is_pending_and_never_read_as_refunded(world: World) -> None:
    item = world.payment(amount_minor=1_000)
    await world.pay(item)
    world.host.script.append(behaviour.SILENT)
    assert (await world.pay(world.refund(item, amount_minor=400))).reason == Reason.HOST_NO_REPLY
    assert await shown(world, item.id) == (0, 400)
    row, _ = await read(world, item.id)
    assert refund_action(views.facts_of(row), permitted=True).max.amount == 600, "what is pending counts"
    assert (await world.pay(world.refund(item, amount_minor=601))).reason == Reason.REFUND_ABOVE_CAPTURED
    await drained(world)
    assert await shown(world, item.id) == (0, 0)


async def test_a_payment_is_refunded_once_every_refund_of_it_is(world: World) -> None:
    item = world.payment(amount_minor=1_000)
    await world.pay(item)
    world.host.script.append(behaviour.HOLD)
    held = world.refund(item, amount_minor=400)
    world.send(held)
    await until(lambda: held.id in world.host.held)
    assert (await world.pay(world.refund(item, amount_minor=600))).reason == Reason.APPROVED
    assert await shown(world, item.id) == (600, 400)
    row, one = await read(world, item.id)
    assert (one.state, refund_action(views.facts_of(row), permitted=True).why) == (
        "captured",
        "refund_pending",
    )
    world.host.held[held.id]()
    assert (await world.answer_to(held)).reason == Reason.APPROVED
    assert await shown(world, item.id) == (1_000, 0)
    assert (await world.row(item.id))["state"] == State.REFUNDED
    await drained(world)

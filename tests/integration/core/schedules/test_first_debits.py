"""The first debit of an order goes through the engine while its holder waits, and the order begins with it or not at all."""

from __future__ import annotations

import asyncio
from uuid import UUID

import msgspec
import pytest

from core.contracts.payment import BY_CUSTOMER
from core.contracts.reasons import Reason
from core.schedules.collecting.first_debits import FirstDebit, FirstDebits
from tests.integration.core.schedules.shop import Shop
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.invariants import check_books_agree, check_invariants
from tests.integration.core.transactions.world import until


@pytest.fixture
def door(shop: Shop) -> FirstDebits:
    """What a merchant's request comes through, on the desk's login."""
    return FirstDebits(shop.world.pool, shop.world.desk, shop.world.clock, shop.calendar)


async def begin(shop: Shop, door: FirstDebits, order: UUID, first: UUID):
    async with shop.world.pool.acquire() as connection, connection.transaction():
        return await door.begin(connection, order.bytes, first.bytes)


async def pay(shop: Shop, door: FirstDebits, order: UUID, first: UUID) -> FirstDebit | None:
    """Pay the first instalment as a merchant's request does."""
    begun = await begin(shop, door, order, first)
    assert begun is not None
    await door.finish(*begun, sensitive=b"sealed code", authentication="05proof")
    return await door.stands(shop.world.pool, order.bytes)


async def test_approved_the_order_begins_and_its_card_has_the_network_s_name(
    shop: Shop, door: FirstDebits
) -> None:
    order, first = await shop.awaiting()
    shop.world.host.usual_messages = msgspec.msgpack.encode([{}, {63: "abcdefghij"}])
    stands = await pay(shop, door, order, first)
    assert stands is not None
    assert (stands.state, stands.reason) == ("approved", Reason.APPROVED)
    (request,) = shop.world.host.messages("0200")
    assert (request.initiator, request.sensitive, request.authentication) == (
        BY_CUSTOMER,
        b"sealed code",
        "05proof",
    )
    assert request.entry_mode == "810"
    assert (await shop.instalment(first))["state"] == "paid"
    assert await shop.order_state(order) == "in_progress"
    assert (await shop.events(order))[:1] == ["activated"]
    # Whoever bought paid it themselves, and no daily run.
    assert await shop.value(
        "SELECT array_agg(DISTINCT by_kind) FROM order_event WHERE order_id = $1", order
    ) == ["customer"]
    kept = await shop.value(
        "SELECT network_transaction_id FROM stored_card WHERE id = "
        "(SELECT card_id FROM purchase_order WHERE id = $1)",
        order,
    )
    assert kept == "abcdefghij"
    await check_invariants(shop.world)
    await check_books_agree(shop.world)


async def test_declined_the_order_waits_and_another_try_may_pay_it(shop: Shop, door: FirstDebits) -> None:
    order, first = await shop.awaiting()
    shop.world.host.script.append(behaviour.DECLINE)
    stands = await pay(shop, door, order, first)
    assert stands is not None
    assert (stands.state, stands.reason) == ("declined", Reason.INSUFFICIENT_FUNDS)
    assert (await shop.instalment(first))["state"] == "upcoming"
    assert await shop.order_state(order) == "awaiting_payment"
    # The run leaves it alone: nobody agreed to anything yet.
    assert await shop.collect(await shop.run()) == 0
    again = await pay(shop, door, order, first)
    assert again is not None
    assert again.state == "approved"


async def test_unknown_it_is_reversed_and_the_order_stays_as_it_was(shop: Shop, door: FirstDebits) -> None:
    world = shop.world
    order, first = await shop.awaiting()
    world.host.script.append(behaviour.SILENT)
    stands = await pay(shop, door, order, first)
    assert stands is not None
    assert stands.state == "under_way"
    assert await begin(shop, door, order, first) is None
    await world.deliver()
    run = await shop.run()
    world.clock.offset += shop.SETTLED_BY_OTHERS
    assert await run.take_up() == 1
    stands = await door.stands(world.pool, order.bytes)
    assert stands is not None
    assert stands.state == "reversed"
    assert (await shop.instalment(first))["state"] == "upcoming"
    assert await shop.order_state(order) == "awaiting_payment"
    await check_books_agree(world)


async def test_of_two_tabs_one_pays(shop: Shop, door: FirstDebits) -> None:
    order, first = await shop.awaiting()
    begun = await asyncio.gather(*(begin(shop, door, order, first) for _ in range(3)))
    assert sum(each is not None for each in begun) == 1


async def test_a_claim_does_not_stand_without_its_debit(shop: Shop, door: FirstDebits) -> None:
    """The order has no terminal, which whoever sells gives it before: a fault of the program."""
    order, first = await shop.awaiting()
    await shop.world.owner.execute("UPDATE purchase_order SET terminal_id = NULL WHERE id = $1", order)
    with pytest.raises(ValueError, match="no debit"):
        await begin(shop, door, order, first)
    assert (await shop.instalment(first))["state"] == "upcoming"


async def test_without_an_engine_nothing_is_sent_and_the_debit_ends(shop: Shop, door: FirstDebits) -> None:
    world = shop.world
    order, first = await shop.awaiting()
    await world.stop_engine()
    stands = await pay(shop, door, order, first)
    assert stands is not None
    assert stands.state == "under_way"
    run = await shop.run()
    await shop.age(world.clock)
    assert await run.take_up() == 1
    stands = await door.stands(world.pool, order.bytes)
    assert stands is not None
    assert (stands.state, stands.reason) == ("declined", Reason.SYSTEM_BUSY)
    assert world.host.messages("0200") == []
    await world.start_engine()


async def test_asked_twice_its_host_is_asked_once(shop: Shop, door: FirstDebits) -> None:
    order, first = await shop.awaiting()
    begun = await begin(shop, door, order, first)
    assert begun is not None
    await asyncio.gather(*(door.finish(*begun, sensitive=b"", authentication="") for _ in range(2)))
    await until(lambda: len(shop.world.host.messages("0200")) == 1)
    assert await shop.order_state(order) == "in_progress"

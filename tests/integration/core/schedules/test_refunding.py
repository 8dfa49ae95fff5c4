"""What orders owe back goes to the acquirer: once, in order, of the payments that collected it (SCH-5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from core.schedules.mine.handlers import find_whole
from core.schedules.orders.api import Actor, Wanted, take_off
from core.schedules.orders.cancelling import Kind
from core.schedules.orders.store import Sought, list_orders
from core.schedules.refunding.refunding import Refunding
from core.schedules.refunding.rules import LAST_PAUSE
from core.transactions.bookings.refunds import Refunds
from core.transactions.exchanges.answers import NOBODY
from core.verify.checks import COUNTS, check_count
from tests.integration.core.schedules.shop import Shop
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.conftest import HOST_DEADLINE_MS
from tests.integration.core.transactions.invariants import check_books_agree
from tests.integration.core.transactions.world import eventually
from tests.integration.core.webhooks.directory import add_endpoint

NAMES = ("V8 debits", "V14 debits", "V14 refunds", "V1", "V2")


@asynccontextmanager
async def refunding(shop: Shop, name: str = "run1") -> AsyncIterator[Refunding]:
    """What a worker does of it, on the exchanges of a run."""
    collecting = await shop.run(name)
    refunds = Refunds(
        pool=collecting._connections,
        clock=shop.world.clock,
        answers=NOBODY,
        exchanges=collecting.exchanges,
        committed=lambda: None,
        host_deadline_ms=HOST_DEADLINE_MS,
    )
    yield Refunding(collecting._connections, refunds, shop.world.clock, shop.calendar)
    await shop.close_runs()


async def paid_order(shop: Shop, *, paid: int = 1) -> UUID:
    """Return an order of 127,96 in three whose first instalments were collected by real debits."""
    order, instalments = await shop.order(paid=0)
    await shop.world.owner.execute(
        "UPDATE instalment SET due_on = $2 WHERE id = ANY($1)", instalments[:paid], shop.today()
    )
    await shop.world.owner.execute(
        "UPDATE instalment SET due_on = $2 WHERE id = ANY($1)",
        instalments[paid:],
        shop.today() + timedelta(days=60),
    )
    before = len(shop.world.host.messages("0200"))
    run = await shop.run(f"collects{before}")
    await shop.collect(run)
    assert len(shop.world.host.messages("0200")) == before + paid
    return order


async def cancel(shop: Shop, order: UUID, amount_minor: int | None, kind: Kind = "cancellation") -> None:
    """Take an amount off an order."""
    wanted = Wanted(kind, amount_minor, "sold out", Actor("integrator", uuid4().bytes), uuid4().hex)
    async with shop.world.owner.transaction():
        await take_off(
            shop.world.owner, order.bytes, wanted, cancellation_id=uuid4().bytes, at=shop.calendar.now()
        )


async def sent(shop: Shop, order: UUID) -> bool:
    """Return whether all that an order owes back was sent."""
    return await shop.value(
        "SELECT bool_and(sent_at IS NOT NULL) FROM order_refund WHERE order_id = $1", order
    )


async def rounds_until_sent(shop: Shop, of: Refunding, order: UUID) -> None:
    """Send what an order owes."""

    async def is_sent() -> bool:
        await of.round()
        return await sent(shop, order)

    await eventually(is_sent)


async def holds(shop: Shop) -> None:
    """Schedules, debits, refunds, ledger and the acquirer's book agree to the cent."""
    found = [await check_count(shop.world.owner, count) for count in COUNTS if count.name in NAMES]
    assert {finding.name: finding.breaches for finding in found if finding.breaches} == {}
    await check_books_agree(shop.world)


async def parts(shop: Shop) -> list[tuple[str, int]]:
    """Return state and amount of every part, in the order in which they were made."""
    rows = await shop.world.owner.fetch("SELECT state, amount_minor FROM order_refund_part ORDER BY id")
    return [(row["state"], row["amount_minor"]) for row in rows]


async def test_of_127_96_in_three_100_00_cancelled_after_the_first_gives_14_70_back(shop: Shop) -> None:
    order = await paid_order(shop)
    endpoint = await add_endpoint(shop.world.owner, shop.world.directory.company.bytes, "refund.sent")
    await cancel(shop, order, 10_000)
    try:
        async with refunding(shop) as of:
            await rounds_until_sent(shop, of, order)
            await of.round()
        told = "SELECT count(*) FROM webhook_event WHERE kind = 'refund.sent'"
        assert await shop.value(told) == 1
    finally:
        await shop.world.owner.execute(
            "UPDATE webhook_endpoint SET removed_at = now() WHERE id = $1", UUID(bytes=endpoint)
        )
    refunds = [line for line in shop.world.host.book.values() if line.kind == "refund"]
    assert [(line.amount_minor, line.reversed) for line in refunds] == [(1_470, False)]
    assert await parts(shop) == [("approved", 1_470)]
    assert (await shop.events(order))[-1] == "refund_sent"
    await holds(shop)


async def test_what_one_debit_did_not_collect_is_given_back_of_the_next(shop: Shop) -> None:
    order = await paid_order(shop, paid=2)
    await cancel(shop, order, None)
    async with refunding(shop) as of:
        await rounds_until_sent(shop, of, order)
    assert await parts(shop) == [("approved", 4_266), ("approved", 4_265)]
    await holds(shop)


async def test_two_workers_at_once_give_back_once(shop: Shop) -> None:
    order = await paid_order(shop)
    await cancel(shop, order, None)
    async with refunding(shop) as one, refunding(shop, "run2") as other:
        for _ in range(5):
            await asyncio.gather(one.round(), other.round())
        await rounds_until_sent(shop, one, order)
    assert len([each for each in shop.world.host.messages("0200") if each.processing_code == "200000"]) == 1
    assert await parts(shop) == [("approved", 4_266)]
    await holds(shop)


async def test_while_nobody_knows_nothing_is_sent_again_and_once_it_is_taken_back_it_is(shop: Shop) -> None:
    order = await paid_order(shop)
    await cancel(shop, order, None)
    shop.world.host.script.append(behaviour.SILENT)
    async with refunding(shop) as of:
        await of.round()
        await of.round()
        await asyncio.sleep(0.2)
        await of.round()
        assert await parts(shop) == [("open", 4_266)]
        await shop.world.deliver()
        await of.round()
        assert await parts(shop) == [("reversed", 4_266)]
        await of.round()
        assert len(await parts(shop)) == 1  # not before its time
        shop.world.clock.offset += timedelta(minutes=6)
        await rounds_until_sent(shop, of, order)
    assert await parts(shop) == [("reversed", 4_266), ("approved", 4_266)]
    await holds(shop)


async def test_a_refusal_of_the_host_is_seen_on_the_order_and_tried_again_a_day_later(shop: Shop) -> None:
    order = await paid_order(shop)
    await cancel(shop, order, None)
    shop.world.host.script.append(behaviour.DECLINE)
    async with refunding(shop) as of:

        async def is_refused() -> bool:
            await of.round()
            return await parts(shop) == [("declined", 4_266)]

        await eventually(is_refused)
        assert (await shop.events(order))[-1] == "refund_refused"
        await of.round()
        assert len(await parts(shop)) == 1
        shop.world.clock.offset += LAST_PAUSE + timedelta(seconds=1)
        await rounds_until_sent(shop, of, order)
    assert (await shop.events(order))[-1] == "refund_sent"
    await holds(shop)


async def test_a_part_that_was_shared_and_never_armed_is_sent_by_another_worker(shop: Shop) -> None:
    order = await paid_order(shop)
    await cancel(shop, order, None)
    async with refunding(shop) as killed:
        await killed.share_owed()
    async with refunding(shop, "run2") as other:
        await rounds_until_sent(shop, other, order)
    assert await parts(shop) == [("approved", 4_266)]
    await holds(shop)


async def test_the_rest_goes_to_a_payment_that_gave_some_of_it_already(shop: Shop) -> None:
    """Another refund of the first payment is taken back, and leaves room there; the second payment refused its share."""
    order = await paid_order(shop, paid=2)
    await cancel(shop, order, 4_000, "refund")
    shop.world.host.script += [behaviour.SILENT, behaviour.APPROVE, behaviour.DECLINE, behaviour.DECLINE]
    async with refunding(shop) as of:

        async def stand(*wanted: tuple[str, int]) -> None:
            async def is_so() -> bool:
                await of.round()
                return await parts(shop) == [*wanted]

            await eventually(is_so)

        await stand(("open", 4_000))
        await cancel(shop, order, 4_000, "refund")
        await stand(("open", 4_000), ("approved", 266), ("declined", 3_734))
        await shop.world.deliver()
        await of.round()
        shop.world.clock.offset += timedelta(minutes=6)
        await stand(("reversed", 4_000), ("approved", 266), ("declined", 3_734), ("declined", 4_000))
        shop.world.clock.offset += LAST_PAUSE - timedelta(minutes=5)
        await of.share_owed()
        assert (await parts(shop))[4:] == [("open", 3_734)]
        shop.world.clock.offset += LAST_PAUSE
        await rounds_until_sent(shop, of, order)
    assert sorted((await parts(shop))[4:]) == [("approved", 266), ("approved", 3_734), ("approved", 3_734)]
    await holds(shop)


async def test_of_what_was_given_back_in_part_the_rest_alone_is_owed(shop: Shop) -> None:
    order = await paid_order(shop, paid=2)
    await cancel(shop, order, None)
    shop.world.host.script += [behaviour.APPROVE, behaviour.DECLINE]
    async with refunding(shop) as of:

        async def is_sent_in_part() -> bool:
            await of.round()
            return sorted(await parts(shop)) == [("approved", 4_266), ("declined", 4_265)]

        await eventually(is_sent_in_part)
        (row,) = await list_orders(shop.world.owner, Sought(order_id=order.bytes))
        seen = await find_whole(shop.world.owner, ["odette@example.com"], order.bytes, today=shop.today())
        assert (row["refunded_minor"], row["owed_back_minor"], seen.owed_back.amount) == (8_531, 4_265, 4_265)
        assert (seen.paid.amount, seen.refunded.amount) == (8_531, 4_266)
        shop.world.clock.offset += LAST_PAUSE + timedelta(seconds=1)
        await rounds_until_sent(shop, of, order)
    (row,) = await list_orders(shop.world.owner, Sought(order_id=order.bytes))
    assert (row["refunded_minor"], row["owed_back_minor"]) == (8_531, 0)
    seen = await find_whole(shop.world.owner, ["odette@example.com"], order.bytes, today=shop.today())
    assert (seen.refunded.amount, seen.owed_back.amount) == (8_531, 0)


OF_PART = "EXISTS (SELECT FROM order_refund_part AS p WHERE p.id = NEW.id AND p.order_id = '{order}')"


@pytest.mark.parametrize(
    ("event", "condition"),
    [
        ("INSERT ON order_refund_part", "NEW.order_id = '{order}'"),
        ("INSERT ON attempt", OF_PART),
        ("UPDATE ON order_refund_part", "NEW.order_id = '{order}'"),
    ],
    ids=["share", "send", "settle"],
)
async def test_what_the_database_refuses_of_one_refund_stops_no_other(
    shop: Shop, event: str, condition: str
) -> None:
    bad, good = await paid_order(shop), await paid_order(shop)
    for order in (bad, good):
        await cancel(shop, order, None)
    async with refunding(shop) as of:
        async with shop.refusing(event, condition.format(order=bad)):
            await rounds_until_sent(shop, of, good)
            assert not await sent(shop, bad)
        if event == "INSERT ON order_refund_part":
            # Nothing of it stands: it is tried again a day later, and people see that it was not sent.
            assert (await shop.events(bad))[-1] == "refund_refused"
            await of.round()
            assert not await sent(shop, bad)
        shop.world.clock.offset += LAST_PAUSE + timedelta(seconds=1)
        await rounds_until_sent(shop, of, bad)
    assert await parts(shop) == [("approved", 4_266)] * 2
    await holds(shop)


async def test_a_part_that_can_never_be_armed_ends_and_is_seen_on_the_order(shop: Shop) -> None:
    lost, taken, good = [await paid_order(shop) for _ in range(3)]
    for order in (lost, taken, good):
        await cancel(shop, order, None)
    owner = shop.world.owner
    async with refunding(shop) as of:
        await of.share_owed()
        # The payment of the first is not found under its day; the number of the second is that of another payment.
        day = "UPDATE debit SET business_date = business_date + $2::int WHERE order_id = $1"
        await owner.execute(day, lost, -1)
        await owner.execute(
            "UPDATE order_refund_part SET stan = (SELECT stan FROM debit WHERE order_id = $1) WHERE order_id = $1",
            taken,
        )
        await rounds_until_sent(shop, of, good)
        assert sorted(await parts(shop)) == [("approved", 4_266), ("not_sent", 4_266), ("not_sent", 4_266)]
        for order in (lost, taken):
            assert (await shop.events(order))[-1] == "refund_refused"
        await owner.execute(day, lost, 1)
        await holds(shop)
        await of.round()
        assert len(await parts(shop)) == 3  # not before its time
        shop.world.clock.offset += LAST_PAUSE + timedelta(seconds=1)
        for order in (lost, taken):
            await rounds_until_sent(shop, of, order)
    await holds(shop)


async def test_what_is_owed_above_what_was_collected_is_seen_on_the_order(shop: Shop) -> None:
    order = await paid_order(shop)
    await cancel(shop, order, None)
    await shop.world.owner.execute(
        "UPDATE order_refund SET amount_minor = amount_minor + 1 WHERE order_id = $1", order
    )
    async with refunding(shop) as of:
        await of.round()
        await of.round()
    assert (await shop.events(order)).count("refund_refused") == 1
    assert await parts(shop) == []


async def test_a_verification_sees_a_refund_that_was_noted_and_never_sent(shop: Shop) -> None:
    order = await paid_order(shop)
    await cancel(shop, order, None)
    await shop.world.owner.execute("UPDATE order_refund SET sent_at = now() WHERE order_id = $1", order)
    count = next(count for count in COUNTS if count.name == "V14 refunds")
    assert (await check_count(shop.world.owner, count)).breaches == 1


async def test_refunds_of_a_month_that_was_put_away_are_not_asked_for(shop: Shop) -> None:
    owner, order = shop.world.owner, await paid_order(shop)
    await cancel(shop, order, None)
    async with refunding(shop) as of:
        await rounds_until_sent(shop, of, order)
    count = next(count for count in COUNTS if count.name == "V14 refunds")
    gone = await owner.fetchval(
        "DELETE FROM attempt WHERE id = (SELECT min(id::text)::uuid FROM order_refund_part) RETURNING id"
    )
    assert (await check_count(owner, count)).breaches == 1
    await owner.execute("UPDATE order_refund_part SET business_date = business_date - 70 WHERE id = $1", gone)
    assert (await check_count(owner, count)).breaches == 0

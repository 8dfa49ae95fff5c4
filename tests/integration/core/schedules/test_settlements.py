"""What is unpaid is settled in parts: the first through the engine while its customer waits, the others by the run."""

from __future__ import annotations

import asyncio
import random
from uuid import UUID

import asyncpg
import pytest

from core.contracts.reasons import Reason
from core.schedules.collecting.first_debits import FirstDebits
from core.schedules.notices.telling import TellingRound
from core.schedules.orders.api import Wanted, mark_paid, mark_unpaid, take_off
from core.schedules.orders.store import Actor, hold
from core.schedules.settlements import store
from core.schedules.settlements.rules import parts_for
from core.verify.schedules import check_instalments, check_schedules, check_settlements
from tests.integration.core.schedules.shop import Shop
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.invariants import check_books_agree, check_invariants
from tests.integration.core.transactions.world import until
from tests.integration.core.webhooks.directory import add_endpoint

PARTS = """
SELECT number, amount_minor, state, counts, due_on FROM instalment WHERE order_id = $1 AND settlement_id IS NOT NULL
ORDER BY number
"""
ALL_COLLECTED = """
SELECT coalesce(sum(amount_minor), 0)::bigint FROM debit WHERE order_id = $1 AND state = 'approved'
"""


@pytest.fixture
def door(shop: Shop) -> FirstDebits:
    """What a customer's request comes through, on the desk's login."""
    return FirstDebits(shop.world.pool, shop.world.desk, shop.world.clock, shop.calendar)


async def unpaid(shop: Shop, *amounts_minor: int, due_in_days: int = 0) -> tuple[UUID, list[UUID]]:
    """Make an order whose second instalment was given up."""
    order, instalments = await shop.order(*amounts_minor, due_in_days=due_in_days)
    await shop.world.owner.execute(
        "UPDATE instalment SET state = 'in_progress' WHERE id = $1", instalments[1]
    )
    await shop.world.owner.execute(
        "INSERT INTO order_event (order_id, at, kind, by_kind, about_id) VALUES ($1, now(), 'instalment_paid', 'run', $2)",
        order,
        instalments[0],
    )
    async with shop.world.pool.acquire() as connection, connection.transaction():
        await mark_unpaid(connection, [instalments[1].bytes], at=shop.calendar.now())
    assert await shop.order_state(order) == "unpaid"
    return order, instalments


async def begin(shop: Shop, door: FirstDebits, order: UUID, parts: int):
    """Ask for a settlement by the card of the order and write the debit of its first part, as the desk does."""
    async with shop.world.pool.acquire() as connection, connection.transaction():
        await hold(connection, [order.bytes])
        amount_minor = await shop.value(
            "SELECT sum(amount_minor)::bigint FROM instalment WHERE order_id = $1 AND state = 'unpaid' AND counts",
            order,
        )
        settlement = await store.add(
            connection, order.bytes, parts=parts, amount_minor=amount_minor, at=shop.calendar.now()
        )
        await store.take_over(connection, order.bytes, settlement)
        part = parts_for(amount_minor, parts, today=shop.today())[0]
        first = await store.add_first_part(connection, order.bytes, settlement, part)
        return await door.add(connection, order.bytes, first)


async def settle(shop: Shop, door: FirstDebits, order: UUID, parts: int) -> None:
    begun = await begin(shop, door, order, parts)
    assert begun is not None
    await door.finish(*begun, sensitive=b"", authentication="05proof")


async def parts_of(shop: Shop, order: UUID) -> list[tuple[int, int, str]]:
    """Return number, amount and state of each part."""
    rows = await shop.world.owner.fetch(PARTS, order)
    return [(row["number"], row["amount_minor"], row["state"]) for row in rows]


async def state_of(shop: Shop, order: UUID) -> str:
    """Return the state of the newest settlement."""
    return await shop.value(
        "SELECT state FROM settlement WHERE order_id = $1 ORDER BY id DESC LIMIT 1", order
    )


async def check(shop: Shop) -> None:
    """The books agree, and V8 and V14 find nothing."""
    await check_invariants(shop.world)
    await check_books_agree(shop.world)
    for checked in (check_schedules, check_instalments, check_settlements):
        assert (await checked(shop.world.owner)).found == []


async def test_settled_at_once_the_schedule_goes_on_and_nothing_is_paid_twice(
    shop: Shop, door: FirstDebits
) -> None:
    order, instalments = await unpaid(shop)
    await settle(shop, door, order, 1)
    assert await parts_of(shop, order) == [(4, 4_265, "paid")]
    assert (await shop.instalment(instalments[1]))["state"] == "unpaid"
    assert await shop.order_state(order) == "in_progress"
    assert await state_of(shop, order) == "settled"
    assert {*(await shop.events(order))[-3:]} == {"settlement_begun", "instalment_paid", "settlement_paid"}
    assert await shop.value(
        "SELECT array_agg(DISTINCT by_kind) FROM order_event WHERE order_id = $1"
        " AND kind IN ('settlement_begun', 'settlement_paid')",
        order,
    ) == ["customer"]
    assert (
        await shop.value(
            "SELECT by_kind FROM order_event WHERE order_id = $1 AND kind = 'instalment_paid' ORDER BY id DESC LIMIT 1",
            order,
        )
        == "customer"
    )
    # The run collects what is left of the plan, and the order is settled with it.
    shop.later(days=31)
    assert await shop.collect(await shop.run()) == 1
    assert await shop.order_state(order) == "settled"
    assert await shop.value(ALL_COLLECTED, order) == 4_265 * 2
    await check(shop)


async def test_in_three_parts_the_run_collects_the_later_ones_a_month_apart(
    shop: Shop, door: FirstDebits
) -> None:
    order, instalments = await unpaid(shop, 5_000, 15_918)
    await settle(shop, door, order, 3)
    assert await parts_of(shop, order) == [
        (3, 5_306, "paid"),
        (4, 5_306, "upcoming"),
        (5, 5_306, "upcoming"),
    ]
    assert await shop.order_state(order) == "being_settled"
    run = await shop.run()
    assert await shop.collect(run) == 0
    for left in (1, 0):
        shop.later(days=31)
        assert await shop.collect(run) == 1
        assert await shop.order_state(order) == ("being_settled" if left else "settled")
    assert await state_of(shop, order) == "settled"
    assert await shop.value(ALL_COLLECTED, order) == 15_918
    assert not (await shop.instalment(instalments[1]))["counts"]
    await check(shop)


async def test_a_part_that_fails_falls_back_to_unpaid_and_what_was_settled_stays(
    shop: Shop, door: FirstDebits
) -> None:
    order, _ = await unpaid(shop, 5_000, 15_918)
    await settle(shop, door, order, 3)
    shop.later(days=31)
    await shop.decline(await shop.run(), Reason.STOLEN_CARD)
    assert await parts_of(shop, order) == [(3, 5_306, "paid"), (4, 5_306, "unpaid"), (5, 5_306, "unpaid")]
    assert await shop.order_state(order) == "unpaid"
    assert await state_of(shop, order) == "failed"
    # The rest is settled anew, and of it alone.
    await settle(shop, door, order, 2)
    assert (await parts_of(shop, order))[3:] == [(6, 5_306, "paid"), (7, 5_306, "upcoming")]
    assert await shop.order_state(order) == "being_settled"
    shop.later(days=31)
    await shop.world.owner.execute("UPDATE stored_card SET refused_reason = NULL, refused_at = NULL")
    assert await shop.collect(await shop.run("run2")) == 1
    assert await shop.order_state(order) == "settled"
    assert await shop.value(ALL_COLLECTED, order) == 15_918
    await check(shop)


async def test_merchants_are_told_of_every_part_that_is_unpaid_and_customers_of_what_failed(
    shop: Shop, door: FirstDebits
) -> None:
    await add_endpoint(shop.world.owner, shop.world.directory.company.bytes)
    order, _ = await unpaid(shop, 5_000, 15_918)
    await settle(shop, door, order, 3)
    shop.later(days=31)
    await shop.decline(await shop.run(), Reason.STOLEN_CARD)
    told = await shop.world.owner.fetch(
        "SELECT facts -> 'number' AS number, facts -> 'amount' -> 'amount' AS amount FROM webhook_event"
        " WHERE kind = 'instalment.unpaid' ORDER BY id"
    )
    assert [(row["number"], row["amount"]) for row in told] == [
        ("2", "15918"),
        ("4", "5306"),
        ("5", "5306"),
    ]
    assert (await shop.events(order)).count("instalment_unpaid") == 2
    await TellingRound(shop.world.pool, shop.calendar).round()
    mails = "SELECT array_agg(facts ->> 'number') FROM mail WHERE template = 'instalment_unpaid'"
    assert await shop.value(mails) == ["2 de la régularisation"]


async def test_an_instalment_of_the_plan_that_fails_meanwhile_ends_the_settlement(
    shop: Shop, door: FirstDebits
) -> None:
    order, instalments = await unpaid(shop, 5_000, 15_918, 5_000, due_in_days=-29)
    await settle(shop, door, order, 3)
    shop.later(days=1)
    await shop.decline(await shop.run(), Reason.STOLEN_CARD)
    assert (await shop.instalment(instalments[2]))["state"] == "unpaid"
    assert [state for _, _, state in await parts_of(shop, order)] == ["paid", "unpaid", "unpaid"]
    assert await shop.order_state(order) == "unpaid"
    await check(shop)


async def test_declined_the_first_part_leaves_the_schedule_as_it_was(shop: Shop, door: FirstDebits) -> None:
    order, instalments = await unpaid(shop)
    shop.world.host.script.append(behaviour.DECLINE)
    await settle(shop, door, order, 2)
    assert await parts_of(shop, order) == [(4, 0, "cancelled")]
    assert await state_of(shop, order) == "given_up"
    assert await shop.order_state(order) == "unpaid"
    assert (await shop.instalment(instalments[1]))["counts"]
    await settle(shop, door, order, 2)
    assert (await parts_of(shop, order))[1:] == [(5, 2_133, "paid"), (6, 2_132, "upcoming")]
    await check(shop)


async def test_a_late_approval_after_a_time_out_debits_nobody_and_the_next_try_once(
    shop: Shop, door: FirstDebits
) -> None:
    world = shop.world
    order, _ = await unpaid(shop)
    world.host.script.append(behaviour.SILENT)
    await settle(shop, door, order, 1)
    assert await state_of(shop, order) == "asked"
    # Nobody else may begin while nobody knows.
    with pytest.raises(Exception, match="settlement_open"):
        await begin(shop, door, order, 1)
    await world.deliver()
    run = await shop.run()
    world.clock.offset += shop.SETTLED_BY_OTHERS
    assert await run.take_up() == 1
    assert await state_of(shop, order) == "given_up"
    assert await shop.order_state(order) == "unpaid"
    await settle(shop, door, order, 1)
    assert await shop.value(ALL_COLLECTED, order) == 4_265
    assert await shop.order_state(order) == "in_progress"
    await check(shop)


async def test_told_twice_the_engine_asks_its_host_once(shop: Shop, door: FirstDebits) -> None:
    order, _ = await unpaid(shop)
    begun = await begin(shop, door, order, 2)
    assert begun is not None
    await asyncio.gather(*(door.finish(*begun, sensitive=b"", authentication="") for _ in range(2)))
    await until(lambda: len(shop.world.host.messages("0200")) == 1)
    assert await shop.order_state(order) == "being_settled"
    await check(shop)


async def test_what_is_cancelled_while_the_first_part_is_on_its_way_is_not_owed(
    shop: Shop, door: FirstDebits
) -> None:
    order, _ = await unpaid(shop, 5_000, 10_000)
    begun = await begin(shop, door, order, 2)
    assert begun is not None
    async with shop.world.pool.acquire() as connection, connection.transaction():
        wanted = Wanted("cancellation", 12_000, "sent back", Actor("integrator", bytes(16)), "key")
        await take_off(
            connection, order.bytes, wanted, cancellation_id=UUID(int=1).bytes, at=shop.calendar.now()
        )
    await door.finish(*begun, sensitive=b"", authentication="")
    # 150,00 less 120,00 is 30,00; 50,00 and 50,00 were paid.
    assert (
        await shop.value("SELECT sum(amount_minor)::bigint FROM order_refund WHERE order_id = $1", order)
        == 7_000
    )
    assert await parts_of(shop, order) == [(3, 5_000, "paid")]
    assert await shop.order_state(order) == "settled"
    await check(shop)


async def test_v8_finds_what_was_paid_by_settling_and_by_the_run(shop: Shop, door: FirstDebits) -> None:
    order, instalments = await unpaid(shop)
    await settle(shop, door, order, 1)
    assert (await check_settlements(shop.world.owner)).breaches == 0
    await shop.world.owner.execute(
        "INSERT INTO debit (id, instalment_id, order_id, company_id, card_id, terminal_id, stan, business_date, initiator,"
        " amount_minor, run_on, state, ended_at) SELECT uuidv7(), $1, order_id, company_id, card_id, terminal_id, 7,"
        " business_date, 'merchant', amount_minor, run_on, 'approved', now() FROM debit WHERE order_id = $2 LIMIT 1",
        instalments[1],
        order,
    )
    finding = await check_settlements(shop.world.owner)
    assert (finding.breaches, len(finding.found)) == (1, 1)


async def test_what_was_taken_over_can_be_neither_paid_nor_claimed(shop: Shop, door: FirstDebits) -> None:
    order, instalments = await unpaid(shop)
    await settle(shop, door, order, 1)
    for state in ("upcoming", "paid"):
        with pytest.raises(asyncpg.CheckViolationError):
            await shop.world.owner.execute(
                "UPDATE instalment SET state = $2, paid_at = CASE $2 WHEN 'paid' THEN now() END WHERE id = $1",
                instalments[1],
                state,
            )
    async with shop.world.pool.acquire() as connection, connection.transaction():
        assert await mark_paid(connection, [instalments[1].bytes], at=shop.calendar.now()) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_course_it_takes_sums_are_exact_and_nobody_is_debited_twice(
    shop: Shop, door: FirstDebits, seed: int
) -> None:
    """Settlements, refusals, time-outs, late and doubled answers, days of the run: drawn by lot, until all is paid."""
    world, draw = shop.world, random.Random(seed)
    answers = (behaviour.APPROVE, behaviour.DECLINE, behaviour.SILENT, behaviour.LATE, behaviour.TWICE)
    order, _ = await unpaid(shop, 4_267, 4_266, 4_265)
    run = await shop.run()

    async def settle_what_nobody_waits_for() -> None:
        await world.deliver()
        world.clock.offset += shop.SETTLED_BY_OTHERS
        await run.take_up()

    for step in range(14):
        world.host.script.clear()
        world.host.script.extend(draw.choice(answers) if step < 10 else behaviour.APPROVE for _ in range(3))
        if await shop.order_state(order) == "unpaid" and await state_of(shop, order) != "asked":
            await settle(shop, door, order, draw.choice((1, 2, 3)))
        else:
            shop.later(days=draw.choice((1, 3, 31)) if step < 10 else 31)
            await shop.collect(run)
        await settle_what_nobody_waits_for()
        assert await shop.value(ALL_COLLECTED, order) == await shop.value(
            "SELECT coalesce(sum(amount_minor), 0)::bigint FROM instalment"
            " WHERE order_id = $1 AND state = 'paid' AND number > 1",
            order,
        )
        await check(shop)
    world.host.script.clear()
    for _ in range(6):
        if await shop.order_state(order) == "unpaid":
            await settle(shop, door, order, 1)
        shop.later(days=31)
        await shop.collect(run)
        await settle_what_nobody_waits_for()
    assert await shop.order_state(order) == "settled"
    assert await shop.value(ALL_COLLECTED, order) == 4_266 + 4_265
    assert await shop.value("SELECT count(*) FROM order_refund WHERE order_id = $1", order) == 0

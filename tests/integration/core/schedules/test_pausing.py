"""An agent pauses one order: nothing of it is debited before the day, whoever is first, and its customer is told what is so."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest

from core.contracts.refusals import Refused
from core.schedules.changing import store as changing
from core.schedules.collecting.first_debits import FirstDebits
from core.schedules.collecting.store import SQL, count_due
from core.schedules.notices.store import announce
from core.schedules.notices.telling import TellingRound
from core.schedules.orders.pausing import pause_order, resume_order
from core.schedules.orders.store import move_instalment
from core.verify.schedules import check_pauses
from tests.integration.core.schedules.shop import Shop
from tests.integration.core.schedules.test_notices import give_up, mails, templates
from tests.integration.core.schedules.test_settlements import door, parts_of, settle, unpaid
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.world import AGENT, until

__all__ = ["door"]


async def pause(shop: Shop, order: UUID, days: int) -> date:
    """Pause an order for so many days; return the day on which it goes on."""
    on = shop.today() + timedelta(days=days)
    async with shop.world.pool.acquire() as connection, connection.transaction():
        await pause_order(connection, order.bytes, AGENT, "moves house", until=on, at=shop.calendar.now())
    return on


async def resume(shop: Shop, order: UUID) -> None:
    async with shop.world.pool.acquire() as connection, connection.transaction():
        await resume_order(connection, order.bytes, AGENT, "paid its rent", at=shop.calendar.now())


async def broken(shop: Shop) -> int:
    return (await check_pauses(shop.world.owner)).breaches


async def counted(shop: Shop) -> tuple[int, int, int]:
    """Return what a dry run would claim, what is due now and what waits."""
    today, now = shop.today(), shop.calendar.now()
    row = await shop.world.owner.fetchrow(SQL.count_waiting, today, now)
    assert row is not None
    would = await count_due(shop.world.owner, today, now)
    return sum(each["count"] for each in would), row["due"], row["waiting"]


async def test_nothing_of_a_paused_order_is_debited_before_its_day_and_all_that_is_due_on_it(
    shop: Shop,
) -> None:
    order, (_, second, _) = await shop.order()
    _, (_, other, _) = await shop.order()
    assert await counted(shop) == (2, 2, 0)
    await pause(shop, order, 3)
    assert await counted(shop) == (1, 1, 1)
    run = await shop.run()
    assert await shop.collect(run) == 1
    assert (await shop.instalment(other))["state"] == "paid"
    shop.later(days=2)
    assert await shop.collect(run) == 0
    shop.later(days=1)
    assert await counted(shop) == (1, 1, 0)
    assert await shop.collect(run) == 1
    assert (await shop.instalment(second))["state"] == "paid"
    assert await broken(shop) == 0
    with pytest.raises(Refused, match="order_not_paused"):
        await resume(shop, order)


async def test_a_pause_that_is_resumed_or_made_shorter_lets_it_go_on(shop: Shop) -> None:
    order, _ = await shop.order()
    later, _ = await shop.order()
    for each in (order, later):
        await pause(shop, each, 30)
    run = await shop.run()
    assert await shop.collect(run) == 0
    await resume(shop, order)
    await pause(shop, later, 1)
    assert await shop.collect(run) == 1
    shop.later(days=1)
    assert await shop.collect(run) == 1
    assert await broken(shop) == 0


async def test_nobody_has_ended_a_pause_that_ran_out(shop: Shop) -> None:
    order, _ = await shop.order(due_in_days=9)
    await pause(shop, order, 2)
    shop.later(days=2)
    await pause(shop, order, 4)
    await pause(shop, order, 3)
    ended = await shop.world.owner.fetch(
        "SELECT ended_by, end_reason, held_to IS NULL FROM order_pause ORDER BY id"
    )
    assert [tuple(each) for each in ended] == [
        (None, None, False),
        (UUID(bytes=AGENT), "moves house", False),
        (None, None, True),
    ]
    assert await broken(shop) == 0


async def test_what_was_claimed_before_goes_on_and_a_further_try_waits_for_the_end_of_the_pause(
    shop: Shop,
) -> None:
    order, (_, second, _) = await shop.order()
    shop.world.host.usual = behaviour.DECLINE
    shop.world.host.script.append(behaviour.HOLD)
    run = await shop.run()
    assert await run.collect() == 1
    await until(lambda: bool(shop.world.host.held))
    await pause(shop, order, 4)
    for approve in shop.world.host.held.values():
        approve()
    await shop.settle(run)
    assert (await shop.instalment(second))["state"] == "paid", "it had left"
    other, (_, declined, _) = await shop.order()
    assert await shop.collect(run) == 1
    await pause(shop, other, 4)
    shop.later(days=3)
    assert await shop.collect(run) == 0, "its day was yesterday"
    shop.later(days=1)
    assert await shop.collect(run) == 1
    assert len(await shop.debits(declined)) == 2
    assert await broken(shop) == 0


async def test_what_failed_by_the_card_before_is_not_offered_to_be_debited_now(shop: Shop) -> None:
    order, _ = await shop.order()
    shop.world.host.script.append(behaviour.DECLINE)
    await shop.collect(await shop.run())
    card = await shop.card()
    await shop.world.owner.execute("UPDATE purchase_order SET card_id = $2 WHERE id = $1", order, card)
    await pause(shop, order, 4)
    today = shop.today()
    assert await shop.world.owner.fetchrow(changing.SQL.waits_by_other_card, order, today) is None
    assert await shop.world.owner.fetch(changing.SQL.collect_now, order, card, today) == []
    await resume(shop, order)
    assert await shop.value(changing.SQL.collect_now, order, card, today) == 4_265


async def test_a_pause_that_is_being_written_is_passed_by_and_holds_once_it_is(shop: Shop) -> None:
    order, _ = await shop.order()
    run = await shop.run()
    async with shop.world.pool.acquire() as connection, connection.transaction():
        on = shop.today() + timedelta(days=1)
        await pause_order(connection, order.bytes, AGENT, "why", until=on, at=shop.calendar.now())
        async with asyncio.timeout(10):
            assert await run.collect() == 0
    assert await shop.collect(run) == 0


async def test_a_pause_and_a_claim_at_once_have_one_winner(shop: Shop) -> None:
    orders = [await shop.order() for _ in range(24)]
    run = await shop.run()
    pauses = [asyncio.create_task(pause(shop, order, 5)) for order, _ in orders]
    await asyncio.wait(pauses, return_when=asyncio.FIRST_COMPLETED)
    claimed = await run.collect()
    await asyncio.gather(*pauses)
    assert claimed < len(orders)
    await shop.settle(run)
    assert await shop.collect(run) == 0
    states = [(await shop.instalment(second))["state"] for _, (_, second, _) in orders]
    assert (states.count("paid"), states.count("upcoming")) == (claimed, 24 - claimed)
    assert await broken(shop) == 0


async def test_a_verification_sees_what_was_claimed_while_its_order_was_paused(shop: Shop) -> None:
    order, (_, second, _) = await shop.order()
    await pause(shop, order, 5)
    assert await broken(shop) == 0
    hand = shop.world.owner
    await hand.execute("UPDATE instalment SET paused_until = NULL WHERE id = $1", second)
    assert await broken(shop) == 1, "it says no longer until when"
    await shop.collect(await shop.run())
    assert await broken(shop) == 1, "it was claimed"
    await hand.execute("UPDATE debit SET run_on = run_on + 5 WHERE instalment_id = $1", second)
    assert await broken(shop) == 0, "on a day on which the pause is over"


async def test_the_parts_of_a_settlement_are_held_by_the_pause_of_their_order(
    shop: Shop, door: FirstDebits
) -> None:
    order, _ = await unpaid(shop, 5_000, 15_918)
    await pause(shop, order, 40)
    await settle(shop, door, order, 3)
    assert [state for *_, state in await parts_of(shop, order)] == ["paid", "upcoming", "upcoming"]
    assert await broken(shop) == 0
    shop.later(days=32)
    run = await shop.run()
    assert await shop.collect(run) == 0, "a month later, and still paused"
    shop.later(days=8)
    assert await shop.collect(run) == 1
    assert await broken(shop) == 0


async def test_a_paused_debit_is_announced_for_the_day_on_which_it_is_made(shop: Shop) -> None:
    order, (_, second, _) = await shop.order(due_in_days=2)
    telling = TellingRound(shop.world.pool, shop.calendar)
    await pause(shop, order, 6)
    await telling.round()
    assert await templates(shop) == [], "its own day says nothing any more"
    shop.later(days=4)
    await telling.round()
    await telling.round()
    ((template, facts),) = await mails(shop)
    due_on = (await shop.instalment(second))["due_on"]
    assert (template, facts["day"].split("\u00a0")[0]) == ("debit_coming", str((due_on + timedelta(4)).day))


async def days_told(shop: Shop) -> list[int]:
    return [int(facts["day"].split("\u00a0")[0]) for _, facts in await mails(shop)]


async def test_who_was_told_a_paused_day_is_told_the_first_one_again_once_it_is_resumed(shop: Shop) -> None:
    order, (_, second, _) = await shop.order(due_in_days=2)
    telling = TellingRound(shop.world.pool, shop.calendar)
    due_on = (await shop.instalment(second))["due_on"]
    for days in (3, 3):
        await telling.round()
        on = await pause(shop, order, days)
        await telling.round()
        await resume(shop, order)
        await telling.round()
        await telling.round()
    assert await days_told(shop) == [due_on.day, on.day, due_on.day, on.day, due_on.day]


async def test_an_announcement_that_a_pause_overtook_is_told_after_it(shop: Shop) -> None:
    order, (_, second, _) = await shop.order(due_in_days=2)
    telling = TellingRound(shop.world.pool, shop.calendar)
    today, now = shop.today(), shop.calendar.now()
    await announce(shop.world.pool, today=today, last=today + timedelta(3), now=now, limit=9)
    await pause(shop, order, 9)
    await telling.round()
    assert await templates(shop) == []
    await resume(shop, order)
    await telling.round()
    await telling.round()
    assert await days_told(shop) == [(await shop.instalment(second))["due_on"].day]


async def test_a_day_that_was_moved_away_and_back_is_told_again(shop: Shop) -> None:
    order, (_, second, _) = await shop.order(due_in_days=2)
    telling = TellingRound(shop.world.pool, shop.calendar)
    due_on = (await shop.instalment(second))["due_on"]
    for days in (0, 1, 0):
        async with shop.world.pool.acquire() as connection:
            await move_instalment(connection, order.bytes, 2, due_on + timedelta(days))
        await telling.round()
    assert await days_told(shop) == [due_on.day, (due_on + timedelta(1)).day, due_on.day]


async def test_nobody_is_reminded_of_what_is_unpaid_while_the_order_is_paused(shop: Shop) -> None:
    order, (_, second, _) = await shop.order()
    telling = TellingRound(shop.world.pool, shop.calendar)
    await give_up(shop, second)
    await telling.round()
    assert await templates(shop) == ["instalment_unpaid"]
    await pause(shop, order, 5)
    shop.later(days=3)
    await telling.round()
    assert await templates(shop) == ["instalment_unpaid"]
    shop.later(days=7)
    await telling.round()
    assert await templates(shop) == ["instalment_unpaid", "unpaid_reminder"], "the next one"


async def test_what_is_not_collected_is_not_paused(shop: Shop) -> None:
    order, _ = await shop.awaiting()
    with pytest.raises(Refused, match="order_nothing_to_pause"):
        await pause(shop, order, 3)
    assert await shop.value("SELECT count(*) FROM order_pause") == 0

"""The daily run collects what is due once, and what becomes of what it does not collect (SCH-3, SCH-4)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from core.contracts.payment import BY_MERCHANT
from core.contracts.reasons import Reason
from core.contracts.states import State
from core.schedules.collecting.collecting import LEFT_AGE_S, Collecting
from core.schedules.orders.api import Actor, Wanted, take_off
from core.transactions.stored_cards.forestalling import ARMED_NO_MORE_S
from core.values.clock import PARIS
from tests.integration.core.schedules.shop import Shop
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.invariants import check_books_agree, check_invariants
from tests.integration.core.transactions.world import AGENT, eventually, until


async def test_what_is_due_is_collected_once_and_what_is_not_is_left(shop: Shop) -> None:
    order, (first, second, third) = await shop.order()
    run = await shop.run()
    assert await shop.collect(run) == 1
    assert (await shop.instalment(second))["state"] == "paid"
    assert (await shop.instalment(third))["state"] == "upcoming"
    (debit,) = await shop.debits(second)
    assert (debit["state"], debit["amount_minor"], debit["run_on"]) == ("approved", 4_265, shop.today())
    attempt = await shop.world.row(debit["id"].bytes)
    assert (attempt["state"], attempt["approved_minor"]) == (State.APPROVED, 4_265)
    assert await shop.debits(first) == []
    assert await shop.collect(run) == 0
    assert await shop.order_state(order) == "in_progress"
    await check_invariants(shop.world)
    await check_books_agree(shop.world)


async def test_the_host_is_told_of_a_debit_that_it_is_the_merchant_s_and_of_which_series(shop: Shop) -> None:
    await shop.order()
    await shop.collect(await shop.run())
    (request,) = shop.world.host.messages("0200")
    assert (request.initiator, request.network_id, request.terminal) == (
        BY_MERCHANT,
        "abcdefghij",
        "V0000001",
    )


async def test_the_last_one_settles_the_order(shop: Shop) -> None:
    order, (_, _, last) = await shop.order(paid=2)
    await shop.collect(await shop.run())
    assert (await shop.instalment(last))["state"] == "paid"
    assert await shop.order_state(order) == "settled"
    assert await shop.events(order) == ["instalment_paid"]


async def test_overdue_instalments_of_one_order_settle_it_together(shop: Shop) -> None:
    order, _ = await shop.order(due_in_days=-40)
    await shop.collect(await shop.run())
    assert await shop.order_state(order) == "settled"


async def test_orders_that_are_not_active_are_not_collected(shop: Shop) -> None:
    awaiting, _ = await shop.order()
    abandoned, _ = await shop.order()
    owner = shop.world.owner
    await owner.execute("UPDATE purchase_order SET activated_at = NULL WHERE id = $1", awaiting)
    await owner.execute(
        "UPDATE purchase_order SET activated_at = NULL, abandoned_at = now() WHERE id = $1", abandoned
    )
    assert await shop.collect(await shop.run()) == 0


async def test_two_runs_at_once_share_what_is_due_and_collect_nothing_twice(shop: Shop) -> None:
    orders = [await shop.order() for _ in range(40)]
    one, other = await shop.run("run1"), await shop.run("run2")
    claimed = await asyncio.gather(one.collect(), other.collect())
    assert sum(claimed) == 40
    await shop.settle(one)
    await shop.settle(other)
    for _, (_, second, _) in orders:
        assert [debit["state"] for debit in await shop.debits(second)] == ["approved"]
    assert len(shop.world.host.messages("0200")) == 40
    await check_books_agree(shop.world)


async def test_a_second_debit_of_an_instalment_that_stands_is_refused_by_the_table(shop: Shop) -> None:
    _, (_, second, _) = await shop.order()
    await shop.collect(await shop.run())
    with pytest.raises(Exception, match="debit_standing"):
        await shop.world.owner.execute(
            """
            INSERT INTO debit (id, instalment_id, order_id, company_id, card_id, terminal_id, stan, business_date, initiator,
                amount_minor, run_on)
            SELECT uuidv7(), instalment_id, order_id, company_id, card_id, terminal_id, stan, business_date, initiator,
                amount_minor, run_on FROM debit WHERE instalment_id = $1
            """,
            second,
        )


# Pausing


async def pause(shop: Shop) -> None:
    await shop.world.owner.execute(
        "INSERT INTO collection_pause (reason, paused_by, paused_at) VALUES ('host upset', $1, now())",
        UUID(bytes=AGENT),
    )


async def test_nothing_is_claimed_while_it_is_paused_and_what_is_under_way_ends(shop: Shop) -> None:
    _, (_, second, _) = await shop.order()
    shop.world.host.script.append(behaviour.HOLD)
    run = await shop.run()
    assert await run.collect() == 1
    await until(lambda: bool(shop.world.host.held))
    await pause(shop)
    _, (_, other, _) = await shop.order()
    assert await run.collect() == 0
    for approve in shop.world.host.held.values():
        approve()
    await shop.settle(run)
    assert (await shop.instalment(second))["state"] == "paid"
    assert (await shop.instalment(other))["state"] == "upcoming"
    await shop.world.owner.execute("DELETE FROM collection_pause")
    assert await shop.collect(run) == 1


# Declines


async def test_a_decline_that_may_pass_is_tried_again_on_the_days_of_the_policy_then_it_is_unpaid(
    shop: Shop,
) -> None:
    order, (_, second, third) = await shop.order()
    run = await shop.run()
    shop.world.host.usual = behaviour.DECLINE
    tries = []
    for _ in range(31):
        if await shop.collect(run):
            tries.append(shop.today())
        shop.later(days=1)
    first = tries[0]
    row = await shop.instalment(second)
    assert [(day - first).days for day in tries if day < first + timedelta(days=30)] == [0, 2, 5, 9]
    assert row["state"] == "unpaid"
    assert await shop.order_state(order) == "unpaid"
    assert "instalment_unpaid" in await shop.events(order)
    assert [debit["state"] for debit in await shop.debits(second)] == ["declined"] * 4
    # What comes later is still due, and is tried.
    assert [debit["reason"] for debit in await shop.debits(third)] == [Reason.INSUFFICIENT_FUNDS]


async def test_a_retry_waits_for_its_day_in_paris(shop: Shop) -> None:
    _, (_, second, _) = await shop.order()
    run = await shop.run()
    shop.world.host.usual = behaviour.DECLINE
    await shop.collect(run)
    after = (await shop.instalment(second))["collect_after"].astimezone(PARIS)
    assert (after.date() - shop.today(), after.hour) == (timedelta(days=2), 0)


@pytest.mark.parametrize(
    "reason", [Reason.STOLEN_CARD, Reason.INVALID_CARD_NUMBER, Reason.REVOCATION_OF_MANDATE]
)
async def test_a_decline_for_good_is_never_tried_again_by_that_card(shop: Shop, reason: Reason) -> None:
    order, (_, second, third) = await shop.order()
    run = await shop.run()
    await shop.decline(run, reason)
    assert (await shop.instalment(second))["state"] == "unpaid"
    shop.later(days=30)
    sent = len(shop.world.host.messages("0200"))
    await shop.collect(run)
    # The next one is not even sent: the bank has said what it says of this card.
    assert len(shop.world.host.messages("0200")) == sent
    (debit,) = await shop.debits(third)
    assert (debit["state"], debit["reason"]) == ("not_sent", reason)
    assert (await shop.instalment(third))["state"] == "unpaid"
    assert await shop.order_state(order) == "unpaid"


async def test_a_card_past_its_last_month_is_not_sent_and_the_customer_is_told(shop: Shop) -> None:
    card = await shop.card(expiry=f"{shop.today() - timedelta(days=32):%y%m}")
    order, (_, second, _) = await shop.order(card=card)
    run = await shop.run()
    await shop.collect(run)
    assert shop.world.host.messages("0200") == []
    (debit,) = await shop.debits(second)
    assert (debit["state"], debit["reason"]) == ("not_sent", Reason.EXPIRED_CARD)
    assert (await shop.instalment(second))["state"] == "upcoming"
    assert await shop.events(order) == ["customer_needed"]
    # With a card that is good it is collected as soon as somebody lets it.
    await shop.world.owner.execute(
        "UPDATE purchase_order SET card_id = $2 WHERE id = $1", order, await shop.card()
    )
    await shop.world.owner.execute("UPDATE instalment SET collect_after = NULL WHERE id = $1", second)
    await shop.collect(run)
    assert (await shop.instalment(second))["state"] == "paid"


async def test_a_card_is_good_in_its_last_month(shop: Shop) -> None:
    await shop.order(card=await shop.card(expiry=f"{shop.today():%y%m}"))
    await shop.collect(await shop.run())
    assert len(shop.world.host.messages("0200")) == 1


async def test_what_never_left_counts_as_no_try_and_waits_ever_longer(shop: Shop) -> None:
    _, (_, second, _) = await shop.order()
    run = await shop.run()
    waits = []
    for _ in range(4):
        shop.world.host.script.append(behaviour.NOT_SENT)
        before = shop.calendar.now()
        assert await shop.collect(run) == 1
        after = (await shop.instalment(second))["collect_after"]
        waits.append(round((after - before) / timedelta(minutes=5)))
        shop.calendar.offset += after - before
    assert waits == [1, 2, 4, 8]
    await shop.collect(run)
    assert (await shop.instalment(second))["state"] == "paid"


# Unknown


async def test_nothing_is_sent_while_an_earlier_debit_is_unknown_and_it_is_tried_once_that_is_reversed(
    shop: Shop,
) -> None:
    world = shop.world
    _, (_, second, _) = await shop.order()
    run = await shop.run()
    world.host.script.append(behaviour.SILENT)
    await shop.collect(run)
    (debit,) = await shop.debits(second)
    assert debit["state"] == "open"
    assert (await shop.instalment(second))["state"] == "in_progress"
    shop.later(days=3)
    assert await shop.collect(run) == 0
    world.clock.offset += timedelta(seconds=LEFT_AGE_S + 1)
    assert await run.take_up() == 0
    await world.deliver()
    assert await run.take_up() == 1
    (debit,) = await shop.debits(second)
    assert debit["state"] == "reversed"
    shop.later(minutes=6)
    assert await shop.collect(run) == 1
    assert [debit["state"] for debit in await shop.debits(second)] == ["reversed", "approved"]
    await check_books_agree(world)


async def test_a_late_approval_of_what_was_reversed_collects_nothing(shop: Shop) -> None:
    world = shop.world
    _, (_, second, _) = await shop.order()
    run = await shop.run()
    world.host.script.append(behaviour.LATE)
    await shop.collect(run)
    await world.deliver()
    world.clock.offset += timedelta(seconds=LEFT_AGE_S + 1)
    await run.take_up()
    (debit,) = await shop.debits(second)
    assert debit["state"] == "reversed"
    await check_books_agree(world)


async def test_an_answer_that_comes_twice_collects_once(shop: Shop) -> None:
    _, (_, second, _) = await shop.order()
    shop.world.host.script.append(behaviour.TWICE)
    await shop.collect(await shop.run())
    assert [debit["state"] for debit in await shop.debits(second)] == ["approved"]
    await check_books_agree(shop.world)


# Processes that end


async def age(shop: Shop, seconds: int) -> None:
    """Let what was claimed be older."""
    shop.world.clock.offset += timedelta(seconds=seconds)
    await shop.world.owner.execute(
        "UPDATE debit SET claimed_at = claimed_at - $1 * interval '1 second'", seconds
    )


async def test_killed_after_the_claim_the_debit_ends_as_not_sent_and_the_instalment_is_collected(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (_, second, _) = await shop.order()
    killed = await shop.run("killed")
    monkeypatch.setattr(killed._cards, "pay", len)  # It dies here: nothing is armed.
    await killed.collect()
    other = await shop.run("other")
    await age(shop, LEFT_AGE_S + 1)
    assert await other.take_up() == 0
    await age(shop, ARMED_NO_MORE_S)
    assert await other.take_up() == 1
    (debit,) = await shop.debits(second)
    assert (debit["state"], debit["reason"]) == ("not_sent", Reason.SYSTEM_BUSY)
    shop.later(minutes=6)
    await shop.collect(other)
    assert (await shop.instalment(second))["state"] == "paid"
    await check_invariants(shop.world)
    await check_books_agree(shop.world)


async def test_frozen_after_the_claim_it_goes_on_later_and_sends_nothing(shop: Shop) -> None:
    """No clock decides it: the identifier of the debit is taken by whoever ended it."""
    _, (_, second, _) = await shop.order()
    frozen, other = await shop.run("frozen"), await shop.run("other")
    held: list[list] = []
    pay = frozen._cards.pay
    frozen._cards.pay = lambda payments: held.append(payments) or len(payments)  # type: ignore[func-returns-value]
    await frozen.collect()
    await age(shop, LEFT_AGE_S + ARMED_NO_MORE_S + 1)
    await other.take_up()
    shop.later(minutes=6)
    await shop.collect(other)
    # It thaws, and its own clock stood still.
    shop.world.clock.offset = timedelta(0)
    assert pay(held[0]) == 1
    await eventually(lambda: _is_answered(frozen))
    assert [debit["state"] for debit in await shop.debits(second)] == ["not_sent", "approved"]
    assert len(shop.world.host.messages("0200")) == 1
    await check_books_agree(shop.world)


async def _is_answered(run: Collecting) -> bool:
    return not run._under_way


async def test_killed_while_its_host_thinks_the_debit_is_reversed_and_collected_again(shop: Shop) -> None:
    world = shop.world
    _, (_, second, _) = await shop.order()
    world.host.script.append(behaviour.HOLD)
    killed = await shop.run("killed")
    await killed.collect()
    await until(lambda: bool(world.host.held))
    await killed._cards.stop()
    await world.make_overdue()
    world.restarted_sweeper()
    await world.sweeper.round()
    await world.deliver()
    other = await shop.run("other")
    await age(shop, LEFT_AGE_S + 1)
    assert await other.take_up() == 1
    shop.later(minutes=6)
    await shop.collect(other)
    assert [debit["state"] for debit in await shop.debits(second)] == ["reversed", "approved"]
    await check_books_agree(world)


async def test_killed_before_it_settled_another_run_settles(shop: Shop) -> None:
    order, (_, _, last) = await shop.order(paid=2)
    killed = await shop.run("killed")
    await killed.collect()

    async def decided() -> bool:
        return bool(killed._decided)

    await eventually(decided)
    killed._decided.clear()
    other = await shop.run("other")
    await age(shop, LEFT_AGE_S + 1)
    assert await other.take_up() == 1
    assert (await shop.instalment(last))["state"] == "paid"
    assert await shop.order_state(order) == "settled"


@pytest.mark.parametrize("manner", ["together", "taken up"])
async def test_a_debit_that_cannot_be_settled_stops_no_other(shop: Shop, manner: str) -> None:
    bad, good = await shop.order(paid=2), await shop.order(paid=2)
    run = await shop.run()
    async with shop.refusing("UPDATE ON instalment", f"NEW.state = 'paid' AND NEW.order_id = '{bad[0]}'"):
        await run.collect()
        if manner == "together":
            await shop.settle(run)
        else:
            await eventually(lambda: _all_decided(run, 2))
            run._decided.clear()
            await age(shop, LEFT_AGE_S + 1)
            await run.take_up()
        assert await shop.order_state(good[0]) == "settled"
        assert await shop.order_state(bad[0]) == "in_progress"
    await age(shop, LEFT_AGE_S + 1)
    await run.take_up()
    assert await shop.order_state(bad[0]) == "settled"


async def _all_decided(run: Collecting, count: int) -> bool:
    return len(run._decided) == count


async def test_an_instalment_whose_debit_cannot_be_written_stops_no_other(shop: Shop) -> None:
    orders = [await shop.order(paid=2) for _ in range(3)]
    bad = orders[1]
    run = await shop.run()
    async with shop.refusing("INSERT ON debit", f"NEW.order_id = '{bad[0]}'"):
        assert await shop.collect(run) == 2
        assert [await shop.order_state(order) for order, _ in orders] == ["settled", "in_progress", "settled"]
        assert (await shop.instalment(bad[1][2]))["state"] == "upcoming"
    assert await shop.collect(run) == 1
    assert await shop.order_state(bad[0]) == "settled"


async def test_nothing_is_claimed_without_its_debit(shop: Shop) -> None:
    """Its point of sale is not there: its row was taken out by a hand."""
    bad, good = await shop.order(paid=2), await shop.order(paid=2)
    owner = shop.world.owner
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")
        await owner.execute("UPDATE purchase_order SET terminal_id = $1 WHERE id = $2", uuid4(), bad[0])
    assert await shop.collect(await shop.run()) == 1
    assert await shop.order_state(good[0]) == "settled"
    assert (await shop.instalment(bad[1][2]))["state"] == "upcoming"


async def test_what_is_cancelled_while_a_debit_is_settled_is_owed_back_with_it(shop: Shop) -> None:
    order, _ = await shop.order(paid=2)
    killed = await shop.run("killed")
    await killed.collect()

    async def decided() -> bool:
        return bool(killed._decided)

    async def waits() -> bool:
        return await shop.value("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")

    await eventually(decided)
    killed._decided.clear()
    other = await shop.run("other")
    await age(shop, LEFT_AGE_S + 1)
    wanted = Wanted("cancellation", None, "sold out", Actor("integrator", uuid4().bytes), uuid4().hex)
    owner = shop.world.owner
    async with owner.transaction():
        await take_off(owner, order.bytes, wanted, cancellation_id=uuid4().bytes, at=shop.calendar.now())
        settling = asyncio.create_task(other.take_up())
        await eventually(waits)
    assert await settling == 1
    owed = "SELECT sum(amount_minor)::bigint FROM order_refund WHERE order_id = $1"
    paid = "SELECT sum(amount_minor)::bigint FROM instalment WHERE order_id = $1 AND state = 'paid'"
    whole = "SELECT sum(amount_minor)::bigint FROM debit WHERE order_id = $1 AND state = 'approved'"
    assert (await shop.order_state(order), await shop.value(owed, order)) == (
        "cancelled",
        await shop.value(paid, order),
    )
    assert await shop.value(whole, order) is not None


async def test_the_clock_moved_back_collects_nothing_twice(shop: Shop) -> None:
    _, (_, second, third) = await shop.order()
    run = await shop.run()
    shop.later(days=40)
    await shop.collect(run)
    shop.later(days=-39)
    await shop.collect(run)
    shop.later(days=39)
    await shop.collect(run)
    for instalment in (second, third):
        assert [debit["state"] for debit in await shop.debits(instalment)] == ["approved"]
    await check_books_agree(shop.world)
